"""Training curves on a Visdom server, and starting such a server: `python -m d2lutils.visdom_board`."""

import argparse
import contextlib
import io
import logging
import shutil
import socket
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np

PORT = 8097
SECONDS_BETWEEN_SENDS = 0.5
SEND_SHARE = 0.01  # of the time that passes may go into sending, at most
TIMEOUT = 3  # seconds to wait for a server
SCRIPTS = ("unpkg.com", 443)  # where Visdom finds its page's scripts
NEEDED_SCRIPTS = ("jquery.min.js", "react-react.min.js", "react-dom.min.js", "plotly-plotly.min.js")


class VisdomBoard:
    """A window of curves on a Visdom server, to be handed to `plotting.LiveCurves(board=…)`.

    All points that have come are sent at once, from a thread of their own, so training doesn't wait for the
    server. If there is none, or it goes away, one warning says so and training goes on; a server that
    comes back has the whole curves at the end.

    Args:
        title: The window's title; a second board of the same title draws in the same window.
        address: Where the server is, with its port.
        environment: The page of the server to draw on.

    Attributes:
        seconds_spent: Processor time that sending has taken, in seconds.
    """

    def __init__(self, title, address=f"http://localhost:{PORT}", environment="main"):
        if not address.rpartition(":")[2].isdigit():
            raise ValueError(f"address needs a port, as http://localhost:{PORT} has, got {address!r}")
        self.title, self.address, self.environment = title, address, environment
        self._options, self._points, self._client, self._worker = {}, {}, None, None
        self._news, self._stop = threading.Event(), threading.Event()
        self._warned = False
        self.seconds_spent = 0.0

    def start(self, xlabel, ylabel):
        """Look for the server, and begin to send curves with these axis labels."""
        self._options = {"title": self.title, "xlabel": xlabel, "ylabel": ylabel}
        self._stop.clear()
        if self._connect():
            self._worker = threading.Thread(target=self._send_news, daemon=True)
            self._worker.start()

    def update(self, points):
        """Take the curves as they are now: a dict of name to (xs, ys), lists that may go on growing."""
        self._points = points
        self._news.set()

    def finish(self):
        """Send the last points, and what a server missed while it was away."""
        self._stop.set()
        self._news.set()
        if self._worker is not None:
            self._worker.join()
            self._worker = None
        if self._points and (self._client or self._connect()):
            self._send()

    def _connect(self):
        """Return whether there is a server now."""
        import visdom

        class Client(visdom.Visdom):
            def _handle_post(self, url, data=None):
                # A proxy for the world outside must not be asked for a server on this machine.
                self.session.trust_env = "//localhost" not in url and "//127." not in url
                return self.session.post(url, data=data or {}, timeout=TIMEOUT).text

        logging.getLogger("visdom").setLevel(logging.ERROR)  # it warns of what is as it should be
        server, _, port = self.address.rpartition(":")
        try:
            self._client = Client(
                server, port=int(port), env=self.environment, use_incoming_socket=False, raise_exceptions=True
            )
        except ConnectionError:
            self._warn(
                f"no Visdom server at {self.address}: the curves are shown here only. `make board`, or `python -m "
                "d2lutils.visdom_board`, starts one"
            )
        return self._client is not None

    def _send_news(self):
        """Send from time to time until told to stop; what sending costs decides how often."""
        while not self._stop.is_set():
            self._news.wait()
            self._news.clear()
            before = self.seconds_spent
            if not self._stop.is_set():
                self._send()
            self._stop.wait(max(SECONDS_BETWEEN_SENDS, (self.seconds_spent - before) / SEND_SHARE))

    def _send(self):
        """Replace the window's curves by all points so far, in one message."""
        start = time.thread_time()
        curves = list(self._points.values())
        counts = [min(map(len, curve)) for curve in curves]  # a point may be half added at this moment
        X, Y = (np.full((max(counts), len(curves)), np.nan) for _ in range(2))  # (points, curves), short ones padded
        for column, (count, (xs, ys)) in enumerate(zip(counts, curves, strict=True)):
            X[:count, column], Y[:count, column] = xs[:count], ys[:count]
        options = {**self._options, "legend": list(self._points)[: len(curves)]}
        try:
            if self._client.line(Y=Y, X=X, win=self.title, opts=options) != self.title:
                raise ConnectionError
        except ConnectionError:
            self._warn(
                f"the Visdom server at {self.address} doesn't answer: training goes on, and the curves are whole here"
            )
        self.seconds_spent += time.thread_time() - start

    def _warn(self, text):
        if not self._warned:
            warnings.warn(text, stacklevel=5)
        self._warned = True


def main(arguments=None):
    """Start a Visdom server on this machine and return its exit status; the first start fetches its page's scripts."""
    parser = argparse.ArgumentParser(prog="python -m d2lutils.visdom_board", description="Start a board for curves.")
    parser.add_argument("--port", type=int, default=PORT, help=f"where it listens ({PORT})")
    port = parser.parse_args(arguments).port
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            print(f"board: can't listen on port {port} ({reason}). Is one running already? Try --port", file=sys.stderr)
            return 1
    folder = board_folder()
    try:
        is_whole = prepare_page(folder)
    except OSError as error:
        print(f"board: can't keep its page in {folder} ({error.strerror or error}). Set D2LUTILS_DATA", file=sys.stderr)
        return 1
    if not is_whole:
        print("board: no network for its scripts, so its page stays empty; it keeps all curves. Start it once with one")
    with contextlib.suppress(KeyboardInterrupt):
        _serve(folder, port)
    return 0


def board_folder():
    """Return the folder for a board's page and for what it shows."""
    from d2lutils.data.cache import cache_folder

    return cache_folder() / "visdom"


def prepare_page(folder):
    """Put Visdom's page with its scripts into a folder; return whether the scripts are there."""
    import visdom
    from visdom.server.build import download_scripts

    static = folder / "static"
    shutil.copytree(Path(visdom.__file__).with_name("static"), static, dirs_exist_ok=True)
    needed = [static / "js" / name for name in NEEDED_SCRIPTS]
    if not all(path.exists() for path in needed):
        before = socket.getdefaulttimeout()
        try:
            socket.create_connection(SCRIPTS, timeout=TIMEOUT).close()
            print("board: fetching its page's scripts, once …", flush=True)
            socket.setdefaulttimeout(10 * TIMEOUT)
            with contextlib.redirect_stdout(io.StringIO()):
                download_scripts(install_dir=str(folder))
        except OSError:
            pass  # no network, or one that breaks off: the board runs without its page
        finally:
            socket.setdefaulttimeout(before)
    return all(path.exists() for path in needed)


def _serve(folder, port):
    """Serve until interrupted."""
    import tornado.web
    from visdom.server import app, run_server

    class PageFiles(tornado.web.StaticFileHandler):
        @classmethod
        def get_version(cls, settings, path):
            """Return nothing for a path that Visdom's page names outside its folder, which Tornado 6.5 forbids."""
            with contextlib.suppress(tornado.web.HTTPError):
                return super().get_version(settings, path)

    app.tornado_settings |= dict.fromkeys(("static_path", "template_path"), str(folder / "static"))
    app.tornado_settings["static_handler_class"] = PageFiles
    logging.disable(logging.ERROR)  # a line for each request says nothing to a learner
    run_server.start_server(
        port=port,
        base_url="",
        env_path=f"{folder}/",
        bind_local=True,
        print_func=lambda _: print(f"board: http://localhost:{port} (Ctrl-C stops it)", flush=True),
    )


if __name__ == "__main__":
    sys.exit(main())
