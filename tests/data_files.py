"""Small files in the formats of the large sets, made byte by byte as their own tools made them."""

import gzip
import io
import struct
import tarfile

import numpy as np

IDX_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


def idx_bytes(array):
    """Return an array as an IDX file, not gzipped."""
    header = bytes([0, 0, IDX_CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def mnist_files(images, labels, num_test):
    """Return MNIST's four files, by name; the last `num_test` rows are the test part."""
    parts = {"train": slice(None, -num_test), "t10k": slice(-num_test, None)}
    return {
        f"{part}-{kind}-ubyte.gz": gzip.compress(idx_bytes(array[rows]), 1)
        for part, rows in parts.items()
        for kind, array in (("images-idx3", images), ("labels-idx1", labels))
    }


def python2_batch(images, labels):
    """Return a batch as Python 2 pickled it (protocol 2, strings of bytes, an array of NumPy 1).

    Args:
        images: Shape (n, 3072), uint8.
        labels: Shape (n,), uint8.
    """

    def short(text):
        return b"U" + bytes([len(text)]) + text

    def number(value):
        return b"M" + struct.pack("<H", value)

    dtype = b"cnumpy\ndtype\nq\x0a" + short(b"u1") + b"K\x00K\x01\x87Rq\x0b(K\x03" + short(b"|")
    dtype += b"NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85" + short(b"b") + b"\x87Rq\x09"
    array += b"(K\x01" + number(len(images)) + number(images.shape[1]) + b"\x86" + dtype + b"\x89"
    array += b"T" + struct.pack("<I", images.nbytes) + images.tobytes() + b"tb"
    fields = short(b"batch_label") + short(b"training batch") + short(b"labels") + b"]q\x05("
    fields += b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}q\x01(" + fields + short(b"data") + array + b"u."


def batch_archive(batches, extra=()):
    """Return a gzipped tar with CIFAR-10's folder.

    Args:
        batches: File name → bytes.
        extra: `tarfile.TarInfo`s of more members without content, put first.
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as archive:
        for member in extra:
            archive.addfile(member)
        for name, pickled in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(pickled)
            archive.addfile(member, io.BytesIO(pickled))
    return content.getvalue()


def small_cifar(rows=2, seed=0):
    """Return random images (6, rows, 3072) and labels (6, rows), and the archive that holds them as batches."""
    rng = np.random.default_rng(seed)
    images = rng.integers(256, size=(6, rows, 3072), dtype="uint8")
    labels = rng.integers(10, size=(6, rows), dtype="uint8")
    batches = {name: python2_batch(*batch) for name, *batch in zip(BATCHES, images, labels, strict=True)}
    return images, labels, batches
