"""What the functions of assignment 6 should return: by hand, number by number, or within bounds that chance allows."""

import math
import statistics

import numpy as np
import torch

from assignments.verdict import Case

WAVES = [9.0, 7.0, 7.5, 7.2, 6.0, 6.5, 6.4, 6.1]
COINS = np.arange(12.0) * 0.37 % 1
OUTPUTS = 3 * np.cos(np.arange(12.0))


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def spread_check(std):
    """A check of a hundredfold mean and standard deviation of many weights."""

    def fault(found):
        mean, given = (item["value"] for item in found["items"])
        if abs(mean) > 0.5:
            return "the mean of the weights is too far from 0"
        return None if abs(given / (100 * std) - 1) < 0.03 else f"the standard deviation is {given / 100:.3f}"

    return fault


def signal_check(found):
    """A check of a mean square behind ten layers, 1 before them."""
    size = found["values"][0] if found["kind"] == "array" else found["value"]
    return None if 0.2 < size < 5 else f"the mean square went from 1 to {float(size):.2g}"


def thinned(p):
    """The outputs, one at a time, without those whose coin is below p."""
    pairs = zip(OUTPUTS, COINS, strict=True)
    return np.array([0.0 if coin < p else value / (1 - p) for value, coin in pairs])


def walked(start, slope_of, steps, rate, decay):
    """One parameter after steps of Adam; decay is 0 for a bias. The averages are sums over all gradients so far."""
    value, seen = start, []
    for t in range(1, steps + 1):
        seen.append(slope_of(t - 1, value))
        shares = [[(1 - beta) * beta ** (t - 1 - i) for i in range(t)] for beta in (0.9, 0.999)]
        first = sum(share * g for share, g in zip(shares[0], seen, strict=True)) / sum(shares[0])
        second = sum(share * g * g for share, g in zip(shares[1], seen, strict=True)) / sum(shares[1])
        value = (1 - rate * decay) * value - rate * first / (math.sqrt(second) + 1e-8)
    return value


def moved(steps, decay, slopes=1.0, shift=0.0, rate=0.1):
    """The weights and biases of the hidden cell after some steps."""
    weights = [
        walked(math.sin(i), lambda t, _, i=i: slopes * (math.cos(i * (t + 1)) + shift), steps, rate, decay)
        for i in range(1, 7)
    ]
    biases = [
        walked(start, lambda t, _, g=g: slopes * g * (1 - 0.6 * t), steps, rate, 0.0)
        for start, g in ((0.5, 4.0), (-1.0, -0.5), (2.0, 0.0))
    ]
    return tensor(weights).reshape(2, 3), tensor(biases)


def grown(epochs):
    """The weights and biases of the hidden cell after some epochs."""
    return tensor([[1.0 + epochs, 1.0 + 2 * epochs], [1.0 + 3 * epochs, 1.0 + 4 * epochs]]), tensor(
        [(-1.5) ** epochs, -((-1.5) ** epochs)]
    )


def pieces(step, n, k):
    """Pairs of row numbers, kept and held out, for the order 0, step, 2 · step, … modulo n."""
    order, start, pairs = [step * i % n for i in range(n)], 0, []
    for fold in range(k):
        end = start + math.ceil((n - start) / (k - fold))
        held_out = order[start:end]
        pairs.append([sorted(set(order) - set(held_out)), sorted(held_out)])
        start = end
    return pairs


def table(levels, swings, n=23, k=5):
    """Strengths, mean losses and standard errors, from the losses of each row."""
    means, errors = [], []
    for (strength, level), swing in zip(levels.items(), swings, strict=True):
        by_row = [level + swing * math.sin(1.7 * row + 40 * strength) for row in range(1, n + 1)]
        losses = [
            statistics.fmean(by_row[row] for row in held_out) + 0.01 * max(by_row[row] for row in kept)
            for kept, held_out in pieces(7, n, k)
        ]
        means.append(statistics.fmean(losses))
        errors.append(statistics.stdev(losses) / k**0.5)
    return list(levels), means, errors


def judge_draw_layers():
    """The cases on drawing weights."""
    shapes = [[[3, 7], torch.zeros(7)], [[7, 5], torch.zeros(5)], [[5, 2], torch.zeros(2)]]
    return [
        Case("shapes of W, and biases of 0, for three layers", shapes),
        Case("he, 100 inputs, 500 units", check=spread_check(math.sqrt(2 / 100))),
        Case("he, 600 inputs, 90 units", check=spread_check(math.sqrt(2 / 600))),
        Case("xavier, 100 inputs, 500 units", check=spread_check(math.sqrt(2 / 600))),
        Case("xavier, 600 inputs, 90 units", check=spread_check(math.sqrt(2 / 690))),
        Case("he: a signal behind ten layers of ReLU", check=signal_check),
        Case("xavier: a signal behind ten layers without an activation function", check=signal_check),
    ]


def judge_dropout():
    """The cases on dropout."""
    given = tensor(OUTPUTS).reshape(3, 4)
    slopes = [0.0 if coin < 0.7 else (place % 4 + 1) / 0.3 for place, coin in enumerate(COINS)]
    return [
        Case("p = 0.2", tensor(thinned(0.2)).reshape(3, 4)),
        Case("p = 0.5, and H stays as it is", tensor(thinned(0.5)).reshape(3, 4), stays=given),
        Case("p = 0.9, a tensor of three axes", tensor(thinned(0.9)).reshape(2, 3, 2)),
        Case("p = 0: nothing is dropped, not even for a coin of 0", given),
        Case("p = 1: everything is dropped", torch.zeros(3, 4)),
        Case("in use, without coins", [given, given]),
        Case("the gradient by H", tensor(slopes).reshape(3, 4)),
    ]


def judge_adamw():
    """The cases on the optimiser."""
    starts = (((1.0, 1), (-2.0, 10)), ((0.5, 1), (3.0, 10)))
    descended = [[walked(w, lambda _, v, c=c: 2 * c * v, 4, 0.3, 0.2) for w, c in row] for row in starts]
    return [
        Case("one step without decay", moved(1, 0.0)),
        Case("three steps without decay", moved(3, 0.0)),
        Case("two steps of decay alone: weights shrink, biases don't", moved(2, 0.8, slopes=0.0)),
        Case("six steps with decay", moved(6, 0.6, shift=0.4, rate=0.2)),
        Case("one step for gradients as small as ε", moved(1, 0.0, slopes=1e-8), weight=0.5),
        Case("four steps down a real slope", tensor(descended)),
    ]


def judge_train():
    """The cases on stopping in time."""
    return [
        Case("patience 3: losses, best epoch", ([*WAVES], 4)),
        Case("a loss that falls to the end: losses, best epoch", ([1 / (t + 1) for t in range(8)], 7)),
        Case("equal losses are no new lowest", ([2.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1)),
        Case("patience 1", ([0.7, 0.5, 0.4, 0.45], 2)),
        Case("the weights and biases left in the end", grown(3)),
        Case("ended by most_epochs: best epoch, weights and biases", (4, *grown(5))),
        Case("parameters that require gradients: best epoch, weights and biases", (2, *grown(3))),
    ]


def strongest(strengths, means, errors):
    """The strongest strength whose mean is within a standard error of the lowest."""
    lowest, error = min(zip(means, errors, strict=True))
    return max(strength for strength, mean in zip(strengths, means, strict=True) if mean <= lowest + error)


def judge_choice():
    """The cases on choosing a strength."""
    rising = table({0.0: 1.3, 0.01: 1.0, 0.1: 1.1, 1.0: 1.9}, [0.5, 0.8, 0.5, 0.5])
    mixed = {0.3: 2.0, 0.0: 1.05, 0.03: 1.05, 0.003: 1.0}
    nine = table(mixed, [0.6, 0.5, 0.4, 0.3], n=9, k=3)
    apart = {0.0: 1.5, 0.02: 0.6, 0.2: 1.6}, [0.3] * 3
    uneven = table({0.0: 0.9, 0.05: 0.5, 0.5: 0.8}, [0.2, 0.1, 4.0])
    return [
        Case("the mean losses of four strengths", tensor(rising[1])),
        Case("their standard errors", tensor(rising[2])),
        Case("the choice: a stronger decay that is nearly as good", strongest(*rising)),
        Case("the choice among strengths in no order", strongest(*table(mixed, [0.6] * 4))),
        Case(
            "two choices where no other strength comes near the best",
            [strongest(*table(*apart)), strongest(*table(*apart, n=12, k=4))],
        ),
        Case("the choice beside a strong decay whose own losses swing widely", strongest(*uneven)),
        Case("means and standard errors in three folds", [tensor(nine[1]), tensor(nine[2])]),
    ]


def judges():
    """{id of the hidden cell: its cases}."""

    def cut(step, n, k, place):
        return [torch.tensor(pair[place]) for pair in pieces(step, n, k)]

    return {
        "judged-draw_layers": judge_draw_layers(),
        "judged-dropout": judge_dropout(),
        "judged-adamw": judge_adamw(),
        "judged-train": judge_train(),
        "judged-folds": [
            Case("10 rows in 5 folds: held out", cut(3, 10, 5, 1)),
            Case("13 rows in 5 folds: held out", cut(5, 13, 5, 1)),
            Case("12 rows in 5 folds: held out", cut(7, 12, 5, 1)),
            Case("10 rows in 5 folds: kept", cut(3, 10, 5, 0)),
            Case("13 rows in 2 folds, and 5 rows in 5: kept", [cut(5, 13, 2, 0), cut(3, 5, 5, 0)]),
        ],
        "judged-choose_strength": judge_choice(),
    }
