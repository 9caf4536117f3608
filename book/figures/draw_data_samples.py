"""Draw samples of the course's data for the page "Data": data_*.png.

Sets that must be downloaded are drawn when they are here (`python -m d2lutils.data fetch …`); without them their
pictures stay as they are.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

from d2lutils.data import (
    cache_folder,
    load_images,
    load_photograph,
    load_table,
    synthetic_moons,
    synthetic_regression,
    synthetic_sine,
    synthetic_xor,
)
from d2lutils.plotting import COLORS, plot_curves, plot_images

FIGURES = Path(__file__).resolve().parent
MARKERS = ("o", "s", "^")
PER_CLASS = 2


def draw_classes(name, titles):
    """Draw the first two test images of each class, one class in a column."""
    images = load_images(name)
    rows = [(images.test_labels == label).nonzero()[row, 0] for row in range(PER_CLASS) for label in range(10)]
    names = [*images.class_names, *[""] * 10] if titles else None
    figure, ax = plt.subplots(figsize=(8, 2.1 if titles else 1.8))
    plot_images(images.test_images[torch.stack(rows)], titles=names, columns=10, ax=ax)
    save(figure, name)


def draw_photographs():
    """Draw both photographs side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8))
    for ax, name in zip(axes, ("temple", "flower"), strict=True):
        ax.imshow(load_photograph(name).permute(1, 2, 0))
        ax.set_title(name)
        ax.axis("off")
    save(figure, "photographs")


def draw_tables():
    """Draw two columns of each table, groups told apart by colour and mark."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    pairs = [
        ("penguins", "species", "flipper_length_mm", "body_mass_g", "flipper length (mm)", "body mass (g)"),
        ("cars", "origin", "weight", "mpg", "weight (pounds)", "miles per gallon"),
    ]
    for ax, (name, group, x, y, xlabel, ylabel) in zip(axes, pairs, strict=True):
        for (label, rows), color, marker in zip(load_table(name).groupby(group), COLORS, MARKERS, strict=False):
            ax.scatter(rows[x], rows[y], s=9, color=color, marker=marker, label=label)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=name)
        ax.legend()
    save(figure, "tables")


def draw_synthetic():
    """Draw four sets made by a rule."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.6))
    features, targets = synthetic_regression([2.0], 4.2, 100, noise_std=0.5, generator=seeded())
    axes[0, 0].scatter(features, targets, s=9)
    axes[0, 0].set(xlabel="feature", ylabel="target", title="synthetic_regression")
    for ax, make in ((axes[0, 1], synthetic_moons), (axes[1, 0], synthetic_xor)):
        points, labels = make(200, generator=seeded())
        for label in (0, 1):
            chosen = points[labels == label]
            ax.scatter(*chosen.T, s=9, color=COLORS[label], marker=MARKERS[label], label=f"label {label}")
        ax.set(xlabel="first feature", ylabel="second feature", title=make.__name__)
        ax.legend(loc="upper right" if make is synthetic_moons else "center")
    plot_curves({"value": synthetic_sine(300, generator=seeded())}, xlabel="time", ylabel="value", ax=axes[1, 1])
    axes[1, 1].set_title("synthetic_sine")
    save(figure, "synthetic")


def seeded():
    """Return a generator that makes the same sample in every run."""
    return torch.Generator().manual_seed(0)


def save(figure, name):
    """Write a figure with 64 colours, enough for a picture of this size."""
    from PIL import Image

    path = FIGURES / f"data_{name.replace('-', '_')}.png"
    figure.tight_layout()
    figure.savefig(path, dpi=150 if name != "photographs" else 100)
    plt.close(figure)
    Image.open(path).convert("RGB").quantize(64 if name != "photographs" else 256).save(path, optimize=True)


def main():
    """Draw everything that is here."""
    draw_classes("digits", titles=False)
    draw_classes("small-digits", titles=False)
    draw_photographs()
    draw_tables()
    draw_synthetic()
    for name in ("fashion-mnist",):
        if (cache_folder() / name).exists():
            draw_classes(name, titles=True)
        else:
            print(f"{name} isn't here: its picture stays as it is", file=sys.stderr)


if __name__ == "__main__":
    main()
