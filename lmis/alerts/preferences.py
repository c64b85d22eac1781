"""What a person wants to be sent, how often and at what hour."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from lmis.alerts.findings import Rule, Severity
from lmis.config import settings
from lmis.holidays import is_open
from lmis.i18n import N_, VIETNAM
from lmis.mail.models import MailPreference

DAILY, WORKDAYS, WEEKLY, NEVER = "daily", "workdays", "weekly", "never"
HOW_OFTEN = {
    DAILY: N_("Every day"),
    WORKDAYS: N_("Every working day"),
    WEEKLY: N_("Once a week"),
    NEVER: N_("Never"),
}


@dataclass(frozen=True, slots=True)
class Wants:
    """A person's choices; without any, everything is sent at the usual hour."""

    digest: str = DAILY
    hour: int = 6  # of the day in Vietnam
    least_severity: int = Severity.NOTICE
    at_once: bool = True
    summaries: bool = True
    muted: frozenset[str] = frozenset()

    def tells(self, rule: str, severity: int) -> bool:
        """Whether an alert is one to be told of."""
        return severity >= self.least_severity and rule not in self.muted


def wants_of(kept: MailPreference | None) -> Wants:
    if kept is None:
        return Wants()
    return Wants(
        kept.digest, kept.hour, kept.least_severity, kept.at_once, kept.summaries, frozenset(kept.muted.split())
    )


def save_wants(session: Session, user_id: int, wants: Wants, now: datetime) -> None:
    """Keep what someone chose; a rule that there is not is left out."""
    kept = session.get(MailPreference, user_id) or MailPreference(user_id=user_id, changed_at=now)
    kept.digest, kept.hour, kept.least_severity = wants.digest, wants.hour, wants.least_severity
    kept.at_once, kept.summaries, kept.changed_at = wants.at_once, wants.summaries, now
    kept.muted = " ".join(rule for rule in Rule if rule in wants.muted)
    session.add(kept)


def is_digest_day(how_often: str, today: date, made_on: date | None) -> bool:
    """Whether someone gets a digest on a day.

    made_on: the latest earlier day for which digests were made: a week whose day was missed gets its digest later.
    """
    match how_often:
        case "daily":
            return True
        case "workdays":
            return is_open(today)
        case "weekly":
            due_on = latest_weekday(settings().weekly_on, today)
            return due_on == today or (made_on is not None and made_on < due_on)
        case _:
            return False


def latest_weekday(weekday: int, today: date) -> date:
    """The latest day up to today that is the weekday, 1: Monday."""
    return today - timedelta(days=(today.isoweekday() - weekday) % 7)


def at_hour(day: date, hour: int) -> datetime:
    """The moment of an hour on the wall clock in Vietnam."""
    return datetime.combine(day, time(hour), VIETNAM)


def all_but(chosen: Collection[str]) -> frozenset[str]:
    """The rules that are muted when only some were chosen."""
    return frozenset(rule for rule in Rule if rule not in chosen)
