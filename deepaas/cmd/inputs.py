"""What the command line names, spread over the calls that it asks for."""

from __future__ import annotations

import glob
import mimetypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from deepaas.exceptions import InvalidArguments
from deepaas.files import Scratch, UploadedFile, remove, suffix_of
from deepaas.schema.accept import ANYTHING, negotiate
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.options import raw_value, uploaded
from deepaas.schema.parsing import load

MAGIC = set("*?[")


@dataclass(frozen=True)
class Call:
    """One call.

    Args:
        given: what the command line has for it, by key.
        label: what sets it apart from the other calls: paths of its files, if there are others.
    """

    given: dict[str, Any]
    label: str


class Ready(NamedTuple):
    """Arguments that are valid.

    Args:
        raw: values by key, as they would have come over HTTP.
        arguments: keyword arguments for the model.
    """

    raw: dict[str, Any]
    arguments: dict[str, Any]


def spread(arguments: Arguments, given: dict[str, Any]) -> list[Call]:
    """Return a call for each file, where an argument that takes one file was given several.

    Args:
        arguments: the description.
        given: what the command line has, by key; patterns such as ``images/*.png`` are expanded.

    Raises:
        InvalidArguments: a pattern matches nothing, or two arguments were given a different
            number of files.
    """
    given = dict(given)
    for argument in arguments:
        if argument.is_file and argument.key in given:
            given[argument.key] = _expanded(argument, given[argument.key])
    several = [
        argument.key
        for argument in arguments
        if argument.is_file and not argument.is_list and len(given.get(argument.key, ())) > 1
    ]
    counts = {len(given[key]) for key in several}
    if len(counts) > 1:
        raise InvalidArguments({key: [f"{len(given[key])} files"] for key in several})
    if not several:
        return [Call(given, ", ".join(_paths(arguments, given)))]
    return [
        Call(
            {**given, **{key: [given[key][index]] for key in several}},
            ", ".join(given[key][index] for key in several),
        )
        for index in range(counts.pop())
    ]


def as_written(arguments: Arguments, call: Call, target: Path) -> Call:
    """Return a call that asks for what the ending of a file stands for, where it does not say.

    Args:
        arguments: the description.
        call: the call.
        target: the file that its result is written to.
    """
    accept = arguments.accept
    wanted = mimetypes.guess_type(target.name)[0]
    if accept is None or wanted is None or accept.key in call.given:
        return call
    chosen = negotiate(wanted, [str(one) for one in accept.choices if one != ANYTHING], "")
    return call if chosen is None else replace(call, given={**call.given, accept.key: chosen})


@contextmanager
def prepared(arguments: Arguments, call: Call, scratch: Scratch) -> Iterator[Ready]:
    """Validate a call's arguments; its files are private copies, removed afterwards.

    Args:
        arguments: the description.
        call: what was given.
        scratch: where copies are made.

    Raises:
        InvalidArguments: naming each argument that does not fit.
    """
    copies: list[str] = []
    try:
        raw: dict[str, Any] = {}
        for argument in arguments:
            if argument.key in call.given:
                copier = _Copier(argument, scratch, copies)
                raw[argument.key] = raw_value(argument, call.given[argument.key], copier)
        yield Ready(raw, load(arguments, raw))
    finally:
        for copy in copies:
            remove(copy)


class _Copier:
    def __init__(self, argument: Argument, scratch: Scratch, copies: list[str]) -> None:
        self._argument = argument
        self._scratch = scratch
        self._copies = copies

    def __call__(self, path: str) -> UploadedFile:
        copy = self._scratch.new_path(suffix_of(path))
        self._copies.append(copy)
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            reason = f"{path}: {error.strerror or error}"
            raise InvalidArguments({self._argument.key: [reason]}) from None
        return uploaded(self._argument.name, path, copy, os.path.basename(path))


def _expanded(argument: Argument, paths: list[str]) -> list[str]:
    expanded: list[str] = []
    for path in map(os.path.expanduser, paths):
        if os.path.exists(path) or not MAGIC.intersection(path):
            expanded.append(path)
            continue
        found = sorted(one for one in glob.glob(path, recursive=True) if os.path.isfile(one))
        if not found:
            raise InvalidArguments({argument.key: [f"no file matches {path}"]})
        expanded += found
    return expanded


def _paths(arguments: Arguments, given: dict[str, Any]) -> Iterator[str]:
    for argument in arguments:
        if argument.is_file:
            yield from given.get(argument.key, ())
