"""A lesson in JupyterLab for real: a learner opens it, runs all cells and tries an answer to an exercise."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from browser import ROOT, finder, open_chromium, record_faults

LESSON = ROOT / "notebooks" / "03_linear_regression" / "05_linear_regression_from_scratch.ipynb"
START_LIMIT = 60  # seconds until the server answers
RUN_LIMIT = 90  # seconds until all cells have run
RIGHT_ANSWER = """def huber_loss(y_hat, y, delta):
    return torch.nn.functional.huber_loss(y_hat, y, delta=delta)

check_huber(huber_loss)"""
WRONG_ANSWER = "check_huber(lambda y_hat, y, delta: ((y_hat - y) ** 2 / 2).mean())"

ALL_HAVE_RUN = """() => {
    const {content, sessionContext} = jupyterapp.shell.currentWidget;
    const code = content.widgets.filter(cell => cell.model.type === "code");
    return sessionContext.session?.kernel?.status === "idle" && code.every(cell => cell.model.executionCount);
}"""

FIND_OUTPUT_FAULTS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, number) =>
    (cell.model.outputs?.toJSON() ?? [])
        .filter(output => output.output_type === "error" || output.name === "stderr")
        .map(output => `cell ${number}: ${output.ename ?? "stderr"}: ${output.evalue ?? output.text}`))"""

MEASURE_PICTURES = """() => Promise.all([...document.querySelectorAll(".jp-OutputArea-output img")].map(
    picture => picture.decode().then(() => picture.naturalWidth, () => 0)))"""


@contextmanager
def lab_server(folder):
    """Give the address of a JupyterLab in `folder` that touches nothing of the user's, and stop it."""
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={folder / 'lessons'}", f"--LabApp.app_settings_dir={folder / 'settings'}"]
    # Lets the test ask JupyterLab what it knows of a cell.
    command += ["--LabApp.expose_app_in_browser=True", f"--IdentityProvider.token={secrets.token_hex()}"]
    command += ["--allow-root"] if finder.is_root() else []
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=private_environment(folder), stdout=log, stderr=log)
    try:
        yield wait_for_address(server, folder)
    finally:
        stop(server)


def private_environment(folder):
    """Environment variables with which Jupyter reads and writes nothing of the user's."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    # The last is npm's, which one of its extensions calls.
    names += ("JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "npm_config_cache")
    return {**os.environ, **{name: str(folder / name.lower()) for name in names}}


def wait_for_address(server, folder):
    """Address of a server that has started, its token included; fails with the end of its log."""
    end = time.monotonic() + START_LIMIT
    while server.poll() is None and time.monotonic() < end:
        for path in (folder / "jupyter_runtime_dir").glob("jpserver-*.json"):
            try:
                told = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # still being written
                continue
            return f"{told['url']}lab/tree/{LESSON.name}?token={told['token']}"
        time.sleep(0.1)
    pytest.fail(f"JupyterLab doesn't start:\n{(folder / 'server.log').read_text(encoding='utf-8')[-2000:]}")


def stop(server):
    """End a server and with it its kernels."""
    server.terminate()
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        # Its kernels see that it is gone and end by themselves.
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a lesson's copy in a JupyterLab with the course's settings."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "lessons").mkdir()
    shutil.copy(LESSON, folder / "lessons")
    settings = json.loads((ROOT / "tools" / "lab_settings" / "overrides.json").read_text(encoding="utf-8"))
    # Else only the cells in sight are drawn, and a figure below isn't there yet.
    settings["@jupyterlab/notebook-extension:tracker"] = {"windowingMode": "none"}
    (folder / "settings").mkdir()
    (folder / "settings" / "overrides.json").write_text(json.dumps(settings), encoding="utf-8")
    with lab_server(folder) as address:
        yield address


@pytest.fixture(scope="module")
def lesson(request):
    """The lesson in a browser, all its cells run, and the list of the page's faults."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        faults = record_faults(page)
        # Only now: where there is no browser, no server needs to start.
        page.goto(request.getfixturevalue("lab"), timeout=START_LIMIT * 1000)
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel")
        page.evaluate("jupyterapp.shell.currentWidget.context.ready.then(() => null)")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready.then(() => null)")
        # What is seen below comes from this run and not from the file.
        page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        page.click("#jp-MainMenu >> text=Run")
        page.click(".lm-Menu >> text=Run All Cells")
        page.wait_for_function(ALL_HAVE_RUN, timeout=RUN_LIMIT * 1000)
        yield page, faults


def run_new_cell(page, source):
    """What is printed below a learner's new cell that comes after the exercise's checker."""
    page.locator(".jp-CodeCell", has_text="def check_huber").locator(".jp-InputPrompt").first.click()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")
    return page.locator(".jp-CodeCell.jp-mod-active .jp-OutputArea-output").first.inner_text().strip()


def test_every_cell_of_a_lesson_runs_without_error_or_warning(lesson):
    page, _ = lesson
    assert page.evaluate(FIND_OUTPUT_FAULTS) == []


def test_every_figure_of_a_lesson_is_shown(lesson):
    page, _ = lesson
    widths = page.evaluate(MEASURE_PICTURES)
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    stored = [output for cell in cells for output in cell.get("outputs", ()) if "image/png" in output.get("data", ())]
    assert len(widths) == len(stored) > 0 and all(widths)


def test_a_right_answer_is_called_right(lesson):
    assert run_new_cell(lesson[0], RIGHT_ANSWER) == "right"


def test_a_wrong_answer_gets_a_hint(lesson):
    assert run_new_cell(lesson[0], WRONG_ANSWER).startswith("not yet")


def test_jupyterlab_asks_for_nothing_outside(lesson):
    _, faults = lesson
    assert [fault for fault in faults if fault.startswith("asks for")] == []


def test_an_error_and_a_warning_would_be_seen(lesson):
    page, _ = lesson
    run_new_cell(page, "import warnings; warnings.warn('planted warning')")
    run_new_cell(page, "1 / 0")
    faults = page.evaluate(FIND_OUTPUT_FAULTS)
    assert len(faults) == 2 and "ZeroDivisionError" in faults[0] and "planted warning" in faults[1]


def test_make_lab_opens_a_folder_anywhere_and_nbgrader_does_not_complain(tmp_path):
    place = tmp_path / "it's mine"
    place.mkdir()
    options = "--no-browser --ServerApp.port=0 --ServerApp.ip=127.0.0.1" + " --allow-root" * finder.is_root()
    # The environment is that of the tests, and make looks for no other.
    command = ["make", "-o", "setup", "lab", f"RUN={sys.executable}", f"FOLDER={place}", f"OPTIONS={options}"]
    log = tmp_path / "server.log"
    with open(log, "w", encoding="utf-8") as file:
        server = subprocess.Popen(
            command, cwd=ROOT, env=private_environment(tmp_path), stdout=file, stderr=file, start_new_session=True
        )
    try:
        wait_for_address(server, tmp_path)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)
    said = log.read_text(encoding="utf-8")
    assert f"Serving notebooks from local directory: {place}" in said
    assert "nbgrader" not in said and "[E " not in said
    missing = subprocess.run([*command, "FOLDER=/nowhere"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert missing.returncode and missing.stderr.startswith("lab: there is no folder /nowhere")
