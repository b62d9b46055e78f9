"""How a server ends: signals, and what could keep its process alive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Threads that are about to end may take so many seconds.
LAST_MOMENT = 0.2


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


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """End the process after this block, whatever threads a model has started.

    Raises:
        SystemExit: 130 after CTRL+C.
    """
    code: object = 0
    try:
        yield
    except KeyboardInterrupt:
        code = 130
        sys.exit(code)
    except SystemExit as end:
        code = end.code
        raise
    except BaseException:
        code = None
        raise
    finally:
        # Where nothing holds it up it ends as usual, with all that is to be done at exit.
        if isinstance(code, int) and _held_up():
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(code)


def _held_up() -> bool:
    threads = [
        thread
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.current_thread()
    ]
    for thread in threads:
        thread.join(LAST_MOMENT / len(threads))
    return any(thread.is_alive() for thread in threads)


@contextlib.contextmanager
def loose_threads() -> Iterator[None]:
    """Let the running event loop end although a function in one of its threads goes on."""
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor()
    loop.set_default_executor(threads)
    try:
        yield
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        # The loop waits for the threads of the one that it has in the end.
        loop.set_default_executor(ThreadPoolExecutor())
