"""By which URL a server is asked, and what has to be said where tokens can be heard."""

from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from deepaas.cmd.address import curl_options, url_of
from deepaas.cmd.exposure import warning_of
from deepaas.settings import Settings

EVERYWHERE = "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "names", "url", "options"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:5000", []),
        ("::1", None, "http://[::1]:5000", []),
        ("127.0.0.1", ["localhost", "127.0.0.1"], "https://127.0.0.1:5000", []),
        ("::1", ["::1"], "https://[::1]:5000", []),
        (EVERYWHERE, ["localhost", "127.0.0.1"], "https://localhost:5000", []),
        (EVERYWHERE, ["192.0.2.1"], "https://192.0.2.1:5000", []),
        (
            EVERYWHERE,
            ["*.example.org", "a.example.org"],
            "https://a.example.org:5000",
            ["--resolve", "a.example.org:5000:127.0.0.1"],
        ),
        (
            "::1",
            ["a.example.org"],
            "https://a.example.org:5000",
            ["--resolve", "a.example.org:5000:[::1]"],
        ),
        ("127.0.0.1", ["*.example.org"], "https://127.0.0.1:5000", []),
        ("127.0.0.1", [], "https://127.0.0.1:5000", []),
    ],
)
def test_a_server_is_asked_by_a_name_that_is_in_its_certificate(host, names, url, options):
    pair = None if names is None else SimpleNamespace(names=names, known=True)
    assert url_of(host, 5000, pair) == url
    assert curl_options(host, 5000, pair, "server.crt") == options


def test_curl_is_told_whom_to_trust_where_it_does_not_know(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pair = SimpleNamespace(names=["localhost"], known=False)
    options = curl_options("127.0.0.1", 5000, pair, "server.crt")
    assert options == ["--cacert", str(tmp_path / "server.crt")]


def test_tokens_that_others_can_hear_are_warned_of():
    said = "NO TLS: TOKENS COME TO 0.0.0.0 IN THE CLEAR (give --tls-cert"
    open_to_all = {"listen_ip": EVERYWHERE, "stored_tokens": True}
    assert warning_of(Settings(**open_to_all)).startswith(said)
    assert warning_of(Settings(**open_to_all, tls_cert="server.crt", tls_key="server.key")) == ""
    assert warning_of(Settings(**open_to_all, trusted_proxies=(ip_network("10.0.0.1"),))) == ""
    assert warning_of(Settings(**open_to_all | {"listen_ip": "127.0.0.1"})) == ""
