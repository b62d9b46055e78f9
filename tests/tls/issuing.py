"""Certificates as somebody issues them, in files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import trustme

NAMES = ("localhost", "127.0.0.1")


class Files(NamedTuple):
    """A certificate and its key in files."""

    certificate: Path
    key: Path

    @property
    def options(self) -> dict[str, str]:
        """Settings of a server that shows it."""
        return {"tls_cert": str(self.certificate), "tls_key": str(self.key)}

    @property
    def argv(self) -> list[str]:
        """Options of a command that does."""
        return ["--tls-cert", str(self.certificate), "--tls-key", str(self.key)]


def write(folder: Path, leaf: trustme.LeafCert, name: str = "server") -> Files:
    """Write a certificate and its key, as a program does that replaces files one by one."""
    files = Files(folder / f"{name}.crt", folder / f"{name}.key")
    chain = b"".join(one.bytes() for one in leaf.cert_chain_pems)
    for file, content in zip(files, (chain, leaf.private_key_pem.bytes()), strict=True):
        new = file.with_suffix(".new")
        new.write_bytes(content)
        new.replace(file)
    return files


def issue(
    folder: Path, *names: str, by: trustme.CA | None = None, name: str = "server", **options: Any
) -> Files:
    """Issue a certificate for some names, or for this machine, and write it."""
    leaf = (by or trustme.CA()).issue_cert(*(names or NAMES), **options)
    return write(folder, leaf, name)


PAST = {"not_before": datetime(2019, 1, 1), "not_after": datetime(2020, 1, 1)}  # noqa: DTZ001
FUTURE = {"not_before": datetime(2900, 1, 1)}  # noqa: DTZ001
