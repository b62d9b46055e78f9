"""A terminal, and the others beside it, in which somebody follows a page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bare import BARE
from tests.pages.environment import Environment
from tests.pages.interpreter import Interpreter
from tests.pages.reading import ROOT, agree
from tests.pages.server import Server

# How a training is called on pages.
TRAINING = "3c0f96a2f9f24375989fc94275db7008"
SERVES = re.compile(r"(?:\w+=\S* )*deepaas-run\b(?!.* --(?:help|version))")
ANOTHER = re.compile(r"--listen-port[ =](\d+)")
USUAL = "5000"
# Of whoever runs the tests, and of the tests that run.
OURS = ("OS_", "DEEPAAS_", "XDG_", "PYTEST_", "COV_")


class Terminal:
    """A terminal, in a folder that looks like a clone of the repository.

    Args:
        folder: the working directory, empty.
        digits: a folder with the first model of ``examples/digits``, which need not be trained
            again; None where it is not served.
        instead: what stands for addresses of the page that only others can answer at.
        variables: of the environment.
    """

    def __init__(
        self,
        folder: Path,
        digits: Path | None,
        instead: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._instead = instead or {}
        self._home = folder / "home"
        self._home.mkdir()
        (self._home / ".curlrc").write_text("silent\nshow-error\n")
        self._folder = self._root = folder / "clone"
        for path in ("examples", "doc/source/examples"):
            shutil.copytree(
                ROOT / path, self._root / path, ignore=shutil.ignore_patterns("__pycache__")
            )
        if digits is not None:
            shutil.copytree(digits, self._home / ".cache" / "deepaas-digits")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._variables = {
            **kept,
            **BARE,
            "HOME": str(self._home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "100",
            "OS_DEFAULT__LISTEN_PORT": "0",
            **(variables or {}),
        }
        # What is set in the terminal; ports may be others when it is used.
        self._set: dict[str, str] = {}
        self._servers: dict[str, Server] = {}
        self._interpreter: Interpreter | None = None
        self._installs = False
        self._training = ""

    def write(self, name: str, text: str) -> None:
        """Save a file; return when a server that watches it serves what is in it."""
        path = self._folder / name
        edited = path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._in_earnest(text))
        if edited:
            for server in self._servers.values():
                server.reloaded(path)

    def run(self, command: str, shown: str = "") -> tuple[int, str]:
        """Run a command, a server in the background; return exit code and what it prints.

        Args:
            command: for Bash.
            shown: what a page shows that it prints. A stream that goes on for longer is left there.
        """
        if changed := re.fullmatch(r"cd (\S+)", command):
            self._folder = (self._folder / changed[1]).resolve(strict=True)
            return 0, ""
        if given := re.fullmatch(r"(\w+)=(\S+)", command):
            self._set[given[1]] = re.sub(r"\$(\w+)", lambda name: self._set[name[1]], given[2])
            return 0, ""
        if command.startswith("pip ") and not self._installs:
            self._installs = True
            self._variables |= Environment(self._home / "environment").variables
        if command == "make run":
            command = _served_by_make()
        command = command.replace(".venv/bin/", "")
        if SERVES.match(command):
            return self._serve(command)
        process = subprocess.Popen(
            ["bash", "-c", self._in_earnest(command)],
            cwd=self._folder,
            env=self._all_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        printed = ""
        if command.startswith("curl -N") and shown.endswith("…"):
            for line in process.stdout:
                printed += line
                if agree(shown, self._as_shown(printed)):
                    process.terminate()
                    process.communicate()
                    return 0, self._as_shown(printed)
        out, errors = process.communicate()
        printed += out if process.returncode == 0 else out + errors
        if told := re.search(r'"uuid":"([0-9a-f]{32})"', printed):
            self._training = told[1]
        return process.returncode, self._as_shown(printed)

    def execute(self, code: str) -> str:
        """Run Python in the interpreter of this terminal; return what it prints."""
        if self._interpreter is None:
            self._interpreter = Interpreter(self._folder, self._all_variables())
        return self._as_shown(self._interpreter.run(self._in_earnest(code)))

    def close(self) -> None:
        """End all that runs."""
        for running in (*self._servers.values(), self._interpreter):
            if running is not None:
                running.close()

    def _serve(self, command: str) -> tuple[int, str]:
        port = USUAL
        if other := ANOTHER.search(command):
            port = other[1]
            command = ANOTHER.sub("--listen-port 0", command)
        if port in self._servers:
            self._servers.pop(port).close()
        server = Server(command, self._folder, self._all_variables(), self._home / f"{port}.log")
        if server.address:
            self._servers[port] = server
            self._set["SERVER"] = str(server.process.pid)
        return server.process.poll() or 0, self._as_shown(server.printed)

    def _all_variables(self) -> dict[str, str]:
        return self._variables | {name: self._in_earnest(it) for name, it in self._set.items()}

    def _in_earnest(self, text: str) -> str:
        """Put in the addresses of servers, and the UUID of the newest training."""
        for shown, real in self._instead.items():
            text = text.replace(shown, real)
        for port, server in self._servers.items():
            text = re.sub(rf"(127\.0\.0\.1|localhost):{port}\b", server.address, text)
        return text.replace(TRAINING, self._training) if self._training else text

    def _as_shown(self, printed: str) -> str:
        for shown, real in self._instead.items():
            printed = printed.replace(real, shown)
        for port, server in self._servers.items():
            printed = re.sub(rf"[\w.]+:{server.port}\b", f"127.0.0.1:{port}", printed)
        printed = printed.replace(str(self._root), "/home/me")
        return printed.replace(self._training, TRAINING) if self._training else printed


def _served_by_make() -> str:
    dry = subprocess.run(
        ["make", "--dry-run", "--directory", str(ROOT), "run"],
        capture_output=True,
        text=True,
        check=True,
    )
    (command,) = re.findall(r"^\S*(deepaas-run .*) --listen-port 5000$", dry.stdout, re.MULTILINE)
    return command
