"""What `train` costs beside the same loop written out plainly."""

import itertools
import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import torch
from measure import announce, limit_threads, print_table, ratios, summarise, take_turns
from torch import nn

from d2lutils.data import load_images, load_text, take_batches
from d2lutils.text import Vocabulary, take_windows
from d2lutils.training import set_seed, train

LEARNING_RATE = 0.1
HIDDEN = 128  # units of the perceptron and of the recurrent layer
STEPS = 32  # characters in a window


class Task(NamedTuple):
    """A model to fit: inputs (n, …), targets (n, …), and how."""

    inputs: torch.Tensor
    targets: torch.Tensor
    make_model: Callable[[], nn.Module]
    batch_size: int
    epochs: int
    layers: tuple[int, ...] = ()  # widths of a network of linear layers, whose matrix products can be timed alone
    vocabulary_size: int = 0  # of a model of text


def measure():
    """Return the records of `train` on a model of tiny steps, where overhead shows most, and on a LeNet."""
    limit_threads()
    rows = []
    for name, task in (("train_softmax", softmax_task()), ("train_lenet", lenet_task(epochs=1))):
        announce(f"{name}: plain loop and train, {task.epochs} epochs")
        if train_plainly(task) != train_with_package(task):
            raise RuntimeError(f"{name}: the two loops don't compute the same losses")
        contenders = {"plain": lambda: train_plainly(task), "train": lambda: train_with_package(task)}  # noqa: B023
        seconds = take_turns(contenders, rounds=11)
        rows.append(summarise(name, ratios(seconds["train"], seconds["plain"])))
    return rows


def softmax_task(epochs=10):
    """Return softmax regression on 10,000 digits (4,000, repeated)."""
    return Task(*many_digits(), make_softmax, batch_size=256, epochs=epochs, layers=(28 * 28, 10))


def mlp_task(epochs):
    """Return a perceptron with a hidden layer on 10,000 digits (4,000, repeated)."""
    return Task(*many_digits(), make_mlp, batch_size=256, epochs=epochs, layers=(28 * 28, HIDDEN, 10))


def many_digits():
    """Return 10,000 digits (10000, 1, 28, 28) and their labels: 4,000, repeated."""
    digits = load_images("digits")
    return digits.train_images.repeat(3, 1, 1, 1)[:10_000], digits.train_labels.repeat(3)[:10_000]


def lenet_task(epochs):
    """Return a LeNet on 4,000 digits."""
    digits = load_images("digits")
    return Task(digits.train_images, digits.train_labels, make_lenet, batch_size=64, epochs=epochs)


def character_task(epochs):
    """Return a model of the tale's characters, on windows in random order, each begun from zeros."""
    tale = load_text("tale")
    vocabulary = Vocabulary(tale)
    ids = vocabulary.encode(tale)
    (inputs, targets) = next(take_windows(ids, STEPS, len(ids) // STEPS - 1, order="random", start=0))
    task = Task(inputs, targets, lambda: CharacterScores(len(vocabulary)), batch_size=32, epochs=epochs)
    return task._replace(vocabulary_size=len(vocabulary))


def make_softmax():
    """Return a linear layer on the pixels: (n, 1, 28, 28) to scores (n, 10)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))


def make_mlp():
    """Return a perceptron with one hidden layer: (n, 1, 28, 28) to scores (n, 10)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))


class CharacterScores(nn.Module):
    """A recurrent layer on one-hot characters: ids (n, steps) to scores (n, |V|, steps), as the loss wants them."""

    def __init__(self, vocabulary_size):
        super().__init__()
        self.recurrent = nn.RNN(vocabulary_size, HIDDEN, batch_first=True)
        self.output = nn.Linear(HIDDEN, vocabulary_size)

    def forward(self, ids):
        """Return the scores of each next character."""
        one_hot = nn.functional.one_hot(ids, self.output.out_features).to(self.output.weight)
        return self.output(self.recurrent(one_hot)[0]).transpose(1, 2)


def make_lenet():
    """Return LeNet-5 with today's parts: ReLU and the larger of four pixels. (n, 1, 28, 28) to scores (n, 10)."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),  # (n, 6, 14, 14)
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),  # (n, 400)
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def train_plainly(task):
    """Fit a new model without d2lutils and return the mean loss of each epoch."""
    model, loss, optimizer = start(task)
    step_losses, epoch_losses = [], []
    for _ in range(task.epochs):
        model.train()
        order, total = torch.randperm(len(task.inputs)), 0.0
        for first in range(0, len(order), task.batch_size):
            rows = order[first : first + task.batch_size]
            inputs, targets = task.inputs[rows], task.targets[rows]
            batch_loss = loss(model(inputs), targets)
            step_losses.append(batch_loss.item())
            optimizer.zero_grad()
            batch_loss.backward()
            optimizer.step()
            total += step_losses[-1] * len(rows)
        epoch_losses.append(total / len(order))
    return epoch_losses


def train_with_package(task, curves=None):
    """Fit a new model with `train` and return the mean loss of each epoch."""
    model, loss, optimizer = start(task)
    history = train(
        *(model, loss, optimizer),
        batches=lambda: take_batches(task.inputs, task.targets, batch_size=task.batch_size),
        epochs=task.epochs,
        curves=curves,
    )
    return history["train loss"]


def multiply_only(task):
    """Return a function that does the matrix products of a task's training and nothing else.

    A linear layer has two or three for each batch: its outputs, its weights' gradient, and, behind the first layer, its
    inputs' gradient. No batch is cut, nothing added, no loss computed: no training can take less.
    """
    tensors = []
    for first, (inputs, outputs) in enumerate(itertools.pairwise(task.layers)):
        X, W, G = torch.rand(task.batch_size, inputs), torch.rand(inputs, outputs), torch.rand(task.batch_size, outputs)
        places = torch.empty_like(G), torch.empty_like(W), torch.empty_like(X)
        tensors.append((X, W, G, places, first > 0))

    def multiply():
        for _ in range(task.epochs * math.ceil(len(task.inputs) / task.batch_size)):
            for X, W, G, (scores, gradient, passed), with_inputs in tensors:
                torch.mm(X, W, out=scores)
                torch.mm(X.T, G, out=gradient)
                if with_inputs:
                    torch.mm(G, W.T, out=passed)

    return multiply


def start(task):
    """Return a new model, the same at each call, its loss and its optimiser."""
    set_seed(0)
    model = task.make_model()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)


if __name__ == "__main__":
    sys.exit(print_table(measure()))
