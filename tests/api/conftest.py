"""Fixtures of the tests over HTTP."""

from collections.abc import Iterator

import pytest

from tests.pipes import Pipe


@pytest.fixture
def pipes(tmp_path) -> Iterator[tuple[Pipe, Pipe]]:
    """Two named pipes: a model tells by one how far it is, and waits at the other to go on."""
    reached, go_on = Pipe(tmp_path / "reached"), Pipe(tmp_path / "go_on")
    yield reached, go_on
    reached.close()
    go_on.close()
