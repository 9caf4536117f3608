"""Grading over a Dask scheduler, with several workers of which one is killed: no hand-in is lost."""

import os
import re
import socket
import subprocess
import sys
import time

import pytest

from classroom import FIRST, ROOT, exported, hand_in, make_course, need_sandbox, write_hand_in

HAND_INS, WORKERS = 200, 3


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(folder, *arguments):
    """Start a process whose words go to a file."""
    log = open(folder / f"{arguments[0].rsplit('_')[-1]}.log", "ab")  # noqa: SIM115 - the process holds it
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, stdout=log, stderr=log)


@pytest.mark.classroom
def test_a_killed_worker_costs_no_hand_in(tmp_path):
    need_sandbox()
    course = make_course(tmp_path / "course")
    assignment = course.assignment(FIRST)
    for number in range(HAND_INS):
        text = hand_in(assignment, "right", extra={"summaries": f"mine = {number}"})
        write_hand_in(course, FIRST, f"s{number:03d}", text)
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = ["distributed.cli.dask_scheduler", "--host", address, "--no-dashboard", "--no-show"]
    worker = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    processes = [start(tmp_path, *scheduler)]
    try:
        time.sleep(2)
        processes += [
            start(tmp_path, *worker, "--local-directory", str(tmp_path / str(number))) for number in range(WORKERS)
        ]
        grade = ["-m", "assignments", "--course", str(course.root), "grade", "--scheduler", address]
        with subprocess.Popen([sys.executable, *grade], cwd=ROOT, stdout=subprocess.PIPE, text=True) as grading:
            lines = []
            for line in grading.stdout:
                lines.append(line)
                if line.startswith(f"{HAND_INS // 4}/"):
                    processes[-1].kill()
        assert grading.returncode == 0, "".join(lines)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    graded = re.findall(r"^\d+/\d+ (s\d+): graded$", "".join(lines), re.MULTILINE)
    assert sorted(graded) == [f"s{number:03d}" for number in range(HAND_INS)], "".join(lines)
    assert {row["points"] for row in exported(course, tmp_path).values()} == {"18.0"}
    assert os.listdir(course.state / FIRST / "students")
