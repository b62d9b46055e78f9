"""What is served, in the words of ``deepaas-run``."""

from __future__ import annotations

import inspect
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

GROUP = "deepaas.v2.model"


def named(model: Any) -> str:
    """Return what ``deepaas-run`` is told for a model.

    Args:
        model: what it is told anyway, a path, a module, or a function or class of a module.

    Raises:
        ValueError: a server could not find it.
    """
    if isinstance(model, str):
        return model
    if isinstance(model, Path):
        return str(model)
    if isinstance(model, ModuleType):
        return _file_of(model)
    name = getattr(model, "__qualname__", "")
    if not name or "<" in name:
        raise ValueError(
            f"{model!r} cannot be served: a server runs in another process, which must find it by "
            "its name; give a file, a module, or a function or class that a module holds"
        )
    return f"{_file_of(inspect.getmodule(model))}:{name}"


def of_the_project(folder: Path) -> list[str]:
    """Return the models of a project, by name where it is installed, else by where they are.

    Args:
        folder: a folder in it.

    Raises:
        ValueError: there is no project with a model.
    """
    for one in (folder, *folder.parents):
        file = one / "pyproject.toml"
        if file.is_file():
            break
    else:
        raise ValueError(f"there is no pyproject.toml in {folder} or above it; name a model")
    project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    declared: dict[str, str] = project.get("entry-points", {}).get(GROUP, {})
    if not declared:
        raise ValueError(f"{file} has no entry point in {GROUP!r}; name a model")
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    return [
        name if installed.get(name) == value else value.replace(" ", "")
        for name, value in declared.items()
    ]


def _file_of(module: ModuleType | None) -> str:
    file = getattr(module, "__file__", None)
    if file is None:
        raise ValueError(f"{module!r} cannot be served: it comes from no file")
    return str(file)
