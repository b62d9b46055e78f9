"""Faults that really happen to a real server, and what is seen of it.

Each test is a row of the table in ``doc/source/reliability.rst``. Tests take less than the table
says where that takes long; ``benchmarks/faults.py`` runs them at full size and prints the table.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.cmd.conftest import environment as environment
from tests.faults.server import Server, running

FULL = os.environ.get("DEEPAAS_FAULTS") == "full"
Start = Callable[..., Awaitable[Server]]
Size = TypeVar("Size", int, float)


def sized(test: Size, full: Size) -> Size:
    """Return the size of a scenario: small in the tests, full where the table is made."""
    return full if FULL else test


class Seen:
    """What has been seen of a fault, each time beside what is wanted.

    Args:
        tell: receives a name and a text for the table.
    """

    def __init__(self, tell: Callable[[str, object], None]) -> None:
        self._tell = tell

    def at_most(self, what: str, value: float, bound: float, unit: str = "s") -> None:
        """Tell a figure, and insist that it is at most so much."""
        self._tell("seen", f"{what} {_shown(value)} {unit}".rstrip())
        assert value <= bound, f"{what}: {value} {unit}, wanted at most {bound}"

    def at_least(self, what: str, value: float, bound: float, unit: str = "") -> None:
        """Tell a figure, and insist that it is at least so much."""
        self._tell("seen", f"{what} {_shown(value)} {unit}".rstrip())
        assert value >= bound, f"{what}: {value} {unit}, wanted at least {bound}"

    def holds(self, what: str, truth: object) -> None:
        """Tell a fact, and insist on it."""
        self._tell("seen", what if truth else f"not: {what}")
        assert truth, what


def _shown(value: float) -> str:
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


@pytest.fixture
def seen(request, record_property) -> Seen:
    """What has been seen, for the table."""
    fault, wanted = request.node.get_closest_marker("fault").args
    record_property("fault", fault)
    record_property("wanted", wanted)
    return Seen(record_property)


@pytest.fixture
async def start(commands, environment, install, tmp_path) -> AsyncIterator[Start]:
    """Start a server; see ``running``."""
    install("faulty", (Path(__file__).parent / "model.py").read_text())
    async with AsyncExitStack() as stack:

        async def start_server(*argv: str, **options: Any) -> Server:
            server = running(commands, environment, tmp_path, *argv, **options)
            return await stack.enter_async_context(server)

        yield start_server


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A folder on a disk of its own, of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=16m", "deepaas-test", str(folder)]
    if mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        if os.environ.get("CI"):
            pytest.fail("This test must be allowed to mount a tmpfs here")
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
