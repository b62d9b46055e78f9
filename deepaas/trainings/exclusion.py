"""A training is resumed, promoted or forgotten, and never two of these at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deepaas.exceptions import Conflict


class Exclusion:
    """Knows which trainings are being changed."""

    def __init__(self) -> None:
        self._changing: dict[str, str] = {}

    @contextmanager
    def during(self, identifier: str, what: str) -> Iterator[None]:
        """Let nobody else change a training meanwhile.

        Args:
            identifier: of the training.
            what: is done to it, such as ``resumed``.

        Raises:
            Conflict: it is being changed already.
        """
        if (now := self._changing.get(identifier)) is not None:
            raise Conflict(f"training {identifier} is being {now} already")
        self._changing[identifier] = what
        try:
            yield
        finally:
            del self._changing[identifier]

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._changing
