"""Training as the lessons teach it: one loop for any model, and the measures taken around it."""

import random
import time

import numpy as np
import torch
from torch import nn

from d2lutils.data import count_rows

IGNORED_LABEL = -100  # PyTorch's own mark for "leave this target out of the loss"


class DivergenceError(ArithmeticError):
    """The loss became nan or infinite, so training stopped.

    Attributes:
        history: What `train` would have returned, up to the bad step.
        step: The step at which it happened, counted from 1 over all epochs.
    """

    def __init__(self, message, history, step):
        super().__init__(message)
        self.history = history
        self.step = step


class Timer:
    """Measure the wall time of a `with` block, in seconds, as `seconds`."""

    def __enter__(self):
        self.seconds = None
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self._start


def set_seed(seed):
    """Seed every source of randomness that a lesson may use: Python's, NumPy's, PyTorch's.

    Args:
        seed: A whole number from 0 to 2**32 - 1.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def best_device():
    """Return the fastest device at hand: a CUDA graphics card, Apple's (mps), else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def accuracy(scores, labels):
    """Return the share of rows whose largest score stands at the label, from 0 to 1.

    Args:
        scores: Shape (n, k), one score for each of k classes, n at least 1.
        labels: Shape (n,), whole numbers from 0 to k - 1.

    Raises:
        ValueError: The shapes don't fit, there is no row, or a label is outside the classes.
    """
    if scores.dim() != 2 or labels.shape != scores.shape[:1]:
        raise ValueError(f"scores must be (n, k) and labels (n,), got {tuple(scores.shape)} and {tuple(labels.shape)}")
    count_rows(labels)
    _check_labels(labels, scores.shape[1])
    return (scores.argmax(dim=1) == labels).sum().item() / len(labels)


@torch.no_grad()
def evaluate(model, measure, inputs, targets, batch_size=1024):
    """Return the mean of a measure over a whole data set, the model left as it was.

    Args:
        model: Callable, inputs to outputs. A module is put into evaluation mode meanwhile.
        measure: Callable, (outputs, targets) to a mean over the rows of a batch: a loss, or `accuracy`.
        inputs: Shape (n, …), n at least 1.
        targets: Shape (n, …).
        batch_size: Rows at a time, at least 1; it changes only the memory needed.

    Returns:
        A float.

    Raises:
        ValueError: inputs and targets differ in rows or are empty, or batch_size is below 1.
    """
    num_rows = count_rows(inputs, targets)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    was_training = isinstance(model, nn.Module) and model.training
    total = 0.0
    try:
        _set_mode(model, training=False)
        for x, y in zip(inputs.split(batch_size), targets.split(batch_size), strict=True):
            total += float(measure(model(x), y)) * len(y)
    finally:
        _set_mode(model, training=was_training)
    return total / num_rows


def train(model, loss, optimizer, batches, epochs, *, measure=None, curves=None):  # noqa: PLR0913 - options by name
    """Fit a model by gradient descent on mini-batches and return how it went.

    Args:
        model: Callable, inputs to outputs; a module, or a function of tensors that the optimiser knows.
        loss: Callable, (outputs, targets) to their mean loss over the batch, a tensor of one number.
        optimizer: An object with `zero_grad` and `step`, such as those in `torch.optim`.
        batches: Callable without arguments that starts an epoch: it returns an iterable of
            (inputs, targets), for example `lambda: take_batches(x, y, batch_size=32)`.
        epochs: How many passes over the data, at least 1.
        measure: Callable without arguments, called after each epoch: a dict of names to numbers, such
            as `lambda: {"test accuracy": evaluate(model, accuracy, x, y)}`.
        curves: A `plotting.LiveCurves`, or None to draw nothing.

    Returns:
        A dict of lists: "train loss" (the mean over an epoch's rows) and what `measure` names, a number
        for each epoch, and "batch loss", a number for each step.

    Raises:
        ValueError: epochs is below 1, an epoch has no batch, or outputs and targets don't fit.
        DivergenceError: The loss became nan or infinite; the exception holds the history.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    history = {"batch loss": [], "train loss": []}
    try:
        for epoch in range(1, epochs + 1):
            _set_mode(model, training=True)
            mean_loss = _run_epoch(model, loss, optimizer, batches(), history)
            record = {"train loss": mean_loss, **(measure() if measure else {})}
            for name, value in record.items():
                history.setdefault(name, []).append(value)
            if curves is not None:
                curves.add(epoch, record)
    finally:  # an interrupted run keeps its curves
        if curves is not None:
            curves.finish()
    return history


def _run_epoch(model, loss, optimizer, batches, history):
    """Take one step for each batch; return the mean loss over the epoch's rows."""
    total, num_rows = 0.0, 0
    first_epoch = not history["train loss"]
    for inputs, targets in batches:
        outputs = model(inputs)
        if first_epoch:
            _check_fit(outputs, targets)
        batch_loss = loss(outputs, targets)
        value = batch_loss.item()
        history["batch loss"].append(value)
        if not np.isfinite(value):
            raise _diverged(value, history)
        optimizer.zero_grad()
        batch_loss.backward()
        optimizer.step()
        total += value * len(targets)
        num_rows += len(targets)
    if not num_rows:
        raise ValueError("an epoch had no batch: `batches` must start anew each time it is called")
    return total / num_rows


def _diverged(value, history):
    step, epoch = len(history["batch loss"]), len(history["train loss"]) + 1
    message = f"the loss became {value} at step {step} (epoch {epoch}): try a smaller learning rate"
    return DivergenceError(message, history, step)


def _check_fit(outputs, targets):
    """Raise ValueError where a loss would broadcast silently or a label is outside the classes."""
    if targets.is_floating_point():
        if outputs.shape != targets.shape:
            raise ValueError(
                f"outputs are {tuple(outputs.shape)} but targets {tuple(targets.shape)}: a loss would broadcast them "
                "against each other. Reshape the targets."
            )
    elif outputs.dim() > 1:
        _check_labels(targets, outputs.shape[1])


def _check_labels(labels, num_classes):
    lowest, highest = labels.min().item(), labels.max().item()
    if highest >= num_classes or (lowest < 0 and lowest != IGNORED_LABEL):
        wrong = highest if highest >= num_classes else lowest
        raise ValueError(f"label {wrong} is outside the {num_classes} classes 0 to {num_classes - 1}")


def _set_mode(model, training):
    if isinstance(model, nn.Module):
        model.train(training)
