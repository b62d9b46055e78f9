"""Whether a model can be imported, and what it does then."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any

from deepaas.cmd.blame import place
from deepaas.cmd.checks.findings import Finding, Findings, in_short
from deepaas.exceptions import DeepaasError
from deepaas.model.authored import Ambiguous
from deepaas.model.loading import choose
from deepaas.model.source import Source

CHANGED = "change it as the message says; nothing of it can be served before"
REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Imported:
    """Models that were imported, as a server would do it.

    Args:
        names: what a person has named; empty for all that is installed.

    Attributes:
        findings: what is wrong, by the model's name.
        members: the models, each by itself.
    """

    def __init__(self, names: list[str]) -> None:
        self.findings: dict[str, list[Finding]] = {}
        self.members: list[Source] = []
        found: list[Source] = []
        # One by one, so that each that is not found is told.
        for asked in [[name] for name in names] or [[]]:
            try:
                found += [one for one in choose(asked) if one not in found]
            except DeepaasError as error:
                mend = "write it as deepaas-run takes it: a file, a module, or an installed name"
                self._add(" ".join(asked), [Finding(in_short(error), mend)])
        for source in found:
            self._add(source.name, dependencies(source))
            self.members += self._loudly(source, source.members) or []

    def model(self, source: Source) -> Any:
        """Return the object that a server describes; None where there is none."""
        return self._loudly(source, lambda: source.load(describing=True))

    def _add(self, name: str, findings: Iterable[Finding]) -> None:
        self.findings.setdefault(name, []).extend(findings)

    def _loudly(self, source: Source, load: Callable[[], Any]) -> Any:
        """Load something, and note what it prints and warns of."""
        printed = io.StringIO()
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            warnings.simplefilter("default")
            try:
                return load()
            except Ambiguous as error:
                self._add(source.name, [Finding(one, CHANGED) for one in error.problems])
                return None
            except DeepaasError as error:
                self._add(source.name, [failed(error)])
                return None
            finally:
                self._add(source.name, noise(printed.getvalue(), warned))


def failed(error: DeepaasError) -> Finding:
    """Return what has kept a model from being imported, and the mend.

    Args:
        error: with its cause.
    """
    cause = error.__cause__
    mend = "mend that line; nothing of the model can be used before"
    if isinstance(cause, ModuleNotFoundError) and cause.name:
        missing = cause.name.partition(".")[0]
        mend = (
            f"install what brings {missing} (pip install {missing}, if it is called so) and add it "
            "to the dependencies in pyproject.toml; if it is a module of your own, look at its name"
        )
    elif isinstance(cause, ImportError):
        mend = "look whether that name exists there, and in that version"
    elif isinstance(cause, FileNotFoundError):
        mend = (
            "a server's working directory is not yours: build the path from "
            "Path(__file__).parent, or from an environment variable"
        )
    elif isinstance(cause, SystemExit):
        mend = "let that be done under: if __name__ == '__main__'"
    elif isinstance(cause, AttributeError) and not place(error):
        mend = "look at the name after the colon"
    elif cause is None:
        mend = CHANGED
    return Finding(f"{in_short(error)}{place(error)}", mend)


def noise(printed: str, warned: list[warnings.WarningMessage]) -> Findings:
    """Find what a model prints, and warns of, when it is imported.

    Args:
        printed: its output.
        warned: its warnings.
    """
    if printed.strip():
        yield Finding(
            f"it prints when it is imported: {in_short(printed, 100)}",
            "log it, or leave it out: the server and each worker print it again",
            harmless=True,
        )
    for one in dict.fromkeys((one.category.__name__, in_short(one.message)) for one in warned):
        yield Finding(
            f"it warns when it is imported: {': '.join(one)}",
            "do what the warning says, before what it warns of is gone",
            harmless=True,
        )


def dependencies(source: Source) -> Findings:
    """Find what the package of a model declares to need, and is not installed.

    Args:
        source: of the model.
    """
    try:
        needed = metadata.requires(source.distribution) if source.distribution else None
    except metadata.PackageNotFoundError:
        return
    for one in needed or ():
        name, _, marker = one.partition(";")
        if marker or (found := REQUIREMENT.match(name)) is None:
            continue
        try:
            metadata.version(found[0])
        except metadata.PackageNotFoundError:
            yield Finding(
                f"{source.distribution} declares to need {name.strip()}, which is not installed",
                f"pip install '{name.strip()}', or take it out of the dependencies",
                harmless=True,
            )
