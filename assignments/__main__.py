"""What an instructor types: python -m assignments COMMAND."""

import argparse
import csv
import errno
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from assignments import handins, sandbox
from assignments.course import HERE, Course, CourseError, write_whole
from assignments.grading import grade_many, grade_over, pool
from assignments.ledger import gradebook, marks, record, recorded, roster, state_of, write_rebuilt
from assignments.release import reason, release
from assignments.running import Budget

UNCONFINED = "I accept that hand-ins can do what I can"
LAB_SETTINGS = HERE.parent / "tools" / "lab_settings"  # those of `make lab`
OF_A_CLASS = {"collect", "grade", "mark", "feedback", "export", "status"}  # never on the folder of the sources
REMEDIES = {
    errno.ENOSPC: ". Make room and give the command again; what is done is kept",
    errno.EROFS: ". Nothing can be written there: work on a copy of the folder, or make it writable",
    errno.EACCES: ". Make it yours to read and write, and give the command again",
}
NBGRADER_CONFIG = '''"""nbgrader's settings for this course, for the formgrader and nbgrader's own commands."""

from pathlib import Path

from assignments.nbgrader_steps import settings

c = get_config()  # noqa: F821 - Jupyter defines it
c.merge(settings(Path(__file__).resolve().parent))
'''
WARNING = (
    "WITHOUT A SANDBOX a hand-in can read solutions and judges, write to the gradebook, delete files, "
    "use the network, and see other students' work."
)


def main(arguments=None):
    """Carry out one command; return the exit status."""
    options = parser().parse_args(arguments)
    course = Course(Path(options.course or HERE).resolve())
    try:
        if options.command in OF_A_CLASS and not options.course:
            raise CourseError(f"no course is named: export COURSE=FOLDER, or: {options.command} --course FOLDER …")
        if not course.root.is_dir():
            raise CourseError(f"there is no folder {course.root}: python -m assignments init makes a course's folder")
        return options.run(course, options)
    except (CourseError, sandbox.SandboxError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        said = f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
        print(f"{options.command}: {said}{REMEDIES.get(error.errno, '')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            f"\n{options.command}: stopped. What is done is kept; the same command goes on from here.", file=sys.stderr
        )
        return 130


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m assignments", description="Hand out, take in and grade assignments.")
    about_course = "folder of the course (default: what COURSE names; else, for check and release, our sources)"
    top.add_argument("--course", default=os.environ.get("COURSE"), help=about_course)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, run, says, assignment="?"):
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        if name != "init":
            command.add_argument("--course", default=argparse.SUPPRESS, help=about_course)
        if assignment:
            command.add_argument("assignment", nargs=assignment, help="its name; all where none is given")
        return command

    init = add(
        "init", run_init, "make a course's folder of your own, private, with our assignments in it", assignment=None
    )
    init.add_argument("folder", help="a folder that doesn't exist yet, or an empty one")
    add("release", run_release, "make the students' notebooks, without solutions, in release/")
    check = add(
        "check", run_check, "try whether assignments are sound: reference, blank, other answers, planted mistakes"
    )
    collect = add("collect", run_collect, "take in a folder or zip file of hand-ins", assignment=None)
    collect.add_argument("assignment", help="its name")
    collect.add_argument("place", help="the folder or zip file")
    collect.add_argument("--pattern", help="regular expression with (?P<student>…), searched in each file's path")
    grade = add("grade", run_grade, "grade all that came in and isn't graded yet")
    for command in (check, grade):
        command.add_argument(
            "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)"
        )
        command.add_argument("--without-sandbox", metavar="SENTENCE", help=f'only with the sentence "{UNCONFINED}"')
    grade.add_argument("--seconds", type=float, default=Budget.seconds, help="for one hand-in (default: %(default)s)")
    grade.add_argument("--scheduler", help="address of a Dask scheduler, whose workers grade in place of this machine")
    grade.add_argument("--again", action="store_true", help="record all anew, even what is graded")
    mark = add("mark", run_mark, "open nbgrader's formgrader in JupyterLab, to mark by hand", assignment=None)
    mark.add_argument(
        "options", nargs="*", help="handed on to JupyterLab, after --, such as -- --no-browser --port=9000"
    )
    add("feedback", run_feedback, "write a page for each student, in feedback/")
    export = add("export", run_export, "write a table of marks")
    export.add_argument("--to", help="file (default: marks.csv in the course's folder, which is private)")
    add("status", run_status, "say for each student where the work stands")
    add("doctor", run_doctor, "prove the sandbox and say what is installed", assignment=None)
    return top


def chosen(course, options):
    """The assignments that a command is about."""
    names = [options.assignment] if options.assignment else course.names
    if not names:
        raise CourseError(f"no assignments in {course.root / 'source'}")
    return [course.assignment(name) for name in names]


def confined(course, options):
    """True when hand-ins run in a sandbox, which is proved first; False if the instructor typed the sentence."""
    if options.without_sandbox is not None:
        if options.without_sandbox != UNCONFINED:
            raise CourseError(f'without a sandbox only with the sentence "{UNCONFINED}". {WARNING}')
        print(WARNING, file=sys.stderr)
        return False
    sandbox.prove(course.root)
    return True


def interface(course, rebuilt=False):
    """nbgrader's interface to the course (its import takes seconds)."""
    from assignments.nbgrader_steps import api

    return api(course.root, rebuilt)


def run_init(_, options):
    """Make a course's folder."""
    root = Path(options.folder).resolve()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CourseError(f"{root} isn't empty; name a folder that doesn't exist yet")
    for name in ("source", "judges", "mutants"):
        shutil.copytree(HERE / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    (root / "roster.csv").write_text("student,name\n", encoding="utf-8")
    (root / "nbgrader_config.py").write_text(NBGRADER_CONFIG, encoding="utf-8")
    (root / ".gitignore").write_text("*\n", encoding="utf-8")
    root.chmod(0o700)  # hand-ins and marks will lie here
    print(f"{root}: {len(Course(root).names)} assignments. Put your students into roster.csv; then: release")
    return 0


def run_mark(course, options):
    """Open the formgrader."""
    if not (course.root / "nbgrader_config.py").is_file():
        raise CourseError(
            f"{course.root} has no nbgrader_config.py: python -m assignments init makes a course's folder"
        )
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["PYTHONPATH"] = f"{HERE.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    # `make lab` switches nbgrader off; this may be a terminal in a JupyterLab that it opened.
    places = environment.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(place for place in places if place != str(LAB_SETTINGS))
    print("In JupyterLab's menu choose Nbgrader, Formgrader, then Manual Grading.", flush=True)
    command = [sys.executable, "-m", "jupyter", "lab", *options.options]
    return subprocess.run(command, cwd=course.root, env=environment, check=False).returncode


def run_release(course, options):
    """Release assignments."""
    from assignments.soundness import hidden_text

    with gradebook(course):  # it must be whole
        pass
    api = interface(course)
    for assignment in chosen(course, options):
        release(assignment, api)
        leaked = hidden_text(assignment)
        if leaked:
            assignment.released.unlink()
            raise CourseError(f"{assignment.name} would show what it must hide ({leaked[0]}); nothing was released")
        print(f"{assignment.name}: {assignment.released}")
    return 0


def run_check(course, options):
    """Try whether assignments are sound."""
    from assignments import soundness

    is_confined, failed = confined(course, options), 0
    with pool(options.workers) as processes:
        for assignment in chosen(course, options):
            began, trials = time.monotonic(), soundness.trials(assignment)
            futures = [
                processes.submit(soundness.attempt, assignment, trial, Budget(), is_confined) for trial in trials
            ]
            for trial, future in zip(trials, futures, strict=True):
                fault = future.result()
                failed += fault is not None
                print(
                    f"{assignment.name}: {'✗' if fault else '✓'} {trial.name}{f': {fault}' if fault else ''}",
                    flush=True,
                )
            print(f"{assignment.name}: {len(trials)} hand-ins in {time.monotonic() - began:.0f} s")
    print(f"{failed} came out other than they should" if failed else "all came out as they should")
    return 1 if failed else 0


def run_collect(course, options):
    """Take in hand-ins."""
    assignment, known, count, damaged = course.assignment(options.assignment), roster(course), 0, False
    for student, note in handins.collect(assignment, options.place, options.pattern):
        count += note.startswith(("taken", "was here"))
        is_stranger = note.startswith(("taken", "was here")) and known and student not in known
        damaged = damaged or "can't be unpacked" in note
        print(f"{student}: {note}{'; but roster.csv has no such student' if is_stranger else ''}")
    if not count:
        raise CourseError(f"no notebook (.ipynb) could be taken from {options.place}")
    print(f"{count} hand-ins of {assignment.name} are here")
    return 1 if damaged else 0


def run_grade(course, options):
    """Grade hand-ins: run and judge them over the cores, then record them one by one."""
    roster(course)  # a fault in it shows before the work
    is_confined, budget = confined(course, options), replace(Budget(), seconds=options.seconds)
    api, failed = None, 0
    for assignment in chosen(course, options):
        done_before = recorded(assignment)  # also looks whether the gradebook is whole
        waiting = [name for name in assignment.students() if options.again or name not in done_before]
        total, began = len(waiting), time.monotonic()
        print(f"{assignment.name}: {total} to grade, {len(assignment.students()) - total} graded before", flush=True)
        if options.scheduler:
            done = grade_over(options.scheduler, assignment, waiting, budget, is_confined)
        else:
            done = grade_many(assignment, waiting, budget, is_confined, options.workers)
        with closing(done):
            for number, (student, status, notes) in enumerate(done, start=1):
                fault = None
                with uninterrupted():
                    if status == "graded":
                        api = api or interface(course, rebuilt=True)
                        write_rebuilt(assignment, student)
                        said = api.autograde(assignment.name, student, force=True)
                        fault = None if said["success"] else reason(said)
                    outcome, remarks = ("not graded", [fault]) if fault else (status, notes)
                    record(assignment, student, outcome, remarks)
                    failed += outcome == "not graded"
                    remarks = "".join(f"; {remark}" for remark in remarks)
                    print(f"{number}/{total} {student}: {outcome}{remarks}", flush=True)
        if total:
            print(f"{assignment.name}: {total} in {time.monotonic() - began:.0f} s")
        print_missing(assignment)
    if failed:
        raise CourseError(f"{failed} not graded, for the reasons above; the same command tries them again")
    return 0


@contextmanager
def uninterrupted():
    """Let Ctrl+C wait until a hand-in is recorded: nbgrader would swallow it and say that the hand-in failed."""
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def print_missing(assignment):
    """Print who of the roster handed in nothing."""
    missing = sorted(set(roster(assignment.course)) - set(assignment.students()))
    for student in missing:
        print(f"{student}: not graded; nothing came in")


def run_feedback(course, options):
    """Write feedback pages."""
    api, failed = interface(course), 0
    for assignment in chosen(course, options):
        for student in assignment.students():
            state = state_of(assignment, student)
            folder = course.root / "feedback" / student / assignment.name
            if state["status"] == "graded":
                said = api.generate_feedback(assignment.name, student)
                failed += not said["success"]
                print(f"{student}: {folder if said['success'] else reason(said)}")
            elif state["status"] == "rejected":
                write_whole(folder / "rejected.txt", f"Your hand-in couldn't be graded: {ended(state['notes'][0])}\n")
                print(f"{student}: {folder / 'rejected.txt'}")
            else:
                print(f"{student}: not graded yet")
        waiting = [row["student"] for row in marks(course, [assignment]) if row["status"] == "to be marked by hand"]
        if waiting:
            print(
                f"{assignment.name}: the question in words isn't marked yet, and the page says so, of: "
                f"{', '.join(waiting)}. Mark it (python -m assignments mark), then write the pages again",
                file=sys.stderr,
            )
    if failed:
        raise CourseError(f"{failed} page{'s' if failed > 1 else ''} couldn't be written, for the reasons above")
    return 0


def ended(text):
    """A text with a full stop behind it, unless it has an end of its own."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def run_export(course, options):
    """Write the table of marks."""
    rows = list(marks(course, chosen(course, options)))
    columns = ["student", "assignment", "status", "points", "of", "late penalty"]
    target = Path(options.to or course.root / "marks.csv")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows({key: guarded(value) for key, value in row.items()} for row in rows)
    print(f"{len(rows)} rows: {target}")
    return 0


def guarded(value):
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t" else value


def run_status(course, options):
    """Print where each student's work stands."""
    rows = list(marks(course, chosen(course, options)))
    if not rows:
        print(f"nobody yet: {course.root / 'roster.csv'} names no student, and nothing came in")
    for row in rows:
        points = f"  {row['points']:g} of {row['of']:g}" if "points" in row else ""
        print(f"{row['assignment']}  {row['student']}: {row['status']}{points}")
    return 0


def run_doctor(course, options):
    """Prove the sandbox."""
    for name in ("nbgrader", "nbclient", "ipykernel", "torch"):
        print(f"{name} {importlib.metadata.version(name)}")
    found = sandbox.prove(course.root)
    print(f"bubblewrap: {sandbox.find_bwrap()}")
    print(f"sandbox: proved. User {found['user']}, no network, no privileges, nothing of the course readable, ", end="")
    print("nothing of the system writable, memory and processes limited")
    return 0


if __name__ == "__main__":
    sys.exit(main())
