"""A ``deepaas-run`` that somebody has started in another terminal."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path


class Server:
    """A server; it is there when it answers, or has ended.

    Args:
        command: for Bash.
        folder: the working directory.
        variables: the environment.
        log: a file for what it prints as errors.
    """

    def __init__(self, command: str, folder: Path, variables: Mapping[str, str], log: Path) -> None:
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._ended = False
        self._reloads = " --reload" in command
        self._folder = folder
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if self._reloads else errors,
                text=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_for("CTRL+C")
        self.printed = "".join(self._lines)
        found = re.search(r"https?://([\w.]+):(\d+)\S*/v2/$", self.printed, re.MULTILINE)
        self.port = found[2] if found else ""
        self.address = f"127.0.0.1:{self.port}" if found else ""
        if not found:
            self.process.wait()
            self._reader.join()
            self.printed = "".join(self._lines)
            self.printed += "" if self._reloads else log.read_text()

    def reloaded(self, path: Path) -> None:
        """Return when a file that was saved is served, if it is one that is watched."""
        if self._reloads and path.is_relative_to(self._folder):
            self._wait_for("eloaded", since=self._heard)

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        with self.process.stdout as printed:
            for line in printed:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _wait_for(self, words: str, since: int = 0) -> None:
        """Wait for a line with certain words, or for the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or any(words in line for line in self._lines[since:])
            )
            self._heard = len(self._lines)
