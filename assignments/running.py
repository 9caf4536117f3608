"""Run the cells of one notebook in a sandboxed kernel, within a budget, whatever the cells do.

A cell that takes too long is interrupted, and the next ones have their turn. What can't be interrupted, or takes more
than the notebook may as a whole, ends the run.
"""

import asyncio
import atexit
import base64
import binascii
import logging
import os
import re
import signal
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

from assignments import sandbox

EMITTED = "application/vnd.handin+json"
PNG = b"\x89PNG\r\n\x1a\n"
MOST_TEXT = 20_000  # characters kept of one output
MOST_PICTURE = 2_000_000  # characters of a picture
LOOK_EVERY = 0.25  # seconds
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class KernelStartError(Exception):
    """No kernel started, so that nothing of a hand-in ran: a fault on the grader's side."""


@dataclass(frozen=True)
class Budget:
    """What a whole notebook may use."""

    seconds: float = 120.0  # wall time, the kernel's start included
    cell: float = 30.0  # seconds after which a cell is interrupted
    output: int = 5_000_000  # characters of messages
    memory: int = 6 * 2**30  # bytes, all processes together; what they share is counted for each
    shared: int = 16 * 2**20  # bytes of the folder with the sockets
    space: sandbox.Space = field(default_factory=sandbox.Space)


# A kernel that ends while nbclient waits leaves tasks behind, of which asyncio would complain.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


class Watch(threading.Thread):
    """Ends a kernel that takes more memory than it may, in all its processes together, or fills the shared folder."""

    def __init__(self, manager, folder, budget):
        super().__init__(daemon=True)
        self.manager, self.folder, self.budget = manager, folder, budget
        self.over, self.reason = threading.Event(), None

    def run(self):
        """Look every quarter of a second until the run is over."""
        pid = None
        while self.reason is None and not self.over.wait(LOOK_EVERY):
            pid = getattr(self.manager.provisioner, "pid", None)
            if pid is None:
                continue
            if used_memory(pid) > self.budget.memory:
                self.reason = "it took too much memory"
            elif used_space(self.folder) > self.budget.shared:
                self.reason = "it filled a folder that it shares with the grader"
        if self.reason is not None and pid is not None:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)  # bubblewrap's end is the end of everything in it


def used_memory(pid):
    """Bytes of memory that a process and its children hold."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def used_space(folder):
    """Bytes in a folder, each file counted as one byte more."""
    with suppress(OSError), os.scandir(folder) as entries:
        return sum(entry.stat(follow_symlinks=False).st_size + 1 for entry in entries)
    return 0


class Client(NotebookClient):
    """nbclient with one clock and one measure of output for the whole notebook, and a clock for each cell."""

    def begin(self, budget, watch):
        """Start the clock."""
        self.ends, self.left, self.watch = time.monotonic() + budget.seconds, budget.output, watch
        self.patience, self.reached, self.interrupted = budget.cell, None, []
        self.handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    async def async_start_new_kernel(self, **options):
        """Start the kernel, with the handlers of signals that were there before nbclient set its own.

        Those would end the kernel when the grader is stopped, and the hand-in would lose its points for it.
        """
        loop = asyncio.get_running_loop()
        for number, handler in self.handlers.items():
            with suppress(RuntimeError):  # outside of the main thread nbclient sets none
                if loop.remove_signal_handler(number):
                    signal.signal(number, handler)
        await super().async_start_new_kernel(**options)

    async def async_execute_cell(self, cell, cell_index, *arguments, **options):
        """Run a cell, and interrupt it when it takes too long."""
        self.reached = cell_index if cell.cell_type == "code" else self.reached
        clock = asyncio.ensure_future(self.interrupt_in_time(cell_index))
        try:
            return await super().async_execute_cell(cell, cell_index, *arguments, **options)
        finally:
            clock.cancel()

    async def interrupt_in_time(self, cell_index):
        """Interrupt the kernel, time and again, for as long as a cell runs."""
        while True:
            await asyncio.sleep(self.patience)
            if cell_index not in self.interrupted:
                self.interrupted.append(cell_index)
            with suppress(OSError, RuntimeError):  # the kernel has ended, which shows elsewhere
                await self.km.interrupt_kernel()

    def process_message(self, msg, cell, cell_index):
        """Count what a message holds before nbclient takes it in; too much is the end of the kernel."""
        self.left -= len(str(msg.get("content")))
        if self.left >= 0:
            return super().process_message(msg, cell, cell_index)
        self.watch.reason = self.watch.reason or "it printed too much"
        return None


def run(notebook, budget, confined=True):
    """Run a notebook's code cells in order; return None, or a phrase that says why it was stopped.

    Each cell gets the outputs that may be kept. From the cell at which the notebook was stopped, cells have none.

    Args:
        notebook: A notebook, changed in place.
        budget: A `Budget`.
        confined: False runs the kernel without a sandbox, with all that the grader may do.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with sandbox.private_folder() as folder:
        manager = AsyncKernelManager(transport="ipc", ip=str(folder / "k"), connection_file=str(folder / "kernel.json"))
        if confined:
            argv = sandbox.command(budget.space, ["{connection_file}"], shared=folder)
        else:
            argv = [*sandbox.unconfined(), "{connection_file}"]
        manager._kernel_spec = KernelSpec(
            argv=argv, display_name="hand-in", language="python", interrupt_mode="message"
        )
        client = Client(notebook, km=manager, allow_errors=True, store_widget_state=False, record_timing=False)
        client.timeout_func = lambda cell: max(client.ends - time.monotonic(), 0.1)
        client.startup_timeout = int(budget.seconds)
        client.shutdown_kernel = "immediate"
        watch = Watch(manager, folder, budget)
        client.owns_km = True  # else nbclient would leave the kernel running
        client.begin(budget, watch)
        watch.start()
        with tempfile.TemporaryFile() as said:  # what the kernel's process says outside of any cell
            try:
                stopped = attempt(client, budget, said)
            finally:
                watch.over.set()
        stopped = watch.reason or stopped
        if stopped and client.reached is not None:
            stopped += f", {place(notebook, client.reached)}"
        for index in client.interrupted:
            notebook.cells[index].metadata["interrupted"] = place(notebook, index)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := keep(output))]
    return stopped


def place(notebook, index):
    """Say in words where a cell stands, by the ids that nbgrader knows."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells[: index + 1]]
    known = [name for name in names if name]
    if names[-1]:
        return f"in the cell {names[-1]}"
    return f"in a cell behind {known[-1]}" if known else "in a cell above the first answer"


def attempt(client, budget, said):
    """Run a client, its process's own words written to the file `said`; return None or why it was stopped.

    Raises:
        KernelStartError: No cell was reached.
    """
    begun = []
    client.on_cell_start = lambda **_: begun.append(True)
    try:
        client.execute(stdout=said, stderr=said)
    except CellTimeoutError:
        return f"it took more than {budget.seconds:g} seconds"
    except DeadKernelError:
        return "its Python process ended"
    except Exception as error:  # a kernel in hostile hands can send anything
        if not begun:
            said.seek(0)
            last = said.read(MOST_TEXT).decode(errors="replace").strip().splitlines()[-1:]
            raise KernelStartError(f"no kernel started: {' '.join(last) or error}") from error
        return f"its kernel answered nonsense ({type(error).__name__})"
    finally:
        atexit.unregister(client._cleanup_kernel)  # done already; nbclient would try again when Python ends
    return None


def keep(output):
    """Return an output with what may be kept of it (text, PNG pictures, emitted values), None if nothing may."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=clipped(output.get("text")))
    if kind == "error":
        trace = [clipped(line) for line in list(output.get("traceback", []))[-30:]]
        return new_output(
            "error", ename=clipped(output.get("ename")), evalue=clipped(output.get("evalue")), traceback=trace
        )
    if kind in {"display_data", "execute_result"}:
        data = kept_data(output.get("data") or {})
        return new_output("display_data", data=data) if data else None
    return None


def kept_data(data):
    """Return the entries of a display's data that may be kept."""
    kept = {}
    if isinstance(data.get("text/plain"), str):
        kept["text/plain"] = clipped(data["text/plain"])
    if isinstance(data.get(EMITTED), str):
        kept[EMITTED] = data[EMITTED]
    picture = data.get("image/png")
    if isinstance(picture, str) and len(picture) <= MOST_PICTURE:
        try:
            if base64.b64decode(picture).startswith(PNG):
                kept["image/png"] = picture
        except (binascii.Error, ValueError):
            pass
    return kept


def clipped(text):
    """Return a text without colour codes, cut where it is too long."""
    text = ANSI.sub("", str(text))
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n… cut here"
