"""What the functions of assignment 1 should return: worked out by hand, or with NumPy and plain loops."""

import numpy as np
import torch

from assignments.verdict import Case

WARM = [[1.0, 4.0, -2.0, 4.0, 0.5], [-7.0, -9.0, -3.0, -8.0, -4.0]]
MANY = (np.arange(24.0).reshape(4, 6)[:, ::-1]) ** 1.5
SPREAD_OUT = [[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], [0.0] * 7 + [8.0]]
SQUARE = [[1.0, 2.0, 4.0], [3.0, -1.0, 0.5], [100.0, 300.0, 250.0]]
A = [[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]
B = [[0.0, 0.0, 0.0], [1.0, 2.0, 4.0], [-2.0, 5.0, 1.0], [9.0, 9.0, 9.0]]
BY_DAY = [1.0, 2.0, 0.5]
WAVES = np.stack([np.sin(np.arange(12.0) * speed) for speed in (0.5, 0.56, 0.9, 1.0, 2.0)])
LEVELS = WAVES * [[1.0], [30.0], [1.0], [5.0], [2.0]] + [[0.0], [9.0], [5.0], [-3.0], [20.0]]


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def scaled(rows):
    """Each row at mean 0 and standard deviation 1; zeros where it has no spread."""
    rows = np.array(rows, dtype=float)
    return np.array([(row - row.mean()) / (row.std() or 1) for row in rows])


def apart(first, second, weights):
    """Distances between rows, one pair at a time."""
    return [[float(np.average(np.subtract(a, b) ** 2, weights=weights)) ** 0.5 for b in second] for a in first]


def neighbours(rows, k):
    """For each row the numbers of the k others nearest to it after scaling."""
    between = apart(scaled(rows), scaled(rows), None)
    others = [[j for j in range(len(rows)) if j != i] for i in range(len(rows))]
    return [sorted(choice, key=between[i].__getitem__)[:k] for i, choice in enumerate(others)]


def estimates(rows, k):
    """For each row the mean of its k nearest."""
    return [np.mean([rows[j] for j in chosen], axis=0) for chosen in neighbours(rows, k)]


def judges():
    """{id of the hidden cell: its cases}."""
    line = np.linspace(-1, 1, 7)[:, None]
    return {
        "judged-summaries": [
            Case("the means of two towns", tensor([1.5, -6.2])),
            Case("their ranges", tensor([6.0, 6.0])),
            Case("their warmest days, the first where two are equal", torch.tensor([1, 2])),
            Case(
                "four towns of six days",
                [tensor(MANY.mean(1)), tensor(MANY[:, 0] - MANY[:, 5]), torch.tensor([0, 0, 0, 0])],
            ),
            Case("one town, one day", [tensor([3.0]), tensor([0.0]), torch.tensor([0])]),
        ],
        "judged-standardise": [
            Case("two towns of eight days", tensor(scaled(SPREAD_OUT))),
            Case("as many towns as days", tensor(scaled(SQUARE))),
            Case("a town without spread among others", tensor(scaled([[4.0, 4.0, 4.0], [1.0, 2.0, 3.0]]))),
            Case("no town has any spread", torch.zeros(2, 5)),
            Case("the tensor that comes in stays as it is", tensor(scaled(SQUARE)), stays=tensor(SQUARE)),
        ],
        "judged-distances": [
            Case("two rows to four", tensor(apart(A, B, BY_DAY))),
            Case("four rows to two", tensor(apart(B, A, BY_DAY))),
            Case("as many rows as days, to themselves", tensor(apart(B[1:], B[1:], BY_DAY)), tolerance=1e-3),
            Case("rows of a single number", tensor(apart(line, line[:3], [0.7]))),
            Case("large numbers, and a day that doesn't count", tensor([[125_000**0.5]])),
        ],
        "judged-nearest": [
            Case("the nearest of five towns", torch.tensor(neighbours(LEVELS, 1))),
            Case("the three nearest, in order", torch.tensor(neighbours(LEVELS, 3))),
            Case("two towns with the same row find each other", torch.tensor([[2], [0]])),
            Case("no town is its own neighbour", torch.tensor([[j for j in range(5) if j != i] for i in range(5)])),
            Case("the third of four", torch.tensor(neighbours(LEVELS, 4))[:, 2]),
        ],
        "judged-estimate": [
            Case("from one neighbour", tensor(estimates(LEVELS, 1))),
            Case("from two", tensor(estimates(LEVELS, 2))),
            Case("from all the others", tensor(estimates(LEVELS, 4))),
        ],
    }
