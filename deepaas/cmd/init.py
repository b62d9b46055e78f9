"""``deepaas-init``: a new project with a model."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from deepaas import extract_version
from deepaas.cmd.errors import end

PROG = "deepaas-init"
# A name that can stand in a URL, and be that of a package.
NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
LONGEST = 60
TEMPLATES: Mapping[str, str] = {
    "README.md": "README.md.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "src/$package/__init__.py": "init.py.txt",
    "src/$package/model.py": "model.py.txt",
    "tests/test_model.py": "test_model.py.txt",
    "ai4-metadata.yml": "ai4-metadata.yml.txt",
    "Dockerfile": "Dockerfile.txt",
    ".dockerignore": "dockerignore.txt",
    ".gitignore": "gitignore.txt",
    "LICENSE": "LICENSE.txt",
}
DESCRIPTION = (
    "Make a new project with a model: a typed function, its tests, and all that is needed to "
    "install, serve and publish it."
)
EPILOG = "Examples:  deepaas-init shout  |  deepaas-init my-model --directory projects/model"


def main(argv: Sequence[str] | None = None) -> None:
    """Make a project.

    Args:
        argv: command-line arguments without the program's name; None for those of the process.

    Raises:
        SystemExit: 1 where a file cannot be written; 2 for a name or a folder that cannot be used.
    """
    parser = argparse.ArgumentParser(PROG, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument(
        "name", metavar="NAME", help="name of the model, under which it is served: my-model"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="PATH",
        help="folder to make it in; NAME in the working directory if not given",
    )
    parser.add_argument("--version", action="version", version=extract_version())
    given = parser.parse_args(sys.argv[1:] if argv is None else argv)
    if (why := _refusal(given.name)) is not None:
        end(PROG, 2, f"{given.name!r} cannot be the name of a model: {why}")
    folder: Path = given.directory or Path(given.name)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        end(PROG, 2, f"{folder} is there already, and is no empty folder")
    try:
        make(given.name, folder)
    except OSError as error:
        end(PROG, 1, f"{error.filename or folder}: {error.strerror}")
    print(_next_steps(given.name, folder))


def make(name: str, folder: Path) -> None:
    """Write the files of a project.

    Args:
        name: of the model.
        folder: where to; it is made.

    Raises:
        OSError: a file cannot be written.
    """
    values = {
        "name": name,
        "package": _package(name),
        "deepaas": ".".join(extract_version().split(".")[:2]),
        "today": datetime.now(UTC).date().isoformat(),
    }
    templates = files("deepaas") / "templates"
    for path, template in TEMPLATES.items():
        text = (templates / template).read_text(encoding="utf-8")
        target = folder / Template(path).substitute(values)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(text).substitute(values), encoding="utf-8")


def _package(name: str) -> str:
    return name.replace("-", "_")


def _refusal(name: str) -> str | None:
    """Return why a model cannot be called so; None if it can."""
    if not NAME.fullmatch(name):
        return "use small letters and digits, in words with - or _ between them, such as my-model"
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} letters"
    package = _package(name)
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return "it is a word of Python's own"
    if package in sys.stdlib_module_names or package in ("deepaas", "tests"):
        return f"its package would hide the module {package}"
    return None


def _next_steps(name: str, folder: Path) -> str:
    return "\n".join(
        [
            f"{folder} holds the model {name}; it is in src/{_package(name)}/model.py. Next:",
            "",
            f"  cd {folder}",
            "  pip install -e '.[test]'",
            f"  deepaas-check {name}",
            "  pytest",
            f"  deepaas-run --reload {name}",
        ]
    )


if __name__ == "__main__":
    main()
