"""What a person writes to name a model that is not installed: a file or a module."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from deepaas.exceptions import ModuleNotFoundError
from deepaas.model.source import Source


def names_code(text: str) -> bool:
    """Tell whether a text names a file, or something in a module, rather than something else."""
    return ".py" in text or os.sep in text or ":" in text


def file_source(text: str) -> Source | None:
    """Return the source of ``model.py`` or ``folder/model.py:object``; None if it names no file.

    The file's folder is searched for modules from then on, by workers as well.

    Args:
        text: what a person wrote.

    Raises:
        ModuleNotFoundError: it names a file that does not exist.
    """
    path, _, within = text.partition(":")
    if not path.endswith(".py") and os.sep not in path:
        return None
    file = Path(path).expanduser().absolute()
    if file.is_dir():
        raise ModuleNotFoundError(f"{path} is a folder; name a Python file in it, or a module")
    if not file.is_file():
        raise ModuleNotFoundError(f"there is no file {path}")
    root, name = file.parent, file.stem
    while (root / "__init__.py").exists():
        root, name = root.parent, f"{root.name}.{name}"
    _search(root)
    value = f"{name}:{within}" if within else name
    # One in a package is imported by its name, so that it can import its neighbours.
    alone = "" if "." in name else str(file)
    return Source(_called(value), value, file=alone)


def module_source(text: str) -> Source | None:
    """Return the source of ``package.module`` or ``package.module:object``; None without a module.

    The working directory is searched as well.

    Args:
        text: what a person wrote.
    """
    module, _, _ = text.partition(":")
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    _search(Path.cwd())
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return None if found is None else Source(_called(text), text)


def _called(value: str) -> str:
    module, _, within = value.partition(":")
    return (within or module).rpartition(".")[2]


def _search(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
