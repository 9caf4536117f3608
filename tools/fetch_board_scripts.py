"""Fetch the scripts of Visdom's page from the npm registry into _build/board_scripts, for a test and a picture.

A learner's board fetches its scripts itself, the first time it runs. Here they come as packages of the versions that
Visdom's own build.py names, checked by digest, so that everything after this runs without a network. MathJax is
left out: only titles with formulas need it.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from exit_status import run_to_the_end

SCRIPTS = Path(__file__).resolve().parent.parent / "_build" / "board_scripts"
# fmt: off
FILES = (  # package, file in it, where Visdom's page looks for it, SHA-256
    ("jquery@3.1.1", "dist/jquery.min.js", "js/jquery.min.js",
     "85556761a8800d14ced8fcd41a6b8b26bf012d44a318866c0d81a62092efd9bf"),
    ("bootstrap@3.3.7", "dist/js/bootstrap.min.js", "js/bootstrap.min.js",
     "53964478a7c634e8dad34ecc303dd8048d00dce4993906de1bacf67f663486ef"),
    ("bootstrap@3.3.7", "dist/css/bootstrap.min.css", "css/bootstrap.min.css",
     "f75e846cc83bd11432f4b1e21a45f31bc85283d11d372f7b19accd1bf6a2635c"),
    ("bootstrap@3.3.7", "dist/fonts/glyphicons-halflings-regular.woff2", "fonts/glyphicons-halflings-regular.woff2",
     "fe185d11a49676890d47bb783312a0cda5a44c4039214094e7957b4c040ef11c"),
    ("react@16.2.0", "umd/react.production.min.js", "js/react-react.min.js",
     "c28b91922bca297037cba02ec85c1c0dc179d1a942355f0b6e085f6021fa67df"),
    ("react-dom@16.2.0", "umd/react-dom.production.min.js", "js/react-dom.min.js",
     "f61ac9c43e0842c58774da732e424a606898fd211914925252ac9e64f34a77c8"),
    ("plotly.js-dist-min@2.11.1", "plotly.min.js", "js/plotly-plotly.min.js",
     "dd146b2db18d4ced4743018fa65ada14b723bf1aae08b559a5576ba8116cd889"),
    ("layout-bin-packer@1.4.0", "dist/layout-bin-packer.js", "js/layout_bin_packer.js",
     "312ed1834f78f497ac3c9e943ce4657679d26ad8cd62d7f722912d26c9d0ed29"),
    ("d3@3.5.17", "d3.min.js", "js/d3.v3.min.js",
     "76c39718d1c0a3fb321676b3b7e29306c0907919a5716d5728bd1b08ae0169e7"),
    ("d3-selection-multi@1.0.1", "build/d3-selection-multi.js", "js/d3-selection-multi.v1.js",
     "22f89270afc6f231f8b974e37172a15525f28035276ca960f8ccdce622700315"),
    ("save-svg-as-png@1.4.17", "lib/saveSvgAsPng.js", "js/saveSvgAsPng.js",
     "71c46f2411daf6ba2a4e38ec563d92f1da42f88da9247a2bdd5c8a10bde93ae3"),
    ("react-resizable@1.4.6", "css/styles.css", "css/react-resizable-styles.css",
     "7c9122a97c86b4be7839fd3d23c37d06aec1ece3ef830f8bae3a8c121056d528"),
    ("react-grid-layout@0.16.3", "css/styles.css", "css/react-grid-layout-styles.css",
     "4ec035a50c31ec008bab5794e88ef056043e63aaa8dcbb24d36e5a73780b4dbc"),
)
# fmt: on


class FetchError(Exception):
    """What went wrong, for people."""


def fetch(folder):
    """Bring every file that isn't there yet, or is another than it should be."""
    missing = [row for row in FILES if digest(folder / row[2]) != row[3]]
    for package in sorted({row[0] for row in missing}):
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=place, capture_output=True, text=True, check=False
            )
            archives = list(Path(place).glob("*.tgz"))
            if done.returncode or not archives:
                raise FetchError(f"npm couldn't fetch {package}: {done.stderr.strip()[-200:]}")
            with tarfile.open(archives[0]) as archive:
                for _, member, target, expected in (row for row in missing if row[0] == package):
                    content = archive.extractfile(f"package/{member}").read()
                    if hashlib.sha256(content).hexdigest() != expected:
                        raise FetchError(f"{package} has another {member} than the known one")
                    path = folder / target
                    path.parent.mkdir(parents=True, exist_ok=True)
                    unfinished = path.with_name(path.name + ".part")
                    unfinished.write_bytes(content)
                    unfinished.replace(path)


def digest(path):
    """Return a file's SHA-256, or None if there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def main():
    """Fetch the scripts; without npm say so and go on, because only a test and a picture need them."""
    if shutil.which("npm") is None:
        print("board scripts: npm isn't installed, so the test of Visdom's page will be skipped")
        return
    fetch(SCRIPTS)
    print(f"board scripts: {len(FILES)} files are in {SCRIPTS.relative_to(SCRIPTS.parent.parent)}")


if __name__ == "__main__":
    sys.exit(run_to_the_end("board scripts", main, FetchError))
