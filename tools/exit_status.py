"""How a tool ends: one line for a person instead of a traceback, and the exit status."""

import errno
import os
import sys

DISK_FULL = "the disk is full. Free some space and run the command again."


def run_to_the_end(program, action, expected):
    """Call action and return 0, or print why it failed in one line and return 1.

    Args:
        program: The name that begins the line.
        action: Callable without arguments.
        expected: The exception whose text is written for people, or a tuple of such exceptions.
    """
    try:
        action()
        return 0
    except expected as error:
        message = str(error)
    except OSError as error:
        message = explain(error)
    except KeyboardInterrupt:
        message = "stopped. Run the command again; nothing needs cleaning up."
    print(f"{program}: {message}", file=sys.stderr)
    return 1


def explain(error):
    """What an OSError means; copying a folder gathers many of them in one without a number."""
    if error.errno == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error):
        return DISK_FULL
    return f"{error.strerror}: {error.filename}" if error.strerror else str(error)
