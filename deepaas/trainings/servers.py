"""Which servers share a database, and which of them are gone."""

from __future__ import annotations

import os
import platform
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import psutil

# Seconds between two signs of life, and without any until a server of another machine is missed.
BEAT, MISSED = 5.0, 30.0
# What the kernel and psutil say of a process's start differs by rounding, in seconds.
TOLERANCE = 1.0


@dataclass(frozen=True)
class ServerIdentity:
    """One server process.

    Args:
        identifier: 32 hexadecimal digits, anew for each process.
        host: where its process id means something: a boot of a machine and a process namespace.
        pid: its process id.
        started: when its process was started, in seconds since 1970.
    """

    identifier: str
    host: str
    pid: int
    started: float

    @classmethod
    def of_this_process(cls) -> ServerIdentity:
        """Return a new identity of this process."""
        return cls(uuid.uuid4().hex, _host(), os.getpid(), psutil.Process().create_time())

    def misses(self, other: ServerIdentity, seen: float) -> bool:
        """Tell whether another server is gone.

        Args:
            other: the other one.
            seen: when it last gave a sign of life, in seconds since 1970.
        """
        if other.host != self.host:
            return time.time() - seen > MISSED
        try:
            process = psutil.Process(other.pid)
            dead = process.status() == psutil.STATUS_ZOMBIE
            return dead or abs(process.create_time() - other.started) > TOLERANCE
        except psutil.Error:
            return True


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()
