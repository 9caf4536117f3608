"""Judge what a hand-in's functions returned: outside the sandbox, against values that never enter it.

A judge is a list of `Case`s for each task, in the order in which the hidden cell emits its values. Each case that is
right brings its share of the task's points, and each that isn't brings a line that says what was seen.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

from assignments.sandboxed import handin

MISSING = {"kind": "missing"}


@dataclass(frozen=True)
class Case:
    """One call of a student's function, and what it should give.

    Args:
        says: What is tried, as a phrase for the student.
        expected: The right value; ignored where `check` is given.
        check: A function of the emitted value (plain Python: numbers, lists, shapes) that returns None if it is
            right and else a phrase. For answers of which more than one is right.
        weight: The share of this case against the others.
        tolerance: How far a number may be off, absolutely and relatively.
    """

    says: str
    expected: object = None
    check: Callable | None = None
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
    if kind == "error" and not (isinstance(case.expected, type) and issubclass(case.expected, Exception)):
        return f"it stopped with {str(found.get('type'))[:60]}: {str(found.get('says'))[:160]}"
    try:
        if case.check is not None:
            return case.check(found)
        if isinstance(case.expected, type) and issubclass(case.expected, Exception):
            return error_fault(case.expected, found)
        return difference(handin.plain(case.expected), found, case.tolerance)
    except Exception:
        return "it returned something that can't be compared"


def error_fault(expected, found):
    """Return None if a value is an error of the expected kind, else a phrase."""
    if found.get("kind") != "error":
        return f"it should stop with {expected.__name__}, and returned {described(found)}"
    if found.get("type") != expected.__name__:
        return f"it should stop with {expected.__name__}, and stopped with {str(found.get('type'))[:60]}"
    return None


def described(value):
    """Return a few words on an emitted value."""
    kind = value.get("kind")
    if kind == "array":
        return f"a {value['dtype']} tensor of shape {tuple(value['shape'])}"
    if kind in {"number", "bool", "str"}:
        return repr(value.get("value"))[:80]
    return {"NoneType": "None", "other": f"a {str(value.get('type'))[:60]}"}.get(kind, f"a {kind}")


def difference(expected, found, tolerance):
    """Return None if two emitted values agree, else a phrase."""
    kinds = expected["kind"], found.get("kind")
    if kinds == ("number", "array") and found["shape"] == []:
        found = {"kind": "number", "value": found["values"][0]}
    elif kinds == ("array", "number") and expected["shape"] == []:
        expected = {"kind": "number", "value": expected["values"][0]}
    elif kinds[0] != kinds[1]:
        return f"it returned {described(found)}, not {described(expected)}"
    kind = expected["kind"]
    if kind == "array":
        return array_difference(expected, found, tolerance)
    if kind == "number":
        return None if is_near(expected["value"], found["value"], tolerance) else "the number isn't right"
    if "items" in expected:
        if len(expected["items"]) != len(found["items"]):
            return f"it returned {len(found['items'])} items, not {len(expected['items'])}"
        pairs = zip(expected.get("keys", []) + expected["items"], found.get("keys", []) + found["items"], strict=True)
        faults = (difference(wanted, given, tolerance) for wanted, given in pairs)
        return next((fault for fault in faults if fault), None)
    return None if expected.get("value") == found.get("value") else f"it returned {described(found)}"


def array_difference(expected, found, tolerance):
    """Return None if two emitted tensors agree, else a phrase."""
    if expected["shape"] != found["shape"]:
        return f"its shape is {tuple(found['shape'])}, not {tuple(expected['shape'])}"
    if family(expected["dtype"]) != family(found["dtype"]):
        return f"its type is {found['dtype']}, not {expected['dtype']}"
    pairs = list(zip(expected["values"], found["values"], strict=True))
    wrong = sum(not is_near(wanted, given, tolerance) for wanted, given in pairs)
    return f"{wrong} of {len(pairs)} numbers aren't right" if wrong else None


def family(dtype):
    """Return what kind of number a type holds: float32 and float64 may stand for one another."""
    return dtype.rstrip("0123456789").removeprefix("u")


def is_near(wanted, given, tolerance):
    """True if two numbers are as near as the tolerance asks; infinities and "not a number" must be the same."""
    if isinstance(wanted, (str, bool)) or isinstance(given, (str, bool)):
        return wanted == given
    return math.isclose(wanted, given, rel_tol=tolerance, abs_tol=tolerance)
