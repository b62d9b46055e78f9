"""The header, or metadata, in which callers show a token (RFC 6750, section 2.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

BEARER = re.compile(r" *bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)
# Told to those who need a token, and show something else.
RIGHT_FORM = "Authorization must be 'Bearer' and a token, with a space between them"


def token_in(headers: Sequence[str]) -> str | None:
    """Return the token that ``Authorization`` has.

    Args:
        headers: its values.

    Returns:
        None where there is no such header, an empty text for one of another form, or for several:
        it may be meant for a gateway, and only who needs a token complains.
    """
    if not headers:
        return None
    match = BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    return match[1] if match else ""
