"""Requests that pages of other origins make browsers send."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.api.asking import ask, get
from tests.conftest import url_of

# Whoever gets this far is told that there is no such model.
PATH = "/v2/models/absent/predict/"
FRIEND = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


def own(client) -> str:
    return url_of(client).rstrip("/")


async def status(client, method="POST", path=PATH, **headers) -> int:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await ask(client, method, path, headers=headers)).status


async def test_what_a_page_of_another_origin_would_change_is_refused(serve):
    client = await serve()
    for site in ("cross-site", "same-site", "CROSS-SITE", "whatever", ""):
        assert await status(client, Sec_Fetch_Site=site) == 403, site
    for origin in (
        "https://evil.example",
        "null",
        "",
        own(client) + "0",
        own(client) + ".evil.example",
        "http://127.0.0.1",
        f"https://evil.example, {own(client)}",
        f"https://evil.example/{own(client)}",
    ):
        assert await status(client, Origin=origin) == 403, origin
        assert await status(client, Origin=origin, Sec_Fetch_Site="cross-site") == 403, origin
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert await status(client, Origin="null", Content_Type=kind) == 403
    for method in ("DELETE", "PUT", "PATCH", "PROPFIND"):
        assert await status(client, method, Origin="null") == 403


async def test_who_is_refused_is_told_what_would_help(serve):
    client = await serve()
    answer = await ask(client, "POST", PATH, headers={"Origin": "https://evil.example"})
    assert "'https://evil.example'" in answer.message
    assert "--cors-origins" in answer.message


async def test_programs_and_the_server_s_own_pages_pass(serve):
    client = await serve()
    assert await status(client) == 404
    for site in ("same-origin", "none"):
        assert await status(client, Sec_Fetch_Site=site, Origin=own(client)) == 404
    # What browsers send to servers without TLS on other machines.
    assert await status(client, Origin=own(client)) == 404
    # Behind a proxy that speaks TLS.
    for origin, host in (
        ("https://models.example.org", "models.example.org"),
        ("https://models.example.org", "models.example.org:443"),
        ("https://models.example.org:8443", "Models.Example.ORG:8443"),
    ):
        assert await status(client, Origin=origin, Host=host) == 404
    # Reading changes nothing, and the page cannot see it.
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = await get(client, "/v2/models/", headers=headers)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert await status(client, "OPTIONS", Origin=FRIEND, **PREFLIGHT) == 405


async def test_pages_of_origins_that_are_named_may_ask_and_read(serve):
    client = await serve(cors_origins=(FRIEND,))
    headers = {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}
    answer = await ask(client, "POST", PATH, headers=headers)
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.headers["Access-Control-Expose-Headers"] == "*"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = {"Access-Control-Request-Headers": "authorization,x-request-timeout"}
    answer = await ask(client, "OPTIONS", PATH, headers=headers | PREFLIGHT | asked)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.headers["Access-Control-Allow-Headers"] == "*, Authorization"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    # What is no preflight is none.
    assert await status(client, "OPTIONS", Origin=FRIEND) == 405


async def test_pages_of_other_origins_may_not_even_so(serve):
    client = await serve(cors_origins=(FRIEND,))
    for origin in (
        "https://evil.example",
        "http://app.example.org",
        f"{FRIEND}:444",
        f"{FRIEND}.evil.example",
        FRIEND.upper(),
        "null",
        "*",
    ):
        assert await status(client, Origin=origin, Sec_Fetch_Site="cross-site") == 403, origin
        for method, said in (("POST", {}), ("OPTIONS", PREFLIGHT), ("GET", {})):
            answer = await ask(client, method, PATH, headers={"Origin": origin} | said)
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://anything.example", "null"])
async def test_all_may_where_all_are_named_but_with_nothing_that_browsers_know(serve, origin):
    client = await serve(cors_origins=("*",))
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    answer = await ask(client, "POST", PATH, headers=headers)
    assert answer.status == 404
    # Browsers give no cookies to this, and show no answer if they did.
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert await status(client, "OPTIONS", **headers | PREFLIGHT) == 204


async def test_the_host_that_a_trusted_proxy_tells_is_the_server_s_own_and_none_that_others_tell(
    serve,
):
    told = {"Origin": "https://models.example.org", "X_Forwarded_Host": "models.example.org"}
    assert await status(await serve(), **told) == 403
    behind = await serve(trusted_proxies=(ip_network("127.0.0.1"),))
    assert await status(behind, **told) == 404
    assert await status(behind, **{**told, "Origin": "https://evil.example"}) == 403
