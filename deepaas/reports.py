"""What a training tells of itself, at a pace that does its server no harm."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from deepaas.executors import relay, reporting

# Seconds between two reports of which only the latest counts.
PAUSE = 0.02
# Of reports that are all kept, so many may come at once, and so many a second.
BURST, RATE = 1000.0, 1000.0


class Reports:
    """Sends reports of this process to whoever runs the training.

    Args:
        folder: what is kept for the training; None outside of one, where reports go nowhere.
    """

    def __init__(self, folder: Path | None) -> None:
        self.process = os.getpid()
        self._folder = folder
        self._lock = threading.RLock()
        self._next = 0.0
        self._waiting: Any = None
        self._timer: threading.Timer | None = None
        self._allowed, self._counted = BURST, time.monotonic()

    def send(self, report: Any) -> None:
        """Send at once what is said once."""
        if self._folder is None:
            return
        if not reporting.report(report):
            relay.send(self._folder, report)

    def send_latest(self, report: Any) -> None:
        """Send now or soon, unless something newer comes before that."""
        if self._folder is None:
            return
        with self._lock:
            now = time.monotonic()
            self._waiting = report
            if now >= self._next:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(self._next - now, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def send_each(self, report: Any) -> None:
        """Send what is kept for ever; one who sends without pause has to wait."""
        if self._folder is None:
            return
        with self._lock:
            self.flush()
            self.send(report)
            now = time.monotonic()
            self._allowed = min(BURST, self._allowed + (now - self._counted) * RATE) - 1
            self._counted = now
            owed = -self._allowed
        if owed > 0:
            time.sleep(owed / RATE)

    def flush(self) -> None:
        """Send what waits."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._waiting is not None:
                report, self._waiting = self._waiting, None
                self._next = time.monotonic() + PAUSE
                self.send(report)
