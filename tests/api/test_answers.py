"""What models return, as callers get it."""

import asyncio
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.api.asking import predict

PNG = {"Accept": "image/png"}
TEXT = {"Accept": "text/plain"}


async def answered(serve, what, **options):
    """Return what the model answers for ``what``."""
    return await predict(await serve("answering"), "answering", params={"what": what}, **options)


# What models return, and what is answered.
JSON = (
    ("str", "some text"),
    ("none", None),
    ("bytes", "some bytes"),
    ("special", {"nan": None, "list": [None, None, 1.5]}),
    ("array", [[1.5, None], [0.0, None]]),
    ("transposed", [[0, 2], [1, 3]]),
    ("scalars", [1, 0.5, True, None]),
    ("strings", ["a", "b"]),
    ("half", [0.5, 1.0]),
    ("day", "2024-02-29T00:00:00"),
    ("set", [[1], [2], [3, 4]]),
    ("utf8", {"bytes": "é"}),
    ("keys", {"1": "int", "1.5": "float", "null": "none"}),
    ("many", list(range(300_000))),
    ("long", {"one": 1.5, "more": [2.5, None]}),
    (
        "moments",
        ["2024-02-29", "2024-02-29T12:30:00", "2024-02-29T00:00:00+00:00", "12:30:00"],
    ),
    (
        "others",
        [1.5, f"{0:08}-0000-0000-0000-{1:012}", "red", {"x": 1, "y": 2}, [1, 2], "a/b", [0, 1]],
    ),
)


async def test_whatever_has_a_json_form_is_answered_as_json(serve):
    client = await serve("answering")
    for what, wanted in JSON:
        answer = await predict(client, "answering", params={"what": what})
        assert answer.predictions == wanted, what


async def test_large_integers_and_lone_surrogates_stay_what_they_are(serve):
    large = await answered(serve, "large")
    assert json.loads(large.body)["predictions"] == [2**64, -(2**100)]
    surrogate = await answered(serve, "surrogate")
    assert json.loads(surrogate.body)["predictions"] == "a\ud800b"


# What models return, and a word of what is said.
NO_JSON = (
    ("object", "object"),
    ("binary", "not UTF-8"),
    ("mixed", "tuple"),
    ("complex", "clongdouble"),
    ("endless", "contains itself"),
)


async def test_whatever_has_no_json_form_is_a_500_that_says_so(serve):
    client = await serve("answering")
    for what, said in NO_JSON:
        answer = await predict(client, "answering", params={"what": what})
        assert answer.status == 500, what
        assert "'answering'" in answer.message
        assert "JSON" in answer.message or "contains itself" in answer.message
        assert said in answer.message


# What models return, and what is sent.
CONTENT = (
    ("bytes", b"some bytes"),
    ("str", b"some text"),
    ("stream", b"in memory"),
    ("read", b"in memory"),
    ("text_stream", b"some text"),
    ("megabytes", b"m" * 3_000_000),
)


async def test_content_goes_out_as_the_type_that_was_asked_for(serve):
    client = await serve("answering")
    for what, content in CONTENT:
        answer = await predict(client, "answering", params={"what": what}, headers=PNG)
        assert answer.status == 200, what
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Length"] == str(len(content))
        assert answer.body == content
        assert "Content-Disposition" not in answer.headers


async def test_what_is_no_content_stays_json_whatever_was_asked_for(serve):
    assert (await answered(serve, "special", headers=PNG)).predictions["list"] == [None, None, 1.5]


@pytest.mark.parametrize("size", [0, 10, 5_000_000])
async def test_an_open_file_is_streamed_with_its_name(serve, tmp_path, size):
    content = hashlib.shake_128(b"seed").digest(size)
    path = tmp_path / "plot größe.png"
    path.write_bytes(content)
    client = await serve("answering")
    query = {"what": "open", "path": str(path)}
    answer = await predict(client, "answering", params=query, headers=PNG)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(size)
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"plot gr??e.png\"; filename*=UTF-8''plot%20gr%C3%B6%C3%9Fe.png"
    )
    assert answer.body == content
    assert path.exists()


async def test_an_open_file_goes_out_as_it_is_where_json_is_asked(serve, tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{"a": 1}')
    client = await serve("answering")
    answer = await predict(client, "answering", params={"what": "open", "path": str(path)})
    assert answer.json == {"a": 1}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="result.json"'


async def test_a_returned_file_goes_out_under_the_name_that_it_gives(serve, tmp_path):
    path = tmp_path / "0.tmp"
    path.write_bytes(b"II*")
    client = await serve("answering")
    query = {"what": "returned", "path": str(path)}
    answer = await predict(client, "answering", params=query, headers=PNG)
    assert answer.body == b"II*"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="scan.tif"'


async def test_the_name_of_a_returned_file_may_be_a_path(serve, tmp_path):
    path = tmp_path / "0.tmp"
    path.write_bytes(b"II*")
    client = await serve("answering")
    query = {"what": "path_as_name", "path": str(path)}
    answer = await predict(client, "answering", params=query)
    assert (answer.status, answer.body) == (200, b"II*")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="scan.tif"'


async def test_a_name_that_is_no_text_does_not_hide_the_answer(serve, tmp_path):
    client = await serve("answering")
    for size in (3, 3_000_000):
        (tmp_path / "a\udcff.bin").write_bytes(b"a" * size)
        query = {"what": "odd_name", "path": str(tmp_path)}
        answer = await predict(client, "answering", params=query, headers=PNG)
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a?.bin"'
    assert [path.name for path in tmp_path.glob("deepaas-*/*")] == ["lock"]


async def test_who_drops_a_download_is_not_complained_of(serve, tmp_path, caplog, eventually):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    client = await serve("answering")
    url = client._base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    target = f"/v2/models/answering/predict/?what=open&path={path}"
    writer.write(f"POST {target} HTTP/1.1\r\nHost: a\r\nAccept: image/png\r\n\r\n".encode())
    assert b"200 OK" in await reader.readline()
    writer.transport.abort()

    async def held():
        targets = [os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
        return [one for one in targets if one.startswith(str(tmp_path)) and "deleted" in one]

    await eventually(held, lambda files: not files)
    assert (await predict(client, "answering", params={"what": "str"})).status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_large_answers_leave_nothing_behind(serve, tmp_path):
    client = await serve("answering")
    for what in ("megabytes", "many"):
        assert (await predict(client, "answering", params={"what": what})).status == 200
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["lock"]


@pytest.mark.parametrize("model", ["structured:Dictionary", "structured:Class"])
async def test_an_answer_that_follows_the_schema_goes_out_without_an_envelope(serve, model):
    client = await serve(model)
    right = {"label": "cat", "scores": [0.5, 0.5], "day": "2024-02-29"}
    assert (await predict(client, model)).json == right
    answer = await predict(client, model, params={"what": "date"})
    assert answer.json == {**right, "scores": []}


@pytest.mark.parametrize("model", ["structured:Dictionary", "structured:Class"])
async def test_an_answer_that_does_not_follow_the_schema_is_a_500_that_says_why(serve, model):
    client = await serve(model)
    answer = await predict(client, model, params={"what": "wrong"})
    assert answer.status == 500
    for word in (model, "schema", "label", "scores", "more"):
        assert word in answer.message
    answer = await predict(client, model, params={"what": "list"})
    assert answer.status == 500
    assert "schema" in answer.message


async def test_a_schema_speaks_of_json_answers_only(serve):
    client = await serve("structured:Dictionary")
    answer = await predict(client, "structured:Dictionary", headers=TEXT)
    assert (answer.headers["Content-Type"], answer.body) == ("text/plain", b"cat")
