"""What can be in a set, or be the key of a dictionary."""

from __future__ import annotations

import types
import typing
from typing import Any


def unhashable(hint: Any) -> Any:
    """Return the hint whose values have no hash, or one within it; None if all have.

    Args:
        hint: of an item.
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return unhashable(args[0])
    if origin in (typing.Union, types.UnionType, tuple):
        return next(filter(None, (unhashable(one) for one in args if one is not Ellipsis)), None)
    if isinstance(hint, typing.NewType):
        return unhashable(hint.__supertype__)
    kind = origin or hint
    return hint if isinstance(kind, type) and kind.__hash__ is None else None
