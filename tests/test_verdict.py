"""Judging emitted values."""

import json

import numpy as np
import pytest
import torch

from assignments import soundness
from assignments.sandboxed import handin
from assignments.verdict import Case, judge


def emitted(*values):
    return json.dumps([handin.plain(value) for value in values])


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (torch.tensor([1.0, 2.0]), torch.tensor([1.00001, 2.0]).double(), torch.tensor([1.0, 2.1])),
        (torch.tensor([1.0, 2.0]), np.array([1.0, 2.0], dtype=np.float32), torch.tensor([[1.0, 2.0]])),
        (torch.tensor([1, 2]), torch.tensor([1, 2], dtype=torch.int32), torch.tensor([1.0, 2.0])),
        (torch.tensor([True, False]), torch.tensor([True, False]), torch.tensor([1, 0])),
        (
            torch.tensor([float("nan"), float("inf")]),
            torch.tensor([float("nan"), float("inf")]),
            torch.tensor([0.0, 1.0]),
        ),
        (2.5, torch.tensor(2.5), 2.6),
        (torch.tensor(2.5), 2.5, None),
        ("text", "text", "texts"),
        (True, True, 1),
        ((1, "a"), (1, "a"), (1, "b")),
        ([torch.ones(2), 3.0], [torch.ones(2), 3.0], [torch.ones(2)]),
        ({"a": 1}, {"a": 1}, {"b": 1}),
        (ValueError, ValueError("no"), TypeError("no")),
    ],
)
def test_a_case_tells_right_from_wrong(expected, right, wrong):
    def shown(value):
        if isinstance(value, Exception):
            return json.dumps([{"kind": "error", "type": type(value).__name__, "says": "no"}])
        return emitted(value)

    case = [Case("a try", expected)]
    assert judge(case, shown(right)).share == 1
    found = judge(case, shown(wrong))
    assert found.share == 0 and found.lines[0].startswith("✗ a try: ")


def test_cases_bring_their_shares_and_reasons():
    cases = [
        Case("one", 1),
        Case("two", 2, weight=3),
        Case("three", check=lambda found: None if found["value"] > 2 else "small"),
    ]
    found = judge(cases, emitted(1, 5, 3))
    assert found.share == pytest.approx(2 / 5)
    assert found.lines == ("✓ one", "✗ two: it returned 5, which isn't right", "✓ three")
    assert judge(cases, emitted(1)).lines[1:] == ("✗ two: nothing came", "✗ three: nothing came")


@pytest.mark.parametrize(
    "text", [None, "", "{}", "7", "[" * 100_000, "[null]", '["a"]', '[{"kind": ["x"]}]', '[{"kind": "array"}]']
)
def test_nonsense_from_the_sandbox_scores_nothing_and_breaks_nothing(text):
    for expected in (torch.ones(2), 1, "a", [1], {"a": 1}, ValueError):
        assert judge([Case("a try", expected)], text).share == 0
    assert judge([Case("a try", check=lambda found: found["values"][0])], text).share == 0


def test_a_verdict_shows_what_came_and_where():
    cases = [
        Case("a", torch.eye(3)),
        Case("b", [torch.ones(2), 7]),
        Case("c", ["W1", None]),
        Case("d", True),
        Case("e", torch.tensor(1.5)),
    ]
    shown = emitted(
        torch.eye(3) + torch.eye(3).roll(1, 0) / 3, [torch.ones(2), 8], ["W2", None], False, torch.tensor(2.5)
    )
    assert judge(cases, shown).lines == (
        "✗ a: 3 of 9 numbers aren't right, such as 0.333333 at [0, 2]",
        "✗ b: item 2 of 2: it returned 8, which isn't right",
        "✗ c: item 1 of 2: it returned 'W2', which isn't right",
        "✗ d: it returned False, which isn't right",
        "✗ e: it returned 2.5, which isn't right",
    )


@pytest.mark.parametrize(
    "expected", [torch.tensor([12345.0]), 12345.0, "12345", ["12345", 12345], (12345,), {12345: 1}]
)
@pytest.mark.parametrize("came", [torch.tensor([1.0]), 1.0, 1, "1", None, ["1", None], (1,), {1: 1}])
def test_a_verdict_never_shows_what_is_expected(expected, came):
    found = judge([Case("a try", expected), Case("kept", expected, stays=expected)], emitted(came, (came, came)))
    assert found.share == 0 and "12345" not in "".join(found.lines)


def test_an_argument_that_should_stay_is_judged_apart_from_the_result():
    case, right, given = [Case("X stays as it is", 7, stays=torch.ones(2))], 7, torch.ones(2)
    assert judge(case, emitted((right, given))).lines == ("✓ X stays as it is",)
    for result, after, says in (
        (right, given * 3, "it has changed: 2 of 2 numbers aren't right, such as 3 at [0]"),
        (8, given * 3, "it has changed: 2 of 2 numbers aren't right, such as 3 at [0]"),
        (8, given, "it does, but that counts for a right result only: it returned 8, which isn't right"),
    ):
        assert judge(case, emitted((result, after))).lines == (f"✗ X stays as it is: {says}",)


def test_what_no_case_judges_is_told_and_found_by_check():
    assert judge([Case("one", 1)], emitted(1)).lines == ("✓ one",)
    found = judge([Case("one", 1)], emitted(1, 2, 3))
    assert found.share == 1
    assert found.lines[1] == "2 more came out of the hidden cell, and the judge has no case for it"
    verdicts = {"judged-a": (1.0, ["✓ one"]), "judged-b": (1.0, found.lines)}
    assert soundness.unjudged({"verdicts": verdicts}) == f"judged-b: {found.lines[1]}"
    assert soundness.unjudged({"verdicts": {"judged-a": verdicts["judged-a"]}}) is None


@pytest.mark.parametrize("expected", [1, ValueError])
@pytest.mark.parametrize(
    ("kind", "says", "line"),
    [
        ("NotImplementedError", "your answer goes here", "nothing is written here"),
        ("NameError", "name 'distances' is not defined", "there is no function or variable `distances`"),
        ("TypeError", "too many arguments", "it stopped with TypeError: too many arguments"),
    ],
)
def test_an_error_is_explained(expected, kind, says, line):
    shown = json.dumps([{"kind": "error", "type": kind, "says": says}])
    assert judge([Case("a try", expected)], shown).lines == (f"✗ a try: {line}",)


def test_emit_shows_what_each_function_returns_or_raises(monkeypatch):
    shown = []
    monkeypatch.setattr(handin, "display", lambda data, raw: shown.append(data))
    loop = []
    loop.append(loop)
    handin.emit(lambda: 1 / 0, lambda: torch.zeros(2, 3), lambda: loop, lambda: torch.zeros(200, 200), object)
    values = json.loads(shown[0][handin.KIND])
    assert [value["kind"] for value in values] == ["error", "array", "error", "array", "other"]
    assert values[3]["values"] is None
