"""What cannot be read, or must not be: each is answered with what is wrong."""

import asyncio
import io

import aiohttp
import orjson
import pytest
from yarl import URL

from tests.api.asking import JSON, ask, get, predict

URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
TEXT_PART = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello'
END = b"\r\n--b--\r\n"
# Longer documents are read in another place, by workers.
PADDING = b" " * 50_000


# Bodies, and a word of what is said.
MALFORMED_FORMS = (
    (b"nonsense", "multipart"),
    (TEXT_PART, "last boundary"),
    (TEXT_PART + b"\r\n--c--\r\n", "last boundary"),
    (b"--b\r\n\r\nhello" + END, "Content-Disposition"),
    (b"--b\r\nContent-Disposition: attachment\r\n\r\nhello" + END, "Content-Disposition"),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nhello" + END, "name"),
    (b"--b\r\nno colon\r\n\r\nhello" + END, "multipart"),
    (b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n' + END, "UTF-8"),
    (TEXT_PART + b"\xff" + END, "'text'"),
)


async def test_malformed_multipart_is_400(serve):
    client = await serve("kinds")
    for body, said in MALFORMED_FORMS:
        answer = await predict(client, "kinds", data=body, headers=MULTIPART)
        assert answer.status == 400, body
        assert said in answer.message


async def test_multipart_without_a_boundary_is_400(serve):
    client = await serve("kinds")
    for content_type in ("multipart/form-data", "multipart/form-data; boundary="):
        headers = {"Content-Type": content_type}
        answer = await predict(client, "kinds", data=TEXT_PART + END, headers=headers)
        assert answer.status == 400
        assert "boundary" in answer.message


async def test_headers_that_are_no_text_are_refused(serve):
    client = await serve("places")
    body = b"Content-Length: 2\r\n\r\n{}"
    for header, status, said in (
        (b"Content-Type: multipart/form-data; boundary=\xff\r\n" + body, 400, "Content-Type"),
        (b"Content-Type: application/json; charset=\xff\r\n" + body, 415, "charset"),
        (b"Content-Type: te\xfft/plain\r\n" + body, 415, "application/json"),
        (b"Content-Encoding: \xff\r\nContent-Type: application/json\r\n" + body, 415, "gzip"),
        (b"X-Token: caf\xe9\r\n\r\n", 422, "X-Token"),
        (b"Cookie: cookies=\xff\r\n\r\n", 422, "cookies"),
    ):
        answered, document = await raw(client, "/v2/models/places/predict/", header)
        assert answered == status
        assert said in str(document)


async def test_utf8_in_headers_and_cookies_is_text(serve):
    client = await serve("places")
    header = "X-Token: café\r\nCookie: cookies=猫\r\n\r\n".encode()
    status, document = await raw(client, "/v2/models/places/predict/", header)
    assert document["predictions"] == {"headers": "café", "cookies": "猫"}


async def raw(client, path, rest):
    """Send a POST request with a head that no client library sends; return status and JSON."""
    url = client._base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".encode() + rest)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), orjson.loads(body)


# Documents that are none, or too deep, or hold numbers that are too long.
MALFORMED_JSON = (
    b'{"int": 1',
    b"{'int': 1}",
    b'{"int": 1} 2',
    b'{"float": NaN}',
    b'{"str": "\xff"}',
    b'{"str": "\\ud800"}',
    b'{"raw": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"raw": ' * 100_000 + b"1" + b"}" * 100_000,
    b'{"raw": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"int": ' + b"9" * 5000 + b"}",
    b'{"integers": [1, ' + b"9" * 5000 + b"]}",
)


async def test_malformed_json_is_400(serve):
    client = await serve("kinds")
    for document in MALFORMED_JSON:
        for body in (document, PADDING + document):
            answer = await predict(client, "kinds", data=io.BytesIO(body), headers=JSON)
            assert answer.status == 400, document[:30]
            assert "malformed JSON" in answer.message
            assert len(answer.message) < 300


async def test_text_that_should_hold_json_but_does_not_is_422(serve):
    client = await serve("kinds")
    for text in ("{", "[" * 100_000, '{"a":' * 50_000):
        answer = await predict(client, "kinds", data={"dict": text})
        assert answer.status == 422
        assert answer.json == {"dict": ["Not a valid mapping type."]}


async def test_integers_of_any_length_are_exact_or_refused(serve):
    client = await serve("kinds")
    digits = "9" * 5000
    for request in (
        {"params": {"int": digits}},
        {"data": {"int": digits}},
        {"json": {"int": digits}},
        {"data": aiohttp.FormData({"int": digits}, default_to_multipart=True)},
    ):
        answer = await predict(client, "kinds", **request)
        assert answer.status == 422
        assert answer.json == {"int": ["Not a valid integer."]}
    answer = await predict(client, "kinds", params={"float": digits})
    assert list(answer.json) == ["float"]
    large = 10**30 + 1
    answer = await predict(client, "kinds", json={"int": large, "integers": [1, -large]})
    assert answer.predictions == {"int": str(large), "integers": f"[1, {-large}]"}
    nested = {"raw": [[large]], "dict": {"a": {"b": large}}}
    answer = await predict(client, "kinds", json=nested)
    assert answer.predictions == {name: repr(value) for name, value in nested.items()}


@pytest.mark.parametrize("inside", ["1", "1e+300", '"\\u0000"'])
async def test_deep_nesting_is_read_as_it_is_or_refused(serve, inside):
    client = await serve("kinds")
    statuses = []
    for depth in (100, 600, 1000):
        raw = "[" * depth + inside + "]" * depth
        answer = await predict(client, "kinds", data=f'{{"raw": {raw}}}', headers=JSON)
        statuses.append(answer.status)
        if answer.status == 200:
            assert answer.predictions == {"raw": raw}
    assert statuses[0] == (422 if "u0000" in inside else 200)
    assert set(statuses) <= {200, 400, 422}


async def test_null_bytes_are_422(serve):
    client = await serve("kinds")
    refused = ["Null bytes are not allowed."]
    pairs = [("str", "a\0b"), ("strings", "a"), ("strings", "\0"), ("raw", "\0"), ("url", "\0")]
    wanted = {"str": refused, "strings": {"1": refused}, "raw": refused, "url": refused}
    for request in (
        {"params": pairs},
        {"data": aiohttp.FormData(pairs)},
        {"data": aiohttp.FormData(pairs, default_to_multipart=True)},
        {"json": {**dict(pairs), "strings": ["a", "\0"]}},
    ):
        answer = await predict(client, "kinds", **request)
        assert answer.status == 422
        assert answer.json == wanted
    nested = {"dict": {"a": "\0", "\0": "b", "c": "d"}, "raw": [1, ["\0"]]}
    answer = await predict(client, "kinds", json=nested)
    assert answer.status == 422
    assert answer.json == {
        "dict": {"a": refused, "\0": refused},
        "raw": {"1": {"0": refused}},
    }


async def test_text_that_is_not_utf8_is_400(serve):
    client = await serve("kinds")
    kinds = f"{(await get(client, '/')).url}v2/models/kinds/predict/"
    for text in ("str=%ff", "str=%C3", "%ff=a"):
        answer = await ask(client, "POST", URL(f"{kinds}?{text}", encoded=True))
        assert answer.status == 400
        assert "UTF-8" in answer.message
        answer = await predict(client, "kinds", data=text.encode(), headers=URLENCODED)
        assert answer.status == 400
        assert "utf-8" in answer.message
    answer = await predict(client, "kinds", data=b"str=\xff", headers=URLENCODED)
    assert answer.status == 400
    for encoding in ("", "; charset=utf-8"):
        headers = {"Content-Type": f"{URLENCODED['Content-Type']}{encoding}"}
        form = "str=café+%C3%A9&strings=猫".encode()
        answer = await predict(client, "kinds", data=form, headers=headers)
        assert answer.predictions == {"str": "'café é'", "strings": "['猫']"}
    replacement = await ask(client, "POST", f"{kinds}?str=\ufffd")
    assert replacement.predictions == {"str": "'\ufffd'"}


async def test_an_unknown_charset_is_415_and_a_known_one_is_read(serve):
    client = await serve("kinds")
    part = b'--b\r\nContent-Disposition: form-data; name="str"\r\nContent-Type: text/plain'
    # To read the last two takes time that grows with the square of the length.
    for charset in ("klingon", "rot13", "utf-99", "unicode_escape", "Punycode", "idna"):
        for content_type, body in (
            (f"application/json; charset={charset}", b"{}"),
            (f"application/x-www-form-urlencoded; charset={charset}", b"str=a"),
            (MULTIPART["Content-Type"], part + f"; charset={charset}\r\n\r\n".encode() + END),
        ):
            headers = {"Content-Type": content_type}
            answer = await predict(client, "kinds", data=body, headers=headers)
            assert answer.status == 415
            assert "charset" in answer.message
    null = part + b'; charset="a\0b"\r\n\r\n' + END
    answer = await predict(client, "kinds", data=null, headers=MULTIPART)
    assert answer.status == 415
    assert "charset" in answer.message
    for content_type, body in (
        ("application/json; charset=utf-16", '{"str": "é"}'.encode("utf-16")),
        ("application/x-www-form-urlencoded; charset=latin-1", b"str=%E9"),
        (MULTIPART["Content-Type"], part + b"; charset=latin-1\r\n\r\n\xe9" + END),
    ):
        headers = {"Content-Type": content_type}
        answer = await predict(client, "kinds", data=body, headers=headers)
        assert answer.predictions == {"str": "'é'"}


async def test_a_body_of_another_type_is_415(serve):
    client = await serve("kinds")
    for content_type in (
        "text/plain",
        "application/xml",
        "application/octet-stream",
        "multipart/mixed; boundary=b",
        "application/jsonp",
        "nonsense",
    ):
        answer = await predict(client, "kinds", data=b"{}", headers={"Content-Type": content_type})
        assert answer.status == 415
        assert content_type in answer.message
        assert "send application/json" in answer.message


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 400),
    ],
)
async def test_what_is_no_http_is_answered_in_json_all_the_same(serve, sent, status):
    client = await serve("kinds")
    url = client._base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"%d" % status, answer
    assert b"Content-Type: application/json" in head
    document = orjson.loads(body)
    assert document["error"] == document["message"] != ""
