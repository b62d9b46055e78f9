"""What went wrong within the server, in words that are fit for who asks."""

from __future__ import annotations

import os
import re
from functools import cache

TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n?|\n)*")
# A URL of a file has no host.
SCHEME = "(?:[a-z][a-z0-9+]*:///?)?"
QUOTED = rf"(?P<quote>[\"'`]){SCHEME}/(?P<quoted>[^\"'`\n]*)(?P=quote)"
BARE = rf"(?<![\w.:/~%-]){SCHEME}/(?P<bare>[^\s\"'`:;,()<>\[\]{{}}|]+)"
PATH = re.compile(f"{QUOTED}|{BARE}")


def outward(text: str) -> str:
    """Return a text without tracebacks, and without the folders of files of this machine.

    A path is told from others, such as those of URLs, by whether there is such a thing as its first
    part at the root of this machine. The name of the file stays.

    Args:
        text: words of an exception, of a model's for example.
    """
    text = TRACEBACK.sub("", text)
    if "/" not in text:
        return text
    return PATH.sub(_shortened, text)


def _shortened(found: re.Match[str]) -> str:
    path = found["quoted"] or found["bare"] or ""
    if not _is_here(path):
        return found[0]
    quote = found["quote"] or ""
    return f"{quote}…/{path.rstrip('/').rpartition('/')[2]}{quote}"


def _is_here(path: str) -> bool:
    return path.partition("/")[0] in _roots()


@cache
def _roots() -> frozenset[str]:
    return frozenset(os.listdir("/"))
