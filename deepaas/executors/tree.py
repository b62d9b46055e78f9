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
# Seconds within which a process that has started may be about to become another program.
YOUNG = 5.0
# The process id of the kernel's own, of which its threads are children.
KERNEL = 2
# The environment variable that tells a worker's processes from those of others.
MARK = "DEEPAAS_WORKER"


def kill_tree(keeper: int, mark: str, reaped: bool = False) -> set[int]:
    """Kill a keeper, the worker, and all that they started, as far as can be seen; never raises.

    What they started has inherited the environment, unless it was given another one, and the
    session, unless it opened its own. This takes a while where there are many processes.

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
            members, unsure = _members(None if reaped else keeper, mark)
            members.discard(keeper)
            for pid in members:
                _kill(pid)
            killed |= members
            if not members and not unsure:
                break
            if unsure:
                time.sleep(PAUSE)
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


def _members(session: int | None, mark: str) -> tuple[set[int], bool]:
    """Return the processes of a worker, and whether there may be more of them in a moment."""
    members, unsure = set(), False
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            environment = process.environ()
            if os.getsid(process.pid) == session or environment.get(MARK) == mark:
                if process.status() != psutil.STATUS_ZOMBIE:
                    members.add(process.pid)
            elif not environment and _is_young(process):
                # While a process becomes another program it shows none.
                unsure = True
    return members, unsure


def _is_young(process: psutil.Process) -> bool:
    # Threads of the kernel never have an environment.
    return process.ppid() != KERNEL and time.time() - process.create_time() < YOUNG


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
