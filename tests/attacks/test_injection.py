"""Line breaks and addresses of others, where they would become headers."""

from __future__ import annotations

import re

from yarl import URL

from tests.api.asking import ask, get, predict
from tests.attacks.raw import send
from tests.conftest import url_of

BREAKS = ("a\r\nX-Injected: 1", "a\nX-Injected: 1", "a\rX-Injected: 1", "a\x0b\u2028\u0085\u560a")
HTML = {"Accept": "text/html"}


async def test_what_callers_send_becomes_no_header_of_an_answer(serve):
    client = await serve("hostile")
    for text in BREAKS:
        for what in ("", "refuse", "elsewhere"):
            query = {"text": what, "name": f"{text}.html"}
            answer = await predict(client, "hostile", params=query, headers=HTML)
            assert "X-Injected" not in answer.headers
            assert answer.status == {"": 200, "refuse": 400, "elsewhere": 302}[what]
        answer = await predict(client, "hostile", params={"name": text}, headers=HTML)
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename=")
        assert disposition.isprintable()


async def test_an_id_with_line_breaks_is_not_taken(serve):
    client = await serve()
    for line in (
        *("X-Request-ID: a\rX-Injected: 1", "X-Request-ID: a\0b", "X-Request-ID: a\x0b\x85"),
        "X-Request-ID: a\r\n X-Injected: 1",
    ):
        status, headers, _ = await send(client, "GET / HTTP/1.1", "Host: localhost", line)
        assert status in (200, 400)
        assert "X-Injected" not in headers
        assert re.fullmatch("[0-9a-z-]+", headers["X-Request-ID"])


async def test_nobody_is_led_to_another_server(serve):
    for settings in ({}, {"base_path": "/base"}):
        client = await serve(**settings)
        for path in (
            *("//evil.example", "//evil.example/ui", "//evil.example/v2/models", "/\\evil.example"),
            *("///evil.example/..", "/%2fevil.example/v2/", "/ui//evil.example", "/ui?//evil.co"),
            *("/base//evil.example/ui", "/base/ui/../..//evil.example", "/%0d%0aLocation:%20x"),
        ):
            address = URL(url_of(client).rstrip("/") + path, encoded=True)
            for method in ("GET", "POST"):
                answer = await ask(client, method, address)
                assert answer.headers.get("Location", "/base/api") in ("/api", "/base/api")
    assert (await get(client, "/base/ui")).headers["Location"] == "/base/api"
