"""Python that runs blocks one after the other with the same names, as somebody types them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

LOOP = """
import contextlib, io, json, sys, traceback

names = {"__name__": "__main__"}
for line in sys.stdin:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(json.loads(line), "page", "exec"), names)
        except Exception:
            printed.write(traceback.format_exc())
    print(json.dumps(printed.getvalue()), flush=True)
"""


class Interpreter:
    """An interpreter in a process of its own.

    Args:
        folder: the working directory.
        variables: the environment.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["python", "-c", LOOP],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> str:
        """Run code; return what it prints, with a traceback where it raises."""
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()
