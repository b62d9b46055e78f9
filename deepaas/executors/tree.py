"""Ending a process together with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil

# The environment variable that tells a worker's processes from those of others.
MARK = "DEEPAAS_WORKER"


def kill_tree(leader: int, mark: str) -> None:
    """Kill a session leader and all that descends from it, alive or orphaned.

    The leader itself may call this, and is spared then.

    Descendants inherit the leader's session and its environment. One that opened a session of its
    own is still known by the environment, and one that was given another environment by the
    session, or as a descendant while the processes between still live.

    Args:
        leader: process id of a process that was started in a session of its own.
        mark: the value of ``MARK`` in its environment, which no other process has.
    """
    spared = {os.getpid()}
    descendants = _descendants(leader)
    if leader not in spared:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    # A child may have forked between the look and the kill: look again until nobody is left.
    for _ in range(3):
        members = _members(leader, mark) - spared
        for pid in descendants | members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        descendants = set()
        if not members:
            return


def _descendants(leader: int) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(leader).children(recursive=True)}
    except psutil.Error:
        return set()


def _members(leader: int, mark: str) -> set[int]:
    members = set()
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            belongs = os.getsid(process.pid) == leader or process.environ().get(MARK) == mark
            if belongs and process.status() != psutil.STATUS_ZOMBIE:
                members.add(process.pid)
    return members
