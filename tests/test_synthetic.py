"""Data made by rules: the rules hold, the noise is what was asked for, and a generator makes it repeat."""

import datetime
import math
import re
from collections import Counter

import pytest
import torch

from d2lutils.data import (
    synthetic_dates,
    synthetic_expressions,
    synthetic_moons,
    synthetic_regression,
    synthetic_sine,
    synthetic_xor,
)

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_synthetic_data_without_noise_obeys_its_law_exactly():
    features, targets = synthetic_regression([2.0, -3.4], 4.2, num_samples=5, noise_std=0)
    assert features.shape == (5, 2) and targets.shape == (5, 1)
    torch.testing.assert_close(targets[:, 0], 2 * features[:, 0] - 3.4 * features[:, 1] + 4.2)


def test_synthetic_noise_has_the_spread_that_was_asked_for():
    features, targets = synthetic_regression([1.0], 0.0, 20_000, noise_std=0.5, generator=seeded())
    assert (targets - features).std().item() == pytest.approx(0.5, abs=0.01)


def test_a_generator_makes_synthetic_data_repeat():
    first, second = (synthetic_regression([1.0], 0.0, 3, generator=seeded(5)) for _ in range(2))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], 0, 0), "num_samples"),
        (([1.0], 0, 5, -1), "noise_std"),
        (([[1.0]], 0, 5), r"\(1, 1\)"),
        (([], 0, 5), "vector"),
    ],
)
def test_wrong_synthetic_data_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_regression(*arguments)


def test_moons_without_noise_lie_on_their_half_circles():
    features, labels = synthetic_moons(101, noise_std=0)
    assert features.shape == (101, 2) and features.dtype == torch.float32 and labels.dtype == torch.int64
    assert labels.bincount().tolist() == [50, 51]
    centers = torch.tensor([[0.0, 0.0], [1.0, 0.5]])[labels]
    torch.testing.assert_close((features - centers).norm(dim=1), torch.ones(101))
    assert (features[labels == 0, 1] > -1e-6).all() and (features[labels == 1, 1] < 0.5 + 1e-6).all()


def test_xor_without_noise_is_the_truth_table():
    features, labels = synthetic_xor(6, noise_std=0)
    assert features.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 1]] and features.dtype == torch.float32
    assert labels.tolist() == [0, 1, 1, 0, 0, 1] and labels.dtype == torch.int64


def test_a_sine_without_noise_comes_back_after_its_period():
    times, values = synthetic_sine(16, period=8, noise_std=0)
    assert times.tolist() == list(range(1, 17))
    torch.testing.assert_close(values[:8], values[8:])
    assert values[1].item() == pytest.approx(1) and values[0].item() == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize(("make", "column"), [(synthetic_xor, 0), (synthetic_moons, 0), (synthetic_sine, 1)])
def test_noise_has_the_spread_that_was_asked_for(make, column):
    noisy, plain = (make(20_000, noise_std=std, generator=seeded()) for std in (0.5, 0))
    if make is synthetic_moons:  # its rows come in another order when noise is drawn: compare the radii's spread
        assert noisy[0].var().item() - plain[0].var().item() == pytest.approx(0.25, abs=0.02)
    else:
        assert (noisy[column] - plain[column]).std().item() == pytest.approx(0.5, abs=0.01)


def _depth(expression):
    return 0 if isinstance(expression, int) else 1 + max(map(_depth, expression[1:]))


def test_expressions_have_the_depth_and_the_value_that_they_say():
    names = Counter()

    def work_out(expression):
        if isinstance(expression, int):
            assert 0 <= expression <= 9
            return expression
        name, left, right = expression
        names[name] += 1
        left, right = work_out(left), work_out(right)
        return {"min": min(left, right), "max": max(left, right), "+": (left + right) % 10}[name]

    for expression, value in synthetic_expressions(200, 4, ("min", "max", "+"), seeded()):
        assert _depth(expression) == 4 and work_out(expression) == value
    assert min(names.values()) > sum(names.values()) / 4  # each of the three comes about equally often


def test_expressions_of_depth_zero_are_digits():
    pairs = synthetic_expressions(100, 0, generator=seeded())
    assert all(expression == value for expression, value in pairs)
    assert {value for _, value in pairs} == set(range(10))


def test_the_long_branch_of_an_expression_is_on_either_side():
    left = [_depth(e[1]) > _depth(e[2]) for e, _ in synthetic_expressions(300, 3, generator=seeded())]
    right = [_depth(e[1]) < _depth(e[2]) for e, _ in synthetic_expressions(300, 3, generator=seeded())]
    assert sum(left) > 60 and sum(right) > 60


def _read_date(written):
    """Return the date that a person reads: a year of four figures, and a month's name or its place in the pattern."""
    if match := re.fullmatch(r"(\d{4})/(\d\d)/(\d\d)", written):
        year, month, day = map(int, match.groups())
    elif match := re.fullmatch(r"(\d+)\.(\d+)\.(\d{4})", written):
        day, month, year = map(int, match.groups())
    else:
        (name,) = (name for name in MONTHS if re.search(rf"\b{name}", written, re.I))
        month, year = MONTHS.index(name) + 1, int(re.search(r"\d{4}", written)[0])
        day = int(re.search(r"(?<!\d)\d{1,2}(?!\d)", written)[0])
    return datetime.date(year, month, day)


def test_every_written_date_reads_as_its_iso_form():
    pairs = synthetic_dates(3000, seeded())
    for written, iso in pairs:
        date = _read_date(written)
        assert date.isoformat() == iso
        weekday = re.match(r"(\w+day),", written)
        assert not weekday or weekday[1] == date.strftime("%A")
    shapes = Counter(re.sub(r"[A-Z]{3}", "MMM", re.sub(r"\d+", "9", written))[:6] for written, _ in pairs)
    assert len(shapes) >= 10 and min(iso for _, iso in pairs) < "1951" and max(iso for _, iso in pairs) > "2049"


@pytest.mark.parametrize(
    ("day", "ending"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
                        (21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th"), (31, "31st")]
)  # fmt: skip
def test_days_have_their_english_endings(day, ending):
    written = {w for w, iso in synthetic_dates(6000, seeded()) if iso.endswith(f"-{day:02d}") and " of " in w}
    assert written and all(text.startswith(f"{ending} of ") for text in written)


@pytest.mark.parametrize(
    "make",
    [
        lambda generator: synthetic_moons(5, generator=generator)[0].tolist(),
        lambda generator: synthetic_xor(5, generator=generator)[0].tolist(),
        lambda generator: synthetic_sine(5, generator=generator)[1].tolist(),
        lambda generator: synthetic_expressions(5, 3, generator=generator),
        lambda generator: synthetic_dates(5, generator=generator),
    ],
)
def test_the_same_seed_makes_the_same_data_and_another_seed_other_data(make):
    assert make(seeded(1)) == make(seeded(1)) != make(seeded(2))


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (synthetic_moons, (0,), "num_samples must be ≥ 1.*got 0"),
        (synthetic_xor, (5, -0.1), "noise_std ≥ 0, got 5 and -0.1"),
        (synthetic_sine, (5, 0), "period must be above 0, got 0"),
        (synthetic_expressions, (5, -1), "depth must be at least 0, got -1"),
        (synthetic_expressions, (5, 2, ("times",)), r"some of min, max, \+, got \('times',\)"),
        (synthetic_expressions, (5, 2, ()), "operations must be some of"),
        (synthetic_dates, (0,), "got 0"),
    ],
)
def test_impossible_data_is_refused(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(*arguments)
