"""Train a small network with its curves on a Visdom board, and take the picture of that board: visdom_board.png.

Run after `tools/fetch_board_scripts.py`: .venv/bin/python book/figures/take_board_picture.py
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from playwright.sync_api import sync_playwright
from torch import nn

from d2lutils.data import load_images, take_batches
from d2lutils.plotting import LiveCurves
from d2lutils.training import accuracy, evaluate, set_seed, train
from d2lutils.visdom_board import VisdomBoard

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))
from find_browser import find_browser  # noqa: E402 - tools are programs, not a package

SCRIPTS = ROOT / "_build" / "board_scripts"
PICTURE = Path(__file__).with_name("visdom_board.png")
PORT = 8197
COLOURS = 64


def fit(address):
    """Train softmax regression on the digits for twelve epochs, with two windows on the board."""
    set_seed(0)
    digits = load_images("digits")
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        lambda: take_batches(digits.train_images, digits.train_labels, batch_size=64),
        epochs=12,
        measure=lambda: {"test accuracy": evaluate(model, accuracy, digits.test_images, digits.test_labels)},
        curves=LiveCurves(ylabel="loss, share right", board=VisdomBoard("softmax regression", address)),
    )
    steps = LiveCurves(xlabel="step", ylabel="loss", board=VisdomBoard("loss of each batch", address))
    for step, loss in enumerate(history["batch loss"], start=1):
        steps.add(step, {"batch loss": loss})
    steps.finish()


def main():
    """Write visdom_board.png; return the exit status."""
    if not SCRIPTS.is_dir():
        print("needs the page's scripts: run tools/fetch_board_scripts.py before", file=sys.stderr)
        return 1
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shutil.copytree(SCRIPTS, Path(folder) / "visdom" / "static")
        command = [sys.executable, "-m", "d2lutils.visdom_board", "--port", str(PORT)]
        environment = {"D2LUTILS_DATA": folder, "HOME": folder}
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            address = f"http://localhost:{PORT}"
            while not server.stdout.readline().startswith(f"board: {address}"):  # its word that it is up
                if server.poll() is not None:
                    raise RuntimeError("the board didn't start")
            fit(address)
            window = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
            page = window.new_page(viewport={"width": 1000, "height": 440})
            page.goto(address)
            page.wait_for_selector(".js-plotly-plot .legendtext")
            time.sleep(2)
            page.screenshot(path=PICTURE)
            window.close()
        finally:
            server.kill()
    Image.open(PICTURE).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
