"""An environment to install into, which has all that the tests' own has."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path


class Environment:
    """A virtual environment in which ``pip`` works without a network.

    Args:
        folder: where to make it.
    """

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        binaries, outer = folder / "bin", Path(sys.executable).parent
        (site,) = folder.glob("lib/python*/site-packages")
        inherited = sysconfig.get_path("purelib")
        (site / "inherited.pth").write_text(f"import site; site.addsitedir({inherited!r})\n")
        for command in (*outer.glob("deepaas-*"), *outer.glob("pytest"), *outer.glob("pip")):
            copied = binaries / command.name
            copied.write_text(
                command.read_text().replace(str(outer / "python"), str(binaries / "python"), 1)
            )
            copied.chmod(0o755)
        self.variables = {
            "PATH": f"{binaries}:{outer}:{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            # An option that is switched off by its own negation: no isolation of builds.
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_QUIET": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
