"""Judging emitted values."""

import json

import numpy as np
import pytest
import torch

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
    assert found.lines == ("✓ one", "✗ two: the number isn't right", "✓ three")
    assert judge(cases, emitted(1)).lines[1:] == ("✗ two: nothing came", "✗ three: nothing came")


@pytest.mark.parametrize(
    "text", [None, "", "{}", "7", "[" * 100_000, "[null]", '["a"]', '[{"kind": ["x"]}]', '[{"kind": "array"}]']
)
def test_nonsense_from_the_sandbox_scores_nothing_and_breaks_nothing(text):
    for expected in (torch.ones(2), 1, "a", [1], {"a": 1}, ValueError):
        assert judge([Case("a try", expected)], text).share == 0
    assert judge([Case("a try", check=lambda found: found["values"][0])], text).share == 0


def test_a_verdict_never_shows_the_expected_numbers():
    found = judge([Case("a try", torch.tensor([12345.0]))], emitted(torch.tensor([1.0])))
    assert "12345" not in "".join(found.lines)


def test_emit_shows_what_each_function_returns_or_raises(monkeypatch):
    shown = []
    monkeypatch.setattr(handin, "display", lambda data, raw: shown.append(data))
    loop = []
    loop.append(loop)
    handin.emit(lambda: 1 / 0, lambda: torch.zeros(2, 3), lambda: loop, lambda: torch.zeros(200, 200), object)
    values = json.loads(shown[0][handin.KIND])
    assert [value["kind"] for value in values] == ["error", "array", "error", "array", "other"]
    assert values[3]["values"] is None
