"""Small files in the formats of the large sets, made byte by byte as their own tools made them."""

import gzip
import io
import struct
import tarfile

import numpy as np

IDX_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
BATCHES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]


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


def batch_bytes(images, labels):
    """Return a batch of CIFAR-10's binary version: a label and an image, again and again.

    Args:
        images: Shape (n, 3072), uint8: red, green, blue.
        labels: Shape (n,), uint8.
    """
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True))


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
        for name, batch in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(batch)
            archive.addfile(member, io.BytesIO(batch))
    return content.getvalue()


def small_cifar(rows=2, seed=0):
    """Return random images (6, rows, 3072) and labels (6, rows), and the batches that hold them, by file name."""
    rng = np.random.default_rng(seed)
    images = rng.integers(256, size=(6, rows, 3072), dtype="uint8")
    labels = rng.integers(10, size=(6, rows), dtype="uint8")
    return images, labels, dict(zip(BATCHES, map(batch_bytes, images, labels), strict=True))
