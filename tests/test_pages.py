"""What the pages for authors tell to write and to type does what they show."""

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
from tests.pages import ROOT, SOURCE, Terminal, agree, sections, steps

FOLLOWED = {
    name: sections(page)
    for name, page in {
        "authoring": SOURCE / "authoring.rst",
        "quickstart": SOURCE / "quickstart.rst",
    }.items()
}
FOLLOWED["README"] = {
    title: blocks
    for title, blocks in sections(ROOT / "README.md").items()
    if title in ("Three lines", "Try it", "Serve your own model")
}
CONSOLES = [
    (page, title)
    for page, parts in FOLLOWED.items()
    for title, blocks in parts.items()
    if any(block.kind == "console" for block in blocks)
]


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("page", "title"), CONSOLES)
def test_following_a_section_does_what_it_shows(terminal, page, title):
    for block in (block for blocks in FOLLOWED[page].values() for block in blocks):
        if block.caption:
            terminal.write(block)
    consoles = [block.text for block in FOLLOWED[page][title] if block.kind == "console"]
    for step in (step for console in consoles for step in steps(console)):
        printed = terminal.run(step.command)
        # What is not shown is no error, at least.
        assert agree(step.shown, printed) if step.shown else "error" not in printed, printed


@pytest.mark.parametrize("page", FOLLOWED)
def test_each_file_of_a_page_is_used_in_a_section_that_is_followed(page):
    blocks = [block for blocks in FOLLOWED[page].values() for block in blocks]
    consoles = "".join(block.text for block in blocks if block.kind == "console")
    files = [block.caption for block in blocks if block.kind in ("python", "py")]
    assert files
    assert [one for one in files if pathlib.Path(one).stem not in consoles] == []


def rows(header: str) -> list[list[str]]:
    """Return the first code in each cell of a table."""
    page = (SOURCE / "authoring.rst").read_text()
    table = page[page.index(f"   * - Hint\n     - {header}") :].partition("\n\n")[0]
    cells = [re.split(r"\n     - ", row) for row in table.split("   * - ")[2:]]
    return [[(re.findall(r"``(.+?)``", cell) or [""])[0] for cell in row] for row in cells]


def names():
    """Return what the hints of the tables are made of."""
    (kinds,) = [
        block.text for block in FOLLOWED["authoring"]["Type hints"] if block.caption == "kinds.py"
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
