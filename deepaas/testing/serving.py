"""A real ``deepaas-run`` for the time of a test, and a client that asks it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepaas.client import Client, Metadata, Training
from deepaas.client.trust import Verify
from deepaas.exceptions import DeepaasError
from deepaas.testing.naming import named, of_the_project

CHILD = Path(__file__).with_name("child.py")
ADDRESS = re.compile(r"^ +API +(http\S+)/v2/$")
# Seconds in which a server ends; it is killed after that.
PATIENCE = 20.0


class StartError(DeepaasError):
    """A model cannot be served; the text is what ``deepaas-run`` has said."""


class Served(Client):
    """A server of a test, to be asked as by ``deepaas.client.Client``.

    Args:
        url: its address.
        output: what it prints.
        verify: whom to trust over TLS.
    """

    def __init__(self, url: str, output: Output, verify: Verify = True) -> None:
        super().__init__(url, verify=verify)
        self.url = url
        self._output = output

    @property
    def log(self) -> str:
        """What the server and its models have printed and logged up to now."""
        return self._output.text

    def train(self, model: str | None = None, /, **arguments: Any) -> Training:
        """Start a training; see ``deepaas.client.Model.train``.

        Args:
            model: its name; None for the only one that there is.
            arguments: of the training.
        """
        return self.model(model).train(arguments)

    def metadata(self, model: str | None = None, /) -> Metadata:
        """Return what a model says of itself.

        Args:
            model: its name; None for the only one that there is.
        """
        return self.model(model).metadata()


class Output:
    """What a server prints, read as it comes.

    Args:
        process: the server; its standard output is a pipe.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._known = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._url = ""

    @property
    def text(self) -> str:
        """All of it up to now."""
        return "".join(self._lines)

    def address(self) -> str:
        """Wait until the server tells its address, and return it; empty if it has ended."""
        self._known.wait()
        return self._url

    def rest(self) -> None:
        """Wait for the last of it."""
        self._thread.join(PATIENCE)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            self._lines.append(line.decode(errors="replace"))
            if found := ADDRESS.match(self._lines[-1].rstrip()):
                self._url = found[1]
                self._known.set()
        self._known.set()


@contextlib.contextmanager
def serve(
    *models: Any,
    environment: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    **options: Any,
) -> Iterator[Served]:
    """Serve models by a real ``deepaas-run`` on a free port, for the time of a ``with`` block.

    It runs in a process of its own, with workers, as in production. Trainings are kept in a folder
    that is removed with it.

    Args:
        models: files such as ``model.py``, ``package.module``, ``package.module:object``, names of
            installed models, modules, or functions and classes that a module holds. Without any,
            those that the project's ``pyproject.toml`` declares.
        environment: environment variables of the server, over those of the test.
        cwd: its working directory; that of the test if not given.
        options: of ``deepaas-run``: ``workers=2``, ``warm=False``, ``max_queued_predictions=1``.

    Raises:
        StartError: the models cannot be served; says why.
        ValueError: a server could not find a model.
    """
    chosen = [named(one) for one in models] or of_the_project(Path(cwd or Path.cwd()).absolute())
    with tempfile.TemporaryDirectory(prefix="deepaas-testing-") as state:
        given = {"listen_ip": "127.0.0.1", "listen_port": 0, "state_dir": state, **options}
        process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-P", str(CHILD), _search_path(cwd), *_words(given), *chosen],
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            # It ends when this is closed, be it that the test is killed.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # CTRL+C is for the tests, which end it then.
            start_new_session=True,
        )
        output = Output(process)
        try:
            url = output.address()
            if not url:
                raise StartError(_failure(output.text))
            # Nobody else vouches for certificates that are made for a test.
            with Served(url, output, options.get("tls_cert", True)) as served:
                yield served
        finally:
            _end(process, output)


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{option}" if value else f"--no-{option}"
            continue
        several = isinstance(value, Sequence) and not isinstance(value, str)
        for one in value if several else (value,):
            yield f"--{option}={one}"


def _search_path(cwd: Path | str | None) -> str:
    """Return where modules are searched for, as JSON; what is relative is so to the test."""
    root = Path.cwd() if cwd is None else Path(cwd).absolute()
    own = [str(folder) for folder in (root, root / "src") if folder.is_dir()]
    found = [os.path.abspath(one) for one in sys.path]
    return json.dumps([*found, *(one for one in own if one not in found)])


def _failure(text: str) -> str:
    """Return the errors among what a server has printed, or all if there is none."""
    errors = [line for line in text.splitlines() if "error: " in line or " ERROR " in line]
    return "\n".join(errors) or text or "the server has ended without a word"


def _end(process: subprocess.Popen[bytes], output: Output) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    output.rest()
    for pipe in filter(None, (process.stdin, process.stdout)):
        pipe.close()
