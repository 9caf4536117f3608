"""Run lessons from top to bottom and store their outputs: `make execute`, or one with LESSON=path.

A lesson that fails is left as it was on disk.
"""

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError  # noqa: E402

import conftest  # noqa: E402, F401 - the tests' settings, so that what is stored is what they will get

CELL_TIMEOUT = 120  # seconds
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path):
    """Run one lesson and store it; return the seconds it took.

    Raises:
        CellExecutionError, CellTimeoutError, DeadKernelError: It failed; the file is unchanged.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = nbformat.from_dict(METADATA)  # drops what differs between machines
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - start
    notebook.metadata = nbformat.from_dict(METADATA)  # the kernel has added its own version
    unfinished = path.with_suffix(".unfinished")
    nbformat.write(notebook, unfinished)
    os.replace(unfinished, path)
    return seconds


def main(names):
    """Execute the named lessons, or all; return the exit status."""
    paths = [Path(name).resolve() for name in names] or sorted((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
    failures = 0
    for path in paths:
        if path.suffix != ".ipynb" or not path.is_file():
            print(f"execute: {path} is no lesson; say LESSON=notebooks/…/….ipynb", file=sys.stderr)
            return 1
        try:
            print(f"{path.stem}: {execute(path):.1f} s", flush=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failures += 1
            print(f"{path.stem}: FAILED, file left as it was\n{error}", file=sys.stderr, flush=True)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
