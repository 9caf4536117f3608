"""Data: shapes, splits, batches, and a cache that heals itself. Expected values are worked by hand."""

import gzip
import re
import string
import time

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from d2lutils.data import CATALOGUE, cache, load_images, load_photograph, load_table, load_text, read_idx, take_batches
from data_files import idx_bytes

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

    assert min(_seconds(lambda: load_images("digits")) for _ in range(5)) < 0.05


def test_a_cached_set_of_full_size_loads_in_at_most_300_ms(folder):
    images, labels = torch.randint(256, (60_000, 1, 28, 28), dtype=torch.uint8), torch.zeros(60_000, dtype=torch.uint8)
    parts = {"train_images": images, "train_labels": labels, "test_images": images[:10_000]}
    cache.load_cached("mnist", lambda: parts | {"test_labels": labels[:10_000]})
    assert min(_seconds(lambda: load_images("mnist")) for _ in range(5)) < 0.3
    assert torch.equal((255 * load_images("mnist").train_images).round().byte(), images)


def test_reading_idx_takes_at_most_a_tenth_longer_than_gunzip_and_frombuffer(tmp_path):
    digits = (255 * load_images("digits").train_images[:, 0]).round().byte().numpy()
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.tile(digits, (15, 1, 1))), 1))  # 60,000 images

    def read_by_hand():
        with gzip.open(path) as file:
            return np.frombuffer(file.read(), "uint8", offset=16).reshape(-1, 28, 28)

    np.testing.assert_array_equal(read_idx(path), read_by_hand())
    pairs = [(_seconds(lambda: read_idx(path)), _seconds(read_by_hand)) for _ in range(5)]
    assert min(ours for ours, _ in pairs) < 1.1 * min(by_hand for _, by_hand in pairs)


def _seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def test_an_unknown_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'cats'; known: digits, small-digits, mnist, fashion-mnist, cifar-10"):
        load_images("cats")


def test_small_digits_have_the_promised_shapes_types_range_and_shares():
    digits = load_images("small-digits")
    assert digits.train_images.shape == (1437, 1, 8, 8) and digits.test_images.shape == (360, 1, 8, 8)
    assert digits.train_images.min() == 0 and digits.train_images.max() == 1
    assert len(digits.train_images.unique()) == 17
    assert digits.train_labels.bincount().min() == 139 and digits.test_labels.bincount().min() == 35


@pytest.mark.parametrize(("name", "file"), [("temple", "china.jpg"), ("flower", "flower.jpg")])
def test_photographs_are_tensors_of_channels_by_rows_by_columns(name, file):
    photograph = load_photograph(name)
    assert photograph.shape == (3, 427, 640) and photograph.dtype == torch.float32 and photograph.is_contiguous()
    assert photograph.min() == 0 and photograph.max() == 1
    pixel = load_sample_image(file)[400, 20]  # row, column
    torch.testing.assert_close(255 * photograph[:, 400, 20], torch.tensor(pixel, dtype=torch.float32))


def test_an_unknown_photograph_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'cat'; known: temple, flower"):
        load_photograph("cat")


def test_penguins_have_the_promised_rows_gaps_and_ranges():
    penguins = load_table("penguins")
    assert penguins.shape == (344, 8)
    assert penguins.isna().sum().to_dict() == {
        "species": 0, "island": 0, "bill_length_mm": 2, "bill_depth_mm": 2, "flipper_length_mm": 2, "body_mass_g": 2,
        "sex": 11, "year": 0,
    }  # fmt: skip
    assert penguins["body_mass_g"].agg(["min", "max"]).tolist() == [2700, 6300]
    assert sorted(penguins["species"].unique()) == ["Adelie", "Chinstrap", "Gentoo"]


def test_cars_have_the_promised_columns_units_and_ranges():
    cars = load_table("cars")
    assert list(cars) == [
        "mpg", "cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year", "origin",
    ]  # fmt: skip
    assert cars.shape == (392, 8) and cars.isna().sum().sum() == 0
    assert cars.iloc[0].tolist() == [18, 8, 307, 130, 3504, 12, 70, "USA"]
    assert cars["origin"].value_counts().to_dict() == {"USA": 245, "Japan": 79, "Europe": 68}
    assert cars["mpg"].agg(["min", "max"]).tolist() == [9, 46.6]


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'iris'; known: penguins, cars, house-prices"):
        load_table("iris")


def test_loading_a_table_twice_gives_tables_of_their_own():
    first = load_table("cars")
    first.loc[0, "mpg"] = 99
    assert load_table("cars").loc[0, "mpg"] == 18


def test_the_sizes_that_the_catalogue_tells_are_true():
    digits, small = load_images("digits"), load_images("small-digits")
    numbers = {
        "digits": [len(digits.train_images) + len(digits.test_images), 28, 28, len(digits.train_images)],
        "small-digits": [len(small.train_images) + len(small.test_images), 8, 8, len(small.train_images)],
        "temple": list(load_photograph("temple").shape[:0:-1]),
        "penguins": [*load_table("penguins").shape, int(load_table("penguins").isna().sum().sum())],
        "cars": [len(load_table("cars")), 1970, 1982, load_table("cars").shape[1]],
        "tale": [round(len(load_text("tale")), -3)],
    }
    for name, expected in numbers.items():
        told = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", CATALOGUE[name].contents)]
        assert told == expected, name


def test_every_set_in_the_catalogue_tells_its_source_and_licence():
    for data_set in CATALOGUE.values():
        assert data_set.kind in ("images", "photograph", "table", "text")
        assert data_set.contents and data_set.source and data_set.licence


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
    with pytest.raises(ValueError, match="'saga'; known: tale, time-machine"):
        load_text("saga")


def test_a_second_load_reads_the_cache(folder, counting_parser):
    for _ in range(2):
        assert torch.equal(cache.load_cached("set", counting_parser)["train_images"], TENSORS["train_images"])
    assert counting_parser.calls == 1
    assert sorted(path.name for path in (folder / "set").iterdir()) == [".lock", "tensors-1.pt"]


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
    cache.load_cached("set", counting_parser)
    damage(folder / "set" / "tensors-1.pt")
    assert torch.equal(cache.load_cached("set", counting_parser)["train_images"], TENSORS["train_images"])
    assert counting_parser.calls == 2
    cache.load_cached("set", counting_parser)
    assert counting_parser.calls == 2  # what was made anew is right


def test_a_folder_that_cant_be_made_costs_a_warning_and_nothing_else(tmp_path, monkeypatch, counting_parser):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("D2LUTILS_DATA", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="D2LUTILS_DATA"):
        tensors = cache.load_cached("set", counting_parser)
    assert torch.equal(tensors["train_images"], TENSORS["train_images"])


def test_a_full_disk_leaves_no_half_file(folder, monkeypatch, counting_parser):
    def write_half(path, content):
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.Path, "write_bytes", write_half)
    with pytest.warns(UserWarning, match="can't be kept.*No space left on device"):
        cache.load_cached("set", counting_parser)
    assert [path.name for path in (folder / "set").iterdir()] == [".lock"]


def test_batches_hold_each_row_once_and_keep_pairs_together():
    rows = torch.arange(10)
    batches = list(take_batches(rows, 100 * rows, batch_size=4))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    assert all(torch.equal(y, 100 * x) for x, y in batches)
    assert sorted(torch.cat([x for x, _ in batches]).tolist()) == list(range(10))


def test_the_last_batch_is_kept_dropped_or_refilled_as_asked():
    rows = torch.arange(10)

    def taken(last):
        generator = torch.Generator().manual_seed(0)
        return [batch.tolist() for (batch,) in take_batches(rows, batch_size=4, last=last, generator=generator)]

    keep, drop, refill = taken("keep"), taken("drop"), taken("refill")
    assert [len(batch) for batch in keep] == [4, 4, 2]
    assert drop == keep[:2]
    assert refill[:2] == keep[:2] and refill[2][:2] == keep[2] and refill[2][2:] == keep[0][:2]
    assert len(set(refill[2])) == 4  # no row twice in a batch


@pytest.mark.parametrize("last", ["keep", "drop", "refill"])
def test_rows_that_come_out_even_are_all_taken_once(last):
    batches = list(take_batches(torch.arange(8), batch_size=4, last=last))
    assert [len(batch) for (batch,) in batches] == [4, 4]
    assert sorted(torch.cat([batch for (batch,) in batches]).tolist()) == list(range(8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 2, "last": "shorten"}, "got 'shorten'"),
        ({"batch_size": 4, "last": "drop"}, "3 rows can't make a whole batch of 4"),
        ({"batch_size": 4, "last": "refill"}, "3 rows can't make a whole batch of 4"),
    ],
)
def test_a_last_batch_that_cant_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        take_batches(torch.arange(3), **options)


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
