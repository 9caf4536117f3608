"""Readers for two formats that no well-kept library reads on its own: IDX, and CIFAR-10's archive of pickles.

Both trust nothing: bytes that aren't what they claim raise ValueError; nothing is allocated on the word of a header;
no code that a pickle names is run.
"""

import io
import math
import pickle
import pickletools
import struct
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np

IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
IDX_LONGEST_HEADER = 4 + 4 * 255
CIFAR_LARGEST_TAR = 400_000_000  # bytes; the real one has 186 million
CIFAR_PARTS = {"train": [f"data_batch_{i}" for i in range(1, 6)], "test": ["test_batch"]}


def read_idx(path):
    """Return the array in an IDX file, the format of MNIST, gzipped or not.

    Args:
        path: The file.

    Returns:
        A NumPy array of the header's type and shape, in this machine's byte order. MNIST's images are
        uint8 of shape (n, 28, 28), 0 to 255, its labels uint8 of shape (n,).

    Raises:
        ValueError: It isn't IDX, is cut off, or holds more than its header promises.

    Source:
        The format: the page of the MNIST database (Y. LeCun, C. Cortes, C. Burges).
    """
    path = Path(path)
    content = path.read_bytes()
    zipped = content.startswith(b"\x1f\x8b")
    header = _unzip(content, IDX_LONGEST_HEADER, path.name, whole=False) if zipped else content
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in IDX_TYPES:
        raise ValueError(f"{path.name} isn't an IDX file: it starts with {header[:4].hex(' ') or 'nothing'}")
    dtype, start = np.dtype(IDX_TYPES[header[2]]), 4 + 4 * header[3]
    if len(header) < start:
        raise ValueError(f"{path.name} is cut off inside its header of {start} bytes")
    shape = struct.unpack(f">{header[3]}I", header[4:start])
    promised = math.prod(shape) * dtype.itemsize
    if zipped:
        content = _unzip(content, start + promised, path.name)
    if len(content) != start + promised:
        amount = "more" if len(content) > start + promised else f"{len(content) - start} bytes"
        raise ValueError(f"{path.name}: shape {shape} of {dtype.name} needs {promised} bytes, found {amount}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def read_cifar10(path):
    """Return the images and labels in CIFAR-10's archive, python version (cifar-10-python.tar.gz).

    Args:
        path: The archive, a gzipped tar of pickles. Nothing is unpacked to the disk.

    Returns:
        A dict of NumPy arrays, all uint8: train_images (n, 3, 32, 32) with n = 50,000 in the real archive, 0 to
        255, channels red, green, blue; train_labels (n,), 0 to 9; test_images and test_labels, 10,000.

    Raises:
        ValueError: It isn't such an archive, or a batch in it is missing, damaged or names anything but arrays.

    Source:
        The format: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and its page.
    """
    path = Path(path)
    content = _unzip(path.read_bytes(), CIFAR_LARGEST_TAR, path.name)
    parts = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            members = {member.name: member for member in archive if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)}
            for part, names in CIFAR_PARTS.items():
                batches = [_read_batch(archive, members, f"cifar-10-batches-py/{name}") for name in names]
                parts[f"{part}_images"], parts[f"{part}_labels"] = map(np.concatenate, zip(*batches, strict=True))
    except Exception as error:  # tarfile and pickle raise many kinds; all mean that the archive is wrong
        reason = " ".join(str(error).split())  # on one line
        raise ValueError(f"{path.name} isn't CIFAR-10's archive: {reason or type(error).__name__}") from None
    return parts


def _unzip(content, limit, name, whole=True):
    """Return the bytes in one gzip stream, at most `limit` + 1 of them, so that a caller sees when there are more."""
    stream = zlib.decompressobj(wbits=31)
    try:
        unzipped = stream.decompress(content, min(limit + 1, sys.maxsize))
    except zlib.error as error:
        raise ValueError(f"{name} isn't a whole gzip file: {error}") from None
    if whole and not stream.eof and len(unzipped) <= limit:
        raise ValueError(f"{name} isn't a whole gzip file: it ends after {len(unzipped)} unzipped bytes")
    if stream.unused_data.strip(b"\0"):
        raise ValueError(f"{name} has {len(stream.unused_data)} bytes after its end")
    return unzipped


def _read_batch(archive, members, name):
    """Return images (n, 3, 32, 32) and labels (n,), both uint8, of one pickled batch."""
    if name not in members:
        raise ValueError(f"it has no file {name}")
    pickled = archive.extractfile(members[name]).read()
    for operation, argument, _ in pickletools.genops(pickled):  # also checks that no length exceeds what is there
        if operation.name.endswith("PUT") and int(argument) > len(pickled):
            raise ValueError(f"{name} asks for too much memory")
    batch = _BatchUnpickler(io.BytesIO(pickled), encoding="bytes").load()
    labels = np.array(batch[b"labels"], dtype="u1")
    _, shape, dtype, by_column, pixels = batch[b"data"].state
    if dtype.code not in ("u1", b"u1") or by_column or shape != (len(labels), 3072) or labels.max() > 9:
        raise ValueError(f"{name} holds other arrays than a batch")
    return np.frombuffer(pixels, "u1").reshape(-1, 3, 32, 32), labels


class _StoredArray:
    """What a pickle says of a NumPy array: state = (version, shape, dtype, by column, bytes)."""

    def __init__(self, *_):
        self.state = None

    def __setstate__(self, state):
        self.state = state


class _StoredType:
    """What a pickle says of a NumPy dtype."""

    def __init__(self, code=None, *_):
        self.code = code

    def __setstate__(self, state):
        """Ignore byte order and alignment: one byte has neither."""


class _BatchUnpickler(pickle.Unpickler):
    """Builds what a batch is made of, out of stand-ins; refuses every other name."""

    def find_class(self, module, name):
        if (module, name) not in STAND_INS:
            raise ValueError(f"a batch names {module}.{name}, which is neither an array nor a number")
        return STAND_INS[module, name]


STAND_INS = {
    ("numpy.core.multiarray", "_reconstruct"): _StoredArray,  # as NumPy 1 wrote it, the archive's own
    ("numpy._core.multiarray", "_reconstruct"): _StoredArray,  # as NumPy 2 does
    ("numpy", "ndarray"): _StoredArray,
    ("numpy", "dtype"): _StoredType,
}
