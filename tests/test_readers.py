"""The readers of IDX and of CIFAR-10's archive: right arrays from right bytes, ValueError from all others."""

import gzip
import io
import os
import pickle
import pickletools
import struct
import tarfile
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from d2lutils.data import read_cifar10, read_idx
from data_files import BATCHES, IDX_CODES, batch_archive, idx_bytes, python2_batch, small_cifar

HEADER_2_BY_3 = bytes([0, 0, 8, 2]) + struct.pack(">2I", 2, 3)
IMAGES, LABELS, PICKLES = small_cifar()
PICKLE = PICKLES["data_batch_1"]
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
        (gzip.compress(HEADER_2_BY_3 + bytes(7)), "found more"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6))[:-9], "isn't a whole gzip file: it ends after"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6)) + b"more", "has 4 bytes after its end"),
        (gzip.compress(HEADER_2_BY_3 + bytes(6))[:-8] + bytes(8), "isn't a whole gzip file: Error -3"),
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


def test_read_cifar10_reads_batches_as_python_2_wrote_them(read):
    parts = read(read_cifar10, batch_archive(PICKLES))
    np.testing.assert_array_equal(parts["train_images"], IMAGES[:5].reshape(10, 3, 32, 32))
    np.testing.assert_array_equal(parts["train_labels"], LABELS[:5].reshape(10))
    np.testing.assert_array_equal(parts["test_images"], IMAGES[5].reshape(2, 3, 32, 32))
    np.testing.assert_array_equal(parts["test_labels"], LABELS[5])


def test_the_batches_of_these_tests_are_what_pickle_reads():
    batch = pickle.loads(PICKLE, encoding="bytes")
    np.testing.assert_array_equal(batch[b"data"], IMAGES[0])
    assert batch[b"labels"] == LABELS[0].tolist()
    assert pickletools.dis(PICKLE, out=io.StringIO()) is None  # a whole pickle, stack empty at its end


class _Attack:
    def __reduce__(self):
        return (os.system, ("touch /tmp/this-must-never-exist-d2l",))


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (pickle.dumps(_Attack(), 2), "names (posix|nt).system"),
        (pickle.dumps({b"labels": [1]}, 3), "b'data'"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "names builtins.eval"),
        (python2_batch(IMAGES[0][:, :3000], LABELS[0]), "holds other arrays"),
        (python2_batch(IMAGES[0], LABELS[0][:1]), "holds other arrays"),
        (python2_batch(IMAGES[0], LABELS[0] + 10), "holds other arrays"),
        (PICKLE.replace(b"u1", b"f4"), "holds other arrays"),
        (PICKLE[: len(PICKLE) // 2], "expected .* bytes in a string4"),
        (b"\x80\x02Kar\xff\xff\xff\xff.", "too much memory"),
    ],
)
def test_a_wrong_batch_is_refused_and_runs_nothing(read, pickled, message):
    with pytest.raises(ValueError, match=message):
        read(read_cifar10, batch_archive(PICKLES | {"data_batch_2": pickled}))
    assert not os.path.exists("/tmp/this-must-never-exist-d2l")


def _member(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_place_of_a_batch_is_refused(read, kind):
    link = _member("cifar-10-batches-py/data_batch_1", kind, "cifar-10-batches-py/data_batch_2")
    rest = {name: pickled for name, pickled in PICKLES.items() if name != "data_batch_1"}
    with pytest.raises(ValueError, match="has no file cifar-10-batches-py/data_batch_1"):
        read(read_cifar10, batch_archive(rest, extra=[link]))


def test_members_that_point_outside_are_never_written(read, tmp_path):
    outside = [_member("../../evil", tarfile.REGTYPE), _member(f"{tmp_path}/evil", tarfile.REGTYPE)]
    read(read_cifar10, batch_archive(PICKLES, extra=outside))
    assert list(tmp_path.parent.rglob("evil")) == []


def test_a_tar_whose_member_lies_about_its_size_costs_no_memory(read):
    member = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
    member.size = 8 * 10**9
    assert peak_memory(read, read_cifar10, gzip.compress(member.tobuf() + bytes(2000))) < MEGABYTE


@FUZZ
@given(st.binary(max_size=300), st.booleans())
def test_read_cifar10_refuses_any_bytes(read, content, zipped):
    assert right_or_refused(read, read_cifar10, gzip.compress(content) if zipped else content) is None


@FUZZ
@given(st.sampled_from(BATCHES), st.binary(max_size=100))
def test_read_cifar10_refuses_any_bytes_in_place_of_a_batch(read, name, pickled):
    assert right_or_refused(read, read_cifar10, batch_archive(PICKLES | {name: pickled})) is None


@FUZZ
@given(st.data())
def test_read_cifar10_refuses_a_batch_with_changed_bytes_or_reads_what_it_says(read, data):
    pickled = bytearray(PICKLE)
    structure = len(pickled) - len(IMAGES[0].tobytes())  # change what holds the pixels, not only pixels
    for _ in range(data.draw(st.integers(1, 3))):
        pickled[data.draw(st.integers(0, structure))] = data.draw(st.integers(0, 255))
    parts = right_or_refused(read, read_cifar10, batch_archive(PICKLES | {"data_batch_1": bytes(pickled)}))
    if parts is not None:
        assert parts["train_images"].shape[1:] == (3, 32, 32) and parts["train_images"].dtype == np.uint8
        assert len(parts["train_images"]) == len(parts["train_labels"]) and parts["train_labels"].max() < 10


@FUZZ
@given(st.data())
def test_read_cifar10_survives_changes_anywhere_in_the_tar(read, data):
    content = bytearray(gzip.decompress(batch_archive({"data_batch_1": PICKLE})))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    assert right_or_refused(read, read_cifar10, gzip.compress(bytes(content), 1)) is None
