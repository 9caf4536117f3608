"""Show the built site at 127.0.0.1, port 8000 or the one that PORT names, until Ctrl-C."""

import errno
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
HOST = "127.0.0.1"
DEFAULT_PORT = "8000"


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves files; a missing page gets the site's own 404 page."""

    def send_error(self, code, message=None, explain=None):
        """Send 404.html for a missing page, the standard text for any other error."""
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self):
        """Ask the browser to check for a newer page each time: people rebuild while they look."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *details):
        """Print nothing: a line a request hides what matters."""


def chosen_port():
    """The port to listen at, from the variable PORT.

    Raises:
        ValueError: PORT isn't a number from 1 to 65535.
    """
    text = os.environ.get("PORT", DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError(f"PORT is {text!r}, and should be a number from 1 to 65535.")
    return int(text)


def open_server(port):
    """A server that is ready to run.

    Raises:
        OSError: The port can't be used.
    """
    # On Windows the standard setting lets two servers share a port, and one of them is never asked.
    ThreadingHTTPServer.allow_reuse_address = os.name != "nt"
    return ThreadingHTTPServer((HOST, port), partial(SiteHandler, directory=str(SITE)))


def main():
    """Serve until stopped; return the exit status."""
    if not (SITE / "index.html").is_file():
        print("serve: there is no site yet. Build it with `make book`.", file=sys.stderr)
        return 1
    try:
        port = chosen_port()
        server = open_server(port)
    except ValueError as error:
        print(f"serve: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
        print(f"serve: port {port} {reason}. Choose another: PORT={port + 1} make serve", file=sys.stderr)
        return 1
    print(f"serve: the book is at http://{HOST}:{port}/ (Ctrl-C ends this)", flush=True)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
