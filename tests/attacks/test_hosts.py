"""Names of others in the header ``Host``."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.api.asking import get
from tests.attacks.raw import send, status_of
from tests.conftest import url_of

EVERYWHERE = {"listen_ip": "0.0.0.0"}
GET = "GET /v2/health/live HTTP/1.1"


def port_of(client) -> str:
    return url_of(client).rstrip("/").rpartition(":")[2]


async def asked(client, host: str) -> int:
    return await status_of(client, GET, f"Host: {host}")


async def test_a_name_that_is_led_to_this_machine_is_refused_where_nobody_says_who_he_is(serve):
    client = await serve()
    port = port_of(client)
    for name in ("evil.example", "EVIL.example.", "127.0.0.1.evil.example", "localhost.evil.co"):
        status, _, body = await send(client, GET, f"Host: {name}:{port}")
        assert status == 421
        assert f'--allowed-hosts {name.lower().rstrip(".")}"'.encode() in body


async def test_names_that_can_be_right_pass_there(serve):
    client = await serve()
    port = port_of(client)
    for host in (
        *("localhost", f"localhost:{port}", f"LOCALHOST.:{port}", f"model.localhost:{port}"),
        *(f"127.0.0.1:{port}", f"[::1]:{port}", f"10.1.2.3:{port}", f"[2001:db8::1]:{port}"),
        # Containers, and a machine's own names.
        *(f"deepaas:{port}", f"host.docker.internal:{port}", f"model.ns.svc.cluster.local:{port}"),
        # A proxy on the same machine, that passes on what it was asked for.
        *("models.example.org", "models.example.org:8080", "models.example.org:99999999"),
        "",
    ):
        assert await asked(client, host) == 200, host
    # As load balancers ask that speak HTTP 1.0.
    assert await status_of(client, "GET /v2/health/live HTTP/1.0") == 200


@pytest.mark.parametrize(
    "settings", [{"tokens_file": "tokens"}, EVERYWHERE, {"allowed_hosts": ("*",)}]
)
async def test_elsewhere_any_name_passes(serve, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tokens").touch()
    client = await serve(**settings)
    assert await asked(client, f"models.example.org:{port_of(client)}") == 200


async def test_none_but_the_names_that_are_listed_pass(serve):
    names = ("models.example.org", "*.models.example.org")
    client = await serve(allowed_hosts=names, **EVERYWHERE)
    for host in (
        *("models.example.org", "Models.Example.ORG.:8443", "one.models.example.org"),
        # What probes ask for, and whoever is on the machine.
        *("10.1.2.3:5000", "[::1]", "localhost:1234"),
    ):
        assert await asked(client, host) == 200, host
    for host in (
        *("evil.example", "example.org", "evilmodels.example.org", "models.example.org.evil.co"),
        *("models.example.org@evil.example", "evil.example#models.example.org", "deepaas"),
        "10.1.2.3.evil.example",
    ):
        assert await asked(client, host) == 421, host


async def test_no_answer_leads_to_where_the_host_says(serve):
    client = await serve()
    for path in ("/", "/v2/", "/v2/models/", "/swagger.json", "/api", "/ui", "/v2/models", "/x"):
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        answer = await get(client, path, headers=headers)
        assert "evil" not in answer.text
        assert "evil" not in str(answer.headers)


async def test_the_name_that_a_trusted_proxy_tells_counts_and_no_other(serve):
    told = "X-Forwarded-Host: models.example.org"
    for trusted, status in (("127.0.0.0/8", 200), ("10.0.0.0/8", 421)):
        settings = {"allowed_hosts": ("models.example.org",)}
        client = await serve(trusted_proxies=(ip_network(trusted),), **settings)
        assert await status_of(client, GET, "Host: upstream", told) == status
