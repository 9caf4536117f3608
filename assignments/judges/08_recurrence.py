"""What the functions of assignment 8 should return: by plain loops, or by the library's layers in double precision."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from assignments.verdict import Case
from d2lutils.data import load_text

SONG = "Row, row, row your boat, gently down the stream. Bobby BROWN says: NO!"
STRANGERS = "_o wRrt"
ROW = [i * i * 7 % 61 for i in range(60)]
IDS = [i * i % 7 for i in range(40)] + [3, 3, 3, 3, 5, 3, 6, 6]
UNEVEN = [-0.1 * i for i in range(1, 7)] + [-0.4 * i for i in range(1, 7)] + [-3.0, -0.2, 0.0]
TRAIN_IDS = [i * i * 3 % 11 % 7 for i in range(64)]
READ_IDS = torch.tensor([[i * i % 6 for i in range(5 * row, 5 * row + 5)] for row in range(3)])
SCORES = [0.0, 1.0, -1.0, 2.0, 0.5, 1.5]
TENTHS = [0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.95]
TEMPTING = [[80.0, 3.0, 70.0, -5.0], [5.0, -70.0, -80.0, -60.0], [0.0, 1.0, 2.0, 4.0]]


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def characters(text, size):
    """The characters by frequency: sorted twice, as sorting keeps the order of equals."""
    by_code = sorted(set(text))
    return ["_", *sorted(by_code, key=text.count, reverse=True)][:size]


def ids_of(text, known):
    """The places of characters in a list, 0 for others."""
    return [known.index(one) if one in known else 0 for one in text]


def windows(ids, steps, rows):
    """Pairs of inputs and targets, each as long as it can be, cell by cell."""
    length = (len(ids) - 1) // rows
    starts = range(0, length, steps)
    cells = [[[r * length + i for i in range(s, min(s + steps, length))] for r in range(rows)] for s in starts]
    return [[torch.tensor([[ids[i + k] for i in row] for row in batch]) for k in (0, 1)] for batch in cells]


def pairs(ids, size, alpha):
    """The logarithms of the chances of pairs, one row after the other."""
    table = []
    for first in range(size):
        followers = [ids[i + 1] for i in range(len(ids) - 1) if ids[i] == first]
        total = len(followers) + alpha * size
        table.append([math.log((followers.count(second) + alpha) / total) for second in range(size)])
    return table


def wave(speed, *shape):
    """Numbers between -1 and 1, as the hidden cells make them."""
    return torch.sin(speed * torch.arange(1.0, math.prod(shape) + 1)).reshape(shape)


def network(size, hidden):
    """The layers of PyTorch with the numbers of the hidden cells, in double precision."""
    layer, output = nn.RNN(size, hidden, batch_first=True), nn.Linear(hidden, size)
    numbers = [wave(0.7, hidden, size), 0.6 * wave(1.3, hidden, hidden)]
    numbers += [0.5 * wave(1.9, hidden), 0.5 * wave(2.3, hidden), wave(0.9, size, hidden), wave(2.9, size)]
    for parameter, values in zip([*layer.parameters(), *output.parameters()], numbers, strict=True):
        parameter.data = values.double()
    return layer, output


def read(ids, state, layer, output):
    """Scores and states by the library."""
    one_hot = functional.one_hot(ids, layer.input_size).double()
    states, _ = layer(one_hot, state.double()[None])
    return output(states), states


def numbers_read(ids, state, size, hidden):
    """Scores and states of the hidden cells' network, as float32."""
    with torch.no_grad():
        return [one.float() for one in read(ids, state, *network(size, hidden))]


def slopes():
    """The slopes of an arbitrary sum of scores by two of the weights."""
    layer, output = network(6, 4)
    scores, _ = read(READ_IDS, 0.8 * wave(3.1, 3, 4), layer, output)
    (scores * wave(0.3, 3, 5, 6)).sum().backward()
    return [layer.weight_hh_l0.grad.float(), layer.weight_ih_l0.grad.float()]


def trained(number, n, limit):
    """Losses of each epoch, then the six parameters, by the library's own layers and its own limit."""
    layer, output = network(7, 5)
    parameters = [*layer.parameters(), *output.parameters()]
    epochs = []
    for _ in range(number):
        losses, state = [], torch.zeros(3, 5)
        for inputs, targets in windows(TRAIN_IDS[:n], 4, 3):
            scores, states = read(inputs, state, layer, output)
            state = states[:, -1].detach()
            loss = functional.cross_entropy(scores.transpose(1, 2), targets)
            for parameter, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                parameter.grad = slope
            nn.utils.clip_grad_norm_(parameters, limit)
            for parameter in parameters:
                parameter.data -= 0.5 * parameter.grad
            losses.append(loss.item())
        epochs.append(losses)
    return [epochs, *(parameter.detach().float() for parameter in parameters)]


def beats_pairs(found):
    """A check of scores (400, 40): a perplexity below that of the table of pairs."""
    told = load_text("tale")[30_000:50_401]
    known = characters(told[:20_000], 40)
    counts = np.full((40, 40), 0.3)
    ids = ids_of(told, known)
    seen, unseen = ids[:20_000], ids[20_000:]
    np.add.at(counts, (seen[:-1], seen[1:]), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    limit = np.exp(-np.log(shares[unseen[:-1], unseen[1:]]).mean())
    if found["shape"] != [400, 40]:
        return "no scores came"
    scores = torch.tensor([float(value) for value in found["values"]], dtype=torch.float64).reshape(400, 40)
    reached = functional.cross_entropy(scores, torch.tensor(unseen[1:])).exp().item()
    return None if reached < limit else f"its perplexity is {reached:.1f}, and that of a table of pairs {limit:.1f}"


def drawn(scores, draws, temperature):
    """The ids by adding one chance after the other."""
    chosen = []
    for row, u in zip(scores, draws, strict=True):
        weights = [math.exp((score - max(row[1:])) / temperature) for score in row[1:]]
        passed, j = weights[0], 1
        while passed <= u * sum(weights) and j < len(weights):
            passed, j = passed + weights[j], j + 1
        chosen.append(j)
    return torch.tensor(chosen)


def judges():
    """{id of the hidden cell: its cases}."""
    begun = 0.8 * wave(3.1, 3, 4)
    pieces = numbers_read(READ_IDS, begun, 6, 4)
    square = numbers_read(torch.tensor([[2], [0]]), 0.8 * wave(3.1, 2, 3), 3, 3)
    from_zeros = numbers_read(READ_IDS, torch.zeros(3, 4), 6, 4)
    return {
        "judged-number": [
            Case("all characters of a song", characters(SONG, 100)),
            Case("twelve places, and equals at the end", characters(SONG, 12)),
            Case("four places, equals in another order in the text", ["_", "x", "y", "z"]),
            Case("ids, strangers among them", torch.tensor(ids_of("To row, to rot. Row!", STRANGERS))),
            Case(
                "an empty text has ids of the right type, and so has a word",
                [torch.zeros(0, dtype=torch.int64), torch.tensor(ids_of("wort", STRANGERS))],
            ),
        ],
        "judged-windows": [
            Case("all batches equally wide, nothing lost", windows(ROW[:25], 4, 2)),
            Case("a narrow last batch, two ids lost", windows(ROW, 4, 3)),
            Case("one full batch and three ids lost", windows(ROW[:24], 5, 4)),
            Case("windows wider than the rows are long", windows(ROW[:12], 9, 3)),
            Case("a single row", windows(ROW[:20], 3, 1)),
        ],
        "judged-bigram": [
            Case("pairs, some of which occur often, and ids that never do", tensor(pairs(IDS, 9, 0.3))),
            Case("a whole number is added to each count", tensor(pairs(IDS[:9], 7, 2))),
            Case("two ids, and a little added", tensor(pairs([0, 1, 0, 1, 0, 1, 1], 2, 0.01))),
            Case("perplexity of parts of different sizes", math.exp(-sum(UNEVEN) / len(UNEVEN))),
            Case("perplexity of 3,500 unlikely characters", math.exp((40 * 9 + 30 * 8) / 70)),
            Case("perplexity if something impossible came, and if nothing did", [math.inf, math.exp(0.5)]),
        ],
        "judged-read": [
            Case("states from zeros", from_zeros[1]),
            Case("scores from zeros", from_zeros[0]),
            Case("from a state, which stays as it was", pieces, stays=begun),
            Case("going on where the first piece ended", [one[:, 2:] for one in pieces]),
            Case("one step, as many units as characters", square),
            Case("autograd finds its way back to the weights", slopes()),
        ],
        "judged-train": [
            Case("one batch, far from the limit", trained(1, 13, 100.0)),
            Case("four batches in a row", trained(1, 49, 100.0)),
            Case("one batch, the norm above the limit", trained(1, 13, 0.05), weight=0.5),
            Case("five batches, the last one narrow, some norms above the limit", trained(1, 55, 0.4)),
            Case("two epochs, with gradients left over from before", trained(2, 28, 100.0)),
            Case("a part of the tale: better than a table of pairs", check=beats_pairs),
        ],
        "judged-choose": [
            Case("nine draws at temperature 1", drawn([SCORES] * 9, TENTHS, 1.0)),
            Case("nine draws at temperature 3", drawn([SCORES] * 9, TENTHS, 3.0)),
            Case("temperature 0", torch.tensor([2, 3, 3])),
            Case("temperature 0.001", torch.tensor([3, 3, 2])),
            Case(
                "temperature 2, and the scores stay as they are",
                drawn(TEMPTING, [0.5, 0.9, 0.02], 2.0),
                stays=tensor(TEMPTING),
            ),
            Case("976 equal scores, one draw next to 1", torch.tensor([245, 1, 976])),
        ],
    }
