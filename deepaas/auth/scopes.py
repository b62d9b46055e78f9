"""What callers may do."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Scope(enum.StrEnum):
    """What can be granted, for all models or for one."""

    PREDICT = "predict"
    TRAIN = "train"
    METRICS = "metrics"
    ADMIN = "admin"


class Scopes:
    """What somebody has been granted.

    Args:
        grants: scopes, each with the model that it is for; an empty one stands for all.
    """

    def __init__(self, grants: Iterable[tuple[Scope, str]]) -> None:
        self._grants = frozenset(grants)
        administered = [model for scope, model in self._grants if scope is Scope.ADMIN]
        self._allowed = self._grants.union(
            (scope, model) for scope in Scope for model in administered
        )

    def allow(self, scope: Scope, model: str = "") -> bool:
        """Tell whether somebody may do something.

        Args:
            scope: what.
            model: with which model; empty for what concerns all.
        """
        return (scope, "") in self._allowed or (scope, model) in self._allowed

    def __str__(self) -> str:
        return ",".join(sorted(written(scope, model) for scope, model in self._grants))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scopes) and self._grants == other._grants

    def __hash__(self) -> int:
        return hash(self._grants)


EVERYTHING = Scopes([(Scope.ADMIN, "")])


def written(scope: Scope, model: str = "") -> str:
    """Return a scope as people write it, ``predict`` or ``predict:digits``.

    Args:
        scope: the scope.
        model: the model that it is for; empty for all.
    """
    return f"{scope.value}:{model}" if model else scope.value


def parse_scopes(text: str) -> Scopes:
    """Return the scopes that a text such as ``predict,train:digits`` names.

    Args:
        text: scopes with commas between them.

    Raises:
        ValueError: it names none, or what is no scope; says which there are.
    """
    parts = [part.strip() for part in text.split(",")]
    return Scopes(_grant(part) for part in parts if part or len(parts) == 1)


def _grant(text: str) -> tuple[Scope, str]:
    name, colon, model = text.partition(":")
    known = [one.value for one in Scope]
    if name not in known or (colon and not model):
        raise ValueError(
            f"{text!r} is no scope; there are {', '.join(known)}, each for one model as well: "
            "predict:digits"
        )
    if name == Scope.METRICS and model:
        raise ValueError(f"{text!r} is no scope: metrics are of all models, not of {model!r}")
    return Scope(name), model
