"""What the functions of assignment 5 should return: by hand, by plain loops, or by PyTorch's autograd."""

import math

import numpy as np
import torch

from assignments.verdict import Case

LABELS = [2, 0, 1, 1, 0]
SHARES = [0.1, 0.3, 0.05, 0.35, 0.2]
EVEN = [0.2] * 5
TANH_SLOPE = {x: 1 / math.cosh(x) ** 2 for x in (1.2, -0.4)}


def wave(speed, *shape):
    """Numbers between -1 and 1 that don't repeat."""
    return np.sin(speed * np.arange(1.0, math.prod(shape) + 1)).reshape(shape)


FIVE, ONE = wave(0.4, 5, 4), wave(0.9, 1, 4)
STRANGE = 0.9 * wave(3.1, 5, 6), np.abs(wave(2.7, 5, 3))


def network(d, h, k):
    """W1, b1, W2 and b2 of a network."""
    return [wave(0.7, d, h), wave(1.9, h), wave(1.3, h, k), wave(2.3, k)]


NET, SQUARE = network(4, 6, 3), network(4, 3, 3)


def passed(rows, labels, shares, parameters):
    """The loss, the hidden outputs and the probabilities, one row after the other."""
    W1, b1, W2, b2 = parameters
    loss, hidden, probabilities = 0.0, [], []
    for x, label, share in zip(rows, labels, shares, strict=True):
        h = [math.tanh(x @ W1[:, j] + b1[j]) for j in range(len(b1))]
        scores = [float(np.dot(h, W2[:, m]) + b2[m]) for m in range(len(b2))]
        top = max(scores)
        lse = top + math.log(sum(math.exp(score - top) for score in scores))
        loss += share * (lse - scores[label])
        hidden.append(h)
        probabilities.append([math.exp(score - lse) for score in scores])
    return torch.tensor(loss), torch.tensor(hidden), torch.tensor(probabilities)


def by_autograd(shares, parameters):
    """The gradients with respect to W1, b1, W2 and b2, from PyTorch."""
    leaves = [torch.tensor(parameter, requires_grad=True) for parameter in parameters]
    W1, b1, W2, b2 = leaves
    scores = torch.tanh(torch.tensor(FIVE) @ W1 + b1) @ W2 + b2
    losses = torch.nn.functional.cross_entropy(scores, torch.tensor(LABELS), reduction="none")
    return torch.autograd.grad((losses * torch.tensor(shares, dtype=torch.float64)).sum(), leaves)


def by_rows(hidden, probabilities):
    """The gradients of W1 and W2 from given hidden outputs and probabilities, row by row and number by number."""
    by_W1, by_W2 = np.zeros((4, 6)), np.zeros((6, 3))
    for i, (label, share) in enumerate(zip(LABELS, SHARES, strict=True)):
        for j in range(6):
            arrived = 0.0
            for m in range(3):
                error = share * (probabilities[i, m] - (m == label))
                arrived += NET[2][j, m] * error
                by_W2[j, m] += hidden[i, j] * error
            by_W1[:, j] += FIVE[i] * arrived * (1 - hidden[i, j] ** 2)
    return [torch.tensor(by_W1), torch.tensor(by_W2)]


def names(*tries):
    """A check of the names that a detective gives: each try is (what was handed in, the right name or None)."""

    def fault(found):
        given = [item.get("value") for item in found["items"]] if "items" in found else [found.get("value")]
        for (says, right), name in zip(tries, given, strict=True):
            if name != right:
                return f"for {says} it " + ("named none" if name is None else f"named {str(name)[:20]}")
        return None

    return fault


def sums_of_parts(x, y):
    """The slopes of p + p² + tanh(p²) p² + x with p = xy, along x and y."""
    x, y = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (x, y))
    p = x * y
    end = p + p.pow(2) + p.pow(2).tanh() * p.pow(2) + x
    return [slope.item() for slope in torch.autograd.grad(end, (x, y))]


def judges():
    """{id of the hidden cell: its cases}."""
    loss, hidden, probabilities = passed(FIVE, LABELS, SHARES, NET)
    loss_of_one, _, probabilities_of_one = passed(ONE, [1], [1.0], NET)
    loud_loss, _, loud_probabilities = passed(FIVE, LABELS, SHARES, [*NET[:2], 1000 * NET[2], NET[3]])
    uneven, even, square = by_autograd(SHARES, NET), by_autograd(EVEN, NET), by_autograd(EVEN, SQUARE)
    after_walk = sums_of_parts(0.5, 2.0)
    return {
        "judged-forward": [
            Case("the loss of five rows with different shares", loss),
            Case("their hidden outputs H", hidden),
            Case("their probabilities P", probabilities),
            Case("one row: loss and probabilities", [loss_of_one, probabilities_of_one]),
            Case("scores in the hundreds and thousands", [loud_loss, loud_probabilities]),
        ],
        "judged-backward": [
            Case("different shares: the gradients of W2 and b2", list(uneven[2:]), weight=2),
            Case("different shares: the gradients of W1 and b1", list(uneven[:2])),
            Case("equal shares: the gradients of W2 and b2", list(even[2:])),
            Case("as many hidden units as classes: the gradients of W1 and b1", list(square[:2])),
            Case("H and P that no forward pass has made: the gradients of W1 and W2", by_rows(*STRANGE)),
            Case(
                "the H and P that come in stay as they are",
                by_rows(*STRANGE),
                stays=list(map(torch.tensor, STRANGE)),
                weight=0.5,
            ),
        ],
        "judged-detective": [
            Case(
                "all gradients right, one with the wrong sign, a square one turned over",
                check=names(
                    ("right gradients", None), ("b1 with the wrong sign", "b1"), ("a square W2, turned over,", "W2")
                ),
            ),
            Case(
                "the last number of a matrix too large, or too small, by 0.001",
                check=names(("a W1 too large at its end", "W1"), ("a W1 too small at its end", "W1")),
            ),
            Case(
                "a steep loss of tensors with one and three axes",
                check=names(("right gradients", None), ("a tensor of three axes, its numbers moved,", "cube")),
            ),
            Case(
                "right numbers in another shape",
                check=names(("a row as b1", "b1"), ("a column as b2", "b2")),
            ),
            Case("nan in the middle of a gradient", check=names(("nan in W2", "W2"))),
            Case("the parameters stay as they are", "b2", stays=list(map(torch.tensor, SQUARE))),
        ],
        "judged-operations": [
            Case("add: value and slopes", [[-1.5, 3.0, 3.0], [3.0, 6.0]]),
            Case("multiply: value and slopes", [[-10.0, -12.0, 7.5], [2.25, -9.0]]),
            Case("divide: value and slopes", [[-0.625, -0.75, -0.46875], [-2.0, 10.0, 20.0], [1.0, 0.0]]),
            Case(
                "tanh: value and slope",
                [[math.tanh(1.2), 3 * TANH_SLOPE[1.2]], [math.tanh(-0.4), -2 * TANH_SLOPE[-0.4]]],
            ),
            Case("relu: value and slope, at 0, too", [[1.2, 3.0], [0.0, 0.0], [0.0, 0.0], [0.01, -2.0]]),
        ],
        "judged-walk": [
            Case("boxes that are used twice", [2 * 1.5 * -2 - 0.5, 1.5**2 - 1.5 / 4]),
            Case("ways of different lengths, in any order", [after_walk] * 3),
            Case("slopes of the end, of the middle, of a box without part in it", [1.0, 12.0, 22.0, 0.0, 66.0, 88.0]),
            Case("twelve doublings: the slope, and how many rules were called", [4096.0, 12]),
            Case("asked for another end, and again", [[12.0, 4.0], [9.0, 12.0, 3.0], [12.0, 4.0]]),
        ],
    }
