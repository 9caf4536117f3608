"""Draw the map of the course: course_map*.png, wide and narrow, for light and dark pages.

Run it again when a part gains a lesson; how many each has is read from book/_toc.yml. A test tells when it is due.
"""

import json
import re
from pathlib import Path
from textwrap import wrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

FIGURES = Path(__file__).resolve().parent
TOC = FIGURES.parent / "_toc.yml"
# Part number: the lines of its title, and what it holds.
PARTS = {
    1: (["Introduction"], ["what learning is,", "four pipelines"]),
    2: (["Preliminaries"], ["arrays, calculus,", "autograd,", "probability"]),
    3: (["Linear", "regression"], ["gradient descent,", "mini-batches"]),
    4: (["Softmax", "regression"], ["classes, images,", "cross-entropy"]),
    5: (["Multilayer", "perceptrons"], ["hidden layers,", "backpropagation"]),
    6: (["Building models"], ["blocks, layers of", "one's own, saving,", "devices"]),
    7: (["Convolutional", "networks"], ["kernels, LeNet,", "residual networks"]),
    8: (["Recurrent", "networks"], ["text, memory,", "sequences"]),
}
COLOURS = {
    "light": {"page": "#ffffff", "text": "#1a1a1a", "line": "#4a4a4a", "today": "#cfe3f7", "edge": "#1b4f8a"},
    "dark": {"page": "#121212", "text": "#f2f2f2", "line": "#b8b8b8", "today": "#1d4470", "edge": "#8ec1f5"},
}
PIXELS_PER_INCH = 200
FONT_SIZE = 10.4
JOINED_LENGTH = 28  # letters that fit into a line of the narrow map
LINE = 0.2  # inches from one line to the next


def part_text(part, lessons, joined=False):
    """A part's title with its number, its content, and its state; in longer lines if joined."""
    titles, contents = PARTS[part]
    numbered = [f"{part} {titles[0]}", *titles[1:]]
    state = f"{lessons} lesson{'s' * (lessons > 1)} today" if lessons else "to come"
    if joined:
        return [" ".join(numbered)], wrap(" ".join(contents), JOINED_LENGTH, break_on_hyphens=False), state
    return numbered, contents, state


def count_lessons():
    """Lessons in the table of contents for each part number."""
    numbers = [int(number) for number in re.findall(r"notebooks/(\d\d)_", TOC.read_text(encoding="utf-8"))]
    return {part: numbers.count(part) for part in PARTS}


def open_canvas(width, height, colours):
    """An empty figure of that many inches, whose axes count in inches."""
    figure = plt.figure(figsize=(width, height), facecolor=colours["page"])
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis("off")
    return figure, ax


def draw_box(ax, corner, size, colours, exists):
    """Draw an empty box with its lower left corner and size in inches; solid and filled where lessons exist."""
    box = FancyBboxPatch(
        corner,
        *size,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=colours["today"] if exists else colours["page"],
        edgecolor=colours["edge"] if exists else colours["line"],
        linewidth=1.6 if exists else 1.0,
        linestyle="-" if exists else (0, (4, 3)),
    )
    ax.add_patch(box)


def write_lines(ax, corner, size, text, colour):
    """Write a box's lines: titles in bold, contents plain, its state in italics at the foot.

    Args:
        ax: Axes that count in inches.
        corner: Lower left corner (x, y) of the box.
        size: Width and height of the box.
        text: Lines of the title, lines of the content, and the state.
        colour: Colour of the letters.
    """
    titles, contents, state = text
    x, top = corner[0] + 0.1, corner[1] + size[1] - 0.17
    for row, line in enumerate(titles + contents):
        weight = "bold" if row < len(titles) else "normal"
        ax.text(x, top - row * LINE, line, va="center", color=colour, fontsize=FONT_SIZE, weight=weight)
    ax.text(x, corner[1] + 0.15, state, va="center", color=colour, fontsize=FONT_SIZE, style="italic")


def draw_arrow(ax, points, colours):
    """Draw a line through points (x, y) in inches that ends in an arrow head."""
    xs, ys = zip(*points, strict=True)
    ax.plot(xs, ys, color=colours["line"], linewidth=1.4, solid_joinstyle="round")
    style = {"arrowstyle": "-|>", "color": colours["line"], "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
    ax.annotate("", points[-1], points[-2], arrowprops=style)


def draw_wide(lessons, colours):
    """Two rows of four parts, for pages wider than a phone."""
    width, height, across, up, gap = 1.66, 1.16, 0.24, 0.5, 0.04
    figure, ax = open_canvas(4 * width + 3 * across + 2 * gap, 2 * height + up + 0.36, colours)
    left = [gap + column * (width + across) for column in range(4)]
    upper, lower = 0.3 + height + up, 0.3
    for part in PARTS:
        corner = (left[(part - 1) % 4], upper if part <= 4 else lower)
        draw_box(ax, corner, (width, height), colours, lessons[part] > 0)
        write_lines(ax, corner, (width, height), part_text(part, lessons[part]), colours["text"])
    for column in range(3):
        middle = upper + height / 2
        draw_arrow(ax, [(left[column] + width, middle), (left[column + 1], middle)], colours)
        if column < 2:
            middle = lower + height / 2
            draw_arrow(ax, [(left[column] + width, middle), (left[column + 1], middle)], colours)
    centre = [x + width / 2 for x in left]
    turn = upper - up / 2
    draw_arrow(ax, [(centre[3], upper), (centre[3], turn), (centre[0], turn), (centre[0], lower + height)], colours)
    draw_arrow(ax, [(centre[1], lower), (centre[1], 0.1), (centre[3], 0.1), (centre[3], lower)], colours)
    return figure


def draw_narrow(lessons, colours):
    """One column, for a phone."""
    width, height, between, side = 2.7, 0.92, 0.26, 0.3
    step = height + between
    figure, ax = open_canvas(width + side + 0.12, len(PARTS) * step - between + 0.1, colours)
    bottom = {part: 0.05 + (len(PARTS) - part) * step for part in PARTS}
    for part in PARTS:
        corner, text = (side, bottom[part]), part_text(part, lessons[part], joined=True)
        draw_box(ax, corner, (width, height), colours, lessons[part] > 0)
        write_lines(ax, corner, (width, height), text, colours["text"])
        if part < 7:
            x = side + width / 2
            draw_arrow(ax, [(x, bottom[part]), (x, bottom[part + 1] + height)], colours)
    start, end = bottom[6] + height / 2, bottom[8] + height / 2
    draw_arrow(ax, [(side, start), (0.1, start), (0.1, end), (side, end)], colours)
    return figure


def save(figure, name, lessons):
    """Write a picture with a palette of 64 colours, which keeps it small, and in it the numbers of lessons as text."""
    path = FIGURES / name
    figure.savefig(path, dpi=PIXELS_PER_INCH, facecolor=figure.get_facecolor(), metadata={"Software": None})
    plt.close(figure)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(64)
    about = PngInfo()
    about.add_text("lessons", json.dumps(lessons))
    small.save(path, optimize=True, pnginfo=about)


def main():
    """Write the four pictures."""
    lessons = count_lessons()
    for theme, colours in COLOURS.items():
        ending = "" if theme == "light" else f"_{theme}"
        save(draw_wide(lessons, colours), f"course_map{ending}.png", lessons)
        save(draw_narrow(lessons, colours), f"course_map_narrow{ending}.png", lessons)


if __name__ == "__main__":
    main()
