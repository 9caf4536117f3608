"""Readers for two formats that no well-kept library reads on its own: IDX, and CIFAR-10's archive of records.

Both trust nothing: bytes that aren't what they claim raise ValueError; nothing is allocated on the word of a header.
"""

import io
import math
import struct
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np

IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
IDX_LONGEST_HEADER = 4 + 4 * 255
CIFAR_LARGEST_TAR = 200_000_000  # bytes; the real one has 184 million
CIFAR_RECORD = 1 + 3 * 32 * 32  # bytes: a label, then red, green and blue, each row by row
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
    """Return the images and labels in CIFAR-10's archive, binary version (cifar-10-binary.tar.gz).

    Args:
        path: The archive, a gzipped tar of batches. Nothing is unpacked to the disk.

    Returns:
        A dict of NumPy arrays, all uint8: train_images (n, 3, 32, 32) with n = 50,000 in the real archive, 0 to
        255, channels red, green, blue; train_labels (n,), 0 to 9; test_images and test_labels, 10,000.

    Raises:
        ValueError: It isn't such an archive, or a batch in it is missing, or isn't whole records with labels up to 9.

    Source:
        The format: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and its page.
    """
    path, parts = Path(path), {}
    content = _unzip(path.read_bytes(), CIFAR_LARGEST_TAR, path.name)
    try:
        if len(content) > CIFAR_LARGEST_TAR:
            raise ValueError(f"it unzips to more than {CIFAR_LARGEST_TAR} bytes")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|") as archive:  # a stream: no size can send it back
            members = (member for member in archive if member.isreg() and not member.issparse())
            files = {member.name: archive.extractfile(member).read() for member in members}
        for part, names in CIFAR_PARTS.items():
            batches = [_cut_batch(files, f"cifar-10-batches-bin/{name}.bin") for name in names]
            parts[f"{part}_images"], parts[f"{part}_labels"] = map(np.concatenate, zip(*batches, strict=True))
    except Exception as error:  # tarfile raises many kinds; all mean that the archive is wrong
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


def _cut_batch(files, name):
    """Return images (n, 3, 32, 32) and labels (n,), both uint8, of one batch."""
    if name not in files:
        raise ValueError(f"it has no file {name}")
    if not files[name] or len(files[name]) % CIFAR_RECORD:
        raise ValueError(f"{name} has {len(files[name])} bytes, not records of {CIFAR_RECORD}")
    records = np.frombuffer(files[name], "u1").reshape(-1, CIFAR_RECORD)
    if records[:, 0].max() > 9:
        raise ValueError(f"{name} has a label of {records[:, 0].max()}, above 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
