"""What the functions of assignment 3 should return: by hand, row by row in NumPy, or by solving in float64."""

import numpy as np
import torch

from assignments.verdict import Case

SPEEDS = np.array([0.7, 1.9, 3.1])
WEIGHTS, BIAS = np.array([2.0, 1.0, -4.0]), 0.25
TURNED = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7]
TABLE = np.array([[2.0, 10.0, -1.0], [4.0, 30.0, 0.5], [4.0, 20.0, 2.0], [5.0, 0.0, 8.5], [7.0, 90.0, 0.0]])
SMALLEST_FALL, MOST_EPOCHS = 1e-4, 200


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def waves(n):
    """Rows (n, 3) and targets (n,) as the hidden cells make them."""
    steps = np.arange(1.0, n + 1)
    return np.sin(steps[:, None] * SPEEDS), 3 * np.cos(5.3 * steps)


def error(x, target, w, b):
    """The error of one row."""
    return sum(wj * xj for wj, xj in zip(w, x, strict=True)) + b - target


def mean_loss(rows, targets, w, b):
    """Half the mean squared error, row by row."""
    return sum(error(x, t, w, b) ** 2 for x, t in zip(rows, targets, strict=True)) / (2 * len(rows))


def slopes(rows, targets, w, b):
    """The slopes by w and b: the mean of the rows' own."""
    errors = [error(x, t, w, b) for x, t in zip(rows, targets, strict=True)]
    by_w = np.mean([e * np.array(x) for e, x in zip(errors, rows, strict=True)], axis=0)
    return by_w, np.mean(errors)


def stepped(w, b, batches, rate):
    """w and b after a step for each batch."""
    for rows, targets in batches:
        by_w, by_b = slopes(rows, targets, w, b)
        w, b = w - rate * by_w, b - rate * by_b
    return w, b


def dealt(rows, targets, order, size):
    """The batches, as lists of two arrays."""
    packs = [order[start : start + size] for start in range(0, len(order), size)]
    return [[np.array([rows[i] for i in pack]), np.array([targets[i] for i in pack])] for pack in packs]


def training_set():
    """45 rows and targets: 40 to train on, 5 to predict."""
    steps = np.arange(1.0, 46)
    rows = 1.4 * np.sin(steps[:, None] * SPEEDS)
    return rows, rows @ [1.5, -2.0, 0.5] + 6 + 0.6 * np.cos(5.3 * steps)


def trained(size, rate):
    """The predictions for the rows kept aside, and all losses, in float64."""
    rows, targets = training_set()
    seen, seen_targets = rows[:40], targets[:40]
    generator = torch.Generator().manual_seed(3)
    theta, ones = np.zeros(4), np.ones((40, 1))
    A = np.hstack([seen, ones])
    losses = [np.mean((A @ theta - seen_targets) ** 2) / 2]
    while len(losses) <= MOST_EPOCHS:
        order = torch.randperm(40, generator=generator).numpy()
        for pack in np.split(order, range(size, 40, size)):
            theta = theta - rate * np.mean([(A[i] @ theta - seen_targets[i]) * A[i] for i in pack], axis=0)
        losses.append(np.mean((A @ theta - seen_targets) ** 2) / 2)
        if losses[-2] - losses[-1] < SMALLEST_FALL:
            break
    return rows[40:] @ theta[:3] + theta[3], losses


def solved(rows, targets):
    """The best weights and bias, by the normal equations of the centred rows."""
    middle = rows.mean(axis=0)
    centred = rows - middle
    w = np.linalg.solve(centred.T @ centred, centred.T @ (targets - targets.mean()))
    return w, targets.mean() - middle @ w


def pair(values):
    """Weights and bias as the list of two tensors that a hidden cell shows."""
    return [tensor(values[0]), tensor(values[1])]


def judge_batches():
    """The cases on dealing out and on an epoch."""
    rows, targets = waves(11)
    pieces = [(rows[:5], targets[:5]), (rows[5:10], targets[5:10]), (rows[10:], targets[10:])]
    even, odd = dealt(rows[:6], targets[:6], [4, 1, 0, 5, 3, 2], 2), dealt(rows, targets, TURNED, 4)
    return [
        Case("deal: six rows in batches of two", [pair(batch) for batch in even]),
        Case("deal: eleven rows in batches of four, the last of three", [pair(batch) for batch in odd]),
        Case("deal: a batch size above the number of rows", [pair([rows[TURNED], targets[TURNED]])], weight=0.5),
        Case("epoch: two batches of five rows", pair(stepped(WEIGHTS, BIAS, pieces[:2], 0.3))),
        Case("epoch: two batches of five rows, then one of one", pair(stepped(WEIGHTS, BIAS, pieces, 0.3))),
        Case(
            "epoch: the w and b that come in stay as they are",
            pair(stepped(WEIGHTS, BIAS, pieces, 0.3)),
            stays=pair((WEIGHTS, BIAS)),
            weight=0.5,
        ),
    ]


def judge_training():
    """The cases on training: the predictions, and the losses on the way."""
    (full, full_losses), (mini, mini_losses) = trained(40, 0.5), trained(7, 0.05)
    return [
        Case("all rows in each step: predictions for five new rows", tensor(full), tolerance=1e-3),
        Case("all rows in each step: the list of losses", full_losses, tolerance=1e-3),
        Case("batches of seven: predictions for five new rows", tensor(mini), tolerance=1e-3),
        Case("batches of seven: the list of losses", mini_losses, tolerance=1e-3),
        Case("a rate that is too large: predictions after the one epoch", tensor(trained(40, 3.0)[0])),
        Case("a loss that is no number any more: number of losses", 2, weight=0.5),
        Case("a rate so small that it falls to the end: predictions", tensor(trained(40, 0.01)[0])),
    ]


def judges():
    """{id of the hidden cell: its cases}."""
    nine, nine_targets = waves(9)
    seven, seven_targets = waves(7)
    nine_loss = mean_loss(nine, nine_targets, WEIGHTS, 0.0)
    full = slopes(seven, seven_targets, WEIGHTS, BIAS)
    both = np.append(*full)
    spread_rows = waves(12)[0] + [0.0, 1.0, -2.0]
    on_a_plane = spread_rows @ [1.5, -2.0, 0.5] + 6
    beside_it = on_a_plane + 2 * np.cos(5.3 * np.arange(1.0, 13))
    w_best, b_best = solved(spread_rows, beside_it)
    return {
        "judged-loss": [
            Case("the predictions for two rows", tensor([-1.75, 12.25])),
            Case("the prediction for one row", tensor([error(nine[0], 0.0, WEIGHTS, BIAS)])),
            Case("the loss of the errors -3 and 2", tensor(3.25)),
            Case("the loss on nine rows", tensor(nine_loss)),
            Case("the loss on nine rows, y as a column", tensor(nine_loss)),
        ],
        "judged-gradient": [
            Case("the slopes by w, seven rows", tensor(full[0]), weight=1.5),
            Case("the slope by b, seven rows", tensor(full[1]), weight=1.5),
            Case("one row", pair(slopes(seven[:1], seven_targets[:1], WEIGHTS, BIAS)), weight=0.5),
            Case("a single feature", pair(slopes(seven[:, :1], seven_targets, WEIGHTS[:1], BIAS)), weight=0.5),
            Case("the direction alone, with autograd switched off", tensor(both / np.linalg.norm(both)), weight=1.5),
        ],
        "judged-epoch": judge_batches(),
        "judged-scales": [
            Case("the means of three columns", tensor([4.4, 30.0, 2.0])),
            Case("their standard deviations", tensor([2.64**0.5, 1000**0.5, 11.5**0.5])),
            Case("the weights for raw features", tensor([4.0, 0.1, -1.0])),
            Case("the bias for raw features", tensor(-9.25)),
            Case(
                "the predictions from raw features are those from standardised ones",
                tensor([BIAS + sum(WEIGHTS * (row - [3.0, -20.0, 0.5]) / [0.5, 10.0, 4.0]) for row in TABLE]),
            ),
        ],
        "judged-fit": judge_training(),
        "judged-best": [
            Case("rows that lie on a plane", [tensor([1.5, -2.0, 0.5]), tensor(6.0)], tolerance=1e-3),
            Case("rows beside a plane: the weights", tensor(w_best), tolerance=1e-3),
            Case("rows beside a plane: the bias", tensor(b_best), tolerance=1e-3),
            Case("a single feature", pair(solved(spread_rows[:, 1:2], beside_it)), tolerance=1e-3),
        ],
    }
