"""Whether there is gRPC, which takes a while to import and is not installed everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepaas.exceptions import ConfigurationError

if TYPE_CHECKING:
    from deepaas.api.kserve.rpc.server import RpcServer


def load_rpc() -> type[RpcServer]:
    """Return what serves over gRPC.

    Raises:
        ConfigurationError: what it needs is not installed.
    """
    try:
        from deepaas.api.kserve.rpc.server import RpcServer
    except ImportError as error:
        raise ConfigurationError(
            f"--grpc-port needs gRPC ({error}): pip install 'deepaas[grpc]'"
        ) from None
    return RpcServer
