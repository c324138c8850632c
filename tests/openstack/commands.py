"""Runs the command-line programs that come with the servers."""

import os
import sys
from collections.abc import Callable


def start(command: Callable[[], object], program: str, arguments: list[str]) -> int:
    """Runs `main` of a command-line program in a child; gives its process id.

    A child each, since these programs parse their configuration once in a process's life; forked
    rather than started, since their imports take three seconds.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        sys.argv = [program, *arguments]
        status = 1 if command() else 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(pid: int, what: str) -> None:
    """Waits for a child that `start` made; ends this program too if the child failed."""
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"{what} failed")
