"""The folder where data is kept, and parsed tensors in it: checked when read, never half written."""

import hashlib
import io
import os
import warnings
from contextlib import contextmanager
from pathlib import Path

import torch

SILENT_SECONDS = 5  # to wait for another process before saying so
CACHE_FORMAT = 1  # raise it when what a cached file holds changes


def cache_folder():
    """Return the folder for data, which may not exist yet: `D2LUTILS_DATA` if set, else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("D2LUTILS_DATA") or platformdirs.user_cache_dir("d2lutils")).expanduser()


def cached_path(name):
    """Return the path of a set's parsed tensors."""
    return cache_folder() / name / f"tensors-{CACHE_FORMAT}.pt"


def load_cached(name, parse):
    """Return parse()'s tensors from their cached file, which is made anew when it isn't right.

    Args:
        name: The set's name.
        parse: Called without arguments when the file is missing or wrong; returns a dict of tensors.
    """
    path = cached_path(name)
    tensors = read_cached(path)
    if tensors is None:
        tensors = parse()
        try:
            _write_cached(path, tensors)
        except OSError as error:
            warnings.warn(
                f"{name!r} works but can't be kept in {path.parent} ({error.strerror}), so each load takes seconds. "
                "Set D2LUTILS_DATA to a folder that can be written.",
                stacklevel=3,
            )
    return tensors


def read_cached(path):
    """Return the tensors in a cached file, or None when it is missing, damaged or of another format."""
    try:
        stored = torch.load(path, weights_only=True)
        tensors = stored["tensors"]
        intact = stored["format"] == CACHE_FORMAT and stored["digest"] == _digest(tensors)
    except Exception:  # whatever is wrong with it, the cure is the same: make it anew
        return None
    return tensors if intact else None


def _write_cached(path, tensors):
    """Write a cached file under another name first, so that no reader ever sees half of it."""
    content = io.BytesIO()  # written from here, because torch.save hides the reason when a disk is full
    torch.save({"format": CACHE_FORMAT, "digest": _digest(tensors), "tensors": tensors}, content)
    with one_writer(path.parent):
        unfinished = path.with_name(path.name + ".part")  # one that a killed process left is overwritten
        try:
            unfinished.write_bytes(content.getbuffer())
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


@contextmanager
def one_writer(folder):
    """Make a folder if need be, and hold its lock; other processes that want it wait until it is free."""
    import filelock

    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=SILENT_SECONDS)
    except filelock.Timeout:
        warnings.warn(f"waiting for another process that is writing in {folder}", stacklevel=4)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _digest(tensors):
    """Return a digest of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy())
    return digest.hexdigest()
