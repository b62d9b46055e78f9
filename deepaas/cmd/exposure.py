"""Whether a server can be reached by others, by whom it can be asked, and who hears it."""

from __future__ import annotations

import ipaddress
import socket

from deepaas.auth.file import TokensFile
from deepaas.auth.opening import load_flaat
from deepaas.exceptions import ConfigurationError
from deepaas.settings import Settings
from deepaas.tls.certificate import certificate_of

REMEDY = "make tokens with deepaas-token and give --auth tokens, or --tokens-file, or --auth flaat"


def check_access(settings: Settings) -> None:
    """Refuse what must not be served.

    Args:
        settings: how the server is to behave.

    Raises:
        ConfigurationError: the certificate cannot be served, the file of tokens has wrong lines,
            what is said of OpenID Connect cannot be used, or there is no authentication where it is
            required.
    """
    certificate_of(settings)
    if settings.tokens_file:
        TokensFile(settings.tokens_file)
    if settings.trust is not None:
        settings.trust.check()
        load_flaat()
    if settings.require_authentication and _is_open(settings):
        raise ConfigurationError(
            f"--require-authentication: others can reach {settings.listen_ip}, and would not have "
            f"to say who they are; {REMEDY}, or listen on 127.0.0.1"
        )


def warning_of(settings: Settings) -> str:
    """Return what has to be said of who may ask; empty where all is well.

    Args:
        settings: how the server is to behave.
    """
    if _is_heard(settings):
        return (
            f"NO TLS: TOKENS COME TO {settings.listen_ip} IN THE CLEAR (give --tls-cert and "
            "--tls-key, or have a proxy speak TLS and name it in --trusted-proxies)"
        )
    if not _is_open(settings):
        return ""
    can = [
        word
        for word, enabled in (
            ("PREDICT", settings.predict_endpoint),
            ("TRAIN, SEE AND CANCEL TRAININGS", settings.train_endpoint),
        )
        if enabled
    ]
    return (
        f"NO AUTHENTICATION: WHOEVER REACHES {settings.listen_ip} MAY "
        f"{', '.join(can) or 'ASK'} (unless a gateway asks who they are, {REMEDY}; "
        "--require-authentication refuses to start like this)"
    )


def _is_open(settings: Settings) -> bool:
    return not settings.authentication and not is_loopback(settings.listen_ip)


def _is_heard(settings: Settings) -> bool:
    """Tell whether somebody on the way can hear tokens."""
    covered = settings.tls_cert or settings.trusted_proxies
    return settings.authentication and not covered and not is_loopback(settings.listen_ip)


def is_loopback(host: str) -> bool:
    """Tell whether a server that listens there is reached from its own machine alone.

    Args:
        host: an address, or a name of one or several.
    """
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(one[4][0]).is_loopback for one in found)
