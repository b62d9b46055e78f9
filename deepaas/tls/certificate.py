"""The certificate of a server that is never stopped for a new one."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime

from deepaas.exceptions import ConfigurationError
from deepaas.log import getLogger
from deepaas.settings import Settings
from deepaas.tls.pair import Pair, read, server_context

LOG = getLogger(__name__)
# Seconds between looks at the files.
EVERY = 10.0
DAY = 86400.0
# Days before its end from which on a certificate is warned of, once a day.
AHEAD = 14


class Certificate:
    """A certificate with its key, read from files that somebody renews.

    Args:
        certificate: a file in PEM.
        key: another one, or the same.

    Raises:
        ConfigurationError: they cannot be served; says in a line why.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._files = certificate, key
        self._complaint = ""
        self._told: tuple[float, int] | None = None
        self.pair = Pair.load(certificate, key)
        self.context = server_context()
        # Whoever takes connections keeps this context; each handshake goes on with that of the
        # pair. To load another pair into one that is in use may fail halfway.
        self.context.sni_callback = self._choose

    def _choose(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext
    ) -> None:
        connection.context = self.pair.context

    async def keep(self) -> None:
        """Serve what is in the files, and warn before it expires, until this is cancelled."""
        while True:
            self.warn()
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.renew)
            except Exception:
                # Such as no thread to be had. Without the next look it would expire in silence.
                LOG.exception("--tls-cert %s could not be looked at", self._files[0])

    def renew(self) -> None:
        """Show new connections what is in the files now, if it can be served."""
        try:
            if read(*self._files) == (self.pair.chain, self.pair.key):
                self._complaint = ""
                return
            self.pair = Pair.load(*self._files)
        except ConfigurationError as error:
            if str(error) != self._complaint:
                LOG.error("The former certificate is served on: %s", error)
            self._complaint = str(error)
            return
        self._complaint = ""
        LOG.info("Read --tls-cert %s again: valid until %s", self._files[0], self._until())

    def warn(self) -> None:
        """Tell of an end that is near or over, once a day."""
        days = int((self.pair.expires - time.time()) // DAY)
        if days >= AHEAD or self._told == (self.pair.expires, days):
            return
        self._told = self.pair.expires, days
        if days < 0:
            LOG.error("--tls-cert %s has expired: %s", self._files[0], self._until())
        else:
            LOG.warning("--tls-cert %s expires soon: %s", self._files[0], self._until())

    def _until(self) -> str:
        return f"{datetime.fromtimestamp(self.pair.expires, UTC):%Y-%m-%d %H:%M} UTC"


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the certificate that a server is to show; None for one that does not speak TLS.

    Args:
        settings: how it is to behave.

    Raises:
        ConfigurationError: it cannot be served, or there is half of it.
    """
    if not settings.tls_cert and not settings.tls_key:
        return None
    if not settings.tls_key:
        raise ConfigurationError("--tls-cert needs the certificate's key: give --tls-key too")
    if not settings.tls_cert:
        raise ConfigurationError("--tls-key needs the key's certificate: give --tls-cert too")
    return Certificate(settings.tls_cert, settings.tls_key)
