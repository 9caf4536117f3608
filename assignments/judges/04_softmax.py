"""What the functions of assignment 4 should return: by hand, by plain loops, and slopes by moving a number a little."""

import math

import numpy as np
import torch

from assignments.verdict import Case
from d2lutils.data import load_images

SMALL = [[0.5, -1.25, 2.0, 0.0], [3.0, 3.0, -2.5, 1.5]]
HIGH = [[0.75, 1.25, 2.25, 0.0], [4.0, 3.0, 3.5, 0.0]]  # the differences are all that counts
SQUARE = [[2.0, 0.0, 1.0], [0.0, 4.0, -1.0], [0.5, 0.5, 3.0]]
FIVE = [[2.0, 1.0, 0.5], [0.0, 0.0, 3.0], [-1.0, 2.0, 0.0], [4.0, 0.0, 1.0], [0.5, 0.5, 1.5]]
ALL_LABELS, SOME_LABELS = [1, 2, 0, 0, 1], [1, -100, 0, -100, 1]
TINY_X = [[1.0, 0.0, 2.0], [0.5, -1.0, 0.0], [0.0, 3.0, 1.0], [2.0, 2.0, -1.0], [1.0, 1.0, 1.0]]
TINY_Y = [7, 0, 9, 7, -100]
LABELS, ANSWERS = [2, 0, 3, 3, 1, 2, 0, 2, 2, 3], [2, 1, 3, 0, 1, 0, 0, 2, 0, 3]
FOUR_CLASSES = [[50, 1, 0, 2], [0, 40, 6, 1], [3, 0, 60, 4], [0, 1, 5, 55]]
BELOW = [[20, 1, 1, 0], [2, 30, 0, 1], [0, 2, 25, 0], [8, 0, 1, 9]]
TEN_CLASSES = [[22 * (10 * i + j) % 31 + 30 * (i == j) for j in range(10)] for i in range(10)]
STEP = 1e-4  # for measured slopes, in double precision
FEWEST_READ = 0.85  # a right program reads 0.9 or more whatever the order; without shuffling, sorted ones, 0.53


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def logs(rows):
    """The logarithms of the probabilities of each row of moderate scores."""
    return [[o - math.log(sum(math.exp(other) for other in row)) for o in row] for row in rows]


def loss(rows, labels):
    """The mean of minus the logarithms at the labels, over the rows that have one."""
    own = [-logs([row])[0][label] for row, label in zip(rows, labels, strict=True) if label != -100]
    return sum(own) / len(own)


def slopes(function, start):
    """How fast a function of an array rises with each of its numbers, measured to either side."""
    found = np.zeros_like(start)
    for place in np.ndindex(*start.shape):
        nudge = np.zeros_like(start)
        nudge[place] = STEP
        found[place] = (function(start + nudge) - function(start - nudge)) / (2 * STEP)
    return found


def gradient(rows, labels):
    """The gradient of the mean loss by the scores."""
    return tensor(slopes(lambda scores: loss(scores.tolist(), labels), np.array(rows)))


def descended(X, labels, batches, rate):
    """Weights and biases after one step of descent for each batch, a list of rows."""
    X = np.column_stack([np.array(X), np.ones(len(X))])
    weights = np.zeros((X.shape[1], 10))  # the last row are the biases
    for rows in batches:
        own = [labels[row] for row in rows]
        weights = weights - rate * slopes(lambda w, x=X[rows], own=own: loss((x @ w).tolist(), own), weights)
    return [tensor(weights[:-1]), tensor(weights[-1])]


def counts(labels, answers, k):
    """The confusion matrix, counted one by one."""
    table = torch.zeros(k, k, dtype=torch.int64)
    for label, answer in zip(labels, answers, strict=True):
        if label != -100:
            table[label, answer] += 1
    return table


def alike(table):
    """The two classes with most mistakes between them, and their share of all mistakes."""
    k = len(table)
    pairs = {(i, j): table[i][j] + table[j][i] for i in range(k) for j in range(i + 1, k)}
    first, second = max(pairs, key=pairs.get)
    return [first, second, pairs[first, second] / sum(pairs.values())]


def reads(labels):
    """A check: are enough of the answers, a tensor (n,), the labels?"""

    def check(found):
        if found.get("kind") != "array" or found["shape"] != [len(labels)]:
            return f"W and b don't give an answer for each of the {len(labels)} pictures"
        share = sum(answer == label for answer, label in zip(found["values"], labels, strict=True)) / len(labels)
        return None if share >= FEWEST_READ else f"it reads {share:.2f} of them, and should read {FEWEST_READ} or more"

    return check


def judges():
    """{id of the hidden cell: its cases}."""
    held_out = load_images("small-digits").test_labels.tolist()
    gaps = [-100 if i % 4 == 1 else label for i, label in enumerate(LABELS)]
    many = [7 * i % 10 for i in range(5000)], [i * i % 10 for i in range(5000)]
    return {
        "judged-log_softmax": [
            Case("two rows of four scores", tensor(logs(SMALL))),
            Case("scores of 1000 and -1000", tensor([[0.0, -2000.0, -10.0], logs([[2.0, 1.0, 0.0]])[0]])),
            Case("scores around 20,000 and -30,000, to four digits", tensor(logs(HIGH))),
            Case("as many rows as classes, 7 added to all scores", tensor(logs(SQUARE))),
            Case("five scores of 88", tensor([[-math.log(5)] * 5])),
        ],
        "judged-cross_entropy": [
            Case("five rows, all labelled", loss(FIVE, ALL_LABELS)),
            Case("two of five labels are missing", loss(FIVE, SOME_LABELS)),
            Case("scores of 1000 and -1000", (1000.0 + 0.0 + 2000.0) / 3),
            Case("no row is labelled", 0.0),
            Case("a missing label in the middle", loss([FIVE[3], FIVE[2]], [2, 2])),
        ],
        "judged-score_gradient": [
            Case("five rows, all labelled", gradient(FIVE, ALL_LABELS)),
            Case("two of five labels are missing", gradient(FIVE, SOME_LABELS)),
            Case("scores of 1000 and -1000", tensor([[1, -1], [0, 0], [-1, 1]]) / 3),
            Case("no row is labelled", torch.zeros(5, 3)),
            Case(
                "the scores and labels that come in stay as they are",
                gradient(FIVE, SOME_LABELS),
                stays=[tensor(FIVE), torch.tensor(SOME_LABELS)],
            ),
        ],
        "judged-fit": [
            Case("one epoch, one batch of all rows", descended(TINY_X, TINY_Y, [range(5)], 0.5)),
            Case("three epochs, the batch larger than the data", descended(TINY_X, TINY_Y, [range(5)] * 3, 0.5)),
            Case(
                "seven rows in batches of three, two epochs",
                descended([[1.0, -0.5]] * 7, [4] * 7, [range(3), range(3), range(1)] * 2, 1.0),
            ),
            Case("an epoch uses all of 23 rows", torch.ones(23, dtype=torch.bool)),
            Case("held-out digits, learnt from pictures that came sorted by class", check=reads(held_out)),
            Case(
                "held-out digits, a third of the labels missing, the classes under other names",
                check=reads([(3 * label + 4) % 10 for label in held_out]),
            ),
        ],
        "judged-confusion": [
            Case("ten pictures, four classes", counts(LABELS, ANSWERS, 4)),
            Case("three labels are missing", counts(gaps, ANSWERS, 4)),
            Case("classes that never occur", counts(LABELS, ANSWERS, 6)),
            Case("5,000 pictures", counts(*many, 10)),
            Case("no picture is labelled", torch.zeros(3, 3, dtype=torch.int64)),
        ],
        "judged-most_confused": [
            Case("the pair: it isn't the one with the largest single count", alike(FOUR_CLASSES)[:2]),
            Case("the pair: nearly all mistakes lie below the diagonal", alike(BELOW)[:2]),
            Case("the pair: ten classes", alike(TEN_CLASSES)[:2]),
            Case("the share: four classes", alike(FOUR_CLASSES)[2]),
            Case("the share: two classes", 1.0, weight=0.5),
            Case("the share: ten classes", alike(TEN_CLASSES)[2]),
            Case(
                "the table that comes in stays as it is",
                alike(FOUR_CLASSES)[:2],
                stays=torch.tensor(FOUR_CLASSES),
            ),
        ],
    }
