"""When tokens expire, as people write it."""

from __future__ import annotations

import datetime
import re
import time

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
LAPSE = re.compile("([0-9]{1,6})([wdhm])")
# Beyond these there are no dates to show.
FIRST, LAST = (
    datetime.datetime(year, month, day, tzinfo=datetime.UTC).timestamp()
    for year, month, day in ((1, 1, 2), (9999, 12, 31))
)


def parse_lapse(text: str) -> float:
    """Return a moment out of a time from now such as ``30d``, or out of a date.

    Args:
        text: a number of weeks, days, hours or minutes (``w``, ``d``, ``h``, ``m``), or see
            ``parse_date``.

    Returns:
        Seconds since 1970.

    Raises:
        ValueError: it is something else; says what is right.
    """
    if lapse := LAPSE.fullmatch(text):
        after = datetime.timedelta(**{UNITS[lapse[2]]: int(lapse[1])})
        return min(time.time() + after.total_seconds(), LAST)
    try:
        return parse_date(text)
    except ValueError as error:
        raise ValueError(f"{error}, or a time from now such as 30d (w, d, h, m)") from None


def parse_date(text: str) -> float:
    """Return a moment out of a date, or a date and time, of ISO 8601; UTC where no zone is given.

    Args:
        text: such as ``2030-01-31`` or ``2030-01-31T12:00:00+02:00``.

    Returns:
        Seconds since 1970.

    Raises:
        ValueError: it is something else; says what is right.
    """
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return min(max(moment.timestamp(), FIRST), LAST)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no date such as 2030-01-31 or 2030-01-31T12:00:00Z"
        ) from None


def date_of(moment: float | None) -> str:
    """Return a moment in UTC, to the minute; a hyphen for none.

    Args:
        moment: seconds since 1970.
    """
    if moment is None:
        return "-"
    return f"{datetime.datetime.fromtimestamp(moment, datetime.UTC):%Y-%m-%dT%H:%MZ}"
