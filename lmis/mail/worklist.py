"""What waits because of e-mails, for those who look after the whole site."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.i18n import N_
from lmis.mail.queries import for_people, held_up
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:  # noqa: ARG001 - as all worklists are asked
    """E-mails that could not be sent, and all that wait while none can be."""
    if not place.administers:
        return []
    unsent, waiting = for_people(session), held_up(session)
    rows = (
        Work("emergency", "▲", unsent, N_("e-mails could not be sent"), "/mail", N_("Decide"), site_wide=True),
        Work(
            "below",
            "▼",
            waiting,
            N_("e-mails wait: none can go out now"),
            "/mail",
            N_("See why"),
            site_wide=True,
        ),
    )
    return [row for row in rows if row.count]
