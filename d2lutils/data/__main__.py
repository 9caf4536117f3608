"""The command line for data: `python -m d2lutils.data list | fetch NAME… | check | where`."""

import argparse
import sys

from d2lutils.data.cache import cache_folder, cached_path, read_cached
from d2lutils.data.catalogue import CATALOGUE
from d2lutils.data.download import DownloadError, fetch_files, is_right

LARGE = [name for name, data_set in CATALOGUE.items() if data_set.files]


def main(arguments=None):
    """Run one command and return its exit status: 0 for success, 1 for failure."""
    parser = argparse.ArgumentParser(prog="python -m d2lutils.data", description="Look after the course's data.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="name every set, what it holds, and whether it is here")
    fetch = commands.add_parser("fetch", help="download sets, so that lessons find them with no network")
    fetch.add_argument("names", nargs="+", metavar="NAME", choices=[*CATALOGUE, "all"], help="a set's name, or all")
    commands.add_parser("check", help="compare every file that is here with its digest")
    commands.add_parser("where", help="print the folder that holds the data")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "fetch":
            return _fetch(LARGE if "all" in chosen.names else dict.fromkeys(chosen.names))
        return {"list": _list, "check": _check, "where": _where}[chosen.command]()
    except KeyboardInterrupt:
        print("\nstopped; what came so far is kept, and fetch goes on from there", file=sys.stderr)
        return 130


def _list():
    for name, data_set in CATALOGUE.items():
        print(f"{name:14} {data_set.kind:11} {_state(name):16} {data_set.contents}")
    return 0


def _where():
    print(cache_folder())
    return 0


def _state(name):
    data_set = CATALOGUE[name]
    if not data_set.files:
        return "with the course"
    here = cached_path(name).exists() or all((cache_folder() / name / file).exists() for file in data_set.files)
    return "fetched" if here else f"{data_set.megabytes:.1f} MB to fetch"


def _fetch(names):
    failed = False
    for name in names:
        try:
            files = fetch_files(name)
        except DownloadError as error:
            print(f"fetch: {error}", file=sys.stderr)
            failed = True
        else:
            print(f"{name}: {f'in {files[0].parent}' if files else 'comes with the course, nothing to fetch'}")
    return int(failed)


def _check():
    state = {}  # (set, file) → whether it is right
    for name, data_set in CATALOGUE.items():
        for file, digest in data_set.files.items():
            if (path := cache_folder() / name / file).exists():
                state[name, file] = is_right(path, digest)
        if (path := cached_path(name)).exists():
            state[name, path.name] = read_cached(path) is not None
    for name, file in (key for key, right in state.items() if not right):
        fetch = f"`python -m d2lutils.data fetch {name}` mends it"
        print(f"{name}: {file} is damaged; {fetch if file in CATALOGUE[name].files else 'the next load makes it anew'}")
    wrong = list(state.values()).count(False)
    print(f"{len(state) - wrong} files are right, {wrong} damaged, in {cache_folder()}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
