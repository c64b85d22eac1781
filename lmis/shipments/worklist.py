"""What of its shipments waits at a facility."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.i18n import N_
from lmis.shipments.lists import late, waiting
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:
    """Shipments to confirm, differences to settle, and what was sent and has not been confirmed for long."""
    wait = waiting(session, place.id)
    overdue = [len(late(session, ids, today)) for ids in (wait.incoming, wait.outgoing)]
    confirm, settle = (N_("Confirm"), N_("Settle")) if place.may_post else (N_("See them"), N_("See them"))
    found = [
        Work("below", "▼", overdue[0], N_("shipments that should have been confirmed by now"),
             "/shipments#incoming", confirm),
        Work("", "●", len(wait.incoming) - overdue[0], N_("shipments to confirm"), "/shipments#incoming", confirm),
        Work("emergency", "▲", len(wait.to_settle), N_("shipments with differences to settle"),
             "/shipments#differences", settle),
        Work("below", "▼", overdue[1], N_("shipments sent long ago that nobody has confirmed"),
             "/shipments#outgoing", N_("See them")),
    ]  # fmt: skip
    return [it for it in found if it.count]
