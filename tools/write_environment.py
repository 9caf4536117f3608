"""Rewrite environment.yml from pyproject.toml and constraints.txt. Run by `make lock`.

conda brings Python, pip and visdom: visdom comes as source from the package index, and conda-forge has it
built. The rest is what pip installs for everybody, so that one set of versions is tested and not two.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FROM_CONDA = ("visdom",)
HEADER = """\
# The same packages for people who use conda: `conda env create -f environment.yml`.
# Written by `make lock`; a test compares it with pyproject.toml and constraints.txt.
name: d2l-course
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
"""


def main():
    """Write environment.yml."""
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    names = sorted({re.match(r"[\w.-]+", line)[0] for line in lines})
    text = HEADER + "".join(f"  - {name}={pins[name]}\n" for name in FROM_CONDA)
    text += "  - pip:\n      - -c constraints.txt\n      - -e .\n"
    text += "".join(f"      - {name}=={pins[name]}\n" for name in names if name not in FROM_CONDA)
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
