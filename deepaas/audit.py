"""Who did what to trainings, tokens and models: a line of JSON for each deed."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
from typing import Any, Protocol

from deepaas.calls import current
from deepaas.exceptions import ConfigurationError
from deepaas.log import getLogger

LOG = getLogger(__name__)
STDERR = "-"
ANONYMOUS = "anonymous"
# Characters of a name that a caller has invented, such as that of a model.
LONGEST = 500
REFUSED = "auth.refused"
# In place of a file's number.
CLOSED = -1


class Audit(Protocol):
    """Where deeds are written down."""

    def write(self, action: str, who: str, **about: Any) -> None:
        """Write down what somebody has done, or tried to do; what is empty is left out.

        Args:
            action: what, such as ``training.start``.
            who: the subject of the caller.
            about: what else is known: ``address``, ``model``, ``training``, ``token``, ``count``,
                and ``result``, the status of the answer.
        """

    def refused(self, address: str, count: int) -> None:
        """Write down how many wrong tokens came from an address within a minute."""

    def close(self) -> None:
        """Write no more."""


class NoAudit:
    """Writes nothing down; see ``Audit``."""

    def write(self, action: str, who: str, **about: Any) -> None:
        """See ``Audit``."""

    def refused(self, address: str, count: int) -> None:
        """See ``Audit``."""

    def close(self) -> None:
        """See ``Audit``."""


class AuditFile:
    """Writes lines to a file, or to standard error; see ``Audit``.

    Several processes may write to the same file: each line is appended whole. A file that has been
    moved away, by logrotate for instance, is made anew.

    Args:
        path: of the file; ``-`` for standard error.

    Raises:
        ConfigurationError: it cannot be written to.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._failing = self._torn = False
        try:
            self._file = sys.stderr.fileno() if path == STDERR else _open(path)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"--audit-file {path}: {_why(error)}") from None

    def write(self, action: str, who: str, **about: Any) -> None:
        """See ``Audit``; what cannot be written is no failure of who has asked."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        said = {
            "time": now.replace("+00:00", "Z"),
            "action": action,
            "who": who,
            "request_id": current().request_id,
            **about,
        }
        # All that is not ASCII is escaped, line ends and what a terminal would obey among it.
        line = json.dumps({key: _short(value) for key, value in said.items() if value != ""})
        try:
            self._append(f"{line}\n".encode())
        except OSError as error:
            if not self._failing:
                LOG.error("--audit-file %s cannot be written to: %s", self._path, _why(error))
            self._failing = True
        else:
            self._failing = False

    def refused(self, address: str, count: int) -> None:
        """See ``Audit``."""
        self.write(REFUSED, "", address=address, count=count)

    def close(self) -> None:
        """See ``Audit``."""
        if self._path != STDERR:
            os.close(self._file)
        # The number may be that of another file by now.
        self._file = CLOSED

    def _append(self, line: bytes) -> None:
        if self._path != STDERR and self._moved():
            file = _open(self._path)
            os.close(self._file)
            self._file = file
        if self._torn:
            line = b"\n" + line
        written = os.write(self._file, line)
        # A disk that is full may have had room for a part.
        self._torn = written < len(line)
        if self._torn:
            raise OSError("there was no room for a whole line")

    def _moved(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return not os.path.samestat(os.stat(self._path), os.fstat(self._file))
        return True


def open_audit(path: str) -> Audit:
    """Return where deeds are written down.

    Args:
        path: see ``AuditFile``; empty for nowhere.

    Raises:
        ConfigurationError: it cannot be written to.
    """
    return AuditFile(path) if path else NoAudit()


def _short(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


def _open(path: str) -> int:
    # A pipe is not waited for, neither until somebody reads it nor while it is full.
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    return os.open(path, how, 0o600)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
