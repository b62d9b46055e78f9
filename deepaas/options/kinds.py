"""Bounds and types of options."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from oslo_config import types

from deepaas.authoring import checked_environment

# More is a slip of the finger, and would fill the machine.
MOST_WORKERS = 1000
SIZES = {"K": 1024, "M": 1024**2, "G": 1024**3}


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


class Size(types.String):
    """The type of ``--memory-limit``."""

    def __call__(self, value: Any) -> str:
        """Return the text; raises ValueError where it is no size."""
        text: str = super().__call__(value)
        size(text)
        return text


class Environment(types.Dict):
    """The type of ``environment``."""

    def __init__(self) -> None:
        super().__init__(value_type=types.String(quotes=True))

    def __call__(self, value: Any) -> dict[str, str]:
        """Return variables by name; raises ValueError where there can be none like that."""
        return checked_environment(super().__call__(value))
