"""Reads whose access tokens of OpenID Connect count: the section ``[flaat]``."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from deepaas.exceptions import ConfigurationError
from deepaas.options.flaat import GRANTED, GROUP

# With these, flaat lets everybody do everything.
SWITCHES_OFF = (
    "DISABLE_AUTHENTICATION_AND_ASSUME_AUTHENTICATED_USER",
    "DISABLE_AUTHORIZATION_AND_ASSUME_AUTHORIZED_USER",
)
# Whoever has a token of a trusted issuer.
ANYBODY = "*"


@dataclass(frozen=True)
class Trust:
    """Whose tokens count, and for what.

    Args:
        issuers: URLs of the providers, without a slash at the end.
        grants: for each scope the entitlements and groups one of which it needs.
        claims: in which claims these are.
        audience: what tokens have to be made for, one of these; empty for whatever.
        client_id: who asks about tokens, by introspection; empty for nobody.
        client_secret: with what secret.
        ca_file: file with more certificates of authorities; empty for none.
        timeout: seconds that a provider may take to tell of a token.
        cache_time: seconds for which what is known of a token counts.
    """

    issuers: tuple[str, ...] = ()
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    claims: tuple[str, ...] = ("eduperson_entitlement", "entitlements", "groups")
    audience: tuple[str, ...] = ()
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 5.0
    cache_time: float = 60.0

    @classmethod
    def from_conf(cls, conf: Any) -> Trust:
        """Take it out of an oslo.config object.

        Args:
            conf: an ``oslo_config.cfg.ConfigOpts`` that has been called.
        """
        given = conf[GROUP]
        return cls(
            issuers=tuple(one.rstrip("/") for one in given.trusted_issuers),
            grants={scope: tuple(given[scope]) for scope in GRANTED if given[scope]},
            claims=tuple(given.claims),
            audience=tuple(given.audience),
            client_id=given.client_id,
            client_secret=given.client_secret,
            ca_file=given.ca_file,
            timeout=given.timeout,
            cache_time=given.cache_time,
        )

    def check(self) -> None:
        """Refuse what cannot be meant, or would let in whom it should not.

        Raises:
            ConfigurationError: says what would be right.
        """
        for name in SWITCHES_OFF:
            if os.environ.get(name):
                raise ConfigurationError(
                    f"{name} is set, which would switch flaat's authentication off; unset it, or "
                    "leave --auth flaat out"
                )
        if not self.issuers:
            raise ConfigurationError(
                "--auth flaat needs [flaat] trusted_issuers, such as "
                "https://aai.egi.eu/auth/realms/egi"
            )
        for issuer in self.issuers:
            if not _is_issuer(issuer):
                raise ConfigurationError(
                    f"[flaat] trusted_issuers: {issuer!r} is no URL such as "
                    "https://aai.egi.eu/auth/realms/egi"
                )
        if not self.grants:
            raise ConfigurationError(
                f"--auth flaat needs one of {', '.join(GRANTED)} in [flaat]: entitlements or "
                f"groups, or {ANYBODY} for everybody whom the issuers know"
            )
        if bool(self.client_id) != bool(self.client_secret):
            raise ConfigurationError("[flaat] client_id and client_secret need one another")
        if self.client_id and len(self.issuers) > 1:
            raise ConfigurationError(
                "[flaat] client_id is of one issuer, and the others must not learn its secret: "
                "leave it out, or trust one issuer"
            )
        self.tls()

    def tls(self) -> ssl.SSLContext:
        """Return by whose certificates providers are known.

        Raises:
            ConfigurationError: the file with more of them cannot be read.
        """
        context = ssl.create_default_context()
        if self.ca_file:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as error:
                why = "no certificates" if isinstance(error, ssl.SSLError) else error.strerror
                raise ConfigurationError(f"[flaat] ca_file {self.ca_file}: {why}") from None
        return context


def _is_issuer(text: str) -> bool:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = url.query == url.fragment == "" and "@" not in text and port != 0
    return url.scheme == "https" and bool(url.hostname) and plain and text.isprintable()
