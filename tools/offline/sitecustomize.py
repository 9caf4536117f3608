"""Refuse every connection that leaves this machine, in every Python program that finds this file first.

`tools/run_offline.py` puts this folder on PYTHONPATH where it can't have a network namespace. Programs that
aren't Python are not held back; a namespace is the stronger proof.
"""

import sys

HERE = ("127.", "::1", "localhost", "0.0.0.0")


def refuse(event, arguments):
    """Raise when a program looks up or connects to another machine."""
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments
    else:
        return
    # Addresses of other families, such as a file's path, stay on this machine.
    if isinstance(address, tuple) and address[0] and not str(address[0]).startswith(HERE):
        raise ConnectionRefusedError(f"offline: refused to reach {address[0]}")


sys.addaudithook(refuse)
