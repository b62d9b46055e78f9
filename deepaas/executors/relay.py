"""Reports of processes that a job has started, such as those of torchrun, by way of the job's own.

They come through a named pipe in a folder that all of them know. Whoever writes to it locks it:
more than ``PIPE_BUF`` bytes may be torn apart by what others write otherwise.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepaas.executors import reporting

PIPE = "reports"


def send(folder: Path, report: Any) -> None:
    """Hand a report to the process that relays; where there is none, it is lost.

    Args:
        folder: where the pipe is.
        report: what JSON can hold, as a tuple.
    """
    # What one who was killed has left of a report ends before this one.
    text = memoryview(b" \n%b\n" % json.dumps(report).encode())
    with contextlib.suppress(OSError):
        # Opening fails where nobody reads; writing waits until there is room.
        pipe = os.open(folder / PIPE, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.set_blocking(pipe, True)
            # It goes with the process, if that does not come to its end.
            fcntl.flock(pipe, fcntl.LOCK_EX)
            while text:
                text = text[os.write(pipe, text) :]
        finally:
            # A child that was forked meanwhile would keep it.
            fcntl.flock(pipe, fcntl.LOCK_UN)
            os.close(pipe)


@contextmanager
def relaying(folder: Path) -> Iterator[None]:
    """Pass on what other processes send, as reports of this one.

    Args:
        folder: where the pipe is made; where it cannot be, reports of others are lost.
    """
    path = folder / PIPE
    try:
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        # With a writer of our own, reading does not end when the last of the others leaves.
        pipe = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield
        return
    process = os.getpid()
    reader = threading.Thread(target=_relay, args=(pipe,), daemon=True)
    reader.start()
    try:
        yield
    finally:
        # A child that was forked may come here, too.
        if os.getpid() == process:
            with contextlib.suppress(OSError):
                path.unlink()
            # An empty line after all that has been sent is the end.
            os.write(pipe, b"\n")
            reader.join()


def _relay(pipe: int) -> None:
    with open(pipe, "rb") as lines:
        for line in lines:
            if line == b"\n":
                return
            with contextlib.suppress(ValueError, TypeError):
                reporting.report(tuple(json.loads(line)))
