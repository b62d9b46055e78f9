"""What a server tells of models and trainings."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

from deepaas.client.events import is_final


class Metadata(TypedDict, total=False):
    """What a model says of itself; it may say more, or less."""

    id: Any
    name: Any
    description: Any
    license: Any
    author: Any
    version: Any
    url: Any
    links: list[dict[str, str]]


class Result(TypedDict):
    """What a training that is done has left."""

    output: Any
    finish_date: str
    duration: str


class Progress(TypedDict, total=False):
    """How far a training has got."""

    step: float | None
    total: float | None
    fraction: float
    eta: float


class SentFile(TypedDict):
    """A file that a training was sent."""

    filename: str | None
    content_type: str | None
    sha256: str
    size: int


class Origin(TypedDict, total=False):
    """Where a training comes from, as far as that is known.

    ``caller`` has asked for it, ``version`` of the model was trained, ``files`` were sent for each
    argument; it has ``started``, the last time, and ``finished``: moments as in ``date``.
    """

    caller: str
    version: str
    files: dict[str, list[SentFile]]
    started: str
    finished: str


class MetricValue(NamedTuple):
    """A value of a metric.

    Args:
        step: the step that it belongs to; None if the training does not say.
        value: the number; None if it is not finite.
        time: when it was reported, in seconds since 1970.
    """

    step: float | None
    value: float | None
    time: float


class Artifact(NamedTuple):
    """A file that a training has made.

    Args:
        name: its path in the training's directory.
        size: in bytes.
        modified: in seconds since 1970.
    """

    name: str
    size: int
    modified: float


class TrainingRecord:
    """A training as it was when the server was asked the last time."""

    @property
    def document(self) -> dict[str, Any]:
        """All that the server tells of it."""
        raise NotImplementedError

    @property
    def uuid(self) -> str:
        """Its 32 hexadecimal digits."""
        return str(self.document["uuid"])

    @property
    def status(self) -> str:
        """queued, running, done, error, cancelled or interrupted."""
        return str(self.document["status"])

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return is_final(self.status)

    @property
    def args(self) -> dict[str, Any]:
        """What it was called with; a file is its name, content type and file name."""
        return dict(self.document["args"])

    @property
    def date(self) -> str:
        """When it was asked for, in the server's time, such as ``2026-11-24 01:02:03.000004``."""
        return str(self.document["date"])

    @property
    def result(self) -> Result | None:
        """What it has left, if it is done."""
        return self.document.get("result")

    @property
    def message(self) -> str:
        """Why it has failed; empty if it has not."""
        return str(self.document.get("message", ""))

    @property
    def progress(self) -> Progress | None:
        """How far it has got, if it tells."""
        return self.document.get("progress")

    @property
    def metrics(self) -> dict[str, float | None]:
        """The last value of each metric that it tells."""
        return dict(self.document.get("metrics", {}))

    def __repr__(self) -> str:
        fraction = (self.progress or {}).get("fraction")
        how_far = "" if fraction is None or self.finished else f", {fraction:.0%}"
        return f"<{type(self).__name__} {self.uuid}: {self.status}{how_far}>"
