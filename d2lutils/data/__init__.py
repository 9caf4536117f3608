"""Data for the lessons: images, tables and texts by name, made-up data by rule, and mini-batches of them.

`python -m d2lutils.data list` names every set; most come with the course's packages and need no network.
"""

from d2lutils.data.batches import count_rows, take_batches
from d2lutils.data.cache import cache_folder
from d2lutils.data.catalogue import CATALOGUE
from d2lutils.data.download import DownloadError
from d2lutils.data.images import ImageSet, load_images, load_photograph
from d2lutils.data.readers import read_cifar10, read_idx
from d2lutils.data.synthetic import (
    synthetic_dates,
    synthetic_expressions,
    synthetic_moons,
    synthetic_regression,
    synthetic_sine,
    synthetic_xor,
)
from d2lutils.data.tables import load_table
from d2lutils.data.texts import load_text
