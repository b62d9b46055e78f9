"""Ending a worker's processes where its keeper cannot: it was killed itself, or is held up."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

from deepaas.log import getLogger

LOG = getLogger(__name__)

# How often, and in what intervals in seconds, it is seen whether what was killed is gone.
ATTEMPTS, PAUSE = 20, 0.05
# The environment variable that tells a worker's processes from those of others.
MARK = "DEEPAAS_WORKER"


def kill_tree(keeper: int, mark: str, reaped: bool = False) -> set[int]:
    """Kill a keeper, the worker, and all that they started, as far as can be seen; never raises.

    What they started is their child, or has inherited the environment, unless it was given another
    one, or the session, unless it opened its own. This takes a while where there are many processes.

    Args:
        keeper: the keeper's process id, which is also that of its session.
        mark: the value of ``MARK`` in its environment, which no other process has.
        reaped: whether the keeper's end has been seen. Its number may be that of another process
            and session then, so that only the mark counts.

    Returns:
        The process ids of what was killed, but for the keeper.
    """
    killed: set[int] = set()
    try:
        # A child may have forked between the look and the kill: look again until nobody is left.
        for _ in range(3):
            members = _members(None if reaped else keeper, mark) - {keeper}
            for pid in members:
                _kill(pid)
            killed |= members
            if not members:
                break
    except Exception:
        # For want of files to open, for example.
        LOG.exception("It cannot be seen which processes a worker has left")
    if not reaped:
        # Last: while it is there its session is known by its number.
        _kill(keeper)
    return killed


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _members(session: int | None, mark: str) -> set[int]:
    parents: dict[int, int] = {}
    members = set()
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            parents[process.pid] = process.ppid()
            if os.getsid(process.pid) == session or process.environ().get(MARK) == mark:
                members.add(process.pid)
    # A process that is just becoming another program shows no environment.
    while more := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= more
    return members


def reap(killed: set[int]) -> None:
    """Reap those that become children of this process, as orphans do of a container's first.

    Args:
        killed: process ids; they are waited for, but not for long.
    """
    for _ in range(ATTEMPTS):
        for pid in list(killed):
            try:
                gone, _ = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                gone = not psutil.pid_exists(pid)
            if gone:
                killed.discard(pid)
        if not killed:
            return
        time.sleep(PAUSE)
