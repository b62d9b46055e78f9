"""By which URL a server is asked."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from deepaas.tls.pair import Pair

# Whoever listens at all addresses of a machine is asked at one.
ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is looked up, not listened at


def url_of(host: str, port: int, pair: Pair | None) -> str:
    """Return the URL of a server.

    With TLS, clients compare its host with the names in the certificate.

    Args:
        host: address that it listens at.
        port: TCP port.
        pair: what it shows; None without TLS.
    """
    if pair is None:
        return f"http://{_in_url(host)}:{port}"
    return f"https://{_in_url(_name(host, pair.names))}:{port}"


def curl_options(host: str, port: int, pair: Pair | None, file: str) -> list[str]:
    """Return what curl has to be told to ask a server on this machine by that URL.

    Args:
        host: address that it listens at.
        port: TCP port.
        pair: what it shows; None without TLS.
        file: where the certificate is.
    """
    if pair is None:
        return []
    options = []
    name = _name(host, pair.names)
    if name not in (host, "localhost") and not _is_address(name):
        # The name may lead to a proxy, or nowhere yet.
        options += ["--resolve", f"{name}:{port}:{_in_url(ALL.get(host, host))}"]
    if not pair.known:
        options += ["--cacert", str(Path(file).absolute())]
    return options


def _name(host: str, names: Sequence[str]) -> str:
    plain = [name for name in names if "*" not in name]
    return host if host in names or not plain else plain[0]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
