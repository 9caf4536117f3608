"""Settings that lessons and tests run under, and a report of what takes long."""

import os
from collections import Counter

SLOWEST = 5  # lessons, and cells, in the report
LIMIT = 60  # seconds that a lesson may take on one core

# One thread adds numbers in one order, so outputs repeat to the last bit. A test run may say otherwise.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_terminal_summary(terminalreporter):
    """Name the slowest lessons and cells, so that a slow one is seen before it adds up."""
    lessons, cells = Counter(), Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            path, _, cell = getattr(report, "nodeid", "").partition("::")
            if path.endswith(".ipynb"):
                lessons[path] += report.duration
                cells[f"{path}, {cell.lower()}"] += report.duration
    if lessons:
        terminalreporter.write_line(f"{len(lessons)} lessons, {sum(lessons.values()):.0f} s in all; slowest:")
    for path, seconds in lessons.most_common(SLOWEST):
        remark = f"  over the limit of {LIMIT} s" if seconds > LIMIT else ""
        terminalreporter.write_line(f"  {seconds:5.1f} s  {path}{remark}")
    for cell, seconds in cells.most_common(SLOWEST):
        terminalreporter.write_line(f"  {seconds:5.1f} s  {cell}")
