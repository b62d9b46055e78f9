"""The description of a function as command-line options."""

from __future__ import annotations

import argparse
import ast
import mimetypes
from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma
import orjson

from deepaas.files import UploadedFile
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.numbers import Array
from deepaas.schema.parsing import as_list

TYPE_NAMES: dict[type[ma.fields.Field], str] = {
    ma.fields.Boolean: "bool",
    ma.fields.Integer: "int",
    ma.fields.Number: "float",
    ma.fields.List: 'list, enclosed as string: "[...]"',
    ma.fields.Tuple: 'list, enclosed as string: "[...]"',
    ma.fields.Mapping: 'dict, enclosed as string: "{...}"',
    ma.fields.Nested: 'dict, enclosed as string: "{...}"',
    Array: 'list of numbers, enclosed as string: "[...]"',
}


class OptionsParser:
    """Reads a function's arguments from a command line.

    Args:
        prog: the command as far as the function's name.
        description: what the function does.
        arguments: its description.
    """

    def __init__(self, prog: str, description: str, arguments: Arguments) -> None:
        self._arguments = arguments
        self._parser = argparse.ArgumentParser(
            prog=prog,
            description=description,
            formatter_class=argparse.RawTextHelpFormatter,
            allow_abbrev=False,
            # A model may call an argument "help".
            conflict_handler="resolve",
        )
        for index, argument in enumerate(arguments):
            self._parser.add_argument(
                *dict.fromkeys((f"--{argument.key}", f"--{argument.name}")),
                dest=str(index),
                metavar="FILE" if argument.is_file else "VALUE",
                nargs="+" if argument.is_file or argument.is_list else None,
                action="extend" if argument.is_file or argument.is_list else "store",
                default=argparse.SUPPRESS,
                help=help_text(argument).replace("%", "%%"),
            )

    def parse(self, argv: Sequence[str]) -> dict[str, Any]:
        """Return what was given: texts by key, and lists of paths for files.

        Args:
            argv: what follows the function's name.

        Raises:
            SystemExit: 2 for options that the function does not have, 0 after ``--help``.
        """
        given = vars(self._parser.parse_args(argv))
        return {
            argument.key: given[str(index)]
            for index, argument in enumerate(self._arguments)
            if str(index) in given
        }

    def error(self, text: str) -> None:
        """Print usage and ``text``, and end with code 2."""
        self._parser.error(text)


def raw_value(argument: Argument, given: Any, upload: Callable[[str], UploadedFile]) -> Any:
    """Return a value as it would have come over HTTP.

    Args:
        argument: the description.
        given: what the command line has: a text, or a list of texts or paths.
        upload: makes a private copy of a file.
    """
    if argument.is_file:
        files = [upload(path) for path in given]
        return files if argument.is_list else files[0]
    if argument.is_list:
        whole = as_list(argument, given[0], _literal) if len(given) == 1 else None
        if whole is not None:
            return whole
        return [_literal(one) if argument.is_mapping else one for one in given]
    return _literal(given) if argument.is_mapping else given


def uploaded(argument: str, path: str, copy: str, name: str) -> UploadedFile:
    """Return a file of the command line as an upload.

    Args:
        argument: its argument.
        path: where the user has it.
        copy: the private copy that the model may do with as it likes.
        name: its base name.
    """
    content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return UploadedFile(argument, copy, content_type, name)


def help_text(argument: Argument) -> str:
    """Return the help of one option.

    Args:
        argument: the description.
    """
    lines = [argument.description] if argument.description else []
    lines.append(f"Type: {type_name(argument)}")
    if argument.required:
        lines.append("*Required*")
    elif argument.has_default:
        lines.append(f"Default: {argument.default}")
    if argument.choices:
        lines.append(f"Choices: {list(argument.choices)}")
    return "\n".join(lines)


def type_name(argument: Argument) -> str:
    """Return what a person is to write for an argument."""
    if argument.is_file:
        return "list of str (filepath)" if argument.is_list else "str (filepath)"
    for kind, name in TYPE_NAMES.items():
        if isinstance(argument.field, kind):
            return name
    return "str"


def _literal(text: str) -> Any:
    """Return what a JSON document or a Python literal says; any other text as it is."""
    for read in (orjson.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text
