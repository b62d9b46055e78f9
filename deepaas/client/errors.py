"""What can go wrong between a client and its server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepaas.exceptions import DeepaasError, in_words

# Of what is no answer of DEEPaaS, a proxy's page for instance, so many characters are shown.
SHOWN = 500


class ClientError(DeepaasError):
    """A server has refused, or has failed.

    Args:
        message: what it said.
        status: HTTP status; None where there was no answer.
        retry_after: seconds after which it may be worth while to ask again, if the server says so.
    """

    def __init__(
        self, message: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after


class ServerUnreachable(ClientError):
    """There is no server, or it has hung up, or it takes too long."""


class AccessDenied(ClientError):
    """The server wants a token, or another one, or one that may do more."""


class NotFound(ClientError):
    """There is no such model, training or file."""


class InvalidArguments(ClientError):
    """Arguments do not fit what the model declares.

    Args:
        message: all that does not fit, in a line.
        status: HTTP status.
        retry_after: see ``ClientError``.
        messages: for each argument a list of messages, or for lists a map from index to messages;
            empty where the model itself has refused.
    """

    def __init__(
        self,
        message: str,
        status: int | None = 422,
        retry_after: float | None = None,
        messages: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, status, retry_after)
        self.messages = dict(messages or {})


def failure(status: int, reason: str, headers: Mapping[str, str], body: bytes) -> ClientError:
    """Return the error that an answer stands for.

    Args:
        status: HTTP status.
        reason: the words of the status line.
        headers: of the answer.
        body: of the answer.
    """
    said = headers.get("Retry-After", "")
    retry_after = float(said) if said.isdecimal() else None
    text = body.decode(errors="replace").strip()
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("message"), str):
        text = document["message"]
    elif isinstance(document, dict) and status == 422:
        words = "; ".join(f"{name}: {in_words(one)}" for name, one in document.items())
        return InvalidArguments(words, status, retry_after, document)
    if 300 <= status < 400:
        text = f"the server redirects to {headers.get('Location', 'nowhere')}"
    kinds: dict[int, type[ClientError]] = {
        401: AccessDenied,
        403: AccessDenied,
        404: NotFound,
        422: InvalidArguments,
    }
    kind = kinds.get(status, ClientError)
    return kind((text if document is not None else text[:SHOWN]) or reason, status, retry_after)
