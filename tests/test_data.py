"""Data: shapes, splits, batches, and a cache that heals itself. Expected values are worked by hand."""

import re
import string
import time

import pytest
import torch

from d2lutils import data
from d2lutils.data import load_images, load_text, synthetic_regression, take_batches

TEST_INK = 26396458  # sum of all test pixels as bytes
TENSORS = {"train_images": torch.arange(6, dtype=torch.uint8).reshape(3, 2)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache folder of the test's own, with spaces and Chinese characters in its path."""
    path = tmp_path / "my data 数据"
    monkeypatch.setenv("D2LUTILS_DATA", str(path))
    return path


@pytest.fixture
def counting_parser():
    """A parser that counts how often it is called."""

    def parse():
        parse.calls += 1
        return TENSORS

    parse.calls = 0
    return parse


def test_digits_have_the_promised_shapes_types_and_range():
    digits = load_images("digits")
    assert digits.train_images.shape == (4000, 1, 28, 28) and digits.test_images.shape == (1000, 1, 28, 28)
    assert digits.train_images.dtype == torch.float32 and digits.train_labels.dtype == torch.int64
    assert digits.train_images.min() == 0 and digits.train_images.max() == 1
    assert digits.class_names == tuple("0123456789")


def test_digits_are_split_with_equal_class_shares():
    digits = load_images("digits")
    assert digits.train_labels.bincount().tolist() == [400] * 10
    assert digits.test_labels.bincount().tolist() == [100] * 10


def test_the_split_of_the_digits_never_changes():
    digits = load_images("digits")
    assert digits.test_labels[:10].tolist() == [6, 3, 0, 8, 8, 3, 0, 0, 7, 8]
    assert (255 * digits.test_images).round().long().sum().item() == TEST_INK


def test_a_cached_load_takes_at_most_50_ms():
    load_images("digits")

    def seconds():
        start = time.perf_counter()
        load_images("digits")
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.05


def test_an_unknown_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'cats'.*known: digits"):
        load_images("cats")


def test_the_tale_is_long_plain_and_never_repeats_a_paragraph():
    tale = load_text("tale")
    assert len(tale) >= 60_000 and len(re.findall(r"^Chapter [A-Z][a-z-]+(?:[A-Z][a-z]+)?: ", tale, re.M)) == 22
    assert set(tale) <= set(string.ascii_letters + " \n.,;:!?'\"-()")
    paragraphs = tale.split("\n\n")
    assert len(set(paragraphs)) == len(paragraphs)


def test_the_tale_has_phrases_that_come_back():
    refrains = re.findall(
        r"further still|lies here still|coming still|slower still|for it still|more still", load_text()
    )
    assert len(refrains) >= 22


def test_an_unknown_text_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'saga'.*known: tale"):
        load_text("saga")


def test_a_second_load_reads_the_cache(folder, counting_parser):
    for _ in range(2):
        assert torch.equal(data._load_cached("set", counting_parser)["train_images"], TENSORS["train_images"])
    assert counting_parser.calls == 1
    assert [path.name for path in folder.iterdir()] == ["set-1.pt"]


def _cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path):
    path.write_bytes(b"")


def _change_a_value(path):
    stored = torch.load(path)
    stored["tensors"]["train_images"][0, 0] = 99
    torch.save(stored, path)


def _change_the_format(path):
    stored = torch.load(path)
    torch.save({**stored, "format": 0}, path)


def _hold_something_else(path):
    torch.save([1, 2, 3], path)


@pytest.mark.parametrize("damage", [_cut_in_half, _empty, _change_a_value, _change_the_format, _hold_something_else])
def test_a_wrong_cache_is_made_anew(folder, counting_parser, damage):
    data._load_cached("set", counting_parser)
    damage(folder / "set-1.pt")
    assert torch.equal(data._load_cached("set", counting_parser)["train_images"], TENSORS["train_images"])
    assert counting_parser.calls == 2
    data._load_cached("set", counting_parser)
    assert counting_parser.calls == 2  # what was made anew is right


def test_a_folder_that_cant_be_made_costs_a_warning_and_nothing_else(tmp_path, monkeypatch, counting_parser):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("D2LUTILS_DATA", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="D2LUTILS_DATA"):
        tensors = data._load_cached("set", counting_parser)
    assert torch.equal(tensors["train_images"], TENSORS["train_images"])


def test_a_full_disk_leaves_no_half_file(folder, monkeypatch, counting_parser):
    def write_half(path, content):
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data.Path, "write_bytes", write_half)
    with pytest.warns(UserWarning, match="can't be kept.*No space left on device"):
        data._load_cached("set", counting_parser)
    assert list(folder.iterdir()) == []


def test_synthetic_data_without_noise_obeys_its_law_exactly():
    features, targets = synthetic_regression([2.0, -3.4], 4.2, num_samples=5, noise_std=0)
    assert features.shape == (5, 2) and targets.shape == (5, 1)
    torch.testing.assert_close(targets[:, 0], 2 * features[:, 0] - 3.4 * features[:, 1] + 4.2)


def test_synthetic_noise_has_the_spread_that_was_asked_for():
    features, targets = synthetic_regression(
        [1.0], 0.0, 20_000, noise_std=0.5, generator=torch.Generator().manual_seed(0)
    )
    assert (targets - features).std().item() == pytest.approx(0.5, abs=0.01)


def test_a_generator_makes_synthetic_data_repeat():
    first, second = (synthetic_regression([1.0], 0.0, 3, generator=torch.Generator().manual_seed(5)) for _ in range(2))
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


def test_batches_hold_each_row_once_and_keep_pairs_together():
    rows = torch.arange(10)
    batches = list(take_batches(rows, 100 * rows, batch_size=4))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    assert all(torch.equal(y, 100 * x) for x, y in batches)
    assert sorted(torch.cat([x for x, _ in batches]).tolist()) == list(range(10))


def test_batches_are_shuffled_anew_and_repeat_with_a_seed():
    rows = torch.arange(100)

    def order(seed):
        generator = torch.Generator().manual_seed(seed)
        return torch.cat([x for (x,) in take_batches(rows, batch_size=7, generator=generator)]).tolist()

    assert order(1) == order(1) != order(2)
    assert order(1) != list(range(100))


def test_batches_keep_the_type():
    x, y = next(take_batches(torch.zeros(3, dtype=torch.uint8), torch.zeros(3, 2, dtype=torch.float64), batch_size=2))
    assert (x.dtype, y.dtype) == (torch.uint8, torch.float64)


@pytest.mark.parametrize(
    ("arrays", "batch_size", "message"),
    [
        ((torch.zeros(3), torch.zeros(4)), 2, r"\[3, 4\]"),
        ((torch.zeros(0),), 2, "empty"),
        ((), 2, "share"),
        ((torch.zeros(3),), 0, "got 0"),
        ((torch.zeros(3),), -1, "got -1"),
    ],
)
def test_wrong_batches_are_refused_at_the_call(arrays, batch_size, message):
    with pytest.raises(ValueError, match=message):
        take_batches(*arrays, batch_size=batch_size)
