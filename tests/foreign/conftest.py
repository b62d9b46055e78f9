"""Clients that others have written, each in a process of its own, against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepaas.testing.serving import Served, serve

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"
# Made by ``make test``.
PYTHON = Path(sys.prefix) / "clients" / "bin" / "python"
SECONDS = 100

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of the clients' environment."""
    if PYTHON.exists():
        return PYTHON
    text = f"{PYTHON} is not there; make clients makes it"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def ask(python) -> Ask:
    """Run a script of this folder as a client, and return the JSON that it prints."""

    def run(script: str, *arguments: str) -> Any:
        ended = subprocess.run(
            [python, SCRIPTS / script, *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def server(python) -> Iterator[Served]:
    """A server of typed models, an old one and the digits example, over HTTP and gRPC."""
    models = (str(HERE / "models.py"), str(HERE / "old.py"), "digits")
    with serve(*models, grpc_port=0, lazy=True) as served:
        yield served


@pytest.fixture(scope="session")
def rpc_address(server) -> str:
    """Where the server speaks gRPC: host and port."""
    return rpc_address_of(server)


def rpc_address_of(served: Served) -> str:
    """Return where a server speaks gRPC, as soon as it has said so: host and port."""
    deadline = time.monotonic() + SECONDS
    while not (found := re.search(r"^ +gRPC +(\S+),", served.log, re.MULTILINE)):
        assert time.monotonic() < deadline, served.log
        time.sleep(0.01)
    return found[1]
