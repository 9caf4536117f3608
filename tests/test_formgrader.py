"""Marking by hand in nbgrader's formgrader, in a real browser: a mark reaches the export, a script doesn't run."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from assignments.__main__ import NBGRADER_CONFIG
from browser import finder, open_chromium
from classroom import FIRST, ROOT, command, exported, hand_in, make_course, need_sandbox, write_hand_in

ATTACK = """My answer: $a<b$.

<script>document.title = 'OWNED'</script> <img src=x onerror="document.title='OWNED'">
[click](javascript:document.title='OWNED') <svg onload="document.title='OWNED'">
"""
START_LIMIT = 60  # seconds


@contextmanager
def formgrader(course, folder):
    """Give the address and token of the server that `mark` starts, and stop it."""
    token = secrets.token_hex()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", f"--port={port}", f"--IdentityProvider.token={token}", "--ServerApp.ip=127.0.0.1"]
    options += ["--allow-root"] if finder.is_root() else []
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    own = {name: str(folder / name.lower()) for name in names}
    arguments = [sys.executable, "-m", "assignments", "--course", str(course.root), "mark", "--", *options]
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            arguments, cwd=ROOT, env={**os.environ, **own}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={token}")
        yield f"http://127.0.0.1:{port}", token
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


def wait_for(address):
    """Wait until a server answers."""
    ends = time.monotonic() + START_LIMIT
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < ends, "the formgrader doesn't answer"
            time.sleep(0.3)


@pytest.mark.classroom
def test_a_mark_given_by_hand_reaches_the_export_and_no_script_runs(tmp_path):
    need_sandbox()
    course = make_course(tmp_path / "course")
    (course.root / "nbgrader_config.py").write_text(NBGRADER_CONFIG, encoding="utf-8")
    assignment = course.assignment(FIRST)
    script = "<script>document.title = 'OWNED'</script>"
    show = f'from IPython.display import display\ndisplay({{"text/html": "{script}"}}, raw=True)'
    write_hand_in(course, FIRST, "anna", hand_in(assignment, "right", extra={"summaries": show}, essay=ATTACK))
    assert command(course.root, "grade").returncode == 0
    with formgrader(course, tmp_path) as (address, token), open_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/lab?token={token}")  # as `mark` opens it; from here on the browser is known
        page.goto(f"{address}/formgrader/gradebook/{FIRST}/{FIRST}")
        link = page.locator("a[href*='/formgrader/submissions/']").first
        link.wait_for()
        page.goto(f"{address}{link.get_attribute('href')}")
        score = page.locator("input.score").last
        score.wait_for()
        assert "How this answer is marked" in page.inner_text("body")
        assert "My answer" in page.inner_text("body")
        link = page.get_by_text("click", exact=True)
        assert link.get_attribute("href") in {None, "#"} or not link.get_attribute("href").startswith("javascript")
        assert page.title() != "OWNED"
        with page.expect_response(re.compile("/formgrader/api/grade/")):
            score.fill("3.5")
            score.press("Tab")
        page.wait_for_timeout(500)
        assert page.title() != "OWNED"
    row = exported(course, tmp_path)["anna", FIRST]
    assert (row["status"], row["points"]) == ("graded", "21.5")
    assert command(course.root, "grade", "--again").returncode == 0
    assert exported(course, tmp_path)["anna", FIRST]["points"] == "21.5"
