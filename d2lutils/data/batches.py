"""Mini-batches: slices of tensors in memory."""

import torch


def take_batches(*arrays, batch_size, generator=None):
    """Yield shuffled mini-batches, each a tuple of slices of the same rows.

    Args:
        *arrays: Tensors that share their first dimension n, at least 1.
        batch_size: Rows per batch, at least 1. The last batch is shorter when it doesn't divide n.
        generator: Source of randomness; the global one when None.

    Returns:
        An iterator, good for one epoch. Each item is a tuple with one tensor per array, shape
        (batch_size, …), dtype unchanged.

    Raises:
        ValueError: There is no array or no row, the first dimensions differ, or batch_size is below 1.
    """
    num_rows = count_rows(*arrays)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    # A generator's body runs at the first batch; the checks above must speak up at the call.
    return _cut_batches(arrays, torch.randperm(num_rows, generator=generator), batch_size)


def count_rows(*arrays):
    """Return the first dimension that all tensors share.

    Raises:
        ValueError: There is no tensor or no row, or the first dimensions differ.
    """
    sizes = [len(array) for array in arrays]
    if not sizes or len(set(sizes)) > 1:
        raise ValueError(f"the arrays must share their first dimension, got {sizes} rows")
    if sizes[0] == 0:
        raise ValueError("the arrays are empty: there must be at least one row")
    return sizes[0]


def _cut_batches(arrays, order, batch_size):
    for rows in order.split(batch_size):
        yield tuple(array[rows] for array in arrays)
