"""The link from a job back to whoever awaits it.

A worker runs one job at a time, so the link belongs to its process: code of the job reports from
wherever it is, in any thread. Processes that the job forks have no part in it; see
``deepaas.executors.relay``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_links: dict[int, Callable[[Any], None]] = {}


def link(send: Callable[[Any], None]) -> None:
    """Let reports of this process go to ``send`` from now on; workers call it for each job."""
    _links[os.getpid()] = send


def report(value: Any) -> bool:
    """Send something to whoever awaits this job; false outside a job, where nothing happens.

    Args:
        value: anything picklable.
    """
    if send := _links.get(os.getpid()):
        send(value)
        return True
    return False
