"""Judge what a hand-in's functions returned: outside the sandbox, against values that never enter it.

A judge is a list of `Case`s for each task, in the order in which the hidden cell emits its values. Each case that is
right brings its share of the task's points, and each that isn't brings a line that says what was seen.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from assignments.sandboxed import handin

UNJUDGED = "came out of the hidden cell, and the judge has no case for it"
MISSING = {"kind": "missing"}
KINDS = {"NoneType": "None", "str": "a text", "bool": "True or False"}
STAYS_WITHIN = 1e-6  # a tensor that should stay as it is may be off by this, as sines differ between libraries


@dataclass(frozen=True)
class Case:
    """One call of a student's function, and what it should give.

    Args:
        says: What is tried, as a phrase for the student.
        expected: The right value; ignored where `check` is given.
        check: A function of the emitted value (plain Python: numbers, lists, shapes) that returns None if it is
            right and else a phrase. For answers of which more than one is right.
        stays: What an argument should be after the call. Then the emitted value is a pair, the result and the argument.
            Both must be right, lest a function that does nothing gain the case, and the phrase says which isn't.
        weight: The share of this case against the others.
        tolerance: How far a number may be off, absolutely and relatively.
    """

    says: str
    expected: object = None
    check: Callable | None = None
    stays: object = None
    weight: float = 1.0
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Verdict:
    """The share of the points, 0 to 1, and lines that explain it."""

    share: float
    lines: tuple


def judge(cases, emitted):
    """Return the `Verdict` on what a hidden cell has shown.

    Args:
        cases: A list of `Case`.
        emitted: The JSON text that came out of the sandbox, None where none came.
    """
    shown = read(emitted)
    if shown is None:
        return Verdict(0.0, ("Nothing could be tried: an error stands above, or the run ended before.",))
    total, reached, lines = sum(case.weight for case in cases), 0.0, []
    for number, case in enumerate(cases):
        found = shown[number] if number < len(shown) else MISSING
        fault = fault_of(case, found)
        reached += 0 if fault else case.weight
        lines.append(f"✗ {case.says}: {fault}" if fault else f"✓ {case.says}")
    if len(shown) > len(cases):
        lines.append(f"{len(shown) - len(cases)} more {UNJUDGED}")
    return Verdict(reached / total, tuple(lines))


def read(emitted):
    """Return the list of values in an emitted text, None if it is none."""
    try:
        shown = json.loads(emitted)
    except (TypeError, ValueError, RecursionError):
        return None
    return [item if isinstance(item, dict) else MISSING for item in shown] if isinstance(shown, list) else None


def fault_of(case, found):
    """Return None if a value is right, else a phrase."""
    kind = found.get("kind")
    if kind == "missing":
        return "nothing came"
    should_stop = isinstance(case.expected, type) and issubclass(case.expected, Exception)
    if kind == "error" and not (should_stop and found.get("type") == case.expected.__name__):
        return stop_of(found)
    try:
        if should_stop:
            return None if kind == "error" else f"it should stop with {case.expected.__name__}, and {returned(found)}"
        if case.check is not None:
            return case.check(found)
        return change_of(case, found)
    except Exception:
        return "it returned something that can't be compared"


def stop_of(error):
    """Return what an emitted error means for the student."""
    kind, says = str(error.get("type"))[:60], str(error.get("says"))[:160]
    if kind == "NotImplementedError":
        return "nothing is written here"
    unknown = re.fullmatch(r"name '(\w+)' is not defined.*", says)
    if kind == "NameError" and unknown:
        return f"there is no function or variable `{unknown[1]}`"
    return f"it stopped with {kind}: {says}"


def change_of(case, found):
    """Return None if a result is right, and the argument as it was where the case asks for that, else a phrase."""
    if case.stays is None:
        return difference(handin.plain(case.expected), found, case.tolerance)
    result, given = found["items"]
    change = difference(handin.plain(case.stays), given, STAYS_WITHIN)
    if change:
        return f"it has changed: {change}"
    fault = difference(handin.plain(case.expected), result, case.tolerance)
    return f"it does, but that counts for a right result only: {fault}" if fault else None


def returned(value):
    """Return what came back, as the end of a sentence."""
    return f"it returned {described(value)}"


def described(value):
    """Return a few words on an emitted value."""
    kind = value.get("kind")
    if kind == "array":
        return f"a {value['dtype']} tensor of shape {tuple(value['shape'])}"
    if kind == "number" and isinstance(value.get("value"), float):
        return f"{value['value']:.6g}"
    if kind in {"number", "bool", "str"}:
        return repr(value.get("value"))[:80]
    return KINDS.get(kind, f"a {str(value.get('type'))[:60]}" if kind == "other" else f"a {kind}")


def difference(expected, found, tolerance):
    """Return None if two emitted values agree, else a phrase."""
    kinds = expected["kind"], found.get("kind")
    if kinds == ("number", "array") and found["shape"] == []:
        found = {"kind": "number", "value": found["values"][0]}
    elif kinds == ("array", "number") and expected["shape"] == []:
        expected = {"kind": "number", "value": expected["values"][0]}
    elif kinds[0] != kinds[1]:
        wanted = described(expected) if kinds[0] == "array" else KINDS.get(kinds[0], f"a {kinds[0]}")
        return f"{returned(found)}, not {wanted}"
    kind = expected["kind"]
    if kind == "array":
        return array_difference(expected, found, tolerance)
    if "items" in expected:
        return items_difference(expected, found, tolerance)
    if kind == "number":
        right = is_near(expected["value"], found["value"], tolerance)
    else:
        right = expected.get("value") == found.get("value")
    return None if right else f"{returned(found)}, which isn't right"


def items_difference(expected, found, tolerance):
    """Return None if two emitted lists, tuples or dictionaries agree, else a phrase."""
    count = len(expected["items"])
    if count != len(found["items"]):
        return f"it returned {len(found['items'])} items, not {count}"
    pairs = zip(expected.get("keys", []) + expected["items"], found.get("keys", []) + found["items"], strict=True)
    for number, (wanted, given) in enumerate(pairs, start=1):
        fault = difference(wanted, given, tolerance)
        if fault:
            return fault if "keys" in expected or count == 1 else f"item {number} of {count}: {fault}"
    return None


def array_difference(expected, found, tolerance):
    """Return None if two emitted tensors agree, else a phrase."""
    if expected["shape"] != found["shape"]:
        return f"its shape is {tuple(found['shape'])}, not {tuple(expected['shape'])}"
    if family(expected["dtype"]) != family(found["dtype"]):
        return f"its type is {found['dtype']}, not {expected['dtype']}"
    pairs = list(zip(expected["values"], found["values"], strict=True))
    wrong = [place for place, (wanted, given) in enumerate(pairs) if not is_near(wanted, given, tolerance)]
    if not wrong:
        return None
    shown = found["values"][wrong[0]]
    shown = f"{shown:.6g}" if isinstance(shown, float) else str(shown)[:80]
    if not found["shape"]:
        return f"it returned {shown}, which isn't right"
    place = index_of(wrong[0], found["shape"])
    return f"{len(wrong)} of {len(pairs)} numbers aren't right, such as {shown} at {place}"


def index_of(place, shape):
    """Return the index, a list, of a place in the flattened tensor of a shape."""
    index = []
    for size in reversed(shape):
        place, within = divmod(place, size)
        index.insert(0, within)
    return index


def family(dtype):
    """Return what kind of number a type holds: float32 and float64 may stand for one another."""
    return dtype.rstrip("0123456789").removeprefix("u")


def is_near(wanted, given, tolerance):
    """True if two numbers are as near as the tolerance asks; infinities and "not a number" must be the same."""
    if isinstance(wanted, (str, bool)) or isinstance(given, (str, bool)):
        return wanted == given
    return math.isclose(wanted, given, rel_tol=tolerance, abs_tol=tolerance)
