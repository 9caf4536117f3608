"""Pictures for the lessons: curves, image grids, heat maps, and curves that grow while a model trains.

Everything here receives plain arrays. Importing this module sets the course's figure style:
colours that colour-blind eyes tell apart, with line styles that survive grey printing.
"""

import sys
import time
from itertools import accumulate

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

# Six colours from M. Okabe and K. Ito's palette, darkest contrasts first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
STYLE = {
    "axes.prop_cycle": cycler(color=COLORS, linestyle=LINE_STYLES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "figure.figsize": (5.6, 3.4),
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}
plt.rcParams.update(STYLE)

SECONDS_BETWEEN_REDRAWS = 0.4
REDRAW_SHARE = 0.04  # of the time that passes may go into drawing, at most


def plot_curves(curves, xlabel, ylabel, ax=None):
    """Draw one line for each named series and return the Axes.

    Args:
        curves: Dict of name to series: n numbers, drawn over 1 … n, or a pair (x, y) of n numbers each.
        xlabel: What the horizontal axis counts, with its unit.
        ylabel: The same for the vertical axis.
        ax: Axes to draw on; a new figure when None.

    Raises:
        ValueError: There is no curve, or the x and y of one differ in length.
    """
    if not curves:
        raise ValueError("there is no curve to draw")
    ax = plt.subplots()[1] if ax is None else ax
    for name, series in curves.items():
        x, y = series if _is_pair(series) else (range(1, len(series) + 1), series)
        if len(x) != len(y):
            raise ValueError(f"curve {name!r} has {len(x)} values of x and {len(y)} of y")
        ax.plot(x, y, label=name, marker="o" if len(x) == 1 else None)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(curves) > 1:
        ax.legend()
    return ax


def smooth(values, beta=0.9, correct_bias=True):
    """Return the exponentially weighted average of a series, of the same length.

    v_t = beta · v_{t-1} + (1 - beta) · x_t, from v_0 = 0: about the mean of the last 1 / (1 - beta) values. A larger
    beta is smoother, and lags farther behind.

    Args:
        values: Series of n numbers.
        beta: Weight of the past, at least 0 and below 1; 0 returns the series itself.
        correct_bias: Divide v_t by 1 - beta^t, the sum of its weights. Without it the average starts near zero.

    Returns:
        Array of n numbers, float64.

    Raises:
        ValueError: beta is outside [0, 1), or values isn't a series.
    """
    values = np.asarray(values, dtype=np.float64)
    if not 0 <= beta < 1 or values.ndim != 1:
        raise ValueError(f"need a series and 0 ≤ beta < 1, got shape {values.shape} and {beta}")
    averages = list(accumulate(values, lambda average, value: beta * average + (1 - beta) * value, initial=0.0))[1:]
    weights = 1 - beta ** np.arange(1, len(values) + 1) if correct_bias else 1  # their sum so far
    return np.array(averages) / weights


def plot_images(images, titles=None, columns=10, ax=None):
    """Draw images of one channel as a grid of tiles, dark on light, and return the Axes.

    Args:
        images: Shape (n, height, width) or (n, 1, height, width), n at least 1; the smallest value is
            drawn white, the largest black.
        titles: n texts, one above each tile, or None.
        columns: Tiles in a row, at least 1.
        ax: Axes to draw on; a new figure when None.

    Raises:
        ValueError: The shape is another, columns is below 1, or there is not one title for each image.
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.ndim != 3 or not len(images) or columns < 1:
        raise ValueError(f"need (n, height, width) with n ≥ 1 and columns ≥ 1, got {images.shape} and {columns}")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(images)} images need as many titles, got {len(titles)}")
    grid, corners = _tile(images, columns, head=0 if titles is None else images.shape[1] // 3)
    if ax is None:
        inches = 0.62 * min(columns, len(images))
        _, ax = plt.subplots(figsize=(inches, inches * grid.shape[0] / grid.shape[1]))
    ax.imshow(grid, cmap="gray_r", interpolation="nearest")
    ax.set_axis_off()
    height, width = images.shape[1:]
    frames = [Rectangle((left - 0.5, top - 0.5), width, height) for top, left in corners]
    ax.add_collection(PatchCollection(frames, facecolor="none", edgecolor="0.75", linewidth=0.6))
    for title, (top, left) in zip(() if titles is None else titles, corners, strict=False):
        ax.text(left + width / 2, top - 1, str(title), ha="center", va="bottom", fontsize=9)
    return ax


def plot_heatmap(values, row_names, column_names, ax=None):
    """Draw a matrix as coloured cells with their numbers inside and return the Axes.

    Args:
        values: Shape (rows, columns); numbers are written with up to three digits.
        row_names: One text for each row.
        column_names: One text for each column.
        ax: Axes to draw on; a new figure when None.

    Raises:
        ValueError: The names don't fit the shape.
    """
    values = np.asarray(values)
    if values.shape != (len(row_names), len(column_names)):
        raise ValueError(f"{len(row_names)} × {len(column_names)} names don't fit values of shape {values.shape}")
    if ax is None:
        _, ax = plt.subplots(figsize=(1.6 + 0.42 * values.shape[1], 1.2 + 0.42 * values.shape[0]))
    ax.imshow(values, cmap="Blues")
    middle = (values.min() + values.max()) / 2
    for (row, column), value in np.ndenumerate(values):
        color = "white" if value > middle else "black"
        ax.text(column, row, f"{value:.3g}", ha="center", va="center", color=color, fontsize=9)
    ax.set_xticks(range(values.shape[1]), labels=column_names)
    ax.set_yticks(range(values.shape[0]), labels=row_names)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


class LiveCurves:
    """Curves that grow while a model trains.

    In a notebook one picture is redrawn in place, at most a few times a second, and once more at the
    end; it takes a few hundredths of the training time. Elsewhere a line is printed for each point.

    Args:
        xlabel: What the horizontal axis counts.
        ylabel: What the vertical axis measures, with its unit.
        ylim: Pair of limits of the vertical axis; fitted to the data when None.
        board: A `visdom_board.VisdomBoard` that shows the same curves, or None.
    """

    def __init__(self, xlabel="epoch", ylabel="", ylim=None, board=None):
        self._figure = Figure(figsize=STYLE["figure.figsize"], dpi=STYLE["figure.dpi"])
        self._axes = self._figure.add_subplot(xlabel=xlabel, ylabel=ylabel, ylim=ylim)
        self._axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        self._fit_height = ylim is None
        self._points = {}
        self._lines = {}
        self._handle = None
        self._next_redraw = 0.0
        self._pending = False
        self._in_notebook = _in_notebook()
        self._board = board
        if board is not None:
            board.start(xlabel, ylabel)

    def add(self, x, values):
        """Append one point to each named curve.

        Args:
            x: Where, for example the epoch.
            values: Dict of curve name to number. A curve may miss a point.
        """
        for name, value in values.items():
            xs, ys = self._points.setdefault(name, ([], []))
            xs.append(x)
            ys.append(float(value))
        if self._board is not None:
            self._board.update(self._points)
        if not self._in_notebook:
            print(f"{self._axes.get_xlabel()} {x}: " + ", ".join(f"{k} {v:.4g}" for k, v in values.items()))
        elif time.perf_counter() >= self._next_redraw:
            self._redraw()
        else:
            self._pending = True

    def finish(self):
        """Draw what has come since the last redraw."""
        if self._pending:
            self._redraw()
        if self._board is not None:
            self._board.finish()

    def _redraw(self):
        from IPython.display import display

        start = time.perf_counter()
        self._update_lines()
        if self._handle is None:
            # A kernel shows figures as pictures only once pyplot has loaded its backend, which nothing did so far.
            plt.switch_backend(plt.get_backend())
            self._handle = display(self._figure, display_id=True)
        else:
            self._handle.update(self._figure)
        now = time.perf_counter()
        self._next_redraw = now + max(SECONDS_BETWEEN_REDRAWS, (now - start) / REDRAW_SHARE)
        self._pending = False

    def _update_lines(self):
        legend_is_old = False
        for name, (xs, ys) in self._points.items():
            if name not in self._lines:
                (self._lines[name],) = self._axes.plot([], [], label=name)
            line, marker = self._lines[name], "o" if len(xs) == 1 else ""
            legend_is_old |= line.get_marker() != marker  # true of a new line too: Matplotlib's default is "None"
            line.set_data(xs, ys)
            line.set_marker(marker)
        if legend_is_old:  # a new one at each redraw would leave 0.1 MB of garbage every time
            self._axes.legend()
        self._axes.relim()
        self._axes.autoscale_view(scaley=self._fit_height)


def _is_pair(series):
    """True for (x, y): a tuple of two series, not a series of two numbers."""
    return isinstance(series, tuple) and len(series) == 2 and np.ndim(series[0]) == 1


def _tile(images, columns, head):
    """Return the grid as one array, and each tile's (top, left); `head` free rows above each tile."""
    count, height, width = images.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    step_down, step_right = height + head + 2, width + 2
    grid = np.full((rows * step_down, columns * step_right), images.min(), dtype=float)
    corners = [(i // columns * step_down + head + 1, i % columns * step_right + 1) for i in range(count)]
    for image, (top, left) in zip(images, corners, strict=True):
        grid[top : top + height, left : left + width] = image
    return grid, corners


def _in_notebook():
    """True inside a Jupyter kernel, where pictures can be shown and replaced."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
