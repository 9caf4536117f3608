"""Training: one loop against values worked by hand, and what it refuses."""

import math
import time

import numpy as np
import pytest
import torch
from torch import nn

from d2lutils.data import take_batches
from d2lutils.training import DivergenceError, Timer, accuracy, best_device, evaluate, set_seed, train


def half_square(outputs, targets):
    return ((outputs - targets) ** 2 / 2).mean()


def line(weight):
    """A model ŷ = weight · x without bias."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, weight)
    return model


def two_batches():
    """x = 1 with target 2, then x = 2 with target 4: the law is y = 2x."""
    return iter([(torch.tensor([[1.0]]), torch.tensor([[2.0]])), (torch.tensor([[2.0]]), torch.tensor([[4.0]]))])


def test_training_takes_the_steps_worked_by_hand():
    # w = 0: loss ½ · 2² = 2, slope −2, w = 0.2. Then loss ½ · 3.6² = 6.48, slope −3.6 · 2, w = 0.92.
    model = line(0.0)
    history = train(model, half_square, torch.optim.SGD(model.parameters(), lr=0.1), two_batches, epochs=1)
    assert history["batch loss"] == pytest.approx([2.0, 6.48])
    assert history["train loss"] == pytest.approx([4.24])
    assert model.weight.item() == pytest.approx(0.92)


def test_the_epoch_s_loss_weighs_each_row_alike():
    batches = [(torch.zeros(3, 1), torch.ones(3, 1)), (torch.zeros(1, 1), 3 * torch.ones(1, 1))]
    model = line(0.0)
    history = train(model, half_square, torch.optim.SGD(model.parameters(), lr=0.0), lambda: batches, epochs=1)
    assert history["train loss"] == pytest.approx([(3 * 0.5 + 1 * 4.5) / 4])


def test_training_equals_the_loop_written_out():
    x, y = torch.randn(20, 3), torch.randn(20, 1)
    models = [nn.Linear(3, 1), nn.Linear(3, 1)]
    models[1].load_state_dict(models[0].state_dict())
    optimizers = [torch.optim.Adam(model.parameters(), lr=0.01) for model in models]
    shuffles = [torch.Generator().manual_seed(3) for _ in models]

    train(
        models[0], half_square, optimizers[0], lambda: take_batches(x, y, batch_size=6, generator=shuffles[0]), epochs=4
    )
    for _ in range(4):
        for inputs, targets in take_batches(x, y, batch_size=6, generator=shuffles[1]):
            optimizers[1].zero_grad()
            half_square(models[1](inputs), targets).backward()
            optimizers[1].step()
    assert torch.equal(models[0].weight, models[1].weight)


def test_measures_are_kept_and_drawn_for_each_epoch():
    class Curves:
        def __init__(self):
            self.points, self.finished = [], 0

        def add(self, x, values):
            self.points.append((x, values))

        def finish(self):
            self.finished += 1

    curves, numbers = Curves(), iter([0.5, 0.75])
    model = line(2.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(
        model, half_square, optimizer, two_batches, 2, measure=lambda: {"accuracy": next(numbers)}, curves=curves
    )
    assert history["accuracy"] == [0.5, 0.75]
    assert curves.points == [(1, {"train loss": 0.0, "accuracy": 0.5}), (2, {"train loss": 0.0, "accuracy": 0.75})]
    assert curves.finished == 1


def test_each_epoch_begins_in_training_mode():
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5))
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(model, half_square, optimizer, two_batches, epochs=2, measure=lambda: {"mode": float(model.training)})
    assert model.training


def test_a_diverging_loss_stops_training_and_keeps_the_history():
    model = line(0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e20)
    with pytest.raises(DivergenceError, match=r"inf at step 2 \(epoch 1\).*smaller learning rate") as caught:
        train(model, half_square, optimizer, two_batches, epochs=3)
    assert caught.value.step == 2
    assert caught.value.history["batch loss"] == [2.0, math.inf]
    assert caught.value.history["train loss"] == []


def test_outputs_and_targets_of_other_shapes_are_refused():
    model = line(0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"\(5, 1\).*\(5,\)"):
        train(model, nn.MSELoss(), optimizer, lambda: [(torch.zeros(5, 1), torch.zeros(5))], epochs=1)


def test_a_label_outside_the_classes_is_refused():
    model = nn.Linear(2, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for label, fits in ((3, False), (-1, False), (2, True), (-100, True)):
        batches = [(torch.zeros(2, 2), torch.tensor([0, label]))]
        if fits:
            train(model, nn.CrossEntropyLoss(), optimizer, lambda batches=batches: batches, epochs=1)
        else:
            with pytest.raises(ValueError, match=f"label {label} is outside the 3 classes 0 to 2"):
                train(model, nn.CrossEntropyLoss(), optimizer, lambda batches=batches: batches, epochs=1)


def test_an_epoch_without_batches_is_refused():
    model = line(0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    used_up = two_batches()
    with pytest.raises(ValueError, match="start anew"):
        train(model, half_square, optimizer, lambda: used_up, epochs=2)
    with pytest.raises(ValueError, match="got 0"):
        train(model, half_square, optimizer, two_batches, epochs=0)


def test_accuracy_is_the_share_of_right_rows():
    scores = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    assert accuracy(scores, torch.tensor([1, 0, 0, 0])) == 0.75


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (torch.zeros(2, 3), torch.tensor([0, 3]), "label 3"),
        (torch.zeros(2, 3), torch.tensor([-1, 0]), "label -1"),
        (torch.zeros(2, 3), torch.tensor([0]), r"\(2, 3\) and \(1,\)"),
        (torch.zeros(6), torch.tensor([0]), r"\(6,\)"),
        (torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), "empty"),
    ],
)
def test_accuracy_refuses_what_doesnt_fit(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        accuracy(scores, labels)


def test_evaluation_weighs_a_short_last_batch_by_its_rows():
    inputs, targets = torch.tensor([[0.0], [0.0], [0.0]]), torch.tensor([[1.0], [1.0], [4.0]])
    assert evaluate(line(0.0), half_square, inputs, targets, batch_size=2) == pytest.approx((0.5 + 0.5 + 8) / 3)


def test_evaluation_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.9))
    before = evaluate(model, half_square, torch.ones(50, 1), torch.zeros(50, 1))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert before == evaluate(model, half_square, torch.ones(50, 1), torch.zeros(50, 1))  # no dropout meanwhile


def test_a_failed_evaluation_leaves_the_model_as_it_was():
    model = nn.Linear(1, 1)
    with pytest.raises(RuntimeError):
        evaluate(model, half_square, torch.ones(5, 2), torch.zeros(5, 1))
    assert model.training


def test_evaluation_takes_any_callable_and_refuses_what_doesnt_fit():
    assert evaluate(lambda x: 2 * x, half_square, torch.ones(2, 1), torch.ones(2, 1)) == 0.5
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        evaluate(line(0.0), half_square, torch.ones(2, 1), torch.ones(3, 1))
    with pytest.raises(ValueError, match="batch_size"):
        evaluate(line(0.0), half_square, torch.ones(2, 1), torch.ones(2, 1), batch_size=0)


def test_a_seed_repeats_every_kind_of_chance():
    import random

    def draw():
        set_seed(7)
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draw() == draw()


def test_the_best_device_can_be_computed_on():
    assert torch.ones(2, device=best_device()).sum().item() == 2


def test_a_timer_measures_seconds():
    with Timer() as timer:
        time.sleep(0.02)
    assert 0.02 <= timer.seconds < 1
