"""A certificate with its key, checked as a client will check it; the standard library does it all.

That library reads no certificates by themselves, but it tells what the other end of a connection
has shown. So a client and a server within this process shake hands.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

from deepaas.exceptions import ConfigurationError

# What OpenSSL calls it, by the kinds of the keys.
MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key that can be served.

    Args:
        chain: the certificate, and those between it and a known one, in PEM.
        key: its private key, in PEM.
        context: shows them to clients.
        names: names and addresses that it is for.
        expires: when it does, in seconds since 1970.
    """

    chain: bytes
    key: bytes
    context: ssl.SSLContext
    names: tuple[str, ...]
    expires: float

    @classmethod
    def load(cls, certificate: str, key: str) -> Pair:
        """Read a pair, and shake hands with it.

        Args:
            certificate: a file in PEM.
            key: another one, or the same.

        Raises:
            ConfigurationError: it cannot be served; says in a line why.
        """
        files = read(certificate, key)
        asking = _client(certificate, files[0])
        context = server_context()
        try:
            context.load_cert_chain(certificate, key, password=lambda: _encrypted(key))
            shown = _shake_hands(context, asking)
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(f"--tls-cert {certificate}: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise ConfigurationError(_unusable(certificate, key, error)) from None
        # The files are read by two, and somebody may have written to them in between.
        if read(certificate, key) != files:
            raise ConfigurationError(f"--tls-cert {certificate}: it is just being written")
        names = tuple(_plain(*one) for one in shown.get("subjectAltName", ()))
        return cls(*files, context, names, float(ssl.cert_time_to_seconds(shown["notAfter"])))

    @property
    def known(self) -> bool:
        """Whether clients that trust what this machine trusts need to be told of nobody else."""
        asking = ssl.create_default_context()
        asking.check_hostname = False
        try:
            _shake_hands(self.context, asking)
        except ssl.SSLError:
            return False
        return True


def read(certificate: str, key: str) -> tuple[bytes, bytes]:
    """Return what is in the files of a pair.

    Args:
        certificate: a file.
        key: another one, or the same.

    Raises:
        ConfigurationError: one cannot be read.
    """
    found = []
    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            found.append(Path(path).read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{option} {path}: {error.strerror}") from None
    return found[0], found[1]


def server_context() -> ssl.SSLContext:
    """Return how the server speaks TLS: 1.2 and later, with what Python takes for safe."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _client(path: str, chain: bytes) -> ssl.SSLContext:
    """Return a client that trusts a certificate, whoever has issued it."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        # Between certificates there may be any text.
        client.load_verify_locations(cadata=chain.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        raise ConfigurationError(f"--tls-cert {path} holds no certificate in PEM") from None
    return client


def _shake_hands(context: ssl.SSLContext, client: ssl.SSLContext) -> Mapping[str, Any]:
    """Return what a server has shown to a client, as ``ssl.SSLSocket.getpeercert`` does."""
    questions, answers = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(answers, questions)
    answering = context.wrap_bio(questions, answers, server_side=True)
    while True:
        # Each goes on until it has to hear from the other.
        with contextlib.suppress(ssl.SSLWantReadError):
            asking.do_handshake()
            return asking.getpeercert() or {}
        with contextlib.suppress(ssl.SSLWantReadError):
            answering.do_handshake()


def _plain(kind: str, name: str) -> str:
    # Of version 6 they come as eight numbers.
    return str(ip_address(name)) if kind == "IP Address" else name


def _encrypted(path: str) -> NoReturn:
    raise ConfigurationError(
        f"--tls-key {path} is encrypted, and there is nobody to ask for its passphrase: give it "
        f"without (openssl pkey -in {path} -out …)"
    )


def _unusable(certificate: str, key: str, error: ssl.SSLError) -> str:
    if error.reason in MISMATCHES:
        return f"--tls-key {key} is not the key of --tls-cert {certificate}"
    if error.reason in (None, "NO_START_LINE", "PEM_LIB", "UNSUPPORTED"):
        return f"--tls-key {key} holds no private key in PEM"
    why = error.reason.lower().replace("_", " ")
    return f"--tls-cert {certificate} with --tls-key {key}: {why}"
