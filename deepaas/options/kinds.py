"""Bounds and types of options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

from oslo_config import types

from deepaas.authoring import checked_environment

# More is a slip of the finger, and would fill the machine.
MOST_WORKERS = 1000
SIZES = {"K": 1024, "M": 1024**2, "G": 1024**3}
TIMES = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
RATE = re.compile("([0-9]{1,15}[KMGkmg]?) */ *(second|minute|hour|day|s|m|h|d)")


def size(text: str) -> int:
    """Return a number of bytes out of a text such as ``1000``, ``500M`` or ``16G``.

    Args:
        text: empty for 0.

    Raises:
        ValueError: it is something else.
    """
    number, unit = text.strip().upper(), 1
    if number[-1:] in SIZES:
        number, unit = number[:-1], SIZES[number[-1]]
    if number.isdecimal():
        return int(number) * unit
    if text.strip():
        raise ValueError(f"{text!r} is not a number of bytes such as 1000, 500M or 16G")
    return 0


def networks(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return networks out of texts such as ``10.0.0.0/8`` or ``192.0.2.7``.

    Args:
        texts: addresses are networks of one.

    Raises:
        ValueError: one is something else.
    """
    found = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError as error:
            raise ValueError(
                f"--trusted-proxies {text!r} is neither an address nor a network such as "
                f"10.0.0.0/8: {error}"
            ) from None
    return tuple(found)


class Rate(NamedTuple):
    """How much there may be in a time.

    Args:
        amount: how much, at least 1.
        seconds: in how long a time.
        text: as it was written.
    """

    amount: int
    seconds: float
    text: str


def rate(text: str, sizes: bool = False) -> Rate | None:
    """Return a rate out of a text such as ``100/minute``, or ``1G/hour``.

    Args:
        text: an amount, a slash, and a second, minute, hour or day, which may be shortened to its
            first letter; empty for None.
        sizes: whether the amount is a number of bytes.

    Raises:
        ValueError: it is something else; says what is right.
    """
    if not text.strip():
        return None
    match = RATE.fullmatch(text.strip())
    try:
        amount = (size(match[1]) if sizes else int(match[1])) if match else 0
    except ValueError:
        amount = 0
    if match is None or amount < 1:
        such = "1G/hour" if sizes else "100/minute"
        raise ValueError(
            f"{text!r} is no rate such as {such}: an amount, and second, minute, hour or day"
        )
    return Rate(amount, TIMES[match[2][0]], text.strip())


class Size(types.String):
    """The type of ``--memory-limit`` and its like.

    Args:
        least: bytes that it has to be at least.
    """

    def __init__(self, least: int = 0) -> None:
        super().__init__()
        self._least = least

    def __call__(self, value: Any) -> str:
        """Return the text; raises ValueError where it is no size, or too small."""
        text: str = super().__call__(value)
        if size(text) < self._least:
            raise ValueError(f"{text!r} is less than {self._least}")
        return text


class Environment(types.Dict):
    """The type of ``environment``."""

    def __init__(self) -> None:
        super().__init__(value_type=types.String(quotes=True))

    def __call__(self, value: Any) -> dict[str, str]:
        """Return variables by name; raises ValueError where there can be none like that."""
        return checked_environment(super().__call__(value))
