"""What a call in a worker comes to, where it comes to no answer."""

from __future__ import annotations

from typing import Any, NamedTuple

from deepaas.model.refusals import Refusal


class NotOffered(NamedTuple):
    """A model does not implement what it was asked for."""

    text: str


class Failure(NamedTuple):
    """A model answered what cannot be sent."""

    text: str


class Raised(NamedTuple):
    """A model raised in one of several calls; see ``RemoteError``."""

    kind: str
    text: str
    trace: str


class Invalid(NamedTuple):
    """Arguments do not fit; see ``InvalidArguments``."""

    messages: dict[str, Any]


class Unreadable(NamedTuple):
    """A JSON document cannot be read."""

    text: str


class Malformed(NamedTuple):
    """A request for an inference cannot be read, or asks for what there is not."""

    text: str


class NoRoom(NamedTuple):
    """A large answer found no room on the disk."""

    text: str


class Trained(NamedTuple):
    """What a training returned, as JSON."""

    output: bytes


# What stands in the place of a result.
NO_RESULT = (Refusal, NotOffered, Failure, Invalid, Malformed, NoRoom)
