"""What happens in a training, as a server tells it."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

QUEUED, RUNNING = "queued", "running"


def is_final(status: str) -> bool:
    """Tell whether a training in this state has ended."""
    return status not in (QUEUED, RUNNING)


@dataclass(frozen=True)
class Event:
    """Something that has happened.

    Args:
        id: its number in the training, from 1.
        kind: what it is: status, progress, metric, log, or what servers may tell one day.
        data: all that the server tells of it.
    """

    id: int
    kind: str
    data: dict[str, Any]


class StatusEvent(Event):
    """The training is in another state."""

    @property
    def status(self) -> str:
        """The state."""
        return str(self.data["status"])

    @property
    def message(self) -> str:
        """Why it has failed; empty if it has not."""
        return str(self.data.get("message", ""))


class ProgressEvent(Event):
    """The training has got somewhere."""

    @property
    def step(self) -> float | None:
        """Steps that are done."""
        return self.data.get("step")

    @property
    def total(self) -> float | None:
        """Of so many, if that is known."""
        return self.data.get("total")

    @property
    def fraction(self) -> float | None:
        """The same as a number from 0 to 1."""
        return self.data.get("fraction")

    @property
    def eta(self) -> float | None:
        """Seconds that are left, as far as can be told."""
        return self.data.get("eta")


class MetricEvent(Event):
    """The training has measured something."""

    @property
    def step(self) -> float | None:
        """The step that it belongs to, if that is known."""
        return self.data.get("step")

    @property
    def values(self) -> dict[str, float | None]:
        """Numbers by name; None for those that are not finite."""
        return dict(self.data["values"])


class LogEvent(Event):
    """The training has printed or logged something."""

    @property
    def text(self) -> str:
        """What it has printed, with its line ends."""
        return str(self.data["text"])


KINDS: dict[str, type[Event]] = {
    "status": StatusEvent,
    "progress": ProgressEvent,
    "metric": MetricEvent,
    "log": LogEvent,
}


async def parse(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Give the events in a stream of server-sent events (WHATWG HTML, section 9.2).

    Args:
        chunks: the stream, in any pieces. An event that is not whole at its end is left out.
    """
    fields: dict[str, str] = {}
    async for line in text_lines(chunks):
        name, _, value = line.partition(":")
        if not line:
            if "data" in fields:
                kind = fields.get("event", "message")
                data = json.loads(fields["data"])
                yield KINDS.get(kind, Event)(int(fields.get("id", "0")), kind, data)
            fields.clear()
        elif name:
            fields[name] = value.removeprefix(" ")


async def text_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Give the lines of a text, without their ends; one that is not whole is left out.

    Args:
        chunks: the text, in any pieces.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    unfinished: list[str] = []
    async for chunk in chunks:
        first, *rest = decoder.decode(chunk).split("\n")
        unfinished.append(first)
        for text in rest:
            yield "".join(unfinished).removesuffix("\r")
            unfinished = [text]
