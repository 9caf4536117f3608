"""Run a command without a network: `python tools/run_offline.py make test`.

On Linux the command gets a network namespace with nothing in it but this machine's own address, so that no
program can reach anything, whatever it is written in. Elsewhere, or where namespaces are forbidden, every
Python program is made to refuse connections. Either way it is proved before the command starts.
"""

import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

HOOK = Path(__file__).resolve().parent / "offline"
OUTSIDE = ("192.0.2.1", 9)  # an address that is reserved for documentation and belongs to nobody
INSIDE = "--inside"
SET_FLAGS, LOOPBACK_UP = 0x8914, 0x1 | 0x8 | 0x40  # SIOCSIFFLAGS; up, loopback, running


def namespace_prefix():
    """Words that start a command in a network namespace of its own, or None where that can't be had."""
    if shutil.which("unshare") is None:
        return None
    as_whom = [] if os.geteuid() == 0 else ["--map-root-user"]
    prefix = ["unshare", *as_whom, "--net"]
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else None


def raise_loopback():
    """Switch on 127.0.0.1, which a new namespace has but down."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sh", b"lo", LOOPBACK_UP))


def check_silence():
    """Exit unless a connection to the outside is refused at once and one to this machine works."""
    try:
        socket.create_connection(OUTSIDE, timeout=3).close()
        sys.exit("offline: the outside can still be reached")
    except TimeoutError:
        sys.exit("offline: a connection to the outside was tried instead of refused")
    except OSError:
        pass
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=3).close()


def main(command):
    """Replace this process by the command, without a network."""
    if not command:
        sys.exit("offline: say what to run, for example: python tools/run_offline.py make test")
    if command[0] == INSIDE:
        raise_loopback()
        check_silence()
        os.execvp(command[1], command[1:])
    prefix = namespace_prefix()
    if prefix:
        print("offline: in a network namespace of its own", file=sys.stderr, flush=True)
        os.execvp(prefix[0], [*prefix, sys.executable, __file__, INSIDE, *command])
    print("offline: Python programs refuse connections (no network namespace here)", file=sys.stderr, flush=True)
    path = os.pathsep.join(filter(None, [str(HOOK), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    proof = subprocess.run(
        [sys.executable, "-c", "import run_offline; run_offline.check_silence()"],
        env={**environment, "PYTHONPATH": path + os.pathsep + str(HOOK.parent)},
        check=False,
    )
    sys.exit(proof.returncode or subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
