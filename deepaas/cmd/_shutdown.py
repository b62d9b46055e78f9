"""Signals that end a server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def handle_signals(stop: Callable[[], object] | None = None) -> None:
    """Call ``stop`` on SIGINT and SIGTERM, as long as the running event loop runs.

    Args:
        stop: called at each signal; without it a signal raises KeyboardInterrupt in the main
            thread, as SIGINT does anyway.
    """
    if stop is None:
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        return
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
