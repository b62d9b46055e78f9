"""What gRPC shows over TLS."""

from __future__ import annotations

from typing import Any

import grpc

from deepaas.tls.certificate import Certificate


def credentials(certificate: Certificate) -> grpc.ServerCredentials:
    """Return what shows the certificate as it is at the time of each handshake.

    Args:
        certificate: that of the server.
    """
    shown = certificate.pair

    # None for no other than before, which the types do not know.
    def fetch() -> Any:
        nonlocal shown
        if certificate.pair is shown:
            return None
        shown = certificate.pair
        return grpc.ssl_server_certificate_configuration([(shown.key, shown.chain)])

    first = grpc.ssl_server_certificate_configuration([(shown.key, shown.chain)])
    return grpc.dynamic_ssl_server_credentials(first, fetch)
