"""Who calls, as gRPC writes it: ``ipv4:127.0.0.1:50000``, ``ipv6:%5B::1%5D:50000``, ``unix:``."""

from __future__ import annotations

from urllib.parse import unquote

from deepaas.api.kserve.rpc.context import Context


def address_of(context: Context) -> str:
    """Return the address of a call's peer, without its port.

    Args:
        context: of the call.
    """
    family, _, rest = unquote(context.peer()).partition(":")
    if family not in ("ipv4", "ipv6"):
        return family
    return rest.rpartition(":")[0].strip("[]")
