"""Mini-batches: slices of tensors in memory."""

import torch


def take_batches(*arrays, batch_size, last="keep", generator=None):
    """Yield shuffled mini-batches, each a tuple of slices of the same rows.

    Args:
        *arrays: Tensors that share their first dimension n, at least 1.
        batch_size: Rows per batch, at least 1.
        last: What becomes of the rows left over when batch_size doesn't divide n. "keep": they are a shorter batch.
            "drop": they sit out this epoch. "refill": they are filled up with rows that the epoch has used
            already, drawn at random.
        generator: Source of randomness; the global one when None.

    Returns:
        An iterator, good for one epoch. Each item is a tuple with one tensor per array, shape
        (batch_size, …), dtype unchanged.

    Raises:
        ValueError: There is no array or no row, the first dimensions differ, batch_size is below 1, `last` is
            unknown, or there are too few rows for a single whole batch where one must be whole.
    """
    num_rows = count_rows(*arrays)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if last not in ("keep", "drop", "refill"):
        raise ValueError(f'last must be "keep", "drop" or "refill", got {last!r}')
    if last != "keep" and batch_size > num_rows:
        raise ValueError(
            f"{num_rows} rows can't make a whole batch of {batch_size}: make it smaller, or keep the last one"
        )
    order = torch.randperm(num_rows, generator=generator)
    left_over = num_rows % batch_size
    if left_over and last == "drop":
        order = order[:-left_over]
    elif left_over and last == "refill":
        # The order is random, so its first rows are a random choice; none of them is among the last.
        order = torch.cat([order, order[: batch_size - left_over]])
    # A generator's body runs at the first batch; the checks above must speak up at the call.
    return _cut_batches(arrays, order, batch_size)


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
