"""Try, from inside the sandbox, what no hand-in may do; report what succeeded."""

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path


def reaches_network():
    """True if there is any network but the sandbox's own, empty one."""
    if len(socket.if_nameindex()) > 1:
        return True
    for address in (("192.0.2.1", 80), ("127.0.0.1", 22), ("127.0.0.1", 8000)):
        connection = socket.socket()
        connection.settimeout(0.5)
        try:
            connection.connect(address)
        except ConnectionRefusedError:
            continue  # the sandbox's own, empty loopback
        except OSError:
            continue
        finally:
            connection.close()
        return True
    return False


def reads(path):
    """True if a file can be read, or a folder listed and something in it read."""
    path = Path(path)
    try:
        if path.is_dir():
            return any(reads(child) for child in path.iterdir())
        path.read_bytes()
    except OSError:
        return False
    return True


def writes(folder):
    """True if a file can be made in a folder."""
    target = Path(folder) / "written-by-a-hand-in"
    try:
        target.write_text("x", encoding="utf-8")
        target.unlink()
    except OSError:
        return False
    return True


def sees_processes():
    """Number of processes that can be seen, this one and its helpers included."""
    return sum(name.isdigit() for name in os.listdir("/proc"))


def memory_stops():
    """True if a process that asks for more than the limit is refused."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    code = f"bytearray({limit})"
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode != 0


def process_limit_stops():
    """True if starting processes without end is stopped; they are all ended again."""
    children = []
    try:
        for _ in range(resource.getrlimit(resource.RLIMIT_NPROC)[0] + 1):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        return True
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return False


def probe(forbidden):
    """Return what was tried and what came of it; `forbidden` are paths that must not be readable."""
    return {
        "user": os.getuid(),
        "network": reaches_network(),
        "readable": [path for path in forbidden if reads(path)],
        "writable": [path for path in (sys.prefix, "/usr", "/etc", str(Path(__file__).parent)) if writes(path)],
        "home": writes(Path.home()) and writes("/tmp"),
        "processes": sees_processes(),
        "memory stops": memory_stops(),
        "process limit stops": process_limit_stops(),
        "privileges": os.getuid() == 0 or bool(int(effective_capabilities(), 16)),
    }


def effective_capabilities():
    """The kernel's word for this process's privileges, in hexadecimal digits."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("CapEff:"):
            return line.split()[1]
    return "0"
