"""Draw the page of results: results_*.png, light and dark, from the records in benchmarks/results/.

Each picture carries a digest of the numbers that it shows, and a test compares it with the records.
"""

import hashlib
import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

FIGURES = Path(__file__).resolve().parent
RECORDS = FIGURES.parent.parent / "benchmarks" / "results"
PIXELS_PER_INCH = 200
THEMES = {
    "": {"page": "#ffffff", "text": "#1a1a1a", "kinds": ("#0072b2", "#b34700", "#00745a")},
    "_dark": {"page": "#121212", "text": "#f2f2f2", "kinds": ("#7cc4f2", "#f0a26b", "#5fd3b0")},
}
MARKERS = "os^"
# kind → (record of seconds' key, label, offset of the label in points), with the digits' 1,000 test pictures.
DIGIT_READERS = {
    "linear": {
        "04_softmax_regression/03_softmax_from_scratch: softmax regression from scratch": (
            "softmax regression",
            (7, -4),
        ),
    },
    "hidden layers": {
        "05_multilayer_perceptrons/03_mlp_from_scratch: 128 hidden units, from scratch": ("128 units", (7, -4)),
        "06_building_models/04_devices: 64 hidden units, Adam": ("64 units, 3 epochs", (7, -4)),
        "07_convolutional_networks/04_lenet: 78 hidden units, 6 epochs": ("78 units, 6 epochs", (7, -6)),
    },
    "convolutions": {
        "07_convolutional_networks/04_lenet: modern LeNet, 3 epochs": ("LeNet, 3 epochs", (-7, 5)),
        "convolutional: modern_lenet": ("LeNet, 12 epochs", (-7, 5)),
        "convolutional: small_alexnet": ("", (0, 0)),
        "convolutional: small_vgg": ("", (0, 0)),
        "convolutional: small_nin": ("", (0, 0)),
        "convolutional: small_inception": ("", (0, 0)),
        "convolutional: small_resnet": ("AlexNet to DenseNet", (0, -20)),
        "convolutional: small_densenet": ("", (0, 0)),
        "convolutional: small_resnet, augmented": ("", (0, 0)),
    },
}
TALE_READERS = {
    "window of five": {"08_recurrent_networks/03_language_models: window network": ("3 epochs", (8, -4))},
    "plain recurrent": {
        "08_recurrent_networks/05_rnn_concise: recurrent network with PyTorch's parts, 6 epochs": ("6 epochs", (8, 0)),
        "08_recurrent_networks/04_rnn_from_scratch: recurrent network from scratch, 14 epochs": ("14 epochs", (8, -2)),
        "language: rnn": ("30 epochs", (8, -4)),
    },
    "gated": {"language: gru": ("GRU", (-8, -4)), "language: lstm": ("LSTM", (-8, 2))},
}


def read(name):
    """Return the entries of a record."""
    return json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))["networks"]


def collect():
    """Return every model's (seconds, parameters, held-out values) by its key in the record of seconds."""
    found, seconds = {}, read("training_seconds_cpu")
    for key, entry in read("trained_models").items():
        values = [value for one in entry["values"].values() for value in one]
        found[key] = (entry["parameters"], values)
    for name, entry in read("convolutional_networks").items():
        found[f"convolutional: {name}"] = (entry["parameters"], entry["test_accuracy"])
    for name, entry in read("language_models").items():
        found[f"language: {name}"] = (entry["parameters"], entry["held_out_perplexity"])
    return {key: (seconds[key]["seconds"], *rest) for key, rest in found.items() if key in seconds}


def digest(groups, models):
    """Return a digest of the numbers that a picture shows."""
    shown = {key: models[key] for group in groups.values() for key in group}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def draw(groups, models, x, theme):
    """Return a figure of held-out mean and standard deviation over x, 0 for the seconds and 1 for the parameters."""
    text = {"color": theme["text"]}
    figure, ax = plt.subplots(figsize=(5.6, 3.7), layout="constrained", facecolor=theme["page"])
    ax.set(facecolor=theme["page"], xscale="log")
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.xaxis.set_minor_formatter("")
    for (kind, group), color, marker in zip(groups.items(), theme["kinds"], MARKERS, strict=True):
        places = [models[key][x] for key in group]
        means = [statistics.mean(models[key][2]) for key in group]
        spreads = [statistics.stdev(models[key][2]) for key in group]
        look = {"color": color, "linestyle": "none", "marker": marker, "markersize": 5, "capsize": 3}
        ax.errorbar(places, means, spreads, label=kind, **look)
        for place, mean, (label, offset) in zip(places, means, group.values(), strict=True):
            side = "right" if offset[0] < 0 else "center" if offset[0] == 0 else "left"
            where = {"xytext": offset, "textcoords": "offset points", "fontsize": 9, "ha": side}
            ax.annotate(label, (place, mean), **where, **text)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(theme["text"])
    ax.tick_params(which="both", colors=theme["text"], labelsize=10)
    return figure, ax


def save(figure, name, mark):
    """Write a picture with a palette of 64 colours, which keeps it small, and with its digest."""
    path = FIGURES / name
    figure.savefig(path, dpi=PIXELS_PER_INCH, facecolor=figure.get_facecolor(), metadata={"Software": None})
    plt.close(figure)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(64)
    about = PngInfo()
    about.add_text("Digest", mark)
    small.save(path, optimize=True, pnginfo=about)


def main():
    """Write the four pictures; return 0."""
    models = collect()
    for ending, theme in THEMES.items():
        text = {"color": theme["text"], "fontsize": 11}
        figure, ax = draw(DIGIT_READERS, models, 0, theme)
        ax.set_xlabel("seconds of training, two cores", **text)
        ax.set_ylabel("test accuracy", **text)
        ax.legend(frameon=False, labelcolor=theme["text"], loc="lower right")
        save(figure, f"results_digits{ending}.png", digest(DIGIT_READERS, models))
        figure, ax = draw(TALE_READERS, models, 1, theme)
        counted = json.loads((RECORDS / "language_models.json").read_text(encoding="utf-8"))["n_grams"]["5"]
        ax.axhline(counted, color=theme["text"], linestyle=":", linewidth=1)
        ax.annotate(
            "5-gram, counted",
            (2e4, counted),
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=9,
            **{"color": theme["text"]},
        )
        ax.set_xlabel("parameters", **text)
        ax.set_xlim(1.5e4, 1.3e5)
        ax.set_xticks([20_000, 50_000, 100_000])
        ax.set_ylabel("held-out perplexity (lower is better)", **text)
        ax.legend(frameon=False, labelcolor=theme["text"], loc="upper right")
        save(figure, f"results_tale{ending}.png", digest(TALE_READERS, models))
    return 0


if __name__ == "__main__":
    sys.exit(main())
