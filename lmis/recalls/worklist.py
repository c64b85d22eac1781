"""What waits because of recalls."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.i18n import N_
from lmis.recalls.queries import open_recalls, standings
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:
    """Recalled lots to send back from here; of recalls made here what is to be destroyed, and what is not back."""
    found = standings(session, open_recalls(session), place.id, today)
    own = [it for it in found if it.recall.facility_id == place.id]
    to_send = sum(it.here > 0 for it in found if it.recall.facility_id != place.id)
    not_back = sum(it.state == "out" for it in own)
    to_destroy = sum(it.at_home > 0 for it in own) if place.may_post else 0
    rows = (
        Work("emergency", "▲", to_send, N_("recalled lots still held here"), "/recalls", N_("Send back")),
        Work("expired", "✕", to_destroy, N_("recalled lots here wait for destruction"), "/disposal", N_("Destroy")),
        Work("below", "▼", not_back, N_("recalls of which not everything is back"), "/recalls", N_("Follow up")),
    )
    return [row for row in rows if row.count]
