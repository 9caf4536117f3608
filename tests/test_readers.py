"""The readers of IDX and of CIFAR-10's archive: right arrays from right bytes, ValueError from all others."""

import gzip
import os
import struct
import tarfile
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from d2lutils.data import read_cifar10, read_idx, readers
from data_files import BATCHES, IDX_CODES, batch_archive, batch_bytes, idx_bytes, small_cifar

HEADER_2_BY_3 = bytes([0, 0, 8, 2]) + struct.pack(">2I", 2, 3)
IMAGES, LABELS, BYTES = small_cifar()
ARCHIVE = batch_archive(BYTES)
FOLDER = "cifar-10-batches-bin"
MEMBER = 512 + 13 * 512  # bytes in the tar: a header, then a batch of 2 × 3073 bytes, padded
# The same examples in every run; FUZZ=20000 in the environment draws that many new ones. A hang is a failure (ms).
FUZZ = settings(max_examples=int(os.environ.get("FUZZ", "300")), derandomize="FUZZ" not in os.environ, deadline=2000)
MEGABYTE = 10**6


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Return a function that writes bytes to a file and reads it with a reader."""
    path = tmp_path_factory.mktemp("readers") / "file"

    def write_and_read(reader, content):
        path.write_bytes(content)
        return reader(path)

    return write_and_read


def right_or_refused(read, reader, content):
    """Return what a reader makes of bytes, or None when it refuses them by ValueError in one line."""
    try:
        return read(reader, content)
    except ValueError as error:
        assert str(error).startswith("file") and "\n" not in str(error)
        return None


def peak_memory(read, reader, content):
    """Return the most memory (bytes) that a refusal took."""
    tracemalloc.start()
    try:
        assert right_or_refused(read, reader, content) is None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_read_idx_reads_a_file_made_by_hand(tmp_path):
    (tmp_path / "small").write_bytes(HEADER_2_BY_3 + bytes([1, 2, 3, 4, 5, 255]))
    assert read_idx(tmp_path / "small").tolist() == [[1, 2, 3], [4, 5, 255]]


@FUZZ
@given(
    npst.arrays(st.sampled_from([np.dtype(name) for name in IDX_CODES]), npst.array_shapes(min_dims=0, min_side=0)),
    st.booleans(),
)
def test_read_idx_returns_any_array_of_any_type(read, array, zipped):
    content = idx_bytes(array)
    got = read(read_idx, gzip.compress(content) if zipped else content)
    assert got.dtype == array.dtype and got.flags.writeable
    np.testing.assert_array_equal(got, array)


def test_read_idx_reports_a_truncated_file(tmp_path):
    path = tmp_path / "short.gz"
    path.write_bytes(gzip.compress(HEADER_2_BY_3 + bytes(5)))
    with pytest.raises(ValueError, match=r"short\.gz.*needs 6 bytes, found 5 bytes"):
        read_idx(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "isn't an IDX file: it starts with nothing"),
        (b"PK\x03\x04", "isn't an IDX file: it starts with 50 4b 03 04"),
        (bytes([0, 0, 10, 1]), "isn't an IDX file"),
        (HEADER_2_BY_3[:9], "cut off inside its header of 12 bytes"),
        (HEADER_2_BY_3 + bytes(7), "needs 6 bytes, found more"),
        (gzip.compress(HEADER_2_BY_3 + bytes(7), mtime=0), "found more"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6), mtime=0)[:-9], "isn't a whole gzip file: it ends after"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6), mtime=0) + b"more", "has 4 bytes after its end"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6), mtime=0)[:-8] + bytes(8), "isn't a whole gzip file: Error -3"),
    ],
)
def test_read_idx_says_what_is_wrong(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(read_idx, content)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_lying_header_costs_no_memory(read, zipped):
    content = bytes([0, 0, 14, 3]) + b"\xff" * 12 + bytes(100)
    assert peak_memory(read, read_idx, gzip.compress(content) if zipped else content) < MEGABYTE


def test_a_gzip_that_swells_is_unpacked_no_further_than_its_header_promises(read):
    assert peak_memory(read, read_idx, gzip.compress(HEADER_2_BY_3 + bytes(50 * MEGABYTE))) < MEGABYTE


@FUZZ
@given(st.binary(max_size=200), st.booleans())
@example(b"\x1f\x8b", False)
def test_read_idx_refuses_any_other_bytes(read, content, zipped):
    array = right_or_refused(read, read_idx, gzip.compress(content) if zipped else content)
    assert array is None or idx_bytes(array) == content


@FUZZ
@given(st.data())
def test_read_idx_refuses_a_file_with_changed_bytes_or_reads_what_it_says(read, data):
    content = bytearray(idx_bytes(np.arange(24, dtype="int16").reshape(2, 3, 4)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    array = right_or_refused(read, read_idx, bytes(content))
    assert array is None or idx_bytes(array) == bytes(content)


def equals_small_cifar(parts):
    """Say whether a reader's arrays are those that `BYTES` holds."""
    expected = {
        "train_images": IMAGES[:5].reshape(10, 3, 32, 32),
        "train_labels": LABELS[:5].reshape(10),
        "test_images": IMAGES[5].reshape(2, 3, 32, 32),
        "test_labels": LABELS[5],
    }
    return list(parts) == list(expected) and all(np.array_equal(parts[name], expected[name]) for name in expected)


def test_read_cifar10_reads_a_record_made_by_hand(read):
    image = bytearray(1024 * b"r" + 1024 * b"g" + 1024 * b"b")
    image[1024 + 2 * 32 + 5] = 0  # green, row 2, column 5
    parts = read(read_cifar10, batch_archive(BYTES | {"test_batch.bin": b"\x07" + image}))
    assert parts["test_labels"].tolist() == [7]
    assert parts["test_images"][0, :, 0, 0].tolist() == list(b"rgb")
    assert np.argwhere(parts["test_images"] == 0).tolist() == [[0, 1, 2, 5]]


@pytest.mark.parametrize("order", [BATCHES, BATCHES[::-1], BATCHES[3:] + BATCHES[:3]])
def test_read_cifar10_puts_the_batches_in_order_whatever_theirs_in_the_archive(read, order):
    folder = tarfile.TarInfo(FOLDER)
    folder.type = tarfile.DIRTYPE
    others = {"batches.meta.txt": b"airplane\nautomobile\n", "readme.html": b""}
    archive = batch_archive(others | {name: BYTES[name] for name in order}, extra=[folder])
    assert equals_small_cifar(read(read_cifar10, archive))


def test_read_cifar10_reads_batches_of_different_lengths(read):
    longer = batch_bytes(np.concatenate([IMAGES[1], IMAGES[5]]), np.concatenate([LABELS[1], LABELS[5]]))
    parts = read(read_cifar10, batch_archive(BYTES | {"data_batch_2.bin": longer}))
    assert parts["train_labels"].tolist() == [*LABELS[:2].ravel(), *LABELS[5], *LABELS[2:5].ravel()]
    np.testing.assert_array_equal(parts["train_images"][4:6].reshape(2, 3072), IMAGES[5])


def test_read_cifar10_returns_arrays_of_their_own(read):
    for array in read(read_cifar10, ARCHIVE).values():
        assert array.dtype == np.uint8 and array.flags.c_contiguous and array.flags.writeable
        assert array.base is None or array.base.size == array.size  # keeps no archive alive


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (b"", "data_batch_2.bin has 0 bytes, not records of 3073"),
        (bytes(3072), "has 3072 bytes, not records of 3073"),
        (bytes(2 * 3073 + 1), "has 6147 bytes, not records of 3073"),
        (batch_bytes(IMAGES[0], [9, 10]), "data_batch_2.bin has a label of 10, above 9"),
        (batch_bytes(IMAGES[0], [255, 0]), "has a label of 255, above 9"),
    ],
)
def test_a_wrong_batch_is_refused(read, batch, message):
    with pytest.raises(ValueError, match=f"^file isn't CIFAR-10's archive: {FOLDER}/.*{message}"):
        read(read_cifar10, batch_archive(BYTES | {"data_batch_2.bin": batch}))


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_that_is_missing_is_named(read, name):
    rest = {other: batch for other, batch in BYTES.items() if other != name}
    with pytest.raises(ValueError, match=f"^file isn't CIFAR-10's archive: it has no file {FOLDER}/{name}$"):
        read(read_cifar10, batch_archive(rest))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "isn't a whole gzip file: it ends after 0 unzipped bytes"),
        (b"PK\x03\x04", "isn't a whole gzip file: Error -3"),
        (gzip.decompress(ARCHIVE), "isn't a whole gzip file: Error -3"),
        (ARCHIVE[:-9], "isn't a whole gzip file: it ends after"),
        (ARCHIVE[:-8] + bytes(8), "isn't a whole gzip file: Error -3"),
        (ARCHIVE + b"more", "has 4 bytes after its end"),
        (gzip.compress(b"", mtime=0), "isn't CIFAR-10's archive: empty file"),
        (gzip.compress(b"a page", mtime=0), "isn't CIFAR-10's archive: truncated header"),
        (gzip.compress(bytes(range(256)) * 4, mtime=0), "isn't CIFAR-10's archive: invalid header"),
        (gzip.compress(ARCHIVE, mtime=0), "isn't CIFAR-10's archive: "),
        (
            gzip.compress(gzip.decompress(ARCHIVE)[: 5 * MEMBER + 600], mtime=0),
            "isn't CIFAR-10's archive: unexpected end of data",
        ),
    ],
)
def test_read_cifar10_says_what_is_wrong(read, content, message):
    with pytest.raises(ValueError, match=f"^file {message}"):
        read(read_cifar10, content)


@pytest.mark.parametrize(
    ("error", "said"),
    [(KeyError("two\nlines"), r"'two\\nlines'"), (OSError("two\n lines"), "two lines"), (OSError(), "OSError")],
)
def test_whatever_the_library_raises_is_told_in_one_line(read, monkeypatch, error, said):
    def fail(**_):
        raise error

    monkeypatch.setattr(tarfile, "open", fail)
    with pytest.raises(ValueError, match=f"^file isn't CIFAR-10's archive: {said}$"):
        read(read_cifar10, ARCHIVE)


def test_the_limit_has_room_for_the_real_archive():
    assert 60_000 * 3073 + MEGABYTE < readers.CIFAR_LARGEST_TAR < 2 * 60_000 * 3073


def test_an_archive_that_swells_is_unpacked_no_further_than_the_limit_and_refused(read, monkeypatch):
    swollen = gzip.compress(gzip.decompress(ARCHIVE) + bytes(50 * MEGABYTE), 1)
    assert equals_small_cifar(read(read_cifar10, swollen))
    monkeypatch.setattr(readers, "CIFAR_LARGEST_TAR", MEGABYTE)
    with pytest.raises(ValueError, match=r"^file isn't CIFAR-10's archive: it unzips to more than 1000000 bytes"):
        read(read_cifar10, swollen)
    assert peak_memory(read, read_cifar10, swollen) < 4 * MEGABYTE


def test_an_archive_of_exactly_the_limit_is_read(read, monkeypatch):
    monkeypatch.setattr(readers, "CIFAR_LARGEST_TAR", len(gzip.decompress(ARCHIVE)))
    assert equals_small_cifar(read(read_cifar10, ARCHIVE))


def _member(name, kind=tarfile.REGTYPE, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_in_place_of_a_batch_is_refused(read, kind):
    link = _member(f"{FOLDER}/data_batch_1.bin", kind, f"{FOLDER}/data_batch_2.bin")
    rest = {name: batch for name, batch in BYTES.items() if name != "data_batch_1.bin"}
    with pytest.raises(ValueError, match=f"it has no file {FOLDER}/data_batch_1.bin"):
        read(read_cifar10, batch_archive(rest, extra=[link]))


def test_members_that_point_outside_are_never_written(read, tmp_path):
    outside = [_member("../../evil"), _member(f"{tmp_path}/evil"), _member(f"{FOLDER}/../../evil")]
    assert equals_small_cifar(read(read_cifar10, batch_archive(BYTES, extra=outside)))
    assert list(tmp_path.parent.rglob("evil")) == []


def test_of_two_members_with_one_name_the_later_is_read(read):
    twice = [_member(f"{FOLDER}/test_batch.bin"), _member(f"{FOLDER}/data_batch_1.bin", tarfile.SYMTYPE, "/etc/passwd")]
    assert equals_small_cifar(read(read_cifar10, batch_archive(BYTES, extra=twice)))


def _before_the_batches(*members, formatted=tarfile.GNU_FORMAT):
    """Return a gzipped tar whose first headers are these, whatever they claim."""
    return gzip.compress(b"".join(member.tobuf(formatted) for member in members) + gzip.decompress(ARCHIVE), 1)


@pytest.mark.parametrize("size", [8 * 10**9, 2**62, -1, -512, -1024, -(2**62)])
@pytest.mark.parametrize("name", [f"{FOLDER}/data_batch_1.bin", "other"])
def test_a_tar_whose_member_lies_about_its_size_costs_no_memory_and_ends(read, name, size):
    member = _member(name)
    member.size = size
    tracemalloc.start()
    try:
        parts = right_or_refused(read, read_cifar10, _before_the_batches(_member("first"), member))
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()
    assert parts is None or equals_small_cifar(parts)


def _sparse(old):
    """Return an archive with a file of 8 GB, all of it a hole: as an old header tells it, or as a new one."""
    member = _member(f"{FOLDER}/data_batch_1.bin")
    if not old:
        member.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(8 * 10**9)}
        return _before_the_batches(member, formatted=tarfile.PAX_FORMAT)
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:410] = b"00000000000\0" * 2  # one piece: from 0, no bytes
    header[483:495] = b"73465450000\0"  # 8 GB, in octal digits
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return gzip.compress(bytes(header) + gzip.decompress(ARCHIVE), 1)


@pytest.mark.parametrize("old", [True, False])
def test_a_sparse_file_costs_no_memory(read, old, tmp_path):
    archive = _sparse(old)
    (tmp_path / "sparse").write_bytes(archive)
    with tarfile.open(tmp_path / "sparse") as opened:
        first = opened.next()
        assert first.issparse() and first.size == 8 * 10**9
    tracemalloc.start()
    try:
        assert equals_small_cifar(read(read_cifar10, archive))
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


@FUZZ
@given(st.binary(max_size=300), st.booleans())
def test_read_cifar10_refuses_any_bytes(read, content, zipped):
    assert right_or_refused(read, read_cifar10, gzip.compress(content) if zipped else content) is None


@FUZZ
@given(st.sampled_from(BATCHES), st.binary(max_size=100))
def test_read_cifar10_refuses_any_bytes_in_place_of_a_batch(read, name, batch):
    assert right_or_refused(read, read_cifar10, batch_archive(BYTES | {name: batch})) is None


@FUZZ
@given(st.sampled_from(BATCHES), st.integers(0, 4 * 3073))
def test_read_cifar10_refuses_a_batch_that_is_not_whole_records(read, name, size):
    parts = right_or_refused(read, read_cifar10, batch_archive(BYTES | {name: bytes(size)}))
    assert (parts is None) == (size == 0 or size % 3073 > 0)


@FUZZ
@given(st.data())
def test_read_cifar10_refuses_a_batch_with_changed_bytes_or_reads_what_it_says(read, data):
    place, batch = data.draw(st.integers(0, 5)), bytearray(BYTES[BATCHES[0]])
    for _ in range(data.draw(st.integers(1, 3))):
        # Labels, at 0 and 3073, are as likely as pixels.
        where = data.draw(st.sampled_from([0, 3073]) | st.integers(0, len(batch) - 1))
        batch[where] = data.draw(st.integers(0, 20) | st.integers(0, 255))
    parts = right_or_refused(read, read_cifar10, batch_archive(BYTES | {BATCHES[place]: bytes(batch)}))
    assert (parts is None) == (batch[0] > 9 or batch[3073] > 9)
    if parts is not None:
        images, labels = (
            np.concatenate([parts[f"train_{kind}"], parts[f"test_{kind}"]]) for kind in ("images", "labels")
        )
        rows = slice(2 * place, 2 * place + 2)
        assert batch_bytes(images[rows], labels[rows]) == batch


@FUZZ
@given(st.integers(0, len(ARCHIVE) - 1))
def test_read_cifar10_refuses_an_archive_cut_off_anywhere(read, size):
    assert right_or_refused(read, read_cifar10, ARCHIVE[:size]) is None


@FUZZ
@given(st.integers(0, 6 * MEMBER - 1))
def test_read_cifar10_refuses_a_tar_cut_off_before_the_end_of_its_last_batch(read, size):
    content = gzip.decompress(ARCHIVE)[:size]
    assert right_or_refused(read, read_cifar10, gzip.compress(content, 1)) is None


@FUZZ
@given(st.data())
def test_read_cifar10_survives_changes_in_any_header_of_the_tar(read, data):
    content = bytearray(gzip.decompress(ARCHIVE))
    start = MEMBER * data.draw(st.integers(0, 5))
    for _ in range(data.draw(st.integers(1, 5))):
        # The length stands at 124, the kind at 156.
        where = data.draw(st.integers(124, 135) | st.just(156) | st.integers(0, 511))
        content[start + where] = data.draw(st.sampled_from(b"01234567LKSxgX\x80\xff\0") | st.integers(0, 255))
    if data.draw(st.booleans()):
        header = content[start : start + 512]
        content[start + 148 : start + 156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * ord(" "))
    parts = right_or_refused(read, read_cifar10, gzip.compress(bytes(content), 1))
    assert parts is None or equals_small_cifar(parts)
