"""What models answer becomes JSON, or a refusal that says what cannot."""

from __future__ import annotations

import collections
import datetime
import decimal
import json
import math
import numbers
import os
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

LONGEST_REPR = 10_000
# What these libraries have as types of their own, such as URLs, stands for texts.
TEXTUAL = ("pydantic", "pydantic_core", "yarl")
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def to_json(value: Any) -> bytes:
    """Return ``value`` as JSON; NaN and infinities become null.

    Besides JSON's own types it takes NumPy scalars and arrays (and whatever else has ``tolist``),
    dates, UUIDs, enumerations, dataclasses, objects of attrs and Pydantic, sets, paths, decimals,
    URLs and UTF-8 bytes.

    Raises:
        TypeError: something in it has no JSON form; the text names its type.
    """
    try:
        return orjson.dumps(value, default=_plain, option=OPTIONS)
    except orjson.JSONEncodeError:
        # Integers beyond 64 bits, unusual keys and lone surrogates are valid all the same.
        try:
            return json.dumps(_all_plain(value), allow_nan=False).encode()
        except RecursionError as error:
            raise TypeError("it is nested too deep, or contains itself") from error


def to_json_or_repr(value: Any) -> bytes:
    """Return ``value`` as JSON, or what Python shows of it where it has no such form.

    Args:
        value: anything; whatever its methods do, this does not raise.
    """
    try:
        return to_json(value)
    except Exception:
        return orjson.dumps(_shown(value))


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text[:LONGEST_REPR].encode(errors="backslashreplace").decode()


def _plain(value: Any) -> Any:
    """Return a value of an unknown type in terms of known ones, one level deep."""
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value))
    if hasattr(value, "tolist"):
        plain = value.tolist()
        # NumPy's longest numbers have no plain form, and come back as they are.
        if type(plain) is not type(value):
            return plain
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, decimal.Decimal | numbers.Real):
        return float(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.date | datetime.time):
        # Of a kind of its own, such as pandas' moments, of which one is none at all.
        return value.isoformat() if value == value else None
    if isinstance(value, tuple | set | frozenset | range | collections.deque) or type(
        value
    ).__name__ in (
        "dict_keys",
        "dict_values",
    ):
        return list(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "model_dump"):
        # Under the names by which callers would send it.
        return value.model_dump(by_alias=True)
    if hasattr(value, "__attrs_attrs__"):
        return {one.alias or one.name: getattr(value, one.name) for one in value.__attrs_attrs__}
    if type(value).__module__.partition(".")[0] in TEXTUAL:
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise TypeError(
            "bytes that are not UTF-8 text have no JSON form; offer a binary content type by an "
            "'accept' argument, or encode them"
        ) from error


def _all_plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): _all_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_all_plain(one) for one in value]
    try:
        return orjson.loads(orjson.dumps(value, option=OPTIONS))
    except orjson.JSONEncodeError:
        return _all_plain(_plain(value))


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    plain = _all_plain(key)
    if isinstance(plain, Iterable) and not isinstance(plain, str):
        raise TypeError(f"a key of type {type(key).__name__} has no JSON form")
    return plain if isinstance(plain, str) else json.dumps(plain)
