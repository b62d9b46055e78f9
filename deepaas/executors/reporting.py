"""The link from a job back to whoever awaits it.

Where a worker runs one job at a time, the link belongs to its process: code of the job reports
from wherever it is, in any thread. Jobs that run at once have each their own, besides the one of
the process, which is that of the job that has begun last. Processes that the job forks have no
part in it; see ``deepaas.executors.relay``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

Send = Callable[[Any], None]
_links: dict[int, Send] = {}
_link_here: ContextVar[tuple[int, Send]] = ContextVar("link")


def link(send: Send) -> None:
    """Let reports of this process go to ``send`` from now on; workers call it for each job."""
    _links[os.getpid()] = send


def link_here(send: Send) -> None:
    """The same for a job beside others: what its own task reports is not taken for another's."""
    link(send)
    _link_here.set((os.getpid(), send))


def report(value: Any) -> bool:
    """Send something to whoever awaits this job; false outside a job, where nothing happens.

    Args:
        value: anything picklable.
    """
    process = os.getpid()
    here = _link_here.get(None)
    send = here[1] if here and here[0] == process else _links.get(process)
    if send:
        send(value)
    return send is not None
