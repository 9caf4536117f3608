"""Text as numbers: characters or words, a vocabulary with stable ids, and windows cut from one long row of ids."""

import re
from collections import Counter

import torch

UNKNOWN = "<unk>"
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")  # letters of any script, apostrophes between them


def split_text(text, unit):
    """Return the tokens of a text.

    Args:
        text: A string.
        unit: "character" keeps every character as it is; "word" returns the runs of letters, in small
            letters, with the apostrophes inside them, and drops the rest.

    Returns:
        A list of strings.

    Raises:
        ValueError: The unit is unknown.
    """
    if unit not in ("character", "word"):
        raise ValueError(f'unit must be "character" or "word", got {unit!r}')
    return list(text) if unit == "character" else WORD.findall(text.lower())


class Vocabulary:
    """The different tokens of a text, numbered: 0 is the unknown token, then the reserved ones, then by frequency.

    Equally frequent tokens are numbered in the order of their characters' codes, so ids depend on the counts alone.

    Args:
        tokens: The tokens to count, such as `split_text` returns.
        min_count: How often a token must occur to have an id of its own, at least 1.
        reserved: Tokens with a special meaning, such as "<pad>"; they have ids whether they occur or not.

    Attributes:
        tokens: A list, the token of each id.
        counts: How often each token occurred, a `Counter`; rare tokens are in it, too.

    Raises:
        ValueError: min_count is below 1, or a reserved token is named twice.
    """

    def __init__(self, tokens, min_count=1, reserved=()):
        special = [UNKNOWN, *reserved]
        if min_count < 1 or len(set(special)) < len(special):
            raise ValueError(f"need min_count ≥ 1 and different reserved tokens, got {min_count} and {special}")
        self.counts = Counter(tokens)
        frequent = [token for token, count in self.counts.items() if count >= min_count and token not in special]
        self.tokens = special + sorted(frequent, key=lambda token: (-self.counts[token], token))
        self._ids = {token: i for i, token in enumerate(self.tokens)}

    def __len__(self):
        return len(self.tokens)

    def encode(self, tokens):
        """Return the ids of n tokens, shape (n,), int64; 0 for a token that has none."""
        return torch.tensor([self._ids.get(token, 0) for token in tokens], dtype=torch.int64)

    def decode(self, ids):
        """Return the tokens of n ids, a list of strings."""
        return [self.tokens[i] for i in torch.as_tensor(ids, dtype=torch.int64).tolist()]


def take_windows(ids, steps, batch_size, *, order, start=None, generator=None):  # noqa: PLR0913 - options by name
    """Return batches of windows cut from one long row, each with its targets: the same window one place later.

    Args:
        ids: The row, shape (n,).
        steps: Places in a window, at least 1.
        batch_size: Windows in a batch, at least 1.
        order: "random": the windows are shuffled. "adjacent": the row is cut into batch_size long pieces, and row i
            of each batch goes on where row i of the batch before ended, so a state may be carried over.
        start: Where the first window begins, from 0 to n - 1; drawn below `steps` when None, so that epochs differ.
        generator: Source of randomness; the global one when None.

    Returns:
        An iterator, good for one epoch. Each item is a pair (inputs, targets), both of shape (batch_size, steps); in
        the order "adjacent" they are views of the row. What doesn't fill a whole batch is left out.

    Raises:
        ValueError: The order is unknown, steps or batch_size is below 1, start outside the row, or the row is too
            short for one batch.
    """
    if order not in ("random", "adjacent"):
        raise ValueError(f'order must be "random" or "adjacent", got {order!r}')
    if steps < 1 or batch_size < 1 or (start is not None and not 0 <= start < len(ids)):
        raise ValueError(f"need steps ≥ 1, batch_size ≥ 1 and a start in the row, got {steps}, {batch_size}, {start}")
    start = int(torch.randint(steps, (), generator=generator)) if start is None else start
    inputs, targets = ids[start:-1], ids[start + 1 :]
    num_batches = len(inputs) // (steps * batch_size)
    if not num_batches:
        raise ValueError(f"{len(ids)} ids, begun at {start}, make no batch of {batch_size} windows of {steps}")
    if order == "adjacent":
        used = num_batches * steps * batch_size
        parts = [row[:used].view(batch_size, -1).split(steps, dim=1) for row in (inputs, targets)]
    else:
        windows = torch.randperm(len(inputs) // steps, generator=generator)[: num_batches * batch_size]
        parts = [row.unfold(0, steps, steps)[windows].split(batch_size) for row in (inputs, targets)]
    return zip(*parts, strict=True)
