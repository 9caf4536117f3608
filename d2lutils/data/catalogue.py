"""Every set of data by name: what it holds, where it comes from, under which licence, how to know its bytes.

The facts themselves stand in catalogue.toml.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class DataSet(NamedTuple):
    """What people and programs need to know about a set.

    Attributes:
        kind: "images", "photograph", "table" or "text"; `load_…` of that kind returns it.
        contents: What it holds, in one line.
        source: Who made it, and how it comes here.
        licence: Under which terms.
        megabytes: What must be downloaded once, in 10⁶ bytes; 0 for a set that comes with the packages.
        addresses: Where the files can be had; each ends in "/", a file's name follows.
        files: The digest ("md5:…") of each file, by name.
    """

    kind: str
    contents: str
    source: str
    licence: str
    megabytes: float = 0
    addresses: Sequence[str] = ()
    files: Mapping[str, str] = MappingProxyType({})


CATALOGUE = {
    name: DataSet(**fields)
    for name, fields in tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")).items()
}


def find_set(name, kind):
    """Return a set of one kind by name.

    Raises:
        ValueError: There is no such set; the message lists those of that kind.
    """
    known = [key for key, data_set in CATALOGUE.items() if data_set.kind == kind]
    if name not in known:
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(known)}")
    return CATALOGUE[name]
