"""What each answer tells browsers, whatever it is."""

from __future__ import annotations

from ipaddress import ip_network

from multidict import CIMultiDict

from tests.api.asking import ask, get, predict
from tests.attacks.raw import send

STREAM = {"Accept": "text/event-stream"}
SAID = {
    "Server": "deepaas",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy_of(headers: CIMultiDict[str]) -> str:
    """Return the policy of an answer that tells all the rest, and each once."""
    for name, value in SAID.items():
        assert headers.getall(name) == [value]
    (policy,) = headers.getall("Content-Security-Policy")
    assert "frame-ancestors 'none'" in policy
    assert policy.startswith("default-src 'none'; ")
    return policy


def check(headers: CIMultiDict[str]) -> None:
    """See that nothing runs, and that what may be HTML has no origin."""
    json = headers.get("Content-Type", "").startswith("application/json")
    assert policy_of(headers).endswith("; frame-ancestors 'none'" + ("" if json else "; sandbox"))


async def test_nothing_in_an_answer_runs(serve):
    client = await serve("hostile")
    model = "/v2/models/hostile"
    for method, path, status in (
        *(("GET", "/", 200), ("GET", "/v2/models/", 200), ("GET", "/swagger.json", 200)),
        *(("GET", "/metrics", 200), ("HEAD", "/", 200), ("GET", "/ui", 302)),
        *(("GET", "/nowhere", 404), ("DELETE", "/", 405), ("OPTIONS", "/", 405)),
        *(("POST", f"{model}/infer", 400), ("POST", "/v1/models/hostile:predict", 400)),
        *(("GET", "/api/static/start.js", 200), ("POST", f"{model}/predict/?text=refuse", 400)),
    ):
        answer = await ask(client, method, path)
        assert answer.status == status, path
        check(answer.headers)
    for kind in ("application/json", "text/html", "image/svg+xml"):
        for name in ("", "page.html"):
            answer = await predict(
                client, "hostile", headers={"Accept": kind}, params={"name": name}
            )
            assert answer.content_type == kind
            check(answer.headers)
    # Bit by bit.
    answer = await predict(client, "hostile", headers=STREAM, params={"text": "stream"})
    assert answer.content_type == "text/event-stream"
    check(answer.headers)


async def test_what_is_no_request_is_answered_so_as_well(serve):
    for proxies in ((), (ip_network("127.0.0.1"),)):
        client = await serve(trusted_proxies=proxies)
        for lines in (["NONSENSE"], ["GET / HTTP/1.1", "Host: a", "bad header"]):
            status, headers, _ = await send(client, *lines)
            assert status == 400
            check(headers)


async def test_the_swagger_ui_may_run_its_own_files_alone(serve):
    client = await serve(base_path="/base")
    answer = await get(client, "/base/api")
    policy = dict(
        part.strip().split(" ", 1) for part in policy_of(answer.headers).split(";") if part
    )
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "<script>" not in answer.text
    assert " on" not in answer.text.replace(" one", "")


async def test_who_asks_for_a_head_alone_gets_nothing_that_looks_like_another_answer(serve):
    client = await serve("training")
    started = await ask(client, "POST", "/v2/models/training/train/")
    training = f"/v2/models/training/train/{started.json['uuid']}"
    for path in ("", "/events", "/log", "/log?follow=1", "/metrics", "/artifacts"):
        status, _, body = await send(client, f"HEAD {training}{path} HTTP/1.1", "Host: a")
        assert (status, body) == (200, b"")
