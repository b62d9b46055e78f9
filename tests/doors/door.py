"""What a door is to the table: a way to call a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deepaas.exceptions import in_words
from tests.doors.rows import Row, Sent, Whole


@dataclass(frozen=True)
class Answer:
    """What a model has answered, out of the envelope of its door.

    Args:
        content_type: without parameters.
        body: its content.
    """

    content_type: str
    body: bytes


@dataclass(frozen=True)
class Refusal:
    """Arguments do not fit.

    Args:
        messages: by argument, each in one line.
    """

    messages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, messages: Mapping[str, Any]) -> Refusal:
        """Return the refusal that messages of ``InvalidArguments`` stand for."""
        return cls({name: in_words(text) for name, text in messages.items()})

    @classmethod
    def told(cls, line: str) -> Refusal:
        """Return the refusal that one line tells, such as ``first: words; second: words``."""
        told = (one.partition(": ") for one in line.split("; "))
        return cls({name: text for name, _, text in told})


class Door(Protocol):
    """A way to call a model."""

    def takes(self, row: Row) -> bool:
        """Tell whether a call can be made this way at all."""

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model.

        Args:
            model: its name.
            arguments: plain values, and files as ``Sent``.
            accept: content type of the answer; empty for the default.
        """


def files_in(arguments: Mapping[str, Any]) -> dict[str, list[Sent]]:
    """Return the arguments that are files, each as a list."""
    found = {name: listed(value) for name, value in arguments.items()}
    return {name: all_ for name, all_ in found.items() if all_ and isinstance(all_[0], Sent)}


def listed(value: Any) -> list[Any]:
    """Return a list as it is, and another value as the only one in a list."""
    return value if isinstance(value, list) and not isinstance(value, Whole) else [value]
