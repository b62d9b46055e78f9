"""What the document says of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from deepaas.api.access import need_of
from deepaas.auth.scopes import Scope

NAME = "token"
# Swagger 2.0 has neither bearer tokens nor discovery.
SCHEME = {"type": "apiKey", "in": "header", "name": "Authorization"}
FORM = "'Bearer' and a token, with a space between them"
# Where a path names a model, that stands as it is called.
MODEL = re.compile(r"(/v[12]/(?:repository/)?models/)([^/:]+)")


def declare(document: dict[str, Any], base_path: str, issuers: Sequence[str] = ()) -> None:
    """Say which operations need a token, and what they answer without.

    Args:
        document: a Swagger 2.0 document; changed.
        base_path: under which its paths lie.
        issuers: whose access tokens of OpenID Connect count.
    """
    users = f"; access tokens count that are issued by {', '.join(issuers)}" if issuers else ""
    document["securityDefinitions"] = {NAME: {**SCHEME, "description": FORM + users}}
    for path, operations in document["paths"].items():
        template = MODEL.sub(r"\1{model}", path.removeprefix(base_path))
        for method, operation in operations.items():
            if not isinstance(operation, dict):
                continue
            need = need_of(method.upper(), template)
            if need.token:
                operation["security"] = [{NAME: []}]
                operation["responses"] |= _refusals(need.scope)


def declare_limits(document: dict[str, Any]) -> None:
    """Say that whoever asks for too much is refused.

    Args:
        document: a Swagger 2.0 document; changed.
    """
    for operations in document["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation["responses"]["429"] = {"description": "It has been asked too much"}


def _refusals(scope: Scope | None) -> dict[str, Any]:
    refusals = {
        "401": {"description": "It needs a token that counts"},
        "429": {"description": "Too many wrong tokens came from the same address"},
    }
    if scope is not None:
        refusals["403"] = {"description": f"It needs a token with the scope {scope.value}"}
    return refusals
