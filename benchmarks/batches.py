"""One shuffled pass over 60,000 images: take_batches, by hand, and PyTorch's DataLoader."""

import sys

import torch
from measure import announce, limit_threads, print_table, ratios, summarise, take_turns
from torch.utils.data import DataLoader, TensorDataset

from d2lutils.data import take_batches

NUM_IMAGES = 60_000
BATCH_SIZE = 256


def measure():
    """Return the records of take_batches and DataLoader, each against indexing by hand."""
    limit_threads()
    announce(f"one pass over {NUM_IMAGES:,} images in batches of {BATCH_SIZE}")
    images, labels = torch.rand(NUM_IMAGES, 1, 28, 28), torch.randint(10, (NUM_IMAGES,))
    loader = DataLoader(TensorDataset(images, labels), batch_size=BATCH_SIZE, shuffle=True)
    seconds = take_turns(
        {
            "by hand": lambda: pass_over(cut_by_hand(images, labels)),
            "take_batches": lambda: pass_over(take_batches(images, labels, batch_size=BATCH_SIZE)),
            "data_loader": lambda: pass_over(loader),
        },
        rounds=9,
    )
    return [summarise(name, ratios(seconds[name], seconds["by hand"])) for name in ("take_batches", "data_loader")]


def cut_by_hand(images, labels):
    """Yield the batches of one shuffled pass, as anyone would write them."""
    order = torch.randperm(len(images))
    for start in range(0, len(images), BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        yield images[rows], labels[rows]


def pass_over(batches):
    """Take every batch once and do nothing with it; count the rows to be sure."""
    num_rows = sum(len(labels) for _, labels in batches)
    if num_rows != NUM_IMAGES:
        raise RuntimeError(f"one pass gave {num_rows} images instead of {NUM_IMAGES}")


if __name__ == "__main__":
    sys.exit(print_table(measure()))
