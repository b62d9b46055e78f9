"""Who asks, where a proxy asks for others: ``X-Forwarded-*``, and ``Forwarded`` of RFC 7239.

Anybody can send these headers. They count where the other end of the connection is a proxy that is
trusted, and of addresses the last one that is of no such proxy: all before it are hearsay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple

from aiohttp.web_request import BaseRequest
from multidict import MultiMapping

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
SCHEMES = ("http", "https")
# A name or an address, perhaps with a port.
HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
# Parts of ``Forwarded``. Nothing that it can tell of needs a quotation mark within quotations.
ELEMENT = re.compile(r'(?:[^,"]|"[^"]*")+')
# A name begins where no letter is before it: to look for one at each letter would take too long.
PAIR = re.compile(r'(?<![A-Za-z])([A-Za-z]+)=(?:"([^"]*)"|([^\s";]+))')


class Origin(NamedTuple):
    """Where a request comes from.

    Args:
        address: of the client, or of the first proxy whose word counts.
        scheme: that the client asked by; None if nobody has told.
        host: that the client asked for, perhaps with a port; None if nobody has told.
    """

    address: str
    scheme: str | None = None
    host: str | None = None


class Proxies:
    """Proxies that are trusted.

    Args:
        networks: where they are; empty for none.
    """

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = networks

    def __bool__(self) -> bool:
        return bool(self._networks)

    def origin(self, peer: str, headers: MultiMapping[str]) -> Origin:
        """Return where a request comes from.

        What is malformed is as if it was not there. A proxy may write headers of one kind, and
        pass on what a client sent of the other: where there are both, they count as far as they
        agree.

        Args:
            peer: address of the other end of the connection.
            headers: of the request, whose names are in any case.
        """
        nearest = parse_address(peer)
        if nearest is None or not self._trust(nearest):
            return Origin(peer)
        usual, standard = list(_usual(headers)), list(_standard(headers))
        first = self._follow(nearest, usual or standard)
        second = self._follow(nearest, standard or usual)
        return Origin(
            first.address if first.address == second.address else peer,
            first.scheme if first.scheme == second.scheme else None,
            first.host if first.host == second.host else None,
        )

    def _trust(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _follow(self, address: Address, hops: Sequence[Origin]) -> Origin:
        """Go back from proxy to proxy, as long as they are trusted."""
        scheme = host = None
        for hop in reversed(hops):
            scheme, host = hop.scheme or scheme, hop.host or host
            before = parse_address(hop.address)
            if before is None:
                break
            address = before
            if not self._trust(address):
                break
        return Origin(str(address), scheme, host)


def parse_address(text: str) -> Address | None:
    """Return an address out of one with or without a port; None where it is none.

    Args:
        text: such as ``192.0.2.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # Sockets for both families give addresses of the old one in the dress of the new.
    return getattr(found, "ipv4_mapped", None) or found


def address_of(request: BaseRequest) -> str:
    """Return the address of who asks; empty if it is not known.

    What a trusted proxy tells counts already, as it does for the request's ``scheme``, ``host`` and
    ``url``.

    Args:
        request: whatever has come.
    """
    return request.remote or ""


def forwarding(proxies: Proxies, make: Callable[..., BaseRequest]) -> Callable[..., BaseRequest]:
    """Return what makes requests of what has come, as the clients of proxies have sent it.

    Args:
        proxies: those that are trusted.
        make: makes them as the proxies have sent them.
    """
    if not proxies:
        return make

    def made(message: Any, *rest: Any) -> BaseRequest:
        request = make(message, *rest)
        if not request.headers:
            # What is no request at all comes with a plain dictionary here.
            return request
        origin = proxies.origin(request.remote or "", request.headers)
        told: dict[str, Any] = {"remote": origin.address}
        # A URL that is absolute says by itself what it is for.
        if origin.scheme and not message.url.absolute:
            told["scheme"] = origin.scheme
        if origin.host and not message.url.absolute:
            told["host"] = origin.host
        return request.clone(**told)

    return made


def _usual(headers: MultiMapping[str]) -> Iterator[Origin]:
    """Yield what ``X-Forwarded-*`` tell, from the farthest hop to the nearest."""
    addresses, schemes, hosts = (
        _listed(headers, f"X-Forwarded-{name}") for name in ("For", "Proto", "Host")
    )
    if schemes or hosts:
        # Whoever asks a proxy that tells no address is not known.
        addresses = addresses or [""]
    for place in range(len(addresses), 0, -1):
        # Some proxies write one scheme, whatever there was, and others add theirs.
        told = (one[-min(place, len(one))] if one else "" for one in (schemes, hosts))
        yield _hop(addresses[-place], *told)


def _standard(headers: MultiMapping[str]) -> Iterator[Origin]:
    """Yield what ``Forwarded`` tells, from the farthest hop to the nearest."""
    for element in ELEMENT.findall(",".join(headers.getall("Forwarded", ()))):
        pairs = {name.lower(): quoted or plain for name, quoted, plain in PAIR.findall(element)}
        yield _hop(*(pairs.get(name, "") for name in ("for", "proto", "host")))


def _hop(address: str, scheme: str, host: str) -> Origin:
    scheme = scheme.lower()
    return Origin(
        address, scheme if scheme in SCHEMES else None, host if HOST.fullmatch(host) else None
    )


def _listed(headers: MultiMapping[str], name: str) -> list[str]:
    texts = ",".join(headers.getall(name, ())).split(",")
    return [text for one in texts if (text := one.strip())]
