"""Handing out, taking in, grading and giving back: through the real commands, in a course folder of its own."""

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook

from assignments import __main__ as commands
from assignments import running, sandbox, soundness
from assignments.__main__ import UNCONFINED, ended, guarded
from assignments.course import HERE, Course, CourseError
from classroom import FIRST, ROOT, command, exported, hand_in, make_course, need_sandbox, write_hand_in


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    need_sandbox()
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def graded(course):
    """A course in which five students have handed in, graded; and what `grade` said."""
    assignment = course.assignment(FIRST)
    (course.root / "roster.csv").write_text("student,name\nanna,Anna\nben,Ben\nzoe,Zoe\n", encoding="utf-8")
    export = course.root / "export"
    export.mkdir()
    right = soundness.reference_answers(assignment)
    wrong = {**right, "distances": right["distances"].replace(".sqrt()", "")}
    script = "<script>document.title = 'OWNED'</script> and $a<b$"
    for name, text in {
        "anna": hand_in(assignment, "right"),
        "ben": hand_in(assignment, {}, essay=None),
        "carl": hand_in(assignment, wrong, essay=script),
        "dora": hand_in(assignment, "right", extra={"distances": "import os\nos._exit(0)"}),
        "emil": hand_in(assignment, "right")[:1000],
    }.items():
        (export / f"{name}_1_{FIRST}.ipynb").write_text(text, encoding="utf-8")
    taken = command(course.root, "collect", FIRST, export)
    assert taken.returncode == 0, taken.stderr
    assert "anna: taken\n" in taken.stdout and "carl: taken; but roster.csv has no such student\n" in taken.stdout
    return command(course.root, "grade")


def test_every_command_explains_itself(capsys):
    assert "usage" in command(HERE, "--help").stdout
    for name in ("init", "release", "check", "collect", "grade", "mark", "feedback", "export", "status", "doctor"):
        with pytest.raises(SystemExit) as done:
            commands.main([name, "--help"])
        assert done.value.code == 0 and f"assignments {name}" in capsys.readouterr().out


def test_a_course_of_ones_own_is_private_and_never_overwritten(tmp_path):
    root = tmp_path / "mine"
    done = command(HERE, "init", root)
    assert done.returncode == 0, done.stderr
    assert Course(root).names == Course(HERE).names
    assert root.stat().st_mode & 0o077 == 0, "others may look into it"
    assert (root / ".gitignore").read_text(encoding="utf-8") == "*\n"
    bare = {**os.environ, "PATH": os.defpath}  # as where the environment isn't activated
    done = command(root, "status", env=bare)
    assert done.returncode == 0 and done.stdout.startswith("nobody yet"), done.stderr
    (root / "roster.csv").write_text("student\nanna\n", encoding="utf-8")
    again = command(HERE, "init", root)
    assert again.returncode and "isn't empty" in again.stderr and again.stderr.count("\n") == 1
    assert (root / "roster.csv").read_text(encoding="utf-8") == "student\nanna\n"


def test_the_release_holds_no_secret(course):
    assignment = course.assignment(FIRST)
    assert soundness.hidden_text(assignment) == []
    released = assignment.released.read_text(encoding="utf-8")
    assert "raise NotImplementedError" in released and "Your answer goes here" in released
    judge = assignment.judge_path.read_text(encoding="utf-8")
    for line in {line.strip() for line in judge.splitlines() if len(line.strip()) > 30}:
        assert line not in released
    # And the test of it can fail: the source itself holds all of it.
    shutil.copy(assignment.source, assignment.released)
    assert len(soundness.hidden_text(assignment)) > 20
    assignment.released.write_text(released, encoding="utf-8")


def test_grading_gives_a_line_for_each_and_goes_on(graded, course):
    assert graded.returncode == 0, graded.stderr
    for line in ("anna: graded", "ben: graded", "emil: rejected; it isn't a whole notebook", "zoe: not graded"):
        assert line in graded.stdout
    assert re.search(r"dora: graded; .*its Python process ended", graded.stdout)
    assert "0 to grade, 5 graded before" in command(course.root, "grade").stdout


def test_marks_are_what_the_answers_earn(graded, course, tmp_path):
    rows = exported(course, tmp_path)
    found = {student: (row["status"], row["points"]) for (student, _), row in rows.items()}
    assert found == {
        "anna": ("to be marked by hand", "18.0"),
        "ben": ("graded", "0.0"),
        "carl": ("to be marked by hand", "14.0"),
        "dora": ("to be marked by hand", "7.0"),
        "emil": ("rejected", ""),
        "zoe": ("nothing came in", ""),
    }
    done = command(course.root, "export")
    assert done.stdout.strip().endswith(str(course.root / "marks.csv")), (
        "marks lie in the folder that only you can open"
    )
    said = command(course.root, "status").stdout
    assert "anna: to be marked by hand  18 of 22" in said


def test_feedback_explains_and_holds_no_script(graded, course):
    assert command(course.root, "feedback").returncode == 0
    page = (course.root / "feedback" / "carl" / FIRST / f"{FIRST}.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find("script") and "document.title" in soup.get_text()
    text = soup.get_text()
    assert re.search(r"✗ two rows to four: \d of 8 numbers aren't right", text)
    assert "How this answer is marked" in text and "a<b" in [formula.get_text() for formula in soup.find_all("math")]
    assert "BEGIN HIDDEN" not in text and "emit(" not in text
    told = (course.root / "feedback" / "emil" / FIRST / "rejected.txt").read_text(encoding="utf-8")
    assert told.startswith("Your hand-in couldn't be graded: it isn't a whole notebook")


def test_nbgraders_own_command_grades_the_same(graded, course, tmp_path):
    before = exported(course, tmp_path)
    code = (
        "import sys; from pathlib import Path; from assignments.nbgrader_steps import api;"
        f"print(api(Path(sys.argv[1])).autograde('{FIRST}', 'carl', force=True)['success'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(course.root)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "True", done.stderr
    assert exported(course, tmp_path) == before


def test_a_changed_hand_in_is_graded_again(graded, course, tmp_path):
    write_hand_in(course, FIRST, "fred", hand_in(course.assignment(FIRST), {}))
    assert "fred: graded" in command(course.root, "grade").stdout
    write_hand_in(course, FIRST, "fred", hand_in(course.assignment(FIRST), "right"))
    assert "fred: not graded" in command(course.root, "status").stdout
    assert "1 to grade" in command(course.root, "grade").stdout
    assert exported(course, tmp_path)["fred", FIRST]["points"] == "18.0"
    shutil.rmtree(course.submitted / "fred")


@pytest.mark.classroom
def test_a_stopped_run_goes_on_where_it_was(course, tmp_path):
    assignment = course.assignment(FIRST)
    other = make_course(tmp_path / "stopped")
    for number in range(4):
        text = hand_in(assignment, "right", extra={"summaries": f"number = {number}"})
        write_hand_in(other, FIRST, f"s{number}", text)
    arguments = [sys.executable, "-m", "assignments", "--course", str(other.root), "grade", "--workers", "1"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        for line in process.stdout:
            if line.startswith("2/4"):
                os.killpg(process.pid, signal.SIGKILL)
                break
    assert "2 to grade, 2 graded before" in command(other.root, "grade").stdout
    assert [row["points"] for row in exported(other, tmp_path).values()] == ["18.0"] * 4


@pytest.mark.classroom
def test_ctrl_c_costs_no_hand_in_a_point(course, tmp_path):
    assignment = course.assignment(FIRST)
    other = make_course(tmp_path / "interrupted")
    for number in range(8):
        text = hand_in(assignment, "right", extra={"summaries": f"number = {number}"})
        write_hand_in(other, FIRST, f"s{number}", text)
    arguments = [sys.executable, "-m", "assignments", "--course", str(other.root), "grade", "--workers", "3"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=ROOT, **streams, text=True, start_new_session=True) as process:
        for line in process.stdout:
            if line.startswith("2/8"):  # others run now, and nbgrader records the next
                os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it, to all processes
                break
        said, complaint = process.communicate(timeout=60)
    assert process.returncode == 130 and "8/8" not in said
    assert complaint.strip() == "grade: stopped. What is done is kept; the same command goes on from here."
    assert "8 graded before" not in command(other.root, "grade").stdout
    assert [row["points"] for row in exported(other, tmp_path).values()] == ["18.0"] * 8


def test_a_signal_to_the_grader_does_not_end_a_run():
    need_sandbox()
    notebook = new_notebook(cells=[new_code_cell("import time\ntime.sleep(4)"), new_code_cell("print(1)")])
    seen, before = [], signal.signal(signal.SIGINT, lambda *_: seen.append(True))
    clock = threading.Timer(3, os.kill, [os.getpid(), signal.SIGINT])
    try:
        clock.start()
        assert running.run(notebook, running.Budget()) is None
    finally:
        clock.cancel()
        signal.signal(signal.SIGINT, before)
    assert seen == [True] and notebook.cells[1].outputs[0].text == "1\n"


def test_errors_are_one_line_that_says_what_to_do(course, tmp_path):
    empty = Course(tmp_path)
    cases = {
        ("release",): "no assignments in",
        ("grade", "none"): "no assignment 'none'",
        ("collect", FIRST, "nowhere"): "no assignment",
    }
    for arguments, says in cases.items():
        done = command(empty.root, *arguments)
        assert done.returncode == 1 and says in done.stderr and len(done.stderr.strip().splitlines()) == 1
    done = command(course.root, "collect", FIRST, "nowhere")
    assert done.returncode == 1 and done.stderr.strip() == "collect: No such file or directory: nowhere"
    (tmp_path / "no.zip").write_text("no zip file")
    done = command(course.root, "collect", FIRST, tmp_path / "no.zip")
    assert done.returncode == 1 and "isn't a folder or a zip file" in done.stderr
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    done = command(course.root, "collect", FIRST, tmp_path / "empty.zip")
    assert done.returncode == 1 and done.stderr.startswith("collect: no notebook (.ipynb) could be taken from")


def test_a_full_disk_is_told_with_what_to_do(monkeypatch, tmp_path, capsys):
    def fill(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(commands, "run_status", fill)
    assert commands.main(["--course", str(tmp_path), "status"]) == 1
    said = capsys.readouterr().err
    assert said == "status: No space left on device. Make room and give the command again; what is done is kept\n"


def test_a_page_that_cannot_be_written_is_told(graded, course, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(course.root, folder)
    shutil.rmtree(folder / "autograded" / "anna")
    done = command(folder, "feedback", FIRST)
    assert done.returncode == 1 and "feedback: 1 page couldn't be written" in done.stderr
    assert "anna: No notebooks were matched by" in done.stdout


def test_no_command_for_a_class_works_on_the_sources_by_mistake(course, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("COURSE", raising=False)
    for name in ("grade", "status", "export", "feedback", "mark", f"collect {FIRST} ."):
        assert commands.main(name.split()) == 1, name
        said, complaint = capsys.readouterr()
        assert "no course is named: export COURSE=" in complaint and complaint.count("\n") == 1 and not said
    for name in ("grade", "doctor", "status"):
        assert commands.main(["--course", str(tmp_path / "none"), name]) == 1
        complaint = capsys.readouterr().err
        assert "there is no folder" in complaint and complaint.count("\n") == 1
    assert commands.main(["status", "--course", str(course.root)]) == 0


@pytest.mark.classroom
def test_a_gradebook_that_is_damaged_or_lost_is_told_in_one_line(graded, course, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(course.root, folder)
    before, book = exported(Course(folder), tmp_path), folder / "gradebook.db"
    book.write_bytes(b"no gradebook" * 1000)
    for name in ("status", "grade", "grade --again", "feedback", "release"):
        done = command(folder, *name.split())
        assert done.returncode == 1 and "not a database" in done.stderr and done.stderr.count("\n") == 1, name
    book.unlink()
    done = command(folder, "grade", FIRST)
    assert done.returncode == 1 and f"doesn't know {FIRST}" in done.stderr and done.stderr.count("\n") == 1
    assert command(folder, "release", FIRST).returncode == 0
    assert command(folder, "grade").returncode == 0
    assert exported(Course(folder), tmp_path) == before


def test_an_assignment_that_changed_must_be_released_again(course, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(course.root, folder)
    source = Course(folder).assignment(FIRST).source
    source.write_text(source.read_text(encoding="utf-8").replace("Some towns", "Ten towns"), encoding="utf-8")
    with pytest.raises(CourseError, match="has changed since its release"):
        _ = Course(folder).assignment(FIRST).blueprint


def test_without_a_sandbox_nothing_is_graded_unless_the_sentence_is_typed(graded, course, tmp_path):
    here = {**os.environ, "PATH": str(tmp_path)}
    done = command(course.root, "grade", "--again", env=here)
    assert done.returncode == 1 and "apt-get install bubblewrap" in done.stderr
    done = command(course.root, "grade", "--without-sandbox", "yes", env=here)
    assert done.returncode == 1 and "can read solutions and judges" in done.stderr
    done = command(course.root, "grade", "--without-sandbox", UNCONFINED, env=here)
    assert done.returncode == 0 and "WITHOUT A SANDBOX" in done.stderr


def test_a_sandbox_that_leaks_is_found_out(monkeypatch, tmp_path):
    need_sandbox()
    honest = sandbox.command

    def leaky(*more):
        def made(space, arguments, shared=None):
            parts = honest(space, arguments, shared)
            place = parts.index("--remount-ro")
            return [*parts[:place], *more, *parts[place:]]

        return made

    shown = tmp_path / "shown"
    shown.mkdir()
    way = sandbox.open_way(shown)
    monkeypatch.setattr(sandbox, "command", leaky(*way, "--ro-bind", str(shown), str(shown)))
    with pytest.raises(sandbox.SandboxError, match="can read"):
        sandbox.prove(shown)

    def networked(space, arguments, shared=None):
        return [part for part in honest(space, arguments, shared) if part != "--unshare-net"]

    if len(socket.if_nameindex()) > 1:  # else the tests themselves run with the network closed
        monkeypatch.setattr(sandbox, "command", networked)
        with pytest.raises(sandbox.SandboxError, match="network"):
            sandbox.prove(tmp_path)


def test_a_kernel_that_does_not_start_is_the_graders_fault(monkeypatch):
    need_sandbox()
    monkeypatch.setattr(sandbox, "command", lambda *_, **__: [sys.executable, "-c", "raise SystemExit('broken')"])
    notebook = new_notebook(cells=[new_code_cell("1")])
    with pytest.raises(running.KernelStartError, match="broken"):
        running.run(notebook, running.Budget(seconds=20))


def test_outputs_are_kept_only_as_text_and_pictures():
    data = {"text/plain": "x", "text/html": "<b>", "image/svg+xml": "<svg/>", "image/png": "PHNjcmlwdD4="}
    kept = running.keep({"output_type": "display_data", "data": data, "metadata": {"a": "<b>"}})
    assert kept == {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
    assert running.keep({"output_type": "update_display_data", "data": data}) is None
    assert running.keep({"output_type": "stream", "name": "stdout", "text": "\x1b[31mred"})["text"] == "red"
    long = running.keep({"output_type": "stream", "name": "stdout", "text": "x" * 10**6})["text"]
    assert len(long) < 2 * running.MOST_TEXT


def test_a_reason_ends_once():
    assert ended("it is a link") == "it is a link." and ended("another assignment?") == "another assignment?"


def test_a_spreadsheet_takes_no_name_for_a_formula():
    assert guarded("=1+1") == "'=1+1" and guarded("anna") == "anna" and guarded(-1.5) == -1.5


def test_what_a_killed_run_left_behind_is_removed():
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    stale, living = Path(f"/tmp/hand-in-{ended.pid}-x"), Path(f"/tmp/hand-in-{os.getpid()}-x")
    for folder in (stale, living):
        folder.mkdir()
    try:
        sandbox.remove_leftovers()
        assert living.exists() and not stale.exists()
    finally:
        living.rmdir()


def digests(folder):
    """{path: digest} of every file in a folder."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_grading_changes_neither_sources_nor_hand_ins(course):
    kept = [course.root / name for name in ("source", "judges", "mutants", "release", "submitted")]
    before = [digests(folder) for folder in kept]
    assert command(course.root, "grade", "--again").returncode == 0
    assert [digests(folder) for folder in kept] == before


def test_the_source_notebooks_are_whole():
    for name in Course().names:
        notebook = nbformat.read(Course().assignment(name).source, as_version=4)
        abouts = [cell.metadata.nbgrader for cell in notebook.cells]
        points = sum(about.get("points", 0) for about in abouts)
        by_hand = [about for about in abouts if about.grade and about.solution]
        judged = {about.grade_id for about in abouts if about.grade and not about.solution}
        assert 15 <= points <= 40 and len(by_hand) == 1 and 4 <= len(judged) <= 6, name
        assert judged == set(Course().assignment(name).judges), name
        assert all("outputs" not in cell or cell.outputs == [] for cell in notebook.cells), name
        assert json.dumps(notebook).count("BEGIN SOLUTION") >= 4, name


def test_an_endless_loop_costs_its_own_cell_alone():
    need_sandbox()
    loop, emit = "while True:\n    pass", "from handin import emit\nemit(lambda: 3, endless, lambda: 5)"
    sources = ["x = 1", loop, f"def endless():\n    {loop.replace(chr(10), chr(10) + '    ')}", emit, "print(x)"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    assert running.run(notebook, running.Budget(cell=3)) is None
    assert notebook.cells[1].outputs[-1].ename == "KeyboardInterrupt"
    shown = json.loads(notebook.cells[3].outputs[0].data[running.EMITTED])
    assert [case["kind"] for case in shown] == ["number", "error", "error"], "cases before the loop keep their values"
    assert notebook.cells[4].outputs[0].text == "1\n"
    assert [index for index, cell in enumerate(notebook.cells) if "interrupted" in cell.metadata] == [1, 3]


def test_what_cannot_be_interrupted_ends_the_run_and_is_named():
    need_sandbox()
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    cells = [new_code_cell("1"), new_code_cell(stubborn)]
    cells[0].metadata["nbgrader"] = {"grade_id": "first"}
    notebook = new_notebook(cells=cells)
    stopped = running.run(notebook, running.Budget(seconds=8, cell=2))
    assert stopped == "it took more than 8 seconds, in a cell behind first"


@pytest.mark.parametrize("source", ["1", "import os\nos._exit(1)", "while True:\n    pass", "print('x' * 10**8)"])
def test_no_kernel_outlives_its_run(source):
    need_sandbox()
    running.run(new_notebook(cells=[new_code_cell(source)]), running.Budget(seconds=6))
    time.sleep(0.3)
    assert not [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
