"""Ending a process together with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil


def kill_tree(leader: int) -> None:
    """Kill a session leader and all that descends from it, alive or orphaned.

    Children that stayed in the leader's session are found by it even when the leader is gone;
    those that opened a session of their own are found as descendants while it still lives.

    Args:
        leader: process id of a process that was started in a session of its own.
    """
    family = _descendants(leader)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    # A child may have forked between the look and the kill: look again until nobody is left.
    for _ in range(3):
        for pid in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        family = _session_members(leader)
        if not family:
            return


def _descendants(leader: int) -> set[int]:
    try:
        children = psutil.Process(leader).children(recursive=True)
    except psutil.Error:
        children = []
    return {child.pid for child in children} | _session_members(leader)


def _session_members(leader: int) -> set[int]:
    members = set()
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == leader and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                members.add(pid)
    return members
