"""A virtual environment for each server, made when it is first needed."""

import subprocess
import sys
from pathlib import Path

from servers.base import Server

MODELS = Path(__file__).resolve().parent / "models"


class Unavailable(Exception):
    """A server cannot be measured here; the text says why."""


def ensure(server: Server, folder: Path) -> Path:
    """Install a server and the models, unless that was done already.

    Args:
        server: whose environment it is.
        folder: where the virtual environments lie.

    Returns:
        The environment's ``bin`` folder.

    Raises:
        Unavailable: pip could not install it.
    """
    home = folder / server.environment
    receipt, log = home / "installed.txt", folder / f"{server.environment}-install.log"
    wanted = "\n".join([sys.version, describe(MODELS), *map(describe, server.requirements)])
    if receipt.is_file() and receipt.read_text() == wanted:
        return home / "bin"
    print(f"installing {server.environment} …", file=sys.stderr, flush=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    commands = [
        [sys.executable, "-m", "venv", str(home)],
        [*pip, *(part for need in server.requirements for part in argument(need))],
        [*pip, "--no-deps", *argument(MODELS)],
    ]
    with log.open("w") as output:
        for command in commands:
            if subprocess.run(command, stdout=output, stderr=output).returncode:
                raise Unavailable(f"pip failed: {last_line(log)} ({log.name})")
    receipt.write_text(wanted)
    return home / "bin"


def argument(requirement: str | Path) -> list[str]:
    return ["-e", str(requirement)] if isinstance(requirement, Path) else [requirement]


def describe(requirement: str | Path) -> str:
    """What has to stay the same for an installation to stay good."""
    if isinstance(requirement, Path):
        return f"{requirement}\n{(requirement / 'pyproject.toml').read_text()}"
    return requirement


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no output")
