"""Files that callers send, as models see them."""

import asyncio
import hashlib
import io

import aiohttp
import pytest

from tests.api.asking import ask, predict

NOT_A_FILE = ["Not a file: send it as a file part of multipart/form-data."]


def form(*parts, **texts):
    """Return a form with files, given as ``(argument, file name, content[, content type])``."""
    data = aiohttp.FormData(texts, default_to_multipart=True)
    for name, filename, content, *content_type in parts:
        data.add_field(name, content, filename=filename, content_type=(*content_type, None)[0])
    return data


def raw_form(*parts):
    """Return body and header of a form whose parts are given to the byte."""
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return {"data": body, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


async def test_an_upload_is_a_named_file_on_disk(serve, tmp_path):
    client = await serve("files")
    parts = form(("needed", "cat.png", b"meow", "image/png"))
    (seen,) = (await predict(client, "files", data=parts)).predictions["files"]
    assert seen.pop("filename").startswith(str(tmp_path))
    assert seen == {
        "type": "UploadedFile",
        "name": "needed",
        "content_type": "image/png",
        "original_filename": "cat.png",
        "content": "meow",
    }


async def test_without_a_content_type_it_is_some_bytes(serve):
    client = await serve("files")
    disposition = b'Content-Disposition: form-data; name="needed"; filename="cat.png"\r\n\r\n'
    answer = await predict(client, "files", **raw_form(disposition + b"meow"))
    (seen,) = answer.predictions["files"]
    assert seen["content_type"] == "application/octet-stream"
    assert seen["content"] == "meow"


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("../../etc/passwd", "passwd"),
        ("/absolute/path/cat.png", "cat.png"),
        ("C:\\\\Users\\\\me\\\\cat.png", "cat.png"),
        ("Kätzchen 猫.png", "Kätzchen 猫.png"),
        ("%22quoted%22.png", '"quoted".png'),
        ("no_extension", "no_extension"),
        ("..", "file"),
        ("..\\\\..", "file"),
        (".", "file"),
        ("dir/", "file"),
        ("a%0D%0Ab", "ab"),
        ("a\tb\x7f\u0085.png", "ab.png"),
        (".hidden", ".hidden"),
        ("family 👨\u200d👩.png", "family 👨\u200d👩.png"),
    ],
)
async def test_a_file_name_loses_its_folders_and_nothing_else(serve, sent, seen, tmp_path):
    client = await serve("files")
    disposition = f'Content-Disposition: form-data; name="needed"; filename="{sent}"\r\n\r\n'
    answer = await predict(client, "files", **raw_form(disposition.encode()))
    (file,) = answer.predictions["files"]
    assert file["original_filename"] == seen
    assert file["filename"].startswith(str(tmp_path))
    assert file["content"] == ""


@pytest.mark.parametrize(
    ("disposition", "seen"),
    [
        (b"name=\"needed\"; filename*=UTF-8''caf%C3%A9.txt", "café.txt"),
        (b"name=needed; FILENAME*=iso-8859-1'en'caf%E9.txt", "café.txt"),
        (b"name*=UTF-8''needed; filename*=UTF-8''%2e%2e%2fa", "a"),
        (b"name=needed; filename*=UTF-8''other; filename=plain", "plain"),
    ],
)
async def test_names_in_the_extended_form_are_read(serve, disposition, seen):
    client = await serve("files")
    part = b"Content-Disposition: form-data; " + disposition + b"\r\n\r\ncontent"
    (file,) = (await predict(client, "files", **raw_form(part))).predictions["files"]
    assert (file["original_filename"], file["content"]) == (seen, "content")


async def test_quotations_in_headers_of_parts_that_never_end_are_read_at_once(serve):
    client = await serve("files")
    disposition = b"Content-Disposition: form-data; name=needed; a*=" + b'"\\' * 2000
    answer = await predict(client, "files", **raw_form(*[disposition + b"\r\n\r\n"] * 240))
    assert answer.status == 422


async def test_an_extended_name_that_is_not_of_its_charset_is_refused(serve):
    client = await serve("files")
    for charset, status in (("UTF-8", 400), ("klingon", 415)):
        disposition = f"form-data; name=needed; filename*={charset}''%ff"
        part = f"Content-Disposition: {disposition}\r\n\r\n".encode()
        answer = await predict(client, "files", **raw_form(part))
        assert answer.status == status
        assert "charset" in answer.message


@pytest.mark.parametrize("charset", ["klingon", "binary"])
async def test_a_file_is_bytes_whatever_its_charset_is(serve, charset):
    client = await serve("files")
    content_type = f"text/csv; charset={charset}"
    parts = form(("needed", "a.csv", b"a,\xff", content_type))
    (file,) = (await predict(client, "files", data=parts)).predictions["files"]
    assert file["content_type"] == content_type
    assert file["content"] == "a,\xff"


async def test_a_file_keeps_its_extension_on_disk(serve):
    client = await serve("files")
    answer = await predict(client, "files", data=form(("needed", "volume.nii.gz", b"")))
    assert answer.predictions["files"][0]["filename"].endswith(".gz")


async def test_one_field_takes_several_files_in_order(serve):
    client = await serve("files")
    names = [f"{number}.txt" for number in range(12)]
    several = [("several", name, name.encode()) for name in names]
    answer = await predict(client, "files", data=form(*several, ("needed", "n", b"n")))
    files = answer.predictions["files"]
    assert [file["original_filename"] for file in files] == ["n", *names]
    assert [file["content"] for file in files] == ["n", *names]
    assert len({file["filename"] for file in files}) == 13


async def test_a_field_for_one_file_takes_the_first(serve):
    client = await serve("files")
    parts = form(("needed", "first", b"1"), ("needed", "second", b"2"))
    (file,) = (await predict(client, "files", data=parts)).predictions["files"]
    assert file["content"] == "1"


async def test_a_string_where_a_file_is_due_is_refused(serve):
    client = await serve("files")
    text = {"needed": "/etc/passwd"}
    multipart = form(**text)
    for request in ({"data": multipart}, {"data": text}, {"params": text}, {"json": text}):
        answer = await predict(client, "files", **request)
        assert answer.status == 422
        assert answer.json == {"needed": NOT_A_FILE}
    mixed = form(("several", "a", b"a"), ("needed", "n", b"n"), several="text")
    answer = await predict(client, "files", data=mixed)
    assert answer.status == 422
    assert answer.json == {"several": {"0": NOT_A_FILE}}


async def test_a_file_where_text_is_due_is_refused(serve):
    client = await serve("files")
    parts = form(("needed", "n", b""), ("what", "w", b"see"), ("words", "w", b"see"))
    answer = await predict(client, "files", data=parts)
    assert answer.status == 422
    assert answer.json == {
        "what": ["Not a valid string."],
        "words": {"0": ["Not a valid string."]},
    }


async def test_a_file_that_was_not_chosen_is_not_sent(serve):
    client = await serve("files")
    empty = b'Content-Disposition: form-data; name="needed"; filename=""\r\n\r\n'
    answer = await predict(client, "files", **raw_form(empty))
    assert answer.status == 422
    assert answer.json == {"needed": ["Missing data for required field."]}


async def test_large_files_arrive_as_they_were_sent(serve):
    client = await serve("echo")
    content = hashlib.shake_128(b"seed").digest(5_000_000)
    parts = form(("data", "a.bin", io.BytesIO(content)), how="open")
    answer = await predict(client, "echo", data=parts)
    assert answer.body == content


def left(tmp_path):
    """Return what a server has in its temporary folder, its lock excepted."""
    return [path for path in tmp_path.glob("deepaas-*/**/*") if path.name != "lock"]


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ({}, 200),
        ({"what": "delete"}, 200),
        ({"what": "beside"}, 200),
        ({"what": "folder"}, 200),
        ({"what": "fail"}, 500),
        ({"what": "exit"}, 500),
    ],
)
async def test_nothing_is_left_of_a_call_whatever_the_model_does(serve, tmp_path, texts, status):
    client = await serve("files")
    answer = await predict(client, "files", data=form(("needed", "n", b"n"), **texts))
    assert answer.status == status
    assert left(tmp_path) == []


async def test_what_a_model_writes_beside_its_upload_is_in_no_other_call_s_way(serve):
    client = await serve("files")
    for _ in range(3):
        parts = form(("needed", "n.bin", b"n"), what="beside")
        (file,) = (await predict(client, "files", data=parts)).predictions["files"]
        assert file["original_filename"] == "n.bin"


async def test_nothing_is_left_of_a_refused_call(serve, tmp_path):
    client = await serve("files", client_max_size=2_000_000)
    refused = form(("one", "1", b"1"), ("several", "2", b"2"))
    assert (await predict(client, "files", data=refused)).status == 422
    started = await ask(client, "POST", "/v2/models/files/train/", data=form(("others", "1", b"1")))
    assert started.status == 422
    headers = b'Content-Disposition: form-data; name="needed"; filename="n"\r\n\r\n'
    broken = raw_form(headers + b"content", b"no headers at all")
    assert (await predict(client, "files", **broken)).status == 400
    content = b"x" * 2_000_000
    chunks = aiohttp.payload.AsyncIterablePayload(pieces(raw_form(headers + content)["data"]))
    answer = await predict(client, "files", data=chunks, headers=broken["headers"])
    assert answer.status == 413
    assert left(tmp_path) == []


async def pieces(data):
    """Yield data in pieces, so that its size is not known beforehand."""
    for start in range(0, len(data), 65536):
        yield data[start : start + 65536]


async def test_nothing_is_left_of_a_caller_who_hangs_up(serve, pipes, eventually, tmp_path):
    client = await serve("files")
    reached, go_on = pipes
    words = [("words", reached.path), ("words", go_on.path), ("what", "wait")]
    headers = b'Content-Disposition: form-data; name="needed"; filename="n"\r\n\r\n'
    begun = raw_form(headers + b"some content")
    await hang_up_when(
        eventually(lambda: files(tmp_path), bool),
        predict(client, "files", data=stalling(begun["data"]), headers=begun["headers"]),
    )
    await eventually(lambda: files(tmp_path), lambda found: not found)

    parts = aiohttp.FormData(words, default_to_multipart=True)
    parts.add_field("needed", b"n", filename="n")
    await hang_up_when(reached.line(), predict(client, "files", data=parts))
    await eventually(lambda: files(tmp_path), lambda found: not found)
    # What is still running answers into a file, which nobody waits for any more.
    go_on.let()
    answer = await predict(client, "files", data=form(("needed", "n", b"n")))
    assert answer.status == 200
    assert left(tmp_path) == []


async def stalling(data):
    """Yield data but for its end, which never comes."""
    yield data[:-10]
    await asyncio.Event().wait()


async def files(tmp_path):
    """Return what ``left`` does, for ``eventually``."""
    return left(tmp_path)


async def test_files_of_a_training_live_as_long_as_it_does(
    serve, pipes, eventually, tmp_path, state
):
    client = await serve("files")
    reached, go_on = pipes

    async def start(**texts):
        data = form(("data", "d.csv", b"1,2", "text/csv"), ("others", "o", b"3"), **texts)
        data.add_field("words", reached.path)
        data.add_field("words", go_on.path)
        answer = await ask(client, "POST", "/v2/models/files/train/", data=data)
        assert await reached.line() == "reached"
        assert left(tmp_path) == []
        assert kept(answer.json) == 2
        return answer.json

    def kept(training):
        return len(list((state / "trainings" / training["uuid"]).glob("inputs/*")))

    async def seen(uuid):
        return (await ask(client, "GET", f"/v2/models/files/train/{uuid}")).json

    for texts, status in (({}, "done"), ({"fail": "true"}, "error")):
        training = await start(**texts)
        assert training["args"]["data"] == ["data", "text/csv", "d.csv"]
        assert training["args"]["others"] == [["others", "application/octet-stream", "o"]]
        go_on.let()
        ended = await eventually(
            lambda uuid=training["uuid"]: seen(uuid), lambda one: one["status"] != "running"
        )
        assert ended["status"] == status
        assert kept(training) == 2
        await ask(client, "DELETE", f"/v2/models/files/train/{training['uuid']}")
        assert kept(training) == 0
    assert ended["message"].endswith("no such data")

    training = await start()
    deleted = await ask(client, "DELETE", f"/v2/models/files/train/{training['uuid']}")
    assert deleted.json["status"] == "cancelled"
    await ask(client, "DELETE", f"/v2/models/files/train/{training['uuid']}")
    assert kept(training) == 0


async def hang_up_when(reached, request):
    """Send a request, and hang up as soon as something has been reached."""
    request = asyncio.create_task(request)
    await reached
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
