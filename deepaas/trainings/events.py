"""What happens in a training, in the order in which it happened."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass, field
from typing import Any

import orjson


class Kind(enum.StrEnum):
    """Kinds of events."""

    STATUS = "status"
    PROGRESS = "progress"
    METRIC = "metric"
    LOG = "log"


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        seq: its number in the training, from 1.
        kind: what kind it is of.
        data: JSON.
        time: when it happened, in seconds since 1970.
    """

    seq: int
    kind: Kind
    data: bytes
    time: float = field(default_factory=time.time)

    @property
    def value(self) -> Any:
        """The decoded data."""
        return orjson.loads(self.data)
