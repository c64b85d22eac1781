"""What waits because of recalls."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.i18n import N_
from lmis.recalls.queries import open_recalls, standings
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:
    """Recalled lots to send back from here, and recalls made here that are not all back."""
    found = standings(session, open_recalls(session), place.id, today)
    own = [it for it in found if it.recall.facility_id == place.id]
    to_send = sum(it.here > 0 for it in found if it.recall.facility_id != place.id)
    not_back = sum(it.state == "out" for it in own)
    rows = (
        Work("emergency", "▲", to_send, N_("recalled lots still held here"), "/recalls", N_("Send back")),
        Work("below", "▼", not_back, N_("recalls of which not everything is back"), "/recalls", N_("Follow up")),
    )
    return [row for row in rows if row.count]
