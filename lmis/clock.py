"""The one place that asks what time it is; pure functions take `now` and `today` as arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime

from lmis.i18n import VIETNAM


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day on the wall calendar in Vietnam."""
    return now().astimezone(VIETNAM).date()
