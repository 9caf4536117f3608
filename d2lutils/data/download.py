"""Files from the network, kept only when their digest is right.

Several addresses, each tried again with growing pauses; what was cut off is taken up again; a process that writes
holds the folder's lock; and whatever goes wrong ends in one line that says what to do.
"""

import contextlib
import os
import shutil
import sys
import time
from urllib.parse import urlsplit

from d2lutils.data.cache import cache_folder, one_writer
from d2lutils.data.catalogue import CATALOGUE

PAUSES = (0, 1, 4)  # seconds before each round through the addresses
TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of a file


class DownloadError(OSError):
    """A file could not be fetched. The message is one line that says why and what to do."""

    def _render_traceback_(self):
        """Return what a notebook shows: the line, without the calls that led to it."""
        return [f"{type(self).__name__}: {self}"]


def fetch_files(name):
    """Return the paths of a set's files in its folder, after fetching those that are missing or damaged.

    Args:
        name: A set of `CATALOGUE` that has files.

    Raises:
        DownloadError: A file could be had nowhere, or couldn't be kept.
    """
    data_set, folder = CATALOGUE[name], cache_folder() / name
    try:
        for file, digest in data_set.files.items():
            if not is_right(folder / file, digest):
                with one_writer(folder):
                    if not is_right(folder / file, digest):  # else another process brought it while we waited
                        _bring(name, folder / file, digest)
    except DownloadError:
        raise
    except OSError as error:
        raise DownloadError(
            f"{name!r} can't be kept in {folder} ({error.strerror or error}); it needs {data_set.megabytes} MB. Make "
            "room there, or set D2LUTILS_DATA to a folder that can be written."
        ) from None
    return [folder / file for file in data_set.files]


def is_right(path, digest):
    """Say whether a file is there and has this digest, such as "md5:…"."""
    import pooch

    algorithm, _, value = digest.partition(":")
    return path.is_file() and pooch.file_hash(path, alg=algorithm) == value


def _bring(name, path, digest):
    """Fetch one file to `path` from the first address that has the right bytes."""
    unfinished = path.with_name(path.name + ".part")
    addresses = [base + path.name for base in (*_mirrors(name), *CATALOGUE[name].addresses)]
    reasons = {}
    for pause in PAUSES:
        time.sleep(pause)
        for address in list(addresses):
            try:
                reasons[address], may_help = _try(address, unfinished, digest)
            except OSError:  # of this machine's own: what came so far must not fill its disk
                unfinished.unlink(missing_ok=True)
                raise
            if reasons[address] is None:
                os.replace(unfinished, path)
                return
            if not may_help:
                addresses.remove(address)
        if not addresses:
            break
    if unfinished.exists() and not unfinished.stat().st_size:
        unfinished.unlink()
    embedded = [other for other, its in CATALOGUE.items() if its.kind == CATALOGUE[name].kind and not its.files]
    tried = "; ".join(f"{urlsplit(address).netloc or address} {reason}" for address, reason in reasons.items())
    raise DownloadError(
        f"{name!r} can't be fetched now. {path.name}: {tried}. Try again when there is a network (what came is kept); "
        f"or set D2LUTILS_MIRROR to a folder or an http address that has {name}/{path.name}; or use a set that comes "
        f"with the course: {', '.join(embedded)}."
    )


def _mirrors(name):
    """Return the base address of a set on the mirror that `D2LUTILS_MIRROR` names, in a list that may be empty."""
    mirror = os.environ.get("D2LUTILS_MIRROR", "").rstrip("/")
    return [f"{mirror}/{name}/"] if mirror else []


def _try(address, unfinished, digest):
    """Receive a file and check it.

    Returns:
        None when `unfinished` holds the right bytes, else what went wrong; and whether another try may help.
    """
    import requests

    already = unfinished.stat().st_size if unfinished.exists() else 0
    try:
        _receive(address, unfinished, already)
    except requests.HTTPError as error:
        status = error.response.status_code
        if status == 416:  # it has no bytes after ours, so ours are not its beginning
            unfinished.unlink()
        return f"answered {status}", status in (408, 416, 429) or status >= 500
    except requests.exceptions.SSLError:
        return "has a certificate that isn't trusted here", False
    except requests.RequestException as error:
        late = isinstance(error, requests.Timeout) or "timed out" in str(error)
        cut = isinstance(error, requests.exceptions.ChunkedEncodingError)
        return "stopped answering" if late else "broke off" if cut else "can't be reached", True
    except OSError as error:
        if error.filename == address and error.filename2 is None:  # a mirror's file, else trouble with our own disk
            return f"can't be read ({error.strerror})", False
        raise
    if is_right(unfinished, digest):
        return None, True
    unfinished.unlink()
    return "sent other bytes than the known ones (a login page?)", already > 0


def _receive(address, unfinished, already):
    """Add to the `already` received bytes of a file what an address (http, or a path) still has."""
    import pooch
    from tqdm import tqdm

    if not address.startswith(("http://", "https://")):
        shutil.copyfile(address, unfinished)
        return
    with contextlib.ExitStack() as closing:
        file = closing.enter_context(open(unfinished, "ab"))

        def start_anew_if_whole(response, **_):
            """A server that knows no ranges answers 200 and sends the whole file again."""
            if response.status_code == 200:
                file.truncate(0)

        show = sys.stderr.isatty() or "ipykernel" in sys.modules
        bar = tqdm(total=1, desc=unfinished.stem, unit="B", unit_scale=True, disable=not show, delay=0.2)
        bar.reset = lambda: setattr(bar, "n", 0)  # pooch fills the bar at the end, which must not restart its clock
        closing.enter_context(bar)
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={already}-"} if already else {})
        receive = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=2**14, timeout=TIMEOUT, headers=headers, hooks={"response": start_anew_if_whole}
        )
        receive(address, file, None)
