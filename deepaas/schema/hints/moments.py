"""Bounds that may be moments, and the time zones that moments are in."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import marshmallow as ma

from deepaas.schema.hints.forms import Unmappable

ZONED, UNZONED = "Must have a time zone.", "Must have no time zone."


class Range(ma.validate.Range):
    """Takes what is within bounds; of moments only those that can be compared with them."""

    def __call__(self, value: Any) -> Any:
        for bound in (self.min, self.max):
            if isinstance(bound, datetime.datetime) and isinstance(value, datetime.datetime):
                _see_to_zone(value, bound.tzinfo is not None)
        return super().__call__(value)


class InZone(ma.validate.Validator):
    """Takes moments of a time zone.

    Args:
        zone: None for moments without one, ``...`` for those with any, else the zone or its name.

    Raises:
        Unmappable: there is none of that name.
    """

    def __init__(self, zone: Any) -> None:
        try:
            self.zone = zoneinfo.ZoneInfo(zone) if isinstance(zone, str) else zone
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            instead = "name a zone that Python knows, such as Timezone('Europe/Madrid')"
            raise Unmappable(f"Timezone({zone!r})", instead) from None

    def __call__(self, value: Any) -> Any:
        _see_to_zone(value, self.zone is not None)
        if isinstance(self.zone, datetime.tzinfo) and (
            value.utcoffset() != self.zone.utcoffset(value.replace(tzinfo=None))
        ):
            # Callers send the distance from UTC, which several zones may have.
            raise ma.ValidationError(f"Must be a time of {self.zone}.")
        return value


def _see_to_zone(value: datetime.datetime, zoned: bool) -> None:
    if (value.tzinfo is not None) != zoned:
        raise ma.ValidationError(ZONED if zoned else UNZONED)
