"""A web server on localhost that misbehaves as a test's script says, and a story for it to serve."""

import http.server
import random
import threading
import time
from contextlib import contextmanager, suppress

# Incompressible, and long enough to be cut: the same bytes in every process.
STORY = bytes(random.Random(0).choices(b"abcdefghijklmnopqrstuvwxyz \n", k=300_000))


class Request:
    """One request being answered: what was asked, and ways to answer it well or badly."""

    def __init__(self, handler, content):
        self.handler, self.content = handler, content

    def start(self, status, length=None, **headers):
        self.handler.send_response(status)
        if length is not None:
            self.handler.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def first_byte(self):
        wanted = self.handler.headers.get("Range")
        return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0


def send(request):
    """Answer well: the file, or the part of it that was asked for."""
    first = request.first_byte()
    rest, last = request.content[first:], len(request.content) - 1
    if first:
        request.start(206, len(rest), Content_Range=f"bytes {first}-{last}/{last + 1}")
    else:
        request.start(200, len(rest))
    request.handler.wfile.write(rest)


def send_whole(request):
    """Answer as a server that has never heard of ranges."""
    request.start(200, len(request.content))
    request.handler.wfile.write(request.content)


def cut(request):
    """Promise the rest, send half of it, hang up."""
    rest = request.content[request.first_byte() :]
    request.start(206 if request.first_byte() else 200, len(rest))
    request.handler.wfile.write(rest[: len(rest) // 2])


def stall(request):
    """Promise the rest, send half of it, then nothing while the line stays open."""
    cut(request)
    request.handler.wfile.flush()
    time.sleep(1.5)


def drip(request):
    """Send a little, and the rest slowly enough to be killed in the midst of it."""
    request.start(200, len(request.content))
    for start in range(0, len(request.content), 2000):
        request.handler.wfile.write(request.content[start : start + 2000])
        request.handler.wfile.flush()
        time.sleep(0.02)


def log_in(request):
    """Answer as the login page of a hotel's network does."""
    page = b"<html>Welcome! Please log in.</html>"
    request.start(200, len(page))
    request.handler.wfile.write(page)


def status(code):
    """Return an answer that has only this status."""
    return lambda request: request.start(code, 0)


def redirect(path):
    """Return an answer that sends the client elsewhere on this server."""
    return lambda request: request.start(302, 0, Location=path)


@contextmanager
def serving(routes):
    """Serve on a free port while the block runs.

    Args:
        routes: Path → (content, answers). Each request takes the next answer; the last one is given again.

    Yields:
        The base address, without a slash at its end; and a list of (path, range header or None) asked so far.
    """
    asked, lock = [], threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with lock:
                count = sum(path == self.path for path, _ in asked)
                asked.append((self.path, self.headers.get("Range")))
            if self.path not in routes:
                return self.send_error(404)
            content, answers = routes[self.path]
            with suppress(BrokenPipeError, ConnectionResetError):  # a client may go away
                answers[min(count, len(answers) - 1)](Request(self, content))

        def log_message(self, *_):
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
