"""A PostgreSQL server of the tests' own, on a socket in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder with PostgreSQL's programs, if they are installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server; give a URL in which ``{name}`` stands for a database."""
    programs = binaries()
    assert programs is not None
    # It does not run as root; Debian's package has made a user for it.
    owner = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if os.getuid() == 0:
            shutil.chown(folder, owner)
        options = {"user": owner, "check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-A", "trust", "-U", "tests", "--no-sync"], **options
        )
        settings = f"-c listen_addresses= -k {folder} -c fsync=off -c max_connections=50"
        control = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
        subprocess.run([*control, "-o", settings, "start"], **options)
        stack.callback(subprocess.run, [*control, "-m", "immediate", "stop"], **options)
        yield f"postgresql://tests@/{{name}}?host={folder}"
