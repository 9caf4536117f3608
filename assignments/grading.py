"""Grade hand-ins: rebuild, run in a sandbox, judge. One hand-in at a time or many over the cores or machines.

`grade_one` is a plain function of a notebook: it reads no gradebook and writes none, so it can be mapped over
processes or machines. Its results are kept by a digest of the code that ran; asked again, nothing runs again.
"""

import ctypes
import json
import multiprocessing
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from nbformat import NotebookNode
from nbformat.v4 import new_output

from assignments import intake, running
from assignments.course import Course, digest, read_json, write_whole
from assignments.verdict import Verdict, judge

PARENT_DEATH_SIGNAL = 1  # prctl's number for it


@contextmanager
def pool(workers):
    """A pool of processes that end with this one, however it ends; if it is left early, what they do is given up."""
    processes = ProcessPoolExecutor(workers, initializer=begin_worker)
    try:
        yield processes
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        processes.shutdown(cancel_futures=True)


def begin_worker():
    """Leave Ctrl+C, which a terminal sends to all processes, to the one that started this, and end when that is gone.

    A handler and not `SIG_IGN`, which kernels would inherit: they are interrupted when a cell takes too long.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


def is_judged(cell):
    """True for a hidden cell whose values are judged: graded, and no answer."""
    about = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(about.get("grade")) and not about.get("solution")


def result_key(notebook, assignment):
    """Digest of a rebuilt notebook's code and of all that its verdicts depend on."""
    cells = [
        [cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source] for cell in notebook.cells if is_code(cell)
    ]
    return digest(json.dumps([assignment.key, cells]).encode())


def is_code(cell):
    """True for a code cell."""
    return cell.cell_type == "code"


def graded(notebook, assignment, budget, confined=True, again=False):
    """Return the result for a rebuilt notebook: kept from an earlier run, or from running it now.

    Args:
        notebook: A rebuilt hand-in.
        assignment: An `Assignment`.
        budget: A `Budget`.
        confined: False runs without a sandbox.
        again: True doesn't trust a result of a run that was stopped: it may have been the machine's fault.

    Returns:
        A dictionary: `stopped` (None or a phrase), `outputs` (a list for each code cell), `verdicts`
        ({grade id: [share, lines]}).
    """
    path = assignment.result_path(result_key(notebook, assignment))
    result = read_json(path)
    if result is None or (again and result["stopped"]):
        result = run_and_judge(notebook, assignment, budget, confined)
        write_whole(path, json.dumps(result))
    return result


def run_and_judge(notebook, assignment, budget, confined):
    """Run a rebuilt notebook and judge what its hidden cells showed."""
    copy = NotebookNode(json.loads(json.dumps(notebook), object_hook=NotebookNode))
    stopped = running.run(copy, budget, confined)
    verdicts = {}
    for cell in filter(is_judged, copy.cells):
        name = cell.metadata.nbgrader.grade_id
        emitted = [output["data"].get(running.EMITTED) for output in cell.outputs if "data" in output]
        emitted = [text for text in emitted if text is not None]
        verdict = judge(assignment.cases(name), emitted[-1] if emitted else None)
        verdicts[name] = [verdict.share, list(verdict.lines)]
    interrupted = [cell.metadata["interrupted"] for cell in copy.cells if "interrupted" in cell.metadata]
    outputs = [cell.outputs for cell in copy.cells if is_code(cell)]
    return {"stopped": stopped, "interrupted": interrupted, "outputs": outputs, "verdicts": verdicts}


def apply(notebook, result):
    """Put a result into a notebook: the students' cells with their outputs, the hidden ones with points and reasons."""
    for cell, outputs in zip(filter(is_code, notebook.cells), result["outputs"], strict=True):
        cell.execution_count = None
        if not is_judged(cell):
            cell.outputs = [shown for output in outputs if (shown := NotebookNode(output))]
            continue
        about = cell.metadata.nbgrader
        verdict = Verdict(*result["verdicts"][about.grade_id])
        lines = list(verdict.lines)
        if result["stopped"] and not verdict.share:
            lines.append(f"The run was stopped: {result['stopped']}.")
        points = round(verdict.share * float(about.points), 2)
        cell.outputs = [
            new_output("stream", name="stdout", text="\n".join(lines) + "\n"),
            new_output("execute_result", data={"text/plain": repr(points)}, execution_count=None),
        ]


def rebuilt(assignment, student):
    """Return a student's hand-in, rebuilt, and notes for the student.

    Raises:
        intake.RejectedError: It can't be graded.
    """
    cells = intake.parse(intake.read_file(assignment.submitted_file(student)))
    answers = intake.find_answers(cells, assignment.blueprint)
    return intake.rebuild(assignment.blueprint, answers), answers.notes


def grade_one(root, name, student, budget, confined=True):
    """Grade what one student handed in; return a status (graded, rejected, not graded) and notes.

    Everything is passed by name, so that the call can go to another process or machine that sees the course's folder.
    """
    assignment = Course(root).assignment(name)
    try:
        notebook, notes = rebuilt(assignment, student)
    except intake.RejectedError as error:
        return "rejected", [str(error)]
    try:
        result = graded(notebook, assignment, budget, confined, again=True)
    except running.KernelStartError as error:
        return "not graded", [str(error)]
    notes = [*notes, *(f"what took too long was interrupted, {where}" for where in result["interrupted"])]
    if result["stopped"]:
        notes = [*notes, f"the run was stopped: {result['stopped']}"]
    return "graded", notes


def grade_over(address, assignment, students, budget, confined=True):
    """Grade several students' hand-ins on the workers of a Dask scheduler; yield (student, status, notes) as they end.

    Args:
        address: The scheduler's address, such as tcp://host:8786. All workers see the course's folder.
    """
    import distributed

    with distributed.Client(address, timeout="20s") as client:
        students_of = {}
        for student in students:
            given = (assignment.course.root, assignment.name, student, budget, confined)
            students_of[client.submit(grade_one, *given, pure=False, retries=2)] = student
        for future in distributed.as_completed(students_of):
            try:
                status, notes = future.result()
            except Exception as error:  # a worker's end, time and again, or an error of the course's own
                status, notes = "not graded", [f"{type(error).__name__}: {error}"]
            yield students_of[future], status, notes


def grade_many(assignment, students, budget, confined=True, workers=2):
    """Grade several students' hand-ins over processes of this machine; yield (student, status, notes) as they end.

    A worker that is killed takes its hand-ins down with it; they are tried again in a new pool, alone at last.
    """
    left, tries = list(students), 0
    while left:
        tries += 1
        done = []
        with pool(workers if tries == 1 else 1) as processes:
            futures = {
                processes.submit(grade_one, assignment.course.root, assignment.name, student, budget, confined): student
                for student in left
            }
            for future in as_completed(futures):
                try:
                    status, notes = future.result()
                except BrokenProcessPool:
                    continue
                done.append(futures[future])
                yield futures[future], status, notes
        left = [student for student in left if student not in done]
        if tries > 1 and not done:
            for student in left:
                yield student, "not graded", ["the grading process was killed each time"]
            return
