"""What pages in browsers may ask."""

from __future__ import annotations

import re
from collections.abc import Iterable

from oslo_config import cfg

ORIGIN = re.compile(r"\*|https?://(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
HOST = re.compile(r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")

browser_opts = [
    cfg.ListOpt(
        "cors-origins",
        default=[],
        metavar="ORIGIN,...",
        help="Origins whose pages may ask this server, and read its answers, in browsers, such as "
        "https://app.example.org; * for all. Without it none but its own may.",
    ),
    cfg.ListOpt(
        "allowed-hosts",
        default=[],
        metavar="NAME,...",
        help="Names under which this server can be asked, such as "
        "models.example.org,*.models.example.org; IP addresses and localhost always can. Without "
        "it any, but for one that listens on the loopback interface without authentication: no "
        "names of the public DNS with its own port there, since only a page that means ill has "
        "one.",
    ),
]


def checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Return origins as browsers write them.

    Args:
        origins: ``--cors-origins``.

    Raises:
        ValueError: one is something else.
    """
    right = "an origin such as https://app.example.org, without path"
    fitting = (_fitting("--cors-origins", one, ORIGIN, right) for one in origins)
    # They leave out the usual port.
    return tuple(one.removesuffix(":443" if one.startswith("https:") else ":80") for one in fitting)


def checked_hosts(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of hosts in small letters.

    Args:
        names: ``--allowed-hosts``.

    Raises:
        ValueError: one is something else.
    """
    right = "a name such as models.example.org or *.example.org, without port"
    return tuple(_fitting("--allowed-hosts", one, HOST, right) for one in names)


def _fitting(option: str, text: str, form: re.Pattern[str], right: str) -> str:
    if not form.fullmatch(text.lower()):
        raise ValueError(f"{option}: {text!r} is not {right}")
    return text.lower()
