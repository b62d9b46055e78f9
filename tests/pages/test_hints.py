"""What the tables of hints say is so."""

import datetime
import decimal
import enum
import io
import pathlib
import re
import types
import uuid
from typing import Annotated, Any, Literal, get_origin
from urllib.parse import parse_qsl

import numpy as np
import pytest
from multidict import MultiDict
from numpy.typing import NDArray

import deepaas
from deepaas.exceptions import InvalidModel
from deepaas.files import UploadedFile
from deepaas.schema.hints.signatures import describe_signature
from deepaas.schema.parsing import Received, parse
from deepaas.types import Dtype, Shape
from tests.pages.reading import SOURCE, blocks


def rows(header: str) -> list[list[str]]:
    """Return the first code in each cell of a table."""
    page = (SOURCE / "authoring.rst").read_text()
    table = page[page.index(f"   * - Hint\n     - {header}") :].partition("\n\n")[0]
    cells = [re.split(r"\n     - ", row) for row in table.split("   * - ")[2:]]
    return [[(re.findall(r"``(.+?)``", cell) or [""])[0] for cell in row] for row in cells]


def names():
    """Return what the hints of the tables are made of."""
    (kinds,) = [
        block.text for block in blocks("doc/source/authoring.rst") if block.caption == "kinds.py"
    ]
    module = types.ModuleType("kinds")
    exec(compile(kinds, "kinds.py", "exec"), vars(module))  # noqa: S102
    known = (datetime, decimal, enum, io, pathlib, uuid, np, deepaas, Annotated, Any, Literal)
    named = {getattr(one, "__name__", ""): one for one in known}
    return {**vars(module), **named, "np": np, "NDArray": NDArray, "Dtype": Dtype, "Shape": Shape}


def taking(hint):
    """Return what is said of a function that takes a hint."""

    def predict(x): ...

    predict.__annotations__ = {"x": hint}
    return describe_signature(predict, "predict()").arguments


@pytest.mark.parametrize(("hint", "sent", "got"), rows("A caller sends"))
def test_the_table_of_hints_is_true(hint, sent, got):
    known = names()
    arguments = taking(eval(hint, known))  # noqa: S307
    if sent.startswith("{"):
        received = Received(MultiDict(), MultiDict(), sent.encode())
    else:
        received = Received(MultiDict(parse_qsl(sent)), MultiDict(), b"")
    value = arguments.adapt(parse(arguments, received))["x"]
    wanted = eval(got, known)  # noqa: S307
    assert type(value) is type(wanted) or isinstance(value, str)
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(value, wanted, strict=True)
    else:
        assert value == wanted


@pytest.mark.parametrize("hint", [hint for hint, *_ in rows("The function gets")])
def test_each_hint_of_the_table_of_files_takes_one(hint, tmp_path):
    known = {**names(), **{one: pytest.importorskip(one) for one in ("PIL", "pandas")}}
    pytest.importorskip("PIL.Image")
    kind = eval(hint, known)  # noqa: S307
    (argument,) = taking(kind)
    assert argument.is_file
    picture = SOURCE / "_static" / "swagger-ui.png"
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    sent = table if "DataFrame" in hint else picture
    file = UploadedFile("x", str(sent), "application/octet-stream", sent.name)
    made = argument.adapt([file] if argument.is_list else file)
    assert isinstance(made, get_origin(kind) or kind)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        ("int | str", "choose one of its types"),
        ("complex", "use a plain type, a dataclass, a TypedDict, or a file type"),
        ("Literal['a', 1]", "values of one type"),
        ("np.float32", "use int, float or bool, or numpy.ndarray"),
        ("tuple[str, bytes]", "use an argument of its own for each file"),
        ("list[int | str]", "choose one of its types"),
    ],
)
def test_what_the_table_says_is_refused_is_refused_with_what_works(hint, words):
    with pytest.raises(InvalidModel, match=f"predict\\(\\): argument 'x': .*{words}"):
        taking(eval(hint, names()))  # noqa: S307
