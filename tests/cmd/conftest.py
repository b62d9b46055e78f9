"""Real commands, with models that are really installed."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

MODEL = """
    from webargs import fields, validate

    def get_metadata():
        return {"name": "shout", "version": "1"}

    def warm():
        print("warming")

    def get_predict_args():
        return {
            "text": fields.Str(missing="hello", description="What to say 100% loud."),
            "times": fields.Int(missing=1, validate=validate.Range(1, 10)),
            "loud": fields.Bool(missing=True),
            "words": fields.List(fields.Str()),
            "weights": fields.List(fields.Float()),
            "settings": fields.Dict(),
            "mode": fields.Str(enum=["a", "b"]),
            "d": fields.Str(),
            "file": fields.Field(type="file", location="form"),
            "bbox(N,W)": fields.Str(),
            "accept": fields.Str(
                location="headers",
                missing="application/json",
                validate=validate.OneOf(["application/json", "text/plain", "image/png"]),
            ),
        }

    def predict(**kwargs):
        if kwargs["accept"] == "image/png":
            return b"PNG"
        if "file" in kwargs:
            with open(kwargs["file"].filename) as file:
                content = file.read()
            if content == "bad":
                raise ValueError("a bad file")
            return {"file": kwargs["file"].original_filename, "content": content}
        return kwargs

    def get_train_args():
        return {"epochs": fields.Int(required=True)}

    def train(epochs):
        return {"epochs": epochs}
"""


@dataclass
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str


@pytest.fixture
def environment(site, tmp_path) -> dict[str, str]:
    """The environment of the commands: nothing of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "DEEPAAS_", "XDG_"))
    }
    home = tmp_path / "home"
    temporary = tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    return {
        **kept,
        "PYTHONPATH": str(site),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "COLUMNS": "100",
    }


@pytest.fixture
def launch(commands, environment, tmp_path) -> Callable[..., Awaitable[Any]]:
    """Start a command.

    It is forked from a process that has imported it, but where the interpreter itself is to read
    an environment variable, or where that is asked for.
    """

    async def launch_command(
        command: str, *argv: str, merged: bool = False, anew: bool = False, **variables: str
    ) -> Any:
        given = {**environment, **variables}
        if not anew and not any(name.startswith("PYTHON") for name in variables):
            return await commands.start(
                command, *argv, environment=given, folder=tmp_path, merged=merged
            )
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"deepaas.cmd.{command}", *argv),
            env=given,
            cwd=tmp_path,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if merged else asyncio.subprocess.PIPE,
        )

    return launch_command


@pytest.fixture
def run(launch) -> Callable[..., Awaitable[Ended]]:
    """Run a command to its end; see ``launch``."""

    async def run_command(command: str, *argv: str, **options: Any) -> Ended:
        process = await launch(command, *argv, **options)
        out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())

    return run_command


@dataclass
class Server:
    """A running ``deepaas-run``."""

    process: Any
    url: str
    banner: str


@pytest.fixture
async def start(launch) -> AsyncIterator[Callable[..., Awaitable[Server]]]:
    """Start ``deepaas-run`` on a free port and wait for its banner, or for another line.

    See ``launch``.
    """
    async with AsyncExitStack() as stack:

        async def start_server(*argv: str, until: str = "CTRL+C", **options: Any) -> Server:
            process = await launch("run", "--listen-port", "0", *argv, merged=True, **options)
            stack.push_async_callback(_end, process)
            lines = []
            while line := (await process.stdout.readline()).decode():
                lines.append(line)
                if until in line:
                    break
            banner = "".join(lines)
            found = re.search(r"https?://\S+(?=/v2/| while)", banner)
            assert found, banner
            return Server(process, found[0], banner)

        yield start_server


async def _end(process: Any) -> None:
    if process.returncode is None:
        process.terminate()
    await process.communicate()
