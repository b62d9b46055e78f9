"""Files that come with calls and go with answers, and the lives of temporary ones."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import shutil
import tempfile
import unicodedata
from pathlib import Path
from typing import BinaryIO, NamedTuple

from deepaas.log import getLogger

LOG = getLogger(__name__)
PREFIX = "deepaas-"
LOCK = "lock"
NAMELESS = "file"
# The disk, a quota or the limit on the size of files is exhausted.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Categories of characters that would break lines where a name is shown.
BREAKING = ("Cc", "Zl", "Zp")


class UploadedFile(NamedTuple):
    """A file that a caller sent.

    Args:
        name: the argument that it was sent as.
        filename: path of a temporary file with its content.
        content_type: MIME type that the caller gave, ``application/octet-stream`` if none.
        original_filename: the base name that it has on the caller's side.
    """

    name: str | None = None
    filename: str | None = None
    content_type: str | None = None
    original_filename: str | None = None


class ReturnedFile(NamedTuple):
    """A file that a model answers.

    Args:
        name: a name for it.
        filename: path of the file.
        content_type: its MIME type.
        original_filename: the base name that the caller is to see.
    """

    name: str | None = None
    filename: str | None = None
    content_type: str | None = None
    original_filename: str | None = None


class Scratch:
    """A directory for the files of calls, which goes when the server goes.

    A lock in it says that its server lives, so that the next server on this machine can remove
    what one that was killed has left behind.

    Args:
        parent: where to make it; None for the system's temporary folder.
    """

    def __init__(self, parent: str | None = None) -> None:
        # Workers and models may change their directory.
        self._parent = Path(parent or tempfile.gettempdir()).absolute()
        self._remove_abandoned()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
        # Locked before others can see it: a server that starts just now would take it for free.
        unseen = self.path / f"{LOCK}-new"
        self._lock = os.open(unseen, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unseen.rename(self.path / LOCK)
        self._prefix = f"{self.path}{os.sep}"
        self._numbers = itertools.count()

    def new_path(self, suffix: str = "") -> str:
        """Return a path in the directory that was never given before.

        Args:
            suffix: what it ends in, such as ``.png``.
        """
        return f"{self._prefix}{next(self._numbers)}{suffix}"

    def close(self) -> None:
        """Remove the directory with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def _remove_abandoned(self) -> None:
        for directory in self._parent.glob(f"{PREFIX}*"):
            try:
                lock = os.open(directory / LOCK, os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                pass
            else:
                shutil.rmtree(directory, ignore_errors=True)
                LOG.info("Removed %s, which an earlier server left behind", directory)
            finally:
                os.close(lock)


class CallFiles:
    """A directory for the files of one call, made for the first of them.

    Models write beside what they were sent; here it meets no other call, and goes with this one.

    Args:
        scratch: where to make it.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._path = ""
        self._given: list[str] = []

    def new_path(self, suffix: str = "") -> str:
        """Return a path in the directory that was never given before.

        Args:
            suffix: what it ends in, such as ``.png``.

        Raises:
            OSError: the directory cannot be made.
        """
        if not self._path:
            path = self._scratch.new_path()
            # A cleaner of temporary folders may have taken that of a server that runs long.
            os.makedirs(path, mode=0o700)
            self._path = path
        path = f"{self._path}{os.sep}{len(self._given)}{suffix}"
        self._given.append(path)
        return path

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        if not self._path:
            return
        try:
            for path in self._given:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            os.rmdir(self._path)
        except OSError:
            # The model has left something: it takes ten times as long to look for what.
            remove(self._path)


def create(path: str) -> BinaryIO:
    """Open a new file for writing.

    Args:
        path: as ``Scratch.new_path`` gave it.

    Raises:
        OSError: it cannot be made.
    """
    try:
        return open(path, "xb")
    except FileNotFoundError:
        # See ``CallFiles.new_path``.
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return open(path, "xb")


def remove(path: str) -> None:
    """Remove a file or a directory if it is still there; what cannot be removed is logged.

    Args:
        path: where it is; empty for none.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            LOG.warning("%s cannot be removed", path)


def no_room(error: OSError) -> bool:
    """Return whether an error says that nothing more can be written."""
    return error.errno in NO_ROOM


def base_name(name: str) -> str:
    """Return the bare name of a file that a client of any system sent, without its folders.

    Args:
        name: any text.

    Returns:
        A name that can be joined to a folder; ``file`` where nothing of the kind was sent.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    bare = "".join(one for one in last if unicodedata.category(one) not in BREAKING)
    return NAMELESS if bare.strip() in ("", ".", "..") else bare


def suffix_of(name: str) -> str:
    """Return the ending of a file name, such as ``.png``, if it is short and plain, else ``""``."""
    suffix = Path(name).suffix
    return suffix if len(suffix) <= 10 and suffix[1:].isalnum() and suffix.isascii() else ""
