"""Who asks, where proxies ask for others."""

import asyncio
import json
import logging
from ipaddress import ip_network

import pytest
from aiohttp import web
from multidict import CIMultiDict

from deepaas.api.access_log import AccessLogger
from deepaas.api.connections import Runner
from deepaas.api.forwarding import Origin, Proxies, address_of
from deepaas.api.keys import PROXIES
from deepaas.log import FIELDS

PROXY = "10.0.0.1"
TRUSTED = Proxies([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")])


def origin(*headers, peer=PROXY, proxies=TRUSTED):
    return proxies.origin(peer, CIMultiDict(one.split(": ", 1) for one in headers))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Origin(PROXY)),
        (["X-Forwarded-For: 192.0.2.1"], Origin("192.0.2.1")),
        (["X-Forwarded-For: 192.0.2.1:5000"], Origin("192.0.2.1")),
        (["X-Forwarded-For: 2a00::1"], Origin("2a00::1")),
        (["X-Forwarded-For: [2a00::1]:5000"], Origin("2a00::1")),
        (["X-Forwarded-For: ::ffff:192.0.2.1"], Origin("192.0.2.1")),
        (["X-Forwarded-Proto: HTTPS"], Origin(PROXY, "https")),
        (["X-Forwarded-Host: a.example:8443"], Origin(PROXY, None, "a.example:8443")),
        (
            ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: [::1]:1"],
            Origin("192.0.2.1", "https", "[::1]:1"),
        ),
        (["Forwarded: for=192.0.2.1"], Origin("192.0.2.1")),
        (
            ['Forwarded: For="[2a00::1]:5000";Proto=https; host="a.example:8443"'],
            Origin("2a00::1", "https", "a.example:8443"),
        ),
    ],
)
def test_a_proxy_that_is_trusted_tells_who_asks(headers, expected):
    assert origin(*headers) == expected


@pytest.mark.parametrize(
    "headers",
    [
        ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.example"],
        ["Forwarded: for=192.0.2.1;proto=https;host=a.example"],
    ],
)
@pytest.mark.parametrize("peer", ["192.0.2.9", "::1", "", "11.0.0.1"])
def test_nobody_else_is_believed(headers, peer):
    assert origin(*headers, peer=peer) == Origin(peer)
    assert origin(*headers, peer=peer, proxies=Proxies()) == Origin(peer)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # The client has sent the first of them itself, to look like another.
        (["X-Forwarded-For: 198.51.100.1, 192.0.2.1"], Origin("192.0.2.1")),
        (["X-Forwarded-For: 10.0.0.7, 192.0.2.1"], Origin("192.0.2.1")),
        (["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 192.0.2.1"], Origin("192.0.2.1")),
        (["X-Forwarded-For: nonsense, 192.0.2.1"], Origin("192.0.2.1")),
        (["Forwarded: for=198.51.100.1", "Forwarded: for=192.0.2.1"], Origin("192.0.2.1")),
        (['Forwarded: for="198.51.100.1, for=192.0.2.1'], Origin("192.0.2.1")),
        (
            [
                "X-Forwarded-For: 10.0.0.7, 192.0.2.1",
                "X-Forwarded-Proto: https, http",
                "X-Forwarded-Host: b.example, a.example",
            ],
            Origin("192.0.2.1", "http", "a.example"),
        ),
        (
            ["Forwarded: for=10.0.0.7;proto=https;host=b.example, for=192.0.2.1;proto=http"],
            Origin("192.0.2.1", "http"),
        ),
    ],
)
def test_what_the_client_of_a_proxy_says_of_itself_is_hearsay(headers, expected):
    assert origin(*headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["X-Forwarded-For: 192.0.2.1, 10.0.0.3, 10.0.0.2"], Origin("192.0.2.1")),
        (["X-Forwarded-For: 198.51.100.1, 192.0.2.1, 2001:db8::2"], Origin("192.0.2.1")),
        # The first proxy takes TLS off, and tells so; what follows talks plainly.
        (
            ["X-Forwarded-For: 192.0.2.1, 10.0.0.2", "X-Forwarded-Proto: https, http"],
            Origin("192.0.2.1", "https"),
        ),
        (
            ["X-Forwarded-For: 192.0.2.1, 10.0.0.2", "X-Forwarded-Proto: https"],
            Origin("192.0.2.1", "https"),
        ),
        (
            ["Forwarded: for=192.0.2.1;proto=https;host=a.example, for=10.0.0.2;proto=http"],
            Origin("192.0.2.1", "https", "a.example"),
        ),
        # All of them are in the house.
        (["X-Forwarded-For: 10.0.0.3, 10.0.0.2"], Origin("10.0.0.3")),
    ],
)
def test_chains_of_proxies_are_followed_as_far_as_they_are_trusted(headers, expected):
    assert origin(*headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["X-Forwarded-For: nonsense"], Origin(PROXY)),
        (["X-Forwarded-For: nonsense, 10.0.0.2"], Origin("10.0.0.2")),
        (["X-Forwarded-For: ,,"], Origin(PROXY)),
        (["X-Forwarded-Proto: gopher"], Origin(PROXY)),
        (["X-Forwarded-Host: a.example/path?query"], Origin(PROXY)),
        (["Forwarded: for=_hidden;proto=https"], Origin(PROXY, "https")),
        (["Forwarded: for=unknown"], Origin(PROXY)),
        (['Forwarded: ,;=""for=\\,'], Origin(PROXY)),
        # It is read in no time, and nobody else waits meanwhile.
        pytest.param([f"Forwarded: {'a' * 200_000}"], Origin(PROXY), id="long"),
    ],
)
def test_what_is_malformed_is_as_if_it_was_not_there(headers, expected):
    assert origin(*headers) == expected


def test_two_kinds_of_headers_count_as_far_as_they_agree():
    usual = ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"]
    assert origin(*usual, "Forwarded: for=192.0.2.1;proto=https") == Origin("192.0.2.1", "https")
    assert origin(*usual, "Forwarded: for=192.0.2.1;host=a.example") == Origin("192.0.2.1")
    assert origin(*usual, "Forwarded: for=198.51.100.1;proto=https") == Origin(PROXY, "https")


@pytest.fixture
async def ask(caplog):
    """Ask a server that believes some proxies, in words of HTTP; give what it takes it for."""
    caplog.set_level(logging.INFO, "deepaas.access")
    runners = []

    async def tell(request):
        told = address_of(request), request.scheme, request.host, str(request.url)
        return web.json_response(told)

    async def asked(networks, head):
        app = web.Application()
        app[PROXIES] = Proxies([ip_network(one) for one in networks])
        app.router.add_get("/path", tell)
        runner = Runner(
            app,
            access_log=logging.getLogger("deepaas.access"),
            access_log_class=AccessLogger,
        )
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        lines = [*head, "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read()
        writer.close()
        logged = [getattr(one, FIELDS)["remote"] for one in caplog.records]
        return json.loads(answer.partition(b"\r\n\r\n")[2]), logged[-1]

    yield asked
    for runner in runners:
        await runner.cleanup()


HEAD = ["GET /path HTTP/1.1", "Host: here.example"]
TOLD = [
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: a.example:8443",
]


async def test_a_request_is_as_the_client_of_a_trusted_proxy_has_sent_it(ask):
    told = await ask(["127.0.0.0/8"], HEAD + TOLD)
    url = "https://a.example:8443/path"
    assert told == (["192.0.2.1", "https", "a.example:8443", url], "192.0.2.1")
    told = await ask(["127.0.0.1"], ["GET http://b.example/path HTTP/1.1", HEAD[1], *TOLD])
    assert told == (["192.0.2.1", "http", "b.example", "http://b.example/path"], "192.0.2.1")
    told = await ask(["127.0.0.1"], HEAD)
    assert told == (["127.0.0.1", "http", "here.example", "http://here.example/path"], "127.0.0.1")


@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"]])
async def test_headers_of_others_have_no_effect(ask, networks):
    told = await ask(networks, HEAD + TOLD)
    assert told == (["127.0.0.1", "http", "here.example", "http://here.example/path"], "127.0.0.1")
