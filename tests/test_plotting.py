"""Plots: what is drawn, what is refused, and curves that grow without piling up."""

import sys

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from nbclient import NotebookClient

from d2lutils import plotting
from d2lutils.plotting import LiveCurves, plot_curves, plot_heatmap, plot_images, smooth


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_curves_are_drawn_over_one_to_n_or_over_given_x():
    ax = plot_curves({"loss": [3.0, 2.0, 1.0], "bound": ([0, 4], [0.5, 0.5])}, xlabel="epoch", ylabel="loss")
    first, second = ax.get_lines()
    assert first.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert second.get_xydata().tolist() == [[0, 0.5], [4, 0.5]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["loss", "bound"]


def test_two_curves_differ_in_colour_and_in_line_style():
    first, second = plot_curves({"a": [1, 2], "b": [2, 1]}, "x", "y").get_lines()
    assert first.get_color() != second.get_color() and first.get_linestyle() != second.get_linestyle()


def test_a_plot_goes_onto_the_given_axes():
    _, ax = plt.subplots()
    assert plot_curves({"a": [1, 2]}, "x", "y", ax=ax) is ax
    assert plot_images(torch.zeros(1, 2, 2), ax=ax) is ax
    assert plot_heatmap([[1.0]], ["a"], ["b"], ax=ax) is ax


def test_curves_that_dont_fit_are_refused():
    with pytest.raises(ValueError, match="no curve"):
        plot_curves({}, "x", "y")
    with pytest.raises(ValueError, match="'a' has 2 values of x and 3 of y"):
        plot_curves({"a": ([1, 2], [1, 2, 3])}, "x", "y")


def test_images_are_tiled_row_by_row():
    images = torch.tensor([[[1.0]], [[2.0]], [[3.0]]])  # three images of one dot
    grid = plot_images(images, columns=2).get_images()[0].get_array()
    assert grid.shape == (6, 6)
    assert (grid[1, 1], grid[1, 4], grid[4, 1], grid[4, 4]) == (1, 2, 3, 1)  # the free tile is background


def test_titles_stand_above_their_images():
    ax = plot_images(np.zeros((2, 1, 6, 6)), titles=["a", 7])
    left, right = ax.texts
    assert (left.get_text(), right.get_text()) == ("a", "7")
    assert left.get_position()[0] < right.get_position()[0]


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((2, 2)), {}, r"\(2, 2\)"),
        (np.zeros((2, 3, 4, 4)), {}, r"\(2, 3, 4, 4\)"),
        (np.zeros((0, 4, 4)), {}, r"\(0, 4, 4\)"),
        (np.zeros((2, 4, 4)), {"columns": 0}, "columns"),
        (np.zeros((2, 4, 4)), {"titles": ["one"]}, "2 images need as many titles, got 1"),
    ],
)
def test_images_that_dont_fit_are_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        plot_images(images, **options)


def test_a_heat_map_writes_its_numbers_in_readable_colours():
    ax = plot_heatmap([[0, 100], [3.14159, 50]], ["a", "b"], ["c", "d"])
    assert [text.get_text() for text in ax.texts] == ["0", "100", "3.14", "50"]
    assert [text.get_color() for text in ax.texts] == ["black", "white", "black", "black"]
    with pytest.raises(ValueError, match="1 × 2 names"):
        plot_heatmap([[1.0]], ["a"], ["b", "c"])


def test_outside_a_notebook_each_point_prints_a_line(capsys):
    curves = LiveCurves()
    curves.add(1, {"loss": 0.5, "accuracy": 0.9})
    curves.finish()
    assert capsys.readouterr().out == "epoch 1: loss 0.5, accuracy 0.9\n"


class Display:
    """Stands in for IPython's display: counts what is shown first and what is replaced."""

    def __init__(self, monkeypatch):
        import IPython.display

        self.shown, self.updated = [], []
        monkeypatch.setattr(plotting, "_in_notebook", lambda: True)
        monkeypatch.setattr(IPython.display, "display", self.show)

    def show(self, figure, display_id):
        assert display_id
        self.shown.append(figure)
        return self

    def update(self, figure):
        self.updated.append(figure)


def test_in_a_notebook_one_picture_is_replaced_and_the_last_point_is_in_it(monkeypatch):
    display, curves = Display(monkeypatch), LiveCurves()
    for epoch in range(1, 501):
        curves.add(epoch, {"loss": 1 / epoch})
    curves.finish()
    assert len(display.shown) == 1 and len(display.updated) == 1  # 500 quick points: the first, and the end
    (ax,) = display.shown[0].axes
    (drawn,) = ax.get_lines()
    assert drawn.get_xydata()[-1].tolist() == [500, 0.002]
    assert ax.get_xlim()[1] >= 500


def test_redraws_are_a_few_a_second(monkeypatch):
    clock = iter(range(10_000))
    display, curves = Display(monkeypatch), LiveCurves()
    monkeypatch.setattr(
        plotting.time, "perf_counter", lambda: next(clock) / 10
    )  # each look at the clock is 0.1 s later
    for epoch in range(100):
        curves.add(epoch, {"loss": 1.0})
    # A redraw that takes 0.1 s may come once in 2.5 s, so that drawing costs at most 4 %.
    assert len(display.updated) <= 100 / 10 / 2.5 + 1


def test_nothing_is_drawn_when_there_was_no_point(monkeypatch):
    display, curves = Display(monkeypatch), LiveCurves()
    curves.finish()
    assert display.shown == []


def test_a_live_figure_has_the_same_text_first_and_last(monkeypatch):
    display, curves = Display(monkeypatch), LiveCurves(ylim=(0, 1))
    curves.add(1, {"loss": 1.0})
    before = str(display.shown[0])
    curves.add(2, {"accuracy": 0.5})
    curves.finish()
    assert str(display.updated[-1]) == before and isinstance(display.shown[0], Figure)
    assert display.shown[0].axes[0].get_ylim() == (0, 1)


def test_without_ipython_there_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not plotting._in_notebook()


def test_in_a_kernel_the_last_drawing_is_stored_even_if_nothing_was_plotted_before():
    source = """\
from d2lutils.plotting import LiveCurves
curves = LiveCurves()
for epoch in range(1, 4):
    curves.add(epoch, {"loss": 1 / epoch})
curves.finish()"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output.data["image/png"] and output.data["text/plain"].startswith("<Figure size")


def test_smoothing_by_hand():
    np.testing.assert_allclose(smooth([4, 0, 8], beta=0.5, correct_bias=False), [2, 1, 4.5])
    np.testing.assert_allclose(smooth([4, 0, 8], beta=0.5), [4, 1 / 0.75, 4.5 / 0.875])


def test_smoothing_keeps_a_constant_and_a_beta_of_zero_keeps_everything():
    np.testing.assert_allclose(smooth([3.0] * 50, beta=0.98), 3.0)
    np.testing.assert_array_equal(smooth([1, -5, 2], beta=0), [1, -5, 2])


def test_smoothing_is_what_pandas_calls_ewm():
    values = np.random.default_rng(0).normal(size=200)
    np.testing.assert_allclose(smooth(values, beta=0.9), pd.Series(values).ewm(alpha=0.1).mean())


@pytest.mark.parametrize(("values", "beta"), [([1, 2], 1), ([1, 2], -0.1), ([[1, 2]], 0.5), (3, 0.5)])
def test_impossible_smoothing_is_refused(values, beta):
    with pytest.raises(ValueError, match="need a series and 0 ≤ beta < 1"):
        smooth(values, beta)


def test_smoothing_nothing_gives_nothing():
    assert smooth([]).shape == (0,)
