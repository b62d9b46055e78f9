"""Those who hold tokens, and a file that the server knows them by."""

from __future__ import annotations

import time
from pathlib import Path

from deepaas.auth.tokens import hashed, new_token

SCOPES = {
    "predicts": "predict",
    "trains": "train",
    "trains-too": "train",
    "echoes": "predict:echo,train:echo",
    "scrapes": "metrics",
    "admin": "admin",
    "admin-of-echo": "admin:echo",
    "late": "admin",
}
EXPIRED = "2020-01-31"


def write_file(path: Path) -> dict[str, str]:
    """Write a file of tokens, in both of its forms; return the tokens by name."""
    tokens = {name: new_token() for name in SCOPES}
    lines = ["# name  token or its SHA-256  scopes  expiry", ""]
    for number, (name, token) in enumerate(tokens.items()):
        secret = token if number % 2 else hashed(token)
        expiry = EXPIRED if name == "late" else ""
        lines.append(f"{name}  {secret}  {SCOPES[name]}  {expiry}")
    path.write_text("\n".join(lines))
    return tokens


def shows(token: str) -> dict[str, str]:
    """Return the headers that show a token."""
    return {"Authorization": f"Bearer {token}"}


def in_an_hour() -> float:
    """Return a moment that is to come."""
    return time.time() + 3600
