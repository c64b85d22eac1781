"""What waits because of alerts."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.alerts.findings import Severity
from lmis.alerts.listing import open_here, told_here
from lmis.i18n import N_
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:  # noqa: ARG001 - as every worklist is asked
    """Open alerts of the facility that are urgent or warnings, and those from below that nobody there has seen to."""
    here = open_here(session, place.id)
    told = told_here(session, place.id)
    rows = (
        Work("out", "■", here.get(Severity.URGENT, 0), N_("urgent alerts"), "/alerts?severity=3", N_("See them")),
        Work("below", "▲", here.get(Severity.WARNING, 0), N_("warnings"), "/alerts?severity=2", N_("See them")),
        Work("emergency", "▲", told, N_("alerts from below that nobody has seen to"), "/alerts?told=1", N_("See them")),
    )
    return [row for row in rows if row.count]
