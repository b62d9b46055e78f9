"""What users may do, by their entitlements and groups, as flaat reads these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flaat.requirements import HasAARCEntitlement
from flaat.user_infos import UserInfos

from deepaas.auth.authenticator import Caller
from deepaas.auth.scopes import Scope, Scopes
from deepaas.exceptions import Forbidden
from deepaas.trust import ANYBODY, Trust


class Entitlements:
    """Gives scopes for entitlements (AARC-G002, AARC-G069) and groups.

    Args:
        trust: which ones are needed, and in which claims they are.
    """

    def __init__(self, trust: Trust) -> None:
        self._claims = trust.claims
        self._anybody = {Scope(name) for name, need in trust.grants.items() if ANYBODY in need}
        self._requirements = {
            Scope(name): [
                HasAARCEntitlement(one, claim)
                for one in need
                if one != ANYBODY
                for claim in trust.claims
            ]
            for name, need in trust.grants.items()
        }
        where = ", ".join(trust.claims)
        self._ways = {
            Scope(name): f"it needs one of {', '.join(need)} among its {where}"
            for name, need in trust.grants.items()
        }

    def caller(self, subject: str, said: Iterable[Mapping[str, Any]]) -> Caller:
        """Return who asks, and what they may.

        Args:
            subject: who it is.
            said: what their provider says of them, in one or several places.

        Raises:
            Forbidden: nothing at all; says what scopes need.
        """
        infos = UserInfos(None, self._gathered(list(said)), None)
        granted = [
            scope
            for scope, needs in self._requirements.items()
            if scope in self._anybody
            or any(need.is_satisfied_by(infos).is_satisfied for need in needs)
        ]
        if not granted:
            ways = "; ".join(f"{scope.value}: {way}" for scope, way in self._ways.items())
            scopes = " ".join(self._ways)
            raise Forbidden(f"{subject} may do nothing here ({ways})", scopes)
        return Caller(subject, Scopes((scope, "") for scope in granted), self._ways)

    def _gathered(self, said: list[Mapping[str, Any]]) -> dict[str, list[str]]:
        """Return what the claims have in whatever place; flaat takes texts alone."""
        return {
            claim: [one for place in said for one in _texts(place.get(claim))]
            for claim in self._claims
        }


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
