"""What a model answers is compared with what it declares: as a whole, or item by item."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import marshmallow as ma
import orjson

from deepaas.schema.description import Description

Check = Callable[[Any, bytes], None]
"""Takes a result and its JSON; ValueError, naming each key that does not fit."""


def check_of(description: Description, debugs: bool = False) -> Check | None:
    """Return what answers of a model in JSON, or each item of its streams, have to pass.

    Args:
        description: with a schema, which always holds, or a return hint.
        debugs: whether its author wants to know where it does not follow the hint.
    """
    if description.response is not None:
        return partial(_follows, description.response)
    if debugs and description.returned is not None:
        return partial(_fits, description.returned)
    return None


def _follows(schema: ma.Schema, result: Any, encoded: bytes) -> None:
    errors = _errors(schema, result)
    # What has become text in JSON (a date, say) is valid as the client sees it.
    if errors and (errors := _errors(schema, orjson.loads(encoded))):
        raise ValueError(f"it does not follow the model's schema: {errors}")


def _errors(schema: ma.Schema, value: Any) -> Any:
    try:
        return schema.validate(value)
    except Exception as error:
        return {"_schema": [f"{type(error).__name__}: {error}"]}


def _fits(returned: ma.fields.Field, result: Any, encoded: bytes) -> None:
    try:
        returned.deserialize(orjson.loads(encoded))
    except ma.ValidationError as error:
        raise ValueError(f"it does not follow the return hint: {error.messages}") from error
