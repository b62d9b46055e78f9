"""``deepaas-check``: all that is wrong with a model, before it is served."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence

from deepaas import extract_version
from deepaas.cmd._shutdown import ending
from deepaas.cmd.checks import arguments, functions, names, running, telling
from deepaas.cmd.checks.findings import Finding, in_short
from deepaas.cmd.checks.importing import Imported
from deepaas.cmd.checks.summary import served
from deepaas.exceptions import DeepaasError
from deepaas.model.describe import describe
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source

Section = tuple[str, list[Finding], list[str]]
"""A title, what is wrong, and what is fine."""
PROG = "deepaas-check"
DESCRIPTION = (
    "Load models as deepaas-run would, and tell all that is wrong with them and how to mend it. "
    "Warnings leave the exit code as it is."
)
EPILOG = (
    "Examples:  deepaas-check model.py  |  deepaas-check --predict my-model  |  "
    "deepaas-check package.module:Model --no-warm.  Exit codes: 0; 1 where something is wrong; 2 "
    "for options that cannot be used."
)


def main(argv: Sequence[str] | None = None) -> None:
    """Check models.

    Args:
        argv: command-line arguments without the program's name; None for those of the process.

    Raises:
        SystemExit: 0 where nothing is wrong; 1 where something is; 2 for options that cannot be
            used.
    """
    parser = argparse.ArgumentParser(PROG, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="a file such as model.py, a module, module:object, or the name of an installed one; "
        "all that are installed if none is given",
    )
    parser.add_argument(
        "--warm",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="call the model's warm in a worker",
    )
    parser.add_argument(
        "--predict",
        action="store_true",
        help="ask for a prediction as well, with examples for the arguments that are required",
    )
    parser.add_argument("--version", action="version", version=extract_version())
    given = parser.parse_args(sys.argv[1:] if argv is None else argv)
    # What is logged while a model is loaded is found by the checks, too.
    logging.disable(logging.WARNING)
    with ending():
        sys.exit(1 if _check(given.models, given.warm, given.predict) else 0)


def _check(models: list[str], warm: bool, predict: bool) -> int:
    """Check and tell; return how many errors there are."""
    imported = Imported(models)
    findings = list(names.clashes(imported.members))
    sections: list[Section] = [("", findings, [])] if findings else []
    for source in imported.members:
        found, fine = _of_one(source, imported, warm, predict)
        found = [*imported.findings.pop(source.name, ()), *found]
        sections.append((f"{source.name}  ({source.file or source.value})", found, fine))
    # What is left has not become a model.
    sections += [(name, found, []) for name, found in imported.findings.items() if found]
    for title, found, fine in sections:
        _tell(title, found, fine)
    every = [one for _, found, _ in sections for one in found]
    errors = sum(not one.harmless for one in every)
    print(
        f"{_many(len(imported.members), 'model')}: {_many(errors, 'error')}, "
        f"{_many(len(every) - errors, 'warning')}"
    )
    return errors


def _of_one(
    source: Source, imported: Imported, warm: bool, predict: bool
) -> tuple[list[Finding], list[str]]:
    """Check one model; return what is wrong, and what is fine."""
    found = list(names.url(source))
    model = imported.model(source)
    if model is None:
        return found, []
    found += functions.missing(model)
    for function in functions.PURPOSES:
        found += arguments.undescribed(model, function)
    found += telling.response(model)
    found += telling.metadata(source.name, model)
    try:
        description = describe(source.name, model)
    except DeepaasError as error:
        if all(one.harmless for one in found):
            found.append(Finding(in_short(error), "do what the message says"))
        ran, _ = asyncio.run(running.in_a_worker(source, None, warm, predict))
        # Workers describe it as well, and say the same then.
        return [*found, *(one for one in ran if str(error) not in one.text)], []
    for function in functions.PURPOSES:
        if (described := getattr(description, function)) is not None:
            implementation = getattr(model, function)
            found += functions.unfitting(function, implementation, described)
            found += arguments.unfitting_defaults(function, described)
            found += arguments.unfitting_accept(function, described)
            found += arguments.unhinted(model, function, described)
    loaded = LoadedModel(source, model, description)
    ran, seen = asyncio.run(running.in_a_worker(source, loaded, warm, predict))
    return [*found, *ran], [*served(description), *filter(None, (seen,))]


def _tell(title: str, findings: Iterable[Finding], fine: Iterable[str] = ()) -> None:
    if title:
        print(title)
    for one in sorted(findings, key=lambda one: one.harmless):
        print(f"  {'warning' if one.harmless else 'error'}: {one.text}")
        print(f"    mend: {one.mend}")
    for line in fine:
        print(f"  ok: {line}" if not line.startswith("  ") else f"      {line}")
    print()


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


if __name__ == "__main__":
    main()
