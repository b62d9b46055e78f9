"""Who calls over gRPC."""

from __future__ import annotations

from urllib.parse import unquote

from multidict import CIMultiDict

from deepaas.api.forwarding import Proxies, parse_address
from deepaas.api.kserve.rpc.context import Context


def address_of(context: Context, proxies: Proxies) -> str:
    """Return the address of who calls; empty if it is not known.

    Args:
        context: of the call.
        proxies: those that are trusted: they forward in metadata what they do in headers of HTTP.
    """
    # Such as ipv4:192.0.2.1:50000 and ipv6:%5B2001:db8::1%5D:50000.
    family, _, place = unquote(context.peer()).partition(":")
    address = parse_address(place) if family in ("ipv4", "ipv6") else None
    if address is None:
        return ""
    if not proxies:
        return str(address)
    headers = CIMultiDict(
        (name, value)
        for name, value in context.invocation_metadata() or ()
        if isinstance(value, str)
    )
    return proxies.origin(str(address), headers).address
