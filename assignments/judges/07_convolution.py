"""What the functions of assignment 7 should return: by plain loops over places, with NumPy, or by the library."""

import numpy as np
import torch
from torch.nn import functional

from assignments.verdict import Case
from d2lutils.data import load_images

UNEVEN = np.array([[2.0, -1.0, 0.5, 3.0, 1.0], [0.0, 4.0, -2.0, 1.0, 5.0], [1.0, 1.5, 2.0, -3.0, 0.0]])
LOPSIDED = np.array([[1.0, 2.0, -1.0], [0.0, 0.5, 3.0]])
TALL = (np.arange(54.0) ** 2 * 7 % 31).reshape(9, 6) - 12
NARROW = np.arange(10.0).reshape(5, 2) - 3
OBLONG = (np.arange(378.0) ** 2 * 7 % 31 + np.arange(378.0) * 11 % 7).reshape(6, 9, 7) / 31
BENT = np.array([[0.2, -0.4, 0.1], [0.0, 0.6, 0.3], [-0.5, 0.0, 0.7]])
NOISE = (np.arange(210.0) ** 2 * 5 % 23 - 9).reshape(6, 7, 5) / 23
DEEP = (torch.arange(540.0, dtype=torch.float64) ** 2 * 7 % 31).reshape(2, 5, 6, 9) / 10 - 1
KERNELS = (torch.arange(270.0, dtype=torch.float64) ** 2 * 5 % 23).reshape(3, 5, 6, 3)[:, :, :4] / 10 - 1
SHIFTS = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
WAVES = (np.arange(420.0) ** 2 * 7 % 31 + np.arange(420.0) / 512 - 60).reshape(2, 3, 7, 10)
STEPS = np.array([[2.0, 2, 0, 0], [1, 2, 0, 0], [-1, -2, 7, 7], [-1, -1, 3, 6]])
SOME = (torch.arange(384.0) ** 2 * 7 % 31).reshape(6, 1, 8, 8) / 31
LAYOUT = [[8], [8], [8, 1, 3, 3], [10], [10, 64], [16], [16], [16, 8, 3, 3]]  # of the reader's parameters, sorted


def tensor(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(np.array(values), dtype=torch.float32)


def correlated(picture, kernel):
    """The cross-correlation, one place after the other."""
    a, b = kernel.shape
    h, w = picture.shape
    places = [[picture[i : i + a, j : j + b] for j in range(w - b + 1)] for i in range(h - a + 1)]
    return np.array([[(window * kernel).sum() for window in row] for row in places])


def fitted(pictures, seen, shape):
    """Kernel and offset of least squares, by one row for each window."""
    windows = np.lib.stride_tricks.sliding_window_view(pictures, shape, axis=(1, 2)).reshape(seen.size, -1)
    design = np.hstack([windows, np.ones((seen.size, 1))])
    best = np.linalg.lstsq(design, seen.ravel(), rcond=None)[0]
    return tensor(best[:-1].reshape(shape)), float(best[-1])


def layer(pictures, kernels, shifts, **settings):
    """A convolutional layer by the library, in double precision."""
    return functional.conv2d(pictures, kernels, shifts, **settings).float()


def pooled(pictures, k):
    """The largest of each window, one window after the other."""
    return tensor([[[[window.max() for window in row] for row in rows(one, k)] for one in c] for c in pictures])


def rows(picture, k):
    """The k × k windows of a picture, each a view on it."""
    h, w = picture.shape
    return [[picture[i : i + k, j : j + k] for j in range(0, w - k + 1, k)] for i in range(0, h - k + 1, k)]


def slopes(pictures, errors, k):
    """The slopes by each dot, equal shares where windows have several largest."""
    found = np.zeros_like(pictures)
    for place in np.ndindex(pictures.shape[:2]):
        ways = zip(rows(pictures[place], k), rows(found[place], k), errors[place], strict=True)
        for windows, targets, slopes_by_maxima in ways:
            for window, target, slope in zip(windows, targets, slopes_by_maxima, strict=True):
                largest = window == window.max()
                target[:] = slope * largest / largest.sum()
    return tensor(found)


def state_of(found):
    """{(last part of its name, its shape): tensor} of a dictionary that was emitted; the scores as "scores"."""
    state = {}
    for key, item in zip(found["keys"], found["items"], strict=True):
        shape = tuple(item["shape"])
        name = "scores" if key["value"] == "scores" else (key["value"].split(".")[-1], shape)
        state[name] = torch.tensor(item["values"], dtype=torch.float64).reshape(shape)
    return state


def scores(state, training):
    """The scores (6, 10) that a reader with these numbers should give."""
    x = SOME.double()
    for c_in, c_out in ((1, 8), (8, 16)):
        x = functional.conv2d(x, state["weight", (c_out, c_in, 3, 3)], padding=1)
        mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)
        if not training:
            mean, var = state["running_mean", (c_out,)], state["running_var", (c_out,)]
        gamma, beta = state["weight", (c_out,)], state["bias", (c_out,)]
        mean, var, gamma, beta = (one[:, None, None] for one in (mean, var, gamma, beta))
        x = (gamma * (x - mean) / (var + 1e-5).sqrt() + beta).clamp(min=0)
        x = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).amax(dim=(3, 5))
    return x.flatten(1) @ state["weight", (10, 64)].T + state["bias", (10,)]


def gives_scores(training):
    """A check of a reader's state and scores."""

    def checked(found):
        try:
            state = state_of(found)
            wanted = scores(state, training)
        except (KeyError, TypeError):
            return "its layers don't have the numbers that the table asks for"
        given = state["scores"]
        if given.shape != wanted.shape:
            return f"its scores have the shape {tuple(given.shape)}, not (6, 10)"
        right = torch.allclose(given, wanted, rtol=1e-3, atol=1e-3)
        return None if right else "the scores aren't those that the table's layers give with its numbers"

    return checked


def reads(labels, share):
    """A check of classes: at least so many are right."""

    def checked(found):
        if found["kind"] != "array" or found["shape"] != [len(labels)]:
            return f"a tensor of shape ({len(labels)},) should come back"
        if not found["dtype"].startswith("int"):
            return f"the classes should be whole numbers, and are {found['dtype']}"
        right = int((torch.tensor(found["values"]) == labels).sum())
        least = round(share * len(labels))
        return None if right > least else f"{right} of {len(labels)} are read, and it should be more than {least}"

    return checked


def same_alone(found):
    """Check that a picture asked alone gets the class that it gets among others."""
    together, alone = found["items"]
    if together["kind"] != "array" or together["shape"] != [60] or alone["shape"] != [60]:
        return "the classes should have the shape (n,)"
    if len(set(together["values"])) == 1:
        return "all pictures get the same class"
    differ = sum(a != b for a, b in zip(together["values"], alone["values"], strict=True))
    return f"{differ} of 60 get another class when asked alone" if differ else None


def kept(found):
    """Check the two words on the classes of pictures and on the reader's numbers after asking."""
    differ, same = (item["value"] is True for item in found["items"])
    if not same:
        return "the reader's numbers have changed"
    return None if differ else "they don't change, but all pictures get the same class"


def judges():
    """{id of the hidden cell: its cases}."""
    through_bent = np.array([correlated(one, BENT) for one in OBLONG]) - 1.5
    noisy_kernel, noisy_offset = fitted(OBLONG, through_bent + NOISE, (3, 3))
    none, labels = torch.zeros(3, dtype=torch.float64), load_images("small-digits").test_labels
    far = np.arange(90.0).reshape(2, 3, 3, 5) - 40
    back = np.array([[[[6.0, 2.0], [-9.0, 1.0]]]])
    return {
        "judged-correlate": [
            Case("a picture of 3 × 5 and a kernel of 2 × 3", tensor(correlated(UNEVEN, LOPSIDED))),
            Case("two rows and a kernel of 1 × 2", tensor(correlated(TALL[:2], NARROW[:1]))),
            Case("a kernel as large as the picture", tensor([[(TALL * TALL[::-1]).sum()]])),
            Case("a kernel of a single weight", tensor(-2 * UNEVEN)),
            Case(
                "a picture of 9 × 6 and a kernel of 5 × 2, which both stay as they are",
                tensor(correlated(TALL, NARROW)),
                stays=[tensor(TALL), tensor(NARROW)],
            ),
        ],
        "judged-find-kernel": [
            Case("a kernel of 3 × 3, without noise", tensor(BENT), tolerance=2e-3),
            Case("its offset", -1.5, tolerance=2e-3),
            Case("a kernel of 1 × 4", tensor([[0.5, -1.0, 0.25, 2.0]]), tolerance=2e-3),
            Case("from a single picture", tensor(BENT), tolerance=5e-3),
            Case("with noise: the kernel of least squares", noisy_kernel, tolerance=2e-3),
            Case("with noise: the offset of least squares", noisy_offset, tolerance=2e-3),
        ],
        "judged-conv-layer": [
            Case("the numbers of outputs for seven settings", [6, 8, 3, 2, 10, 1, 1]),
            Case("no place for 3 weights on 2 dots, stride 2", ValueError, weight=0.5),
            Case("no place for 9 weights on 6 dots, padding and stride", ValueError, weight=0.5),
            Case("one channel", layer(DEEP[:1, :1], KERNELS[:1, :1], none[:1]), weight=2),
            Case("two pictures, five channels to three", layer(DEEP, KERNELS, none), weight=2),
            Case("with biases", layer(DEEP[:1], KERNELS, SHIFTS)),
            Case("with padding", layer(DEEP, KERNELS, SHIFTS, padding=2)),
            Case("with stride 2", layer(DEEP, KERNELS, SHIFTS, stride=2)),
            Case("with padding 1 and stride 3", layer(DEEP, KERNELS, SHIFTS, padding=1, stride=3)),
            Case("1 × 1 kernels with stride 4", layer(DEEP, KERNELS[:, :, :1, :1], SHIFTS, stride=4)),
        ],
        "judged-pooling": [
            Case("the maxima of one picture", tensor([[[[2.0, 0.0], [-1.0, 7.0]]]])),
            Case("of several below 0, with rows and columns left over", pooled(WAVES, 3)),
            Case("windows as large as the picture", pooled(WAVES[:, :, :, :7], 7)),
            Case("the slopes, one largest in each window", slopes(WAVES[:1, :1, :6, :6], back, 3)),
            Case("the slopes, with several largest", slopes(STEPS[None, None], back, 2)),
            Case("the slopes, with rows and columns left over", slopes(WAVES, far, 2)),
        ],
        "judged-reader": [
            Case("the shape of scores of six pictures", [6, 10]),
            Case("and of a single one", [1, 10]),
            Case("the sizes of all parameters", LAYOUT),
            Case("the scores in evaluation mode, all numbers given", check=gives_scores(False), weight=2),
            Case("the scores in training mode", check=gives_scores(True)),
        ],
        "judged-training": [
            Case("more than six in ten of 360 new pictures", check=reads(labels, 0.6)),
            Case("more than 85 in a hundred of them", check=reads(labels, 0.85)),
            Case("as many, taught with turned pictures and renamed classes", check=reads((labels + 3) % 10, 0.85)),
            Case("a picture asked alone, in training mode", check=same_alone),
            Case("asking changes none of the reader's numbers", check=kept),
        ],
    }
