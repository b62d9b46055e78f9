"""Whose an address is, where many are one client's."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

# What one customer of a provider has at least.
PREFIX = 64


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """Return what stands for a client: its address, or the /64 that it has to itself in IPv6.

    Args:
        address: of a peer.

    Returns:
        The same text where it is no address.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    if parsed.is_loopback:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, PREFIX), strict=False))
