"""Whatever hints a function has, every door answers and refuses the same."""

from __future__ import annotations

import collections

import pytest

from deepaas.model.loaded import load_models
from tests.doors.cli import TABLE
from tests.doors.door import Answer, Refusal
from tests.doors.rows import Row, rows

# Doors that some functions have no call for: there is a file in each, or a list in none.
MAYBE_NONE = ("a JSON document", "the query", "lists as JSON in the query")
# These take nothing of the functions that only know pictures.
NONE = {
    ("kserve, v2, packed", "painted"),
    ("kserve, v2, packed", "kept"),
    ("tritonclient.http", "kept"),
    ("tritonclient.grpc", "kept"),
}
ROWS: dict[str, list[Row]] = collections.defaultdict(list)
for one in rows():
    ROWS[one.model].append(one)


def outcome(row: Row, got: Answer | Refusal) -> object:
    """Return what a door has made of a call, to be compared with what it should."""
    if isinstance(got, Refusal):
        return dict(got.messages)
    return got.content_type, row.read(got.body) if got.content_type == row.content_type else got


def test_every_function_of_the_table_is_called():
    assert {one.description.name for one in load_models([str(TABLE)])} == set(ROWS)


@pytest.mark.parametrize("model", ROWS)
async def test_every_door_gives_equal_answers_and_equal_refusals(model, open_doors):
    doors = await open_doors(model)
    different, calls = [], collections.Counter()
    for row in ROWS[model]:
        wanted = row.refused or (row.content_type, row.answer)
        for name, door in doors.items():
            if not door.takes(row):
                continue
            calls[name] += 1
            try:
                got = outcome(row, await door.call(model, row.arguments, row.accept))
            except Exception as error:
                got = error
            if got != wanted:
                different.append(f"{name}, {row.arguments}: {got!r}, not {wanted!r}")
    assert not different, "\n".join(different)
    # A door that takes nothing would agree with all others.
    taken = {name for name in doors if name not in MAYBE_NONE and (name, model) not in NONE}
    assert min(calls[name] for name in taken) > 0
