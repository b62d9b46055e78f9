"""Environments of workers, which take them in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence


class Turns:
    """Environments, of which each worker has one; the next gets one that the fewest have.

    So the successor of a worker that has died gets its environment.

    Args:
        environments: variables that workers have beside those of the server; none for these alone.
    """

    def __init__(self, environments: Sequence[Mapping[str, str]] = ()) -> None:
        self._environments = [dict(one) for one in environments] or [{}]
        self._taken = [0] * len(self._environments)

    def take(self) -> Mapping[str, str]:
        """Return an environment for one more worker."""
        turn = self._taken.index(min(self._taken))
        self._taken[turn] += 1
        return self._environments[turn]

    @contextlib.contextmanager
    def turn(self) -> Iterator[Mapping[str, str]]:
        """Take an environment for as long as what runs in this."""
        environment = self.take()
        try:
            yield environment
        finally:
            self.give_back(environment)

    def give_back(self, environment: Mapping[str, str]) -> None:
        """Let another worker have an environment.

        Args:
            environment: what ``take`` has returned.
        """
        for turn, one in enumerate(self._environments):
            if one is environment:
                self._taken[turn] -= 1
