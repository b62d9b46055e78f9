"""Under which names a server can be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiohttp import hdrs, web

from deepaas.exceptions import UnknownHost
from deepaas.settings import Settings

PORT = re.compile(":([0-9]{0,5})$")
# Names that no server of the public DNS can lead elsewhere: those of a machine or a container, and
# what RFC 6761, RFC 6762 and ICANN (.internal) have reserved.
LOCAL = re.compile(r"[^.]*|.*\.(localhost|local|internal)")
HTTP = 80


def hosts_of(settings: Settings) -> Hosts:
    """Return the names under which a server can be asked.

    Args:
        settings: how it behaves.
    """
    # Over TLS a browser itself compares the name with those of the certificate.
    plain = not settings.authentication and not settings.tls_cert
    private = plain and _is_loopback(settings.listen_ip)
    return Hosts(settings.allowed_hosts, private)


def host_of(request: web.Request) -> str:
    """Return the name, and perhaps port, by which a server is asked; empty if it is not told.

    What a trusted proxy tells counts already, see ``deepaas.api.forwarding``.

    Args:
        request: what it is asked.
    """
    # Without the header, aiohttp would ask the system for a name.
    return request.host if hdrs.HOST in request.headers else ""


class Hosts:
    """Refuses requests for names that are not the server's.

    A page whose name leads to this machine all of a sudden (DNS rebinding) is of the same origin
    as the server for a browser, and could ask it whatever it likes. It cannot hide its name.

    Args:
        names: those of the server, ``*.example.org`` for all below one, ``*`` for any. IP addresses
            and ``localhost`` are not needed among them: no page has such a name but the server's.
        private: whether without names those are refused nevertheless that cannot be right: names
            of the public DNS, with this very port, on the loopback interface. A proxy on the same
            machine passes on its own port, or none.
    """

    def __init__(self, names: Sequence[str], private: bool = False) -> None:
        self._names = frozenset(name for name in names if not name.startswith("*"))
        self._endings = tuple(name[1:] for name in names if name.startswith("*."))
        self._all = "*" in names or not (names or private)
        self._listed = bool(names)
        # The same few come again and again.
        self._is_foreign = lru_cache(256)(self._looks_foreign)

    def check(self, request: web.Request) -> None:
        """Let a request pass that asks this server.

        Args:
            request: the request.

        Raises:
            UnknownHost: it asks for another.
        """
        if self._all:
            return
        host = host_of(request)
        if self._is_foreign(host) and (self._listed or _came_straight(request, host)):
            raise UnknownHost(
                f"this server is not known as {host!r}; if it is, whoever runs it has to say so "
                f"with --allowed-hosts {name_of(host)}"
            )

    def _looks_foreign(self, host: str) -> bool:
        name = name_of(host)
        if name in ("", "localhost") or _address(name):
            return False
        if self._listed:
            return name not in self._names and not name.endswith(self._endings)
        return not LOCAL.fullmatch(name)


def name_of(host: str) -> str:
    """Return a name in small letters, without port and final dot.

    Args:
        host: a header ``Host``.
    """
    return PORT.sub("", host).lower().removesuffix(".")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.strip("[]"))
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback


def _came_straight(request: web.Request, host: str) -> bool:
    """Tell whether a request came over the loopback interface, to the port that it names."""
    address = request.transport and request.transport.get_extra_info("sockname")
    if not isinstance(address, tuple) or not _is_loopback(address[0]):
        return False
    port = PORT.search(host)
    named = int(port[1]) if port and port[1] else HTTP
    return bool(named == address[1])
