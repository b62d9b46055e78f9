"""Whom a client trusts over TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

# As elsewhere: what the machine trusts or anybody, a file, or a context.
Verify = bool | str | Path | ssl.SSLContext


def trust(verify: Verify) -> bool | ssl.SSLContext:
    """Return what aiohttp takes.

    Args:
        verify: True for what this machine trusts, or what ``SSL_CERT_FILE`` names; a file of
            certificates in PEM, of authorities or of the server itself; a context; False for
            anybody.

    Raises:
        ValueError: the file has no certificates.
    """
    if isinstance(verify, bool | ssl.SSLContext):
        return verify
    try:
        context = ssl.create_default_context(cafile=verify)
    except OSError as error:
        why = "no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise ValueError(f"verify={str(verify)!r}: {why}") from None
    # curl does so too: what is in the file need not be an authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
