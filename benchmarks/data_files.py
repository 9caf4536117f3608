"""A set of 60,000 images: the cached load, and reading its IDX file against gunzip and frombuffer."""

import gzip
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from measure import announce, limit_threads, print_table, ratios, summarise, take_turns

from d2lutils.data import load_images, read_idx
from d2lutils.data.cache import load_cached

COPIES = 12  # of the 5,000 digits that come with the course


def measure():
    """Return the records of a cached load (seconds) and of read_idx (ratio)."""
    limit_threads()
    announce("60,000 images of 28 × 28: cached load, and reading IDX")
    digits = load_images("digits")
    images = (255 * torch.cat([digits.train_images, digits.test_images])).round().byte().repeat(COPIES, 1, 1, 1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["D2LUTILS_DATA"] = folder
        labels = torch.zeros(len(images), dtype=torch.uint8)
        parts = {"train_images": images, "train_labels": labels, "test_images": images[:10_000]}
        load_cached("mnist", lambda: parts | {"test_labels": labels[:10_000]})
        path = Path(folder) / "images.gz"
        header = bytes([0, 0, 8, 3]) + np.array([len(images), 28, 28], dtype=">i4").tobytes()
        path.write_bytes(gzip.compress(header + images.numpy().tobytes()))
        loads = take_turns({"load": lambda: load_images("mnist")})["load"]
        reads = take_turns({"read_idx": lambda: read_idx(path), "by hand": lambda: read_by_hand(path)}, rounds=9)
    return [summarise("cached_load", loads), summarise("read_idx", ratios(reads["read_idx"], reads["by hand"]))]


def read_by_hand(path):
    """Read an IDX file as anyone would who trusts it."""
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), "uint8", offset=16).reshape(-1, 28, 28)


if __name__ == "__main__":
    sys.exit(print_table(measure()))
