"""Data made by a rule that the lesson knows, so that what is learned can be compared with the truth."""

import datetime
import math

import torch

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_DAY, LAST_DAY = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
OPERATIONS = {"min": min, "max": max, "+": lambda a, b: (a + b) % 10}


def synthetic_regression(weights, bias, num_samples, noise_std=0.01, generator=None):
    """Return features and targets that obey a linear law, up to Gaussian noise.

    targets = features @ weights + bias + noise, with features drawn from a standard normal
    distribution.

    Args:
        weights: The law's weights, a sequence or tensor of d numbers.
        bias: The law's bias, a number.
        num_samples: Rows n to draw, at least 1.
        noise_std: Standard deviation of the noise, at least 0, in units of the target.
        generator: Source of randomness; the global one when None.

    Returns:
        Features, shape (n, d), and targets, shape (n, 1), both float32.

    Raises:
        ValueError: num_samples is below 1, noise_std below 0, or weights isn't a vector.
    """
    _check(num_samples, noise_std)
    weights = torch.as_tensor(weights, dtype=torch.float32)
    if weights.dim() != 1 or not len(weights):
        raise ValueError(f"weights must be a vector of at least one number, got shape {tuple(weights.shape)}")
    features = torch.randn(num_samples, len(weights), generator=generator)
    noise = noise_std * torch.randn(num_samples, 1, generator=generator)
    return features, features @ weights.reshape(-1, 1) + bias + noise


def synthetic_moons(num_samples, noise_std=0.1, generator=None):
    """Return points on two interleaved half circles, which no straight line separates.

    Args:
        num_samples: Points n to draw, at least 1. The first label has n // 2 of them.
        noise_std: Standard deviation of the Gaussian noise on both coordinates, at least 0; the radius is 1.
        generator: Source of randomness; the global one when None.

    Returns:
        Features, shape (n, 2), float32, and labels, shape (n,), int64: 0 for the upper moon (centre (0, 0)), 1
        for the lower one (centre (1, 0.5)). Rows are in random order.

    Raises:
        ValueError: num_samples is below 1, or noise_std below 0.

    Source:
        `sklearn.datasets.make_moons`, seeded from the generator.
    """
    _check(num_samples, noise_std)
    from sklearn.datasets import make_moons

    seed = int(torch.randint(2**31, (), generator=generator))
    features, labels = make_moons(num_samples, noise=noise_std, random_state=seed)
    return torch.tensor(features, dtype=torch.float32), torch.tensor(labels)


def synthetic_xor(num_samples, noise_std=0.1, generator=None):
    """Return points around the corners of the unit square, labelled by "one or the other, not both".

    Args:
        num_samples: Points n to draw, at least 1. The corners take turns.
        noise_std: Standard deviation of the Gaussian noise on both coordinates, at least 0.
        generator: Source of randomness; the global one when None.

    Returns:
        Features, shape (n, 2), float32, around (0, 0), (0, 1), (1, 0), (1, 1) in this order, over and over; and
        labels, shape (n,), int64: 0, 1, 1, 0 for these corners.

    Raises:
        ValueError: num_samples is below 1, or noise_std below 0.
    """
    _check(num_samples, noise_std)
    corners = torch.arange(num_samples) % 4
    bits = torch.stack([corners // 2, corners % 2], dim=1)  # (n, 2)
    noise = noise_std * torch.randn(num_samples, 2, generator=generator)
    return bits + noise, bits[:, 0] ^ bits[:, 1]


def synthetic_sine(num_samples, period=100.0, noise_std=0.2, generator=None):
    """Return a sine wave sampled at times 1, 2, … with Gaussian noise.

    Args:
        num_samples: Times n, at least 1.
        period: Time steps in a wave, above 0.
        noise_std: Standard deviation of the noise, at least 0; the wave's height is 1.
        generator: Source of randomness; the global one when None.

    Returns:
        Times and values, both of shape (n,), float32.

    Raises:
        ValueError: num_samples is below 1, period isn't above 0, or noise_std is below 0.
    """
    _check(num_samples, noise_std)
    if not period > 0:
        raise ValueError(f"period must be above 0, got {period}")
    times = torch.arange(1, num_samples + 1, dtype=torch.float32)
    return times, torch.sin(2 * math.pi / period * times) + noise_std * torch.randn(num_samples, generator=generator)


def synthetic_expressions(num_samples, depth, operations=("min", "max"), generator=None):
    """Return random nested expressions over single digits, and their values.

    Args:
        num_samples: Expressions to draw, at least 1.
        depth: Operations on the longest way from the outermost to a digit, at least 0. One way has this many; each
            of the others stops early with probability one third at every step.
        operations: Names of those to draw from: "min", "max", "+" (the sum's last digit).
        generator: Source of randomness; the global one when None.

    Returns:
        A list of pairs (expression, value). An expression is a digit, or a tuple (name, left, right) of an
        operation and two expressions; for example ("max", 3, ("min", 7, 5)) with value 5.

    Raises:
        ValueError: num_samples is below 1, depth below 0, or an operation unknown.
    """
    _check(num_samples)
    if depth < 0:
        raise ValueError(f"depth must be at least 0, got {depth}")
    if not operations or not set(operations) <= set(OPERATIONS):
        raise ValueError(f"operations must be some of {', '.join(OPERATIONS)}, got {operations}")
    expressions = [_draw_expression(depth, operations, generator) for _ in range(num_samples)]
    return [(expression, _value(expression)) for expression in expressions]


def synthetic_dates(num_samples, generator=None):
    """Return dates written in many ways, each with its form by ISO 8601.

    Args:
        num_samples: Dates to draw, at least 1, evenly from 1950-01-01 to 2049-12-31.
        generator: Source of randomness; the global one when None.

    Returns:
        A list of pairs of strings (written, iso), for example ("3rd of March 2021", "2021-03-03"). There are ten
        ways of writing, each equally likely; each says which number is the day, so a person can read every one.

    Raises:
        ValueError: num_samples is below 1.
    """
    _check(num_samples)
    days = (LAST_DAY - FIRST_DAY).days + 1
    dates = [FIRST_DAY + datetime.timedelta(_draw(days, generator)) for _ in range(num_samples)]
    return [(_write_date(date, _draw(10, generator)), date.isoformat()) for date in dates]


def _check(num_samples, noise_std=0):
    if num_samples < 1 or noise_std < 0:
        raise ValueError(f"num_samples must be ≥ 1 and noise_std ≥ 0, got {num_samples} and {noise_std}")


def _draw(limit, generator):
    """Return a random whole number from 0 to limit - 1."""
    return int(torch.randint(limit, (), generator=generator))


def _draw_expression(depth, operations, generator):
    if depth == 0:
        return _draw(10, generator)
    shorter = 0 if _draw(3, generator) == 0 else _draw(depth, generator)
    branches = [_draw_expression(part, operations, generator) for part in (depth - 1, shorter)]
    if _draw(2, generator):
        branches.reverse()
    return (operations[_draw(len(operations), generator)], *branches)


def _value(expression):
    if isinstance(expression, int):
        return expression
    name, left, right = expression
    return OPERATIONS[name](_value(left), _value(right))


def _write_date(date, way):
    day, month, year = date.day, MONTHS[date.month - 1], date.year
    weekday = WEEKDAYS[date.weekday()]
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return (
        f"{day} {month} {year}",
        f"{month} {day}, {year}",
        f"{day}{ending} of {month} {year}",
        f"{month} the {day}{ending}, {year}",
        f"{weekday}, {day} {month} {year}",
        f"{day} {month[:3]} {year}",
        f"{month[:3]} {day} {year}",
        f"{day:02d}-{month[:3].upper()}-{year}",
        f"{year}/{date.month:02d}/{day:02d}",
        f"{day}.{date.month}.{year}",
    )[way]
