"""A process above a worker, with which the worker ends, and all that it has started.

``python -P keeper.py LIFELINE MODULE FD...`` runs ``main(FD, ...)`` of a module in a child, and
ends like it. It ends the child, with all that descends from it, when the pipe ``LIFELINE`` brings
``END``, or breaks because the server is gone.

Orphans among the descendants become children of this process, whatever session, environment or
files they have, so that all are found and none stays behind as a zombie. And it can do so
whatever a model does to its own process: keep the interpreter to itself, stop, or use up memory.

It runs as a file and imports nothing of this package, to be small and to need no search path.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import sys

# What comes by the lifeline.
END, INTERRUPT = b"e", b"i"
# What the child gets for ``INTERRUPT``; one that nothing else is likely to use.
INTERRUPTION = signal.SIGRTMIN + 7
# A child that was killed by a signal makes this process end as shells do, with this and the
# signal's number, so that a keeper that was killed itself can be told from that.
SIGNALLED = 128

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> None:
    """Run the module in a child, and end with it."""
    lifeline, module = int(sys.argv[1]), sys.argv[2]
    files = [int(fd) for fd in sys.argv[3:]]
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    keeper = os.getpid()
    child = os.fork()
    if child:
        for fd in files:
            os.close(fd)
        _keep(child, lifeline)
        code = os.waitstatus_to_exitcode(_end_family()[child])
        os._exit(code if code >= 0 else SIGNALLED - code)
    os.close(lifeline)
    # A signal to its own process group must not hit the keeper.
    os.setpgid(0, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != keeper:
        os._exit(1)
    # Last, so that this cannot hide modules of the standard library.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    importlib.import_module(module).main(*files)


def _prctl(option: int, value: int) -> None:
    import ctypes  # here, since servers import the names above

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _keep(child: int, lifeline: int) -> None:
    """Return when the child has ended, or is to end."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while not _has_ended(child):
        readable, _, _ = select.select([lifeline, woken], [], [])
        if lifeline in readable:
            if os.read(lifeline, 1) != INTERRUPT:
                return
            os.kill(child, INTERRUPTION)
        if woken in readable:
            os.read(woken, 4096)


def _has_ended(child: int) -> bool:
    """Reap orphans; tell whether the child has ended, which stays to be reaped."""
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return False
        if ended.si_pid == child:
            return True
        os.waitpid(ended.si_pid, 0)


def _end_family() -> dict[int, int]:
    """Kill all descendants; return the wait statuses of those that were children."""
    statuses: dict[int, int] = {}
    while True:
        for pid in _descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        # What one that dies leaves behind comes here, until there is none.
        try:
            pid, status = os.waitpid(-1, 0)
            while pid:
                statuses[pid] = status
                pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return statuses


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The name of the program, in parentheses, may hold anything.
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found = children.get(os.getpid(), [])
    for pid in found:
        found += children.get(pid, [])
    return found


if __name__ == "__main__":
    main()
