"""The sockets that a server listens on."""

from __future__ import annotations

import os
import socket

from deepaas.exceptions import DeepaasError

BACKLOG = 128


def listen(ip: str, port: int) -> list[socket.socket]:
    """Return sockets that listen; connections wait in them until somebody accepts them.

    Args:
        ip: an address, or a host's name, which may have several.
        port: TCP port; 0 for any free one.

    Raises:
        DeepaasError: the address cannot be used.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(ip, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Whatever port the first one got, the others have as well.
            chosen = port or (sockets[0].getsockname()[1] if len(sockets) > 1 else 0)
            one.bind((address[0], chosen, *address[2:]))
            one.listen(BACKLOG)
    except OSError as error:
        for one in sockets:
            one.close()
        raise unusable(ip, port, error) from None
    return sockets


def unusable(ip: str, port: int, error: OSError) -> DeepaasError:
    """Return the error that says why an address cannot be used."""
    why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return DeepaasError(f"cannot listen on {ip}:{port}: {why}")
