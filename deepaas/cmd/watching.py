"""The files of models, and what is saved in them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from watchfiles import Change, awatch

from deepaas.exceptions import ModuleNotFoundError
from deepaas.log import getLogger
from deepaas.model.source import Source

# Folders of other people's packages, and of what is made, not written.
INSTALLED = frozenset({"site-packages", "dist-packages"})
IGNORED = frozenset({"__pycache__", "node_modules", *INSTALLED})
ENVIRONMENT = "pyvenv.cfg"
# Milliseconds without a change after which a burst is over, and the most that one is waited for.
QUIET, LONGEST_BURST = 100, 1000


@dataclass(frozen=True)
class Watched:
    """What is watched.

    Args:
        roots: folders, in which all Python counts.
        files: what counts besides.
        settings: folders whose configuration files count.
    """

    roots: frozenset[Path] = frozenset()
    files: frozenset[Path] = frozenset()
    settings: frozenset[Path] = frozenset()

    def __or__(self, other: Watched) -> Watched:
        return Watched(
            self.roots | other.roots, self.files | other.files, self.settings | other.settings
        )

    def folders(self) -> set[Path]:
        """Return all folders to watch: those with Python in them, and what is directly in these.

        A model may lie beside all that its author owns, which is not to be searched.
        """
        # Folders above, since one that is removed may come again.
        above = {path.parent for path in (*self.roots, *self.files)} | self.settings
        found = {folder for folder in above - self.roots if folder.is_dir()}
        waiting = [root for root in self.roots if root.is_dir()]
        while waiting:
            folder = waiting.pop()
            found.add(folder)
            if folder in self.roots or any(_python_in(folder)):
                waiting += _subfolders(folder)
        return found

    def counts(self, change: Change, path: str) -> bool:
        """Tell whether a change counts: that of a file, or a new folder, where files will be."""
        changed = Path(path)
        if changed in self.files:
            return True
        if changed.suffix == ".conf" and changed.parent in self.settings:
            return True
        if not any(changed.is_relative_to(root) for root in self.roots):
            return False
        return changed.suffix == ".py" or (change is Change.added and _is_searched(changed))


def watched(sources: Iterable[Source], configuration: Iterable[str] = ()) -> Watched:
    """Return what is to be watched for models.

    Args:
        sources: where they come from.
        configuration: files of the configuration, and folders of such files.

    Raises:
        ModuleNotFoundError: none of them can be found.
    """
    found = Watched()
    sources = list(sources)
    for source in sources:
        with contextlib.suppress(metadata.PackageNotFoundError):
            if source.distribution:
                found |= Watched(files=_installed_files(source.distribution))
        found |= Watched(frozenset(_roots(source)))
    if not found.roots and not found.files:
        names = ", ".join(repr(source.name) for source in sources)
        raise ModuleNotFoundError(f"the files of model {names} are not found; nothing to watch")
    paths = {Path(one).absolute() for one in configuration}
    folders = frozenset(path for path in paths if path.is_dir())
    return found | Watched(files=frozenset(paths - folders), settings=folders)


async def saves(what: Watched) -> AsyncIterator[set[Path]]:
    """Yield the files that were saved or removed, a burst at a time.

    Args:
        what: to watch.
    """
    # It tells of each change, those that do not count included.
    getLogger("watchfiles").setLevel("WARNING")
    while True:
        changes = awatch(
            *what.folders(),
            watch_filter=what.counts,
            recursive=False,
            debounce=LONGEST_BURST,
            step=QUIET,
        )
        async for burst in changes:
            paths = {Path(path) for _, path in burst}
            new = {path for path in paths if path.is_dir()}
            files = paths - new
            for folder in new:
                files.update(_python_in(folder))
            if files:
                yield files
            if new:
                break


def _roots(source: Source) -> Iterator[Path]:
    """Find a module's topmost package, which need not be imported for that."""
    if source.file:
        yield Path(source.file).absolute().parent
        return
    module = source.value.partition(":")[0].strip()
    try:
        spec = find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    if spec.submodule_search_locations is not None:
        yield from (Path(one).absolute() for one in spec.submodule_search_locations)
    elif spec.has_location and spec.origin:
        # Beside a module that is not installed there are others that it uses.
        folder = Path(spec.origin).absolute().parent
        if folder.name not in INSTALLED:
            yield folder


def _installed_files(distribution: str) -> frozenset[Path]:
    found = (Path(str(one.locate())).absolute() for one in metadata.files(distribution) or ())
    return frozenset(one for one in found if "__pycache__" not in one.parts)


def _subfolders(folder: Path) -> list[Path]:
    return [path for one in _entries(folder) if _is_searched(path := Path(one.path))]


def _is_searched(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in IGNORED or folder.is_symlink():
        return False
    return folder.is_dir() and not (folder / ENVIRONMENT).exists()


def _python_in(folder: Path) -> Iterator[Path]:
    return (Path(one.path) for one in _entries(folder) if one.name.endswith(".py"))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
