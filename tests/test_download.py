"""Downloads under fault: each ends in the right data or in one clear line, and never in a half-written file.

Every fault is a scenario, run against a real server on this machine. The book shows them as a table, which is made
from these very runs (`make fault-table`) and compared with them in every test run.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import filelock
import matplotlib
import nbformat
import numpy as np
import pytest
import requests
import torch

from d2lutils.data import CATALOGUE, DownloadError, download, load_images, load_text
from d2lutils.data.__main__ import main
from data_files import batch_archive, mnist_files, small_cifar
from data_server import STORY, cut, drip, log_in, redirect, send, send_whole, serving, stall, status
from load_story import story

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TABLE = Path(__file__).parent.parent / "book" / "data_faults.md"
HEAD = "| what goes wrong | what a learner gets | left in the set's folder |\n|---|---|---|\n"
LOADER = str(Path(__file__).with_name("load_story.py"))
RIGHT = "the right data"
ADVICE = ". Try again when"
LESSON = Path(__file__).parent.parent / "notebooks" / "05_multilayer_perceptrons" / "03_mlp_from_scratch.ipynb"
KINDS = ("images", "labels")
SCENARIOS = []


def scenario(title, said=RIGHT, left="story.txt"):
    """Enter a function in the table of faults: it makes a fault and returns what a loader says to it.

    Args:
        title: What goes wrong, as the table tells it.
        said: A pattern that what a learner gets must match.
        left: The files that must be in the set's folder afterwards.
    """

    def enter(function):
        SCENARIOS.append(pytest.param((title, function, said, left), id=function.__name__))
        return function

    return enter


class World:
    """A folder for data, and servers that go wrong."""

    def __init__(self, folder, patch):
        self.folder, self.patch, self.asked = folder, patch, []
        patch.setenv("D2LUTILS_DATA", str(folder))
        patch.delenv("D2LUTILS_MIRROR", raising=False)
        patch.setattr(download, "PAUSES", (0, 0.01, 0.02))
        patch.setattr(download, "TIMEOUT", (2, 0.4))

    def load_story(self, **addresses):
        """Load the story from addresses of one server, each with the answers that it gives in turn."""
        routes = {f"/{base}/story.txt": (STORY, answers) for base, answers in addresses.items()}
        routes["/elsewhere"] = (STORY, [send])
        with serving(routes) as (server, self.asked):
            self.patch.setitem(CATALOGUE, "story", story(f"{server}/{base}/" for base in addresses))
            return self.say(lambda: load_text("story").encode() == STORY)

    def say(self, load):
        """Return what a learner gets from a load, in words that are the same on every machine."""
        try:
            return RIGHT if load() else "WRONG DATA"
        except (DownloadError, ValueError) as error:
            return self.neutral(str(error))

    def neutral(self, text):
        return re.sub(r"127\.0\.0\.1:\d+", "the server", text.strip().replace(str(self.folder), "FOLDER"))

    def start(self, server, *wrapper, folder=None):
        """Start loading the story in a process of its own."""
        environment = os.environ | {
            "D2LUTILS_DATA": str(folder or self.folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [*wrapper, sys.executable, LOADER, f"{server}/a/"]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        """Return what a process said, which must be one line and nothing on the side."""
        said, noise = process.communicate(timeout=60)
        assert noise == "" or "waiting for another process" in noise
        assert said.count("\n") == 1
        return self.neutral(said).replace("right", RIGHT)

    def left(self):
        names = {path.name for path in self.folder.rglob("*") if path.is_file()} - {".lock"}
        return ", ".join(sorted(names)) or "nothing"


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path / "data", monkeypatch)


@scenario("An address answers 404; another has the file")
def one_address_has_moved(world):
    said = world.load_story(a=[status(404)], b=[send])
    assert [path for path, _ in world.asked] == ["/a/story.txt", "/b/story.txt"]
    return said


@scenario(
    "Every address answers 404", r"'story' can't be fetched now.*answered 404; the server answered 404", "nothing"
)
def every_address_has_moved(world):
    said = world.load_story(a=[status(404)], b=[status(404)])
    assert len(world.asked) == 2  # what isn't there won't be there a second later
    return said


@scenario("A server answers 500 twice, then works")
def a_server_recovers(world):
    said = world.load_story(a=[status(500), status(500), send])
    assert len(world.asked) == 3
    return said


@scenario("A server answers 500 again and again", "answered 500", "nothing")
def a_server_does_not_recover(world):
    return world.load_story(a=[status(500)])


@scenario("The connection stalls half way, then works")
def a_stalled_connection(world):
    said = world.load_story(a=[stall, send])
    assert 100_000 < _first_byte(world.asked[1]) <= 150_000  # taken up, not begun again
    return said


@scenario("The connection stalls at every try", "stopped answering", "story.txt.part")
def a_connection_that_always_stalls(world):
    return world.load_story(a=[stall])


@scenario("The connection is cut half way, twice")
def a_cut_connection(world):
    said = world.load_story(a=[cut, cut, send])
    assert _first_byte(world.asked[0]) == 0 < _first_byte(world.asked[1]) < _first_byte(world.asked[2])
    return said


def _first_byte(request):
    """Return the byte from which a request asked for the story."""
    return int((request[1] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))


@scenario("The connection is cut at every try; the next load finds a network again")
def a_cut_connection_mended_later(world):
    assert "broke off" in world.load_story(a=[cut])
    assert world.left() == "story.txt.part"
    return world.load_story(a=[send])


@scenario("The connection is cut, and the server can't go on from the middle")
def a_server_without_ranges(world):
    return world.load_story(a=[cut, send_whole])


@scenario("The connection is cut, and the server refuses to go on from the middle")
def a_server_that_refuses_ranges(world):
    return world.load_story(a=[cut, status(416), send])


@scenario(
    "A login page comes in place of the file", r"sent other bytes than the known ones \(a login page\?\)", "nothing"
)
def a_login_page(world):
    return world.load_story(a=[log_in])


@scenario("A login page comes from one address, the file from another")
def a_login_page_once(world):
    return world.load_story(a=[log_in], b=[send])


@scenario("What was cut off is taken up from a server with another file, then begun again")
def parts_of_two_files(world):
    world.folder.joinpath("story").mkdir(parents=True)
    world.folder.joinpath("story", "story.txt.part").write_bytes(b"?" * 1000)
    said = world.load_story(a=[send])
    assert [first for _, first in world.asked] == ["bytes=1000-", None]
    return said


@scenario("The address redirects to another")
def a_redirect(world):
    return world.load_story(a=[redirect("/elsewhere")])


@scenario(
    "There is no network: nothing answers", r"nowhere\.invalid can't be reached; .*set D2LUTILS_MIRROR", "nothing"
)
def no_network(world):
    world.patch.setitem(CATALOGUE, "story", story(["http://nowhere.invalid/", "http://127.0.0.1:9/"]))
    return world.say(lambda: load_text("story"))


@scenario("The server's certificate isn't trusted", "has a certificate that isn't trusted here", "nothing")
def an_unknown_certificate(world):
    def refuse(*_, **__):
        raise requests.exceptions.SSLError("certificate verify failed")

    world.patch.setattr(requests, "get", refuse)
    return world.load_story(a=[send])


@scenario("`D2LUTILS_MIRROR` names a folder that has the file; there is no network")
def a_mirror_folder(world):
    mirror = world.folder.with_name("mirror")
    (mirror / "story").mkdir(parents=True)
    (mirror / "story" / "story.txt").write_bytes(STORY)
    world.patch.setenv("D2LUTILS_MIRROR", str(mirror))
    world.patch.setitem(CATALOGUE, "story", story(["http://nowhere.invalid/"]))
    return world.say(lambda: load_text("story").encode() == STORY)


@scenario("`D2LUTILS_MIRROR` names an http address that has the file; there is no network")
def a_mirror_address(world):
    world.patch.setitem(CATALOGUE, "story", story(["http://nowhere.invalid/"]))
    with serving({"/data/story/story.txt": (STORY, [send])}) as (server, _):
        world.patch.setenv("D2LUTILS_MIRROR", f"{server}/data/")
        return world.say(lambda: load_text("story").encode() == STORY)


@scenario("`D2LUTILS_MIRROR` names a folder that isn't there; the network is")
def a_wrong_mirror(world):
    world.patch.setenv("D2LUTILS_MIRROR", "/no/such/folder")
    return world.load_story(a=[send])


@scenario("`D2LUTILS_MIRROR` names a folder in which the file can't be read; the network is")
def an_unreadable_mirror(world):
    mirror = world.folder.with_name("mirror")
    (mirror / "story" / "story.txt").mkdir(parents=True)
    world.patch.setenv("D2LUTILS_MIRROR", str(mirror))
    said = world.load_story(a=[status(404)])
    assert "mirror/story/story.txt can't be read (Is a directory); the server answered 404" in said
    return world.load_story(a=[send])


@scenario("`D2LUTILS_MIRROR` names something that is neither", r"elephant:/story/story\.txt can't be read", "nothing")
def a_mirror_that_is_none(world):
    world.patch.setenv("D2LUTILS_MIRROR", "elephant://")
    return world.load_story(a=[status(404)])


@scenario("The downloaded file in the folder is damaged")
def a_damaged_file(world):
    world.load_story(a=[send])
    (world.folder / "story" / "story.txt").write_bytes(STORY[:1000])
    return world.load_story(a=[send])


@scenario("The folder's path has spaces and Chinese characters")
def an_odd_path(world):
    world.folder = world.folder.with_name("my data 数据")
    world.patch.setenv("D2LUTILS_DATA", str(world.folder))
    return world.load_story(a=[send])


@scenario("The folder is a file", r"can't be kept in FOLDER/story \(Not a directory\)", "nothing")
def a_folder_that_is_a_file(world):
    world.folder.write_text("a file")
    return world.load_story(a=[send])


def _on_small_disk(world, options, server):
    """Load the story in a process whose folder is a disk of its own, and count what it leaves there."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    world.folder.mkdir(parents=True)
    script = f'mount -t tmpfs -o {options} none "$D2LUTILS_DATA" && "$0" "$@"; ls "$D2LUTILS_DATA"/* >&2; exit 0'
    process = world.start(server, "unshare", "-Urm", "sh", "-c", script)
    said, listed = process.communicate(timeout=60)
    assert ".part" not in listed and "story.txt" not in listed
    return world.neutral(said)


@scenario("The folder is read-only", r"can't be kept in FOLDER/story \(Read-only file system\)", "nothing")
def a_read_only_folder(world):
    with serving({"/a/story.txt": (STORY, [send])}) as (server, _):
        return _on_small_disk(world, "ro", server)


@scenario("The disk is full", r"can't be kept in FOLDER/story \(No space left on device\); it needs 0.3 MB", "nothing")
def a_full_disk(world):
    with serving({"/a/story.txt": (STORY, [send])}) as (server, _):
        return _on_small_disk(world, "size=100k", server)


@scenario(
    "The disk is full, and the file comes from a folder that `D2LUTILS_MIRROR` names",
    r"can't be kept in FOLDER/story \(No space left on device\)",
    "nothing",
)
def a_full_disk_beside_a_mirror(world):
    mirror = world.folder.with_name("mirror")
    (mirror / "story").mkdir(parents=True)
    (mirror / "story" / "story.txt").write_bytes(STORY)
    world.patch.setenv("D2LUTILS_MIRROR", str(mirror))
    with serving({}) as (server, _):
        return _on_small_disk(world, "size=100k", server)


@scenario("Two processes fetch the same set at once")
def two_processes(world):
    with serving({"/a/story.txt": (STORY, [drip, send])}) as (server, asked):
        first, second = world.start(server), world.start(server)
        said = {world.finish(first), world.finish(second)}
    assert len(asked) == 1  # the second waited, and took what the first had brought
    (said,) = said
    return said


@scenario("The process is killed (SIGKILL) while it writes, and started again")
def a_killed_process(world):
    part = world.folder / "story" / "story.txt.part"
    with serving({"/a/story.txt": (STORY, [drip, send])}) as (server, asked):
        process = world.start(server)
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert 0 < part.stat().st_size < len(STORY) and world.left() == "story.txt.part"
        said = world.finish(world.start(server))
    assert _first_byte(asked[1]) > 0
    return said


def _replace_set(world, name, files):
    """Let a set of full size have these files (name → bytes), at a mirror folder."""
    mirror = world.folder.with_name("mirror")
    (mirror / name).mkdir(parents=True)
    for file, content in files.items():
        (mirror / name / file).write_bytes(content)
    digests = {file: f"md5:{hashlib.md5(content).hexdigest()}" for file, content in files.items()}
    world.patch.setitem(CATALOGUE, name, CATALOGUE[name]._replace(files=digests, addresses=()))
    world.patch.setenv("D2LUTILS_MIRROR", str(mirror))


def _load_and_compare(name, images, labels):
    """Load a set of images and say whether it holds these, its test part after its training part."""
    loaded = load_images(name)
    got = np.concatenate([loaded.train_images, loaded.test_images])
    got_labels = np.concatenate([loaded.train_labels, loaded.test_labels])
    return np.array_equal(got, images.astype("float32") / 255) and np.array_equal(got_labels, labels)


def _small_mnist(world):
    """Put 30 random pictures in MNIST's place; return them with their labels."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(256, size=(30, 28, 28), dtype="uint8"), rng.integers(10, size=30, dtype="uint8")
    files = mnist_files(images, labels, num_test=10)
    _replace_set(world, "mnist", files)
    return images[:, None], labels, files


MNIST_LEFT = (
    "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz, tensors-1.pt, train-images-idx3-ubyte.gz, "
    "train-labels-idx1-ubyte.gz"
)


@scenario("The parsed tensors of a set are damaged, and there is no network", left=MNIST_LEFT)
def damaged_tensors(world):
    images, labels, _ = _small_mnist(world)
    assert _load_and_compare("mnist", images, labels)
    world.patch.delenv("D2LUTILS_MIRROR")
    tensors = world.folder / "mnist" / "tensors-1.pt"
    tensors.write_bytes(tensors.read_bytes()[:-500])
    return world.say(lambda: _load_and_compare("mnist", images, labels))


@scenario(
    "The parsed tensors come from another version of the package, and there is no network",
    left=MNIST_LEFT.replace("tensors-1", "tensors-0.pt, tensors-1"),
)
def tensors_of_another_version(world):
    images, labels, _ = _small_mnist(world)
    assert _load_and_compare("mnist", images, labels)
    world.patch.delenv("D2LUTILS_MIRROR")
    (world.folder / "mnist" / "tensors-1.pt").rename(world.folder / "mnist" / "tensors-0.pt")
    return world.say(lambda: _load_and_compare("mnist", images, labels))


@scenario("A gzip file comes truncated", r"mirror/mnist/train-images-idx3-ubyte.gz sent other bytes", "nothing")
def a_truncated_gzip(world):
    _, _, files = _small_mnist(world)
    name = "train-images-idx3-ubyte.gz"
    (world.folder.with_name("mirror") / "mnist" / name).write_bytes(files[name][:-2000])
    return world.say(lambda: load_images("mnist")).replace(str(world.folder.with_name("mirror")), "mirror")


@scenario("An archive has members with `../` in their names", left="cifar-10-binary.tar.gz, tensors-1.pt")
def an_archive_that_climbs(world):
    images, labels, batches = small_cifar()
    evil = tarfile.TarInfo("../../evil")
    _replace_set(world, "cifar-10", {"cifar-10-binary.tar.gz": batch_archive(batches, extra=[evil])})
    said = world.say(lambda: _load_and_compare("cifar-10", images.reshape(-1, 3, 32, 32), labels.reshape(-1)))
    assert not list(world.folder.parent.parent.rglob("evil"))
    return said


@scenario(
    "An archive has a link in place of a file",
    "cifar-10-binary.tar.gz isn't CIFAR-10's archive: it has no file cifar-10-batches-bin/test_batch.bin",
    "cifar-10-binary.tar.gz",
)
def an_archive_with_a_link(world):
    _, _, batches = small_cifar()
    del batches["test_batch.bin"]
    link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    _replace_set(world, "cifar-10", {"cifar-10-binary.tar.gz": batch_archive(batches, extra=[link])})
    return world.say(lambda: load_images("cifar-10"))


@pytest.mark.parametrize("fault", SCENARIOS)
def test_a_fault_ends_in_the_right_data_or_in_one_line(world, rows, fault):
    title, make_fault, expected, left = fault
    said = make_fault(world)
    assert re.search(expected, said) and "\n" not in said
    assert world.left() == left
    if ADVICE in said:  # the page quotes one such line whole
        said = said.partition(ADVICE)[0] + ". …"
    rows[title] = f"| {title} | {said} | {left} |\n"
    if not rows.writing:
        assert rows[title] in TABLE.read_text(encoding="utf-8"), "the book's table differs: `make fault-table`"


class Rows(dict):
    """The rows that this run has seen, and whether it is to write them into the book."""

    writing = os.environ.get("FAULT_TABLE") == "write"


@pytest.fixture(scope="module")
def rows():
    collected = Rows()
    yield collected
    if collected.writing and len(collected) == len(SCENARIOS):
        TABLE.write_text(HEAD + "".join(collected.values()), encoding="utf-8")


def test_the_books_table_has_one_row_for_each_fault_in_this_order():
    if Rows.writing:
        pytest.skip("this run writes the table when it ends")
    lines = TABLE.read_text(encoding="utf-8").removeprefix(HEAD).splitlines()
    assert [line.split(" | ")[0] for line in lines] == [f"| {parameter.values[0][0]}" for parameter in SCENARIOS]


def test_the_books_page_quotes_the_line_of_a_failed_download(world):
    assert f"\n> {every_address_has_moved(world)}\n" in TABLE.with_name("data.md").read_text(encoding="utf-8")


def test_a_notebook_shows_a_failed_download_as_one_line(world):
    from IPython.core.interactiveshell import InteractiveShell

    world.patch.setitem(CATALOGUE, "story", story(["http://nowhere.invalid/"]))
    shell, shown = InteractiveShell(), []
    shell._showtraceback = lambda kind, error, lines: shown.extend(lines)
    shell.run_cell("from d2lutils.data import load_text; load_text('story')")
    assert len(shown) == 1 and shown[0].startswith("DownloadError: 'story' can't be fetched now.")


def test_a_folder_of_data_is_a_mirror_for_others(world, tmp_path):
    world.load_story(a=[send])
    world.patch.setenv("D2LUTILS_MIRROR", str(world.folder))
    world.patch.setenv("D2LUTILS_DATA", str(tmp_path / "another"))
    assert load_text("story").encode() == STORY


def test_a_process_that_waits_for_another_says_so(world, monkeypatch):
    monkeypatch.setattr("d2lutils.data.cache.SILENT_SECONDS", 0.1)
    (world.folder / "story").mkdir(parents=True)
    locked = threading.Event()

    def hold():
        with filelock.FileLock(world.folder / "story" / ".lock"):
            locked.set()
            time.sleep(0.5)

    threading.Thread(target=hold).start()
    locked.wait()
    with pytest.warns(UserWarning, match="waiting for another process that is writing in"):
        assert world.load_story(a=[send]) == RIGHT


def test_the_digests_are_the_published_ones():
    def digests(name):
        return [digest.partition(":")[2][:6] for digest in CATALOGUE[name].files.values()]

    assert digests("mnist") == ["f68b3c", "d53e10", "9fb629", "ec2911"]
    assert digests("fashion-mnist") == ["8d4fb7", "25c819", "bef4ec", "bb300c"]
    assert digests("cifar-10") + digests("time-machine") == ["c32a1d", "090b5e"]
    lengths = {"md5": 32, "sha1": 40}
    for data_set in CATALOGUE.values():
        for algorithm, value in (digest.split(":") for digest in data_set.files.values()):
            assert re.fullmatch(f"[0-9a-f]{{{lengths[algorithm]}}}", value)


def test_every_large_set_has_at_least_two_addresses_and_each_ends_in_a_slash():
    for data_set in CATALOGUE.values():
        assert bool(data_set.files) == (data_set.megabytes > 0) == (len(data_set.addresses) >= 2)
        assert all(address.endswith("/") for address in data_set.addresses)


def test_a_lesson_switches_to_a_set_of_full_size_by_one_name(world, tmp_path):
    digits = load_images("digits")
    images, labels = (torch.cat([getattr(digits, f"{part}_{kind}") for part in ("train", "test")]) for kind in KINDS)
    files = mnist_files((255 * images[:, 0]).round().byte().numpy(), labels.byte().numpy(), num_test=1000)
    _replace_set(world, "fashion-mnist", files)
    notebook = nbformat.read(LESSON, as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    switched = [source.replace('load_images("digits")', 'load_images("fashion-mnist")') for source in sources]
    assert sum(a != b for a, b in zip(sources, switched, strict=True)) == 1
    names = {"__name__": "lesson"}
    for source in switched:
        exec(compile(source.replace("plt.show()", ""), "lesson", "exec"), names)
    assert names["digits"].class_names[9] == "ankle boot" and len(names["digits"].train_images) == 4000
    plt.close("all")


def test_the_command_lists_every_set(world, capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CATALOGUE)
    assert "with the course" in lines[0] and "170.1 MB to fetch" in lines[4]


def test_the_command_fetches_checks_and_says_where(world, capsys):
    _small_mnist(world)
    assert main(["fetch", "mnist", "digits"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"mnist: in {world.folder / 'mnist'}",
        "digits: comes with the course, nothing to fetch",
    ]
    assert main(["list"]) == 0 and "mnist          images      fetched" in capsys.readouterr().out
    assert main(["check"]) == 0 and "4 files are right, 0 damaged" in capsys.readouterr().out
    assert main(["where"]) == 0 and capsys.readouterr().out == f"{world.folder}\n"


def test_the_command_names_damaged_files_and_mends_them(world, capsys):
    _small_mnist(world)
    load_images("mnist")
    for name in ("tensors-1.pt", "train-labels-idx1-ubyte.gz"):
        (world.folder / "mnist" / name).write_bytes(b"half")
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "train-labels-idx1-ubyte.gz is damaged; `python -m d2lutils.data fetch mnist` mends it" in out
    assert "tensors-1.pt is damaged; the next load makes it anew" in out and "3 files are right, 2 damaged" in out
    assert main(["fetch", "mnist"]) == 0
    load_images("mnist")
    assert main(["check"]) == 0


def test_the_command_goes_on_after_a_set_that_fails_and_then_fails(world, capsys):
    _small_mnist(world)
    world.patch.setitem(
        CATALOGUE, "time-machine", CATALOGUE["time-machine"]._replace(addresses=["http://nowhere.invalid/"])
    )
    assert main(["fetch", "time-machine", "mnist"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("mnist: in ") and said.err.startswith("fetch: 'time-machine' can't be fetched now.")
    assert said.err.count("\n") == 1


def test_the_command_refuses_unknown_names(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["fetch", "imagenet"])
    assert stop.value.code == 2 and "invalid choice: 'imagenet'" in capsys.readouterr().err


def test_the_command_can_be_interrupted(world, capsys):
    def interrupt(name):
        raise KeyboardInterrupt

    world.patch.setattr("d2lutils.data.__main__.fetch_files", interrupt)
    assert main(["fetch", "mnist"]) == 130
    assert "goes on from there" in capsys.readouterr().err


def test_the_command_runs_as_a_program(world):
    done = subprocess.run([sys.executable, "-m", "d2lutils.data", "where"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{world.folder}\n"
