"""Tokens, vocabularies, and windows of ids: nothing lost, nothing doubled, ids that stay the same."""

import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from d2lutils.data import load_text
from d2lutils.text import UNKNOWN, Vocabulary, split_text, take_windows

# The same examples each time, and no time limit: a busy machine mustn't fail a test.
STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@STEADY
@given(st.text())
def test_split_text_by_character_keeps_everything(text):
    assert "".join(split_text(text, "character")) == text


def test_split_text_by_word_drops_capitals_and_marks():
    words = split_text("The miller's cat -- SHE said: 'No, über_3 dogs'.", "word")
    assert words == ["the", "miller's", "cat", "she", "said", "no", "über", "dogs"]


def test_split_text_names_the_units_it_knows():
    with pytest.raises(ValueError, match='"character" or "word", got \'line\''):
        split_text("a", "line")


def test_vocabulary_numbers_by_frequency_then_by_code():
    vocabulary = Vocabulary(["b", "a", "c", "a", "b", "d"], reserved=["<pad>"])
    assert vocabulary.tokens == [UNKNOWN, "<pad>", "a", "b", "c", "d"]
    assert len(vocabulary) == 6 and vocabulary.counts["a"] == 2


@STEADY
@given(st.lists(st.sampled_from("abcde")), st.randoms())
def test_vocabulary_does_not_depend_on_the_order_of_the_tokens(tokens, random):
    shuffled = random.sample(tokens, len(tokens))
    assert Vocabulary(tokens).tokens == Vocabulary(shuffled).tokens


def test_vocabulary_brings_the_tale_back():
    characters = split_text(load_text("tale"), "character")
    vocabulary = Vocabulary(characters)
    ids = vocabulary.encode(characters)
    assert ids.dtype == torch.int64 and ids.shape == (len(characters),) and ids.min() == 1
    assert vocabulary.decode(ids) == characters


def test_vocabulary_gives_rare_and_new_tokens_the_unknown_id():
    vocabulary = Vocabulary(["a", "a", "a", "b", "b", "c"], min_count=2)
    assert vocabulary.encode(["a", "c", "new", "b"]).tolist() == [1, 0, 0, 2]
    assert vocabulary.decode([0, 2]) == [UNKNOWN, "b"] and vocabulary.counts["c"] == 1


def test_vocabulary_does_not_number_a_reserved_token_twice():
    vocabulary = Vocabulary(["<pad>", UNKNOWN, "a", "<pad>"], reserved=["<pad>"])
    assert vocabulary.tokens == [UNKNOWN, "<pad>", "a"] and vocabulary.encode(["<pad>"]).tolist() == [1]


def test_vocabulary_of_nothing_knows_only_the_unknown_token():
    assert Vocabulary([]).tokens == [UNKNOWN] and Vocabulary([]).encode([]).shape == (0,)


@pytest.mark.parametrize("settings", [{"min_count": 0}, {"reserved": ["x", "x"]}, {"reserved": [UNKNOWN]}])
def test_vocabulary_refuses_wrong_settings(settings):
    with pytest.raises(ValueError, match="need min_count ≥ 1 and different reserved tokens"):
        Vocabulary(["a"], **settings)


windows = st.tuples(st.integers(2, 60), st.integers(1, 5), st.integers(1, 4)).filter(
    lambda w: w[0] > w[1] * w[2] + w[1]
)


@STEADY
@given(windows, st.sampled_from(["random", "adjacent"]))
def test_windows_have_targets_one_place_later_and_use_no_place_twice(sizes, order):
    n, steps, batch_size = sizes
    row, used = torch.arange(n) * 10, []
    for inputs, targets in take_windows(row, steps, batch_size, order=order):
        assert inputs.shape == targets.shape == (batch_size, steps)
        assert torch.equal(targets, inputs + 10) and torch.equal(
            inputs - inputs[:, :1], 10 * torch.arange(steps).expand_as(inputs)
        )
        used += inputs.flatten().tolist()
    assert len(used) == len(set(used)) and set(used) <= set(row.tolist())


def test_adjacent_windows_go_on_where_the_last_batch_ended():
    batches = list(take_windows(torch.arange(26), 3, 2, order="adjacent", start=1))
    assert [inputs.tolist() for inputs, _ in batches] == [
        [[1, 2, 3], [13, 14, 15]], [[4, 5, 6], [16, 17, 18]], [[7, 8, 9], [19, 20, 21]], [[10, 11, 12], [22, 23, 24]]
    ]  # fmt: skip
    assert batches[-1][1].tolist() == [[11, 12, 13], [23, 24, 25]]


def test_adjacent_windows_are_views():
    row = torch.arange(100)
    inputs, targets = next(take_windows(row, 5, 2, order="adjacent", start=0))
    assert {inputs.untyped_storage().data_ptr(), targets.untyped_storage().data_ptr()} == {
        row.untyped_storage().data_ptr()
    }


def test_random_windows_are_shuffled_and_start_anywhere():
    row, generator = torch.arange(1000), torch.Generator().manual_seed(0)
    epochs = [
        torch.cat([x[:, 0] for x, _ in take_windows(row, 10, 4, order="random", generator=generator)])
        for _ in range(100)
    ]
    assert all(not torch.equal(firsts, firsts.sort().values) for firsts in epochs)
    assert {int(firsts[0]) % 10 for firsts in epochs} == set(range(10))


def test_windows_repeat_with_the_same_generator():
    def draw():
        return list(take_windows(torch.arange(50), 4, 2, order="random", generator=torch.Generator().manual_seed(3)))

    assert all(torch.equal(a[0], b[0]) for a, b in zip(draw(), draw(), strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": "sequential"}, 'order must be "random" or "adjacent", got \'sequential\''),
        ({"steps": 0}, "need steps ≥ 1, batch_size ≥ 1 and a start in the row, got 0, 2, None"),
        ({"batch_size": 0}, "need steps ≥ 1, batch_size ≥ 1"),
        ({"start": 20}, "and a start in the row, got 3, 2, 20"),
        ({"start": -1}, "and a start in the row"),
        ({"batch_size": 7, "start": 0}, "20 ids, begun at 0, make no batch of 7 windows of 3"),
    ],
)
def test_windows_say_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        take_windows(torch.arange(20), **({"steps": 3, "batch_size": 2, "order": "random"} | settings))


def test_windows_fit_to_the_last_place():
    assert len(list(take_windows(torch.arange(7), 3, 2, order="adjacent", start=0))) == 1
    with pytest.raises(ValueError, match="6 ids"):
        take_windows(torch.arange(6), 3, 2, order="adjacent", start=0)
