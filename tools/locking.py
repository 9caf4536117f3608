"""A lock between processes, so that two makes at once don't build the same thing."""

import contextlib


@contextlib.contextmanager
def one_at_a_time(path):
    """Hold a lock on the file `path` meanwhile; wait for whoever holds it."""
    try:
        import fcntl
    except ImportError:  # Windows has none; there people start one command at a time
        yield
        return
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
