"""The tools behind the Makefile: what they say when something is wrong, and that they start over safely."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def tools_on_path(monkeypatch):
    """Let the tools find each other, as they do when one of them is the program that runs."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))


def load(name):
    """A module of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup_tool(tmp_path, monkeypatch):
    """The set-up tool, working on a copy of its inputs in an empty folder."""
    tool = load("setup_environment")
    for name in tool.INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(tool, "STAMP", tmp_path / ".venv" / "setup-stamp")
    monkeypatch.setattr(tool, "LOG", tmp_path / ".setup.log")
    return tool


def make_current(tool):
    """What a finished set-up leaves, as far as the tool looks."""
    tool.python_in(tool.VENV).parent.mkdir(parents=True)
    tool.python_in(tool.VENV).touch()
    tool.STAMP.write_text(tool.expected_stamp())


def test_a_finished_environment_is_left_alone(setup_tool):
    make_current(setup_tool)
    assert setup_tool.is_current() and setup_tool.main() == 0


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "build-constraints.txt"])
def test_a_changed_pin_file_asks_for_a_new_environment(setup_tool, name):
    make_current(setup_tool)
    with (setup_tool.ROOT / name).open("a") as file:
        file.write("\n# changed\n")
    assert not setup_tool.is_current()


def test_an_environment_without_a_stamp_is_unfinished(setup_tool):
    make_current(setup_tool)
    setup_tool.STAMP.unlink()
    assert not setup_tool.is_current()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("error: No space left on device (os error 28)", "disk is full"),
        ("WARNING: Retrying … NewConnectionError('…')", "no package registry could be reached"),
        ("ERROR: No matching distribution found for uv", "no package registry could be reached"),
        ("Permission denied: '.venv'", "who owns this folder"),
        ("something else", ".setup.log"),
    ],
)
def test_a_failing_installer_is_explained_in_one_line(setup_tool, output, line):
    said = setup_tool.explain(output)
    assert line in said and "\n" not in said


def test_a_failed_step_is_reported_and_leaves_no_stamp(setup_tool, monkeypatch, capsys):
    program = "import sys; print('No space left on device'); sys.exit(1)"
    monkeypatch.setattr(setup_tool, "build", lambda: setup_tool.run("a step", sys.executable, "-c", program))
    assert setup_tool.main() == 1
    assert "setup: the disk is full" in capsys.readouterr().err
    assert not setup_tool.STAMP.exists()


def test_too_little_room_is_said_before_anything_is_done(setup_tool, monkeypatch, capsys):
    usage = type("Usage", (), {"free": 0.4e9})
    monkeypatch.setattr(setup_tool.shutil, "disk_usage", lambda path: usage)
    assert setup_tool.main() == 1
    assert "only 0.4 GB free on this disk, 3 GB are needed" in capsys.readouterr().err


def test_a_python_without_venv_is_said_with_the_remedy(setup_tool, monkeypatch, capsys):
    monkeypatch.setattr(setup_tool.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert setup_tool.main() == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_pip_s_own_settings_are_handed_on(setup_tool, monkeypatch):
    listed = (
        "global.index-url='https://a/simple'\n:env:.find-links='/x /y'\nglobal.cert='/c.crt'\nglobal.timeout='60'\n"
    )
    monkeypatch.setattr(
        setup_tool.subprocess, "run", lambda *args, **kwargs: subprocess.CompletedProcess(args, 0, stdout=listed)
    )
    options, variables = setup_tool.uv_settings(list(setup_tool.pip_settings("python")))
    assert options[:6] == ["--index-url", "https://a/simple", "--find-links", "/x", "--find-links", "/y"]
    assert variables == {"SSL_CERT_FILE": "/c.crt"}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "a"), "tool: the disk is full."),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device")]), "tool: the disk is full."),
        (PermissionError(13, "Permission denied", "place"), "tool: Permission denied: place"),
        (ValueError("said for people"), "tool: said for people"),
        (KeyboardInterrupt(), "tool: stopped."),
    ],
)
def test_a_tool_ends_with_one_line_for_a_person(error, line, capsys):
    def fail():
        raise error

    assert load("exit_status").run_to_the_end("tool", fail, ValueError) == 1
    said = capsys.readouterr().err
    assert said.startswith(line) and said.count("\n") == 1


def test_a_page_that_is_missing_is_named_in_one_line(tmp_path, monkeypatch, capsys):
    tool = load("build_book")
    contents = tmp_path / "_toc.yml"
    contents.write_text("root: book/index\nparts:\n  - chapters:\n      - file: notebooks/99_none/01_none\n")
    monkeypatch.setattr(tool, "TOC", contents)
    assert tool.main() == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def lesson(tmp_path):
    """Write a lesson of one cell; return its path."""

    def write(source):
        path = tmp_path / "01_lesson.ipynb"
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="cell")])
        notebook.metadata["language_info"] = {"name": "python", "version": "3.0"}
        nbformat.write(notebook, path)
        return path

    return write


def run_tool(name, *arguments, **settings):
    """Run a tool as a person would; returns the finished process."""
    command = [sys.executable, str(ROOT / "tools" / f"{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **settings})


def test_executing_stores_outputs_counts_and_plain_metadata(lesson):
    path = lesson("print('one')\nprint('two')")
    assert run_tool("execute_lessons", path).returncode == 0
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].outputs[0].text == "one\ntwo\n" and notebook.cells[0].execution_count == 1
    assert notebook.cells[0].id == "cell" and notebook.cells[0].metadata == {}
    assert notebook.metadata.language_info == {"name": "python"}


def test_a_lesson_that_fails_stays_as_it_was(lesson):
    path = lesson("1 / 0")
    before = path.read_bytes()
    done = run_tool("execute_lessons", path)
    assert done.returncode == 1 and "01_lesson: FAILED, file left as it was" in done.stderr
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_lesson_that_isnt_there_is_said_in_one_line(tmp_path):
    done = run_tool("execute_lessons", tmp_path / "none.ipynb")
    assert done.returncode == 1 and "is no lesson; say LESSON=" in done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_site_is_served_with_its_own_page_for_what_is_missing():
    port = free_port()
    command = [sys.executable, str(ROOT / "tools" / "serve_site.py")]
    server = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stdout=subprocess.PIPE, text=True)
    try:
        assert f"127.0.0.1:{port}" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/book/index.html", timeout=10) as page:
            assert b"<title>" in page.read()
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/nowhere", timeout=10)
        assert b"Page not found" in missing.value.read()
    finally:
        server.terminate()
        server.communicate(timeout=10)


def test_a_taken_port_is_said_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_tool("serve_site", PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1 and "is taken. Choose another: PORT=" in done.stderr and done.stderr.count("\n") == 1


def test_checking_the_environment_as_the_set_up_page_says(tmp_path):
    page = (ROOT / "book" / "setup.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    here = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert here.stdout.endswith("Everything is there.\n")
    # -S leaves the environment's packages out, as for somebody who runs another Python.
    bare = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "Missing: torch" in bare.stdout and "make lab" in bare.stdout


def test_nothing_to_do_takes_less_than_a_second():
    if not load("setup_environment").is_current():
        pytest.skip("this environment wasn't made by `make setup`")
    seconds = []
    for _ in range(3):  # the machine may be busy with other tests
        start = time.perf_counter()
        assert run_tool("setup_environment").returncode == 0
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1


REACH_OUT = "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=5)"
TALK_TO_ITSELF = (
    "import socket; server = socket.create_server(('127.0.0.1', 0)); "
    "socket.create_connection(server.getsockname(), 5); print('talked')"
)


def test_offline_a_program_can_talk_to_itself_and_to_nobody_else():
    here = run_tool("run_offline", sys.executable, "-c", TALK_TO_ITSELF)
    assert here.stdout == "talked\n", here.stderr
    outside = run_tool("run_offline", sys.executable, "-c", REACH_OUT)
    assert outside.returncode != 0
    assert "Network is unreachable" in outside.stderr or "offline: refused to reach 192.0.2.1" in outside.stderr


@pytest.mark.parametrize(("program", "works"), [(TALK_TO_ITSELF, True), (REACH_OUT, False)])
def test_where_there_is_no_namespace_python_itself_refuses(monkeypatch, program, works, capfd):
    tool = load("run_offline")
    monkeypatch.setattr(tool, "namespace_prefix", lambda: None)
    with pytest.raises(SystemExit) as ended:
        tool.main([sys.executable, "-c", program])
    assert (ended.value.code == 0) == works
    assert ("refused to reach 192.0.2.1" in capfd.readouterr().err) != works


def test_running_nothing_offline_is_explained():
    done = run_tool("run_offline")
    assert done.returncode == 1 and "say what to run" in done.stderr
