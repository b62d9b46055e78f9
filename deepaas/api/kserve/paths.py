"""Which paths are those of KServe's protocols, and not DEEPaaS' own."""

from __future__ import annotations

import enum
import re

MODEL = r"/v2/models/[^/]+"
OWN = re.compile(rf"{MODEL}/(predict|train)(/.*)?")
SHARED = re.compile(rf"{MODEL}/?")
INFERENCE = re.compile(rf"/v2|/v2/health/.*|{MODEL}/.+|/v2/repository(/.*)?|/v1(/.*)?")


class Errors(enum.Enum):
    """How errors are told at a path."""

    OWN = enum.auto()
    SHARED = enum.auto()
    INFERENCE = enum.auto()


def errors_at(path: str, base_path: str) -> Errors:
    """Return how errors are told at a path.

    Args:
        path: as it came, quoted.
        base_path: under which all paths lie.
    """
    path = path.removeprefix(base_path)
    if OWN.fullmatch(path):
        return Errors.OWN
    if SHARED.fullmatch(path):
        return Errors.SHARED
    return Errors.INFERENCE if INFERENCE.fullmatch(path) else Errors.OWN
