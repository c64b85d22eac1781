"""What of counting waits at a facility."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.counts.below import waiting_below
from lmis.counts.plan import due
from lmis.counts.planning import count_plan
from lmis.counts.queries import counts_of
from lmis.counts.rules import OPEN, State
from lmis.i18n import N_
from lmis.work import Work


def work(session: Session, place: Place, today: date) -> list[Work]:
    found = []
    if place.may_approve:
        waiting = len(counts_of(session, place.id, [State.WAITING]))
        found.append(Work("", "●", waiting, N_("counts wait for approval"), "/counts#waiting", N_("Look at them")))
        below = len(waiting_below(session, place.id, today))
        found.append(Work("", "●", below, N_("counts below wait for approval"), "/counts#below", N_("Look at them")))
    if place.may_post:
        going_on = len(counts_of(session, place.id, OPEN))
        items = len(due(count_plan(session, place.id, today), today))
        found.append(Work("", "●", going_on, N_("counts to finish"), "/counts#going-on", N_("Go on counting")))
        found.append(Work("", "○", items, N_("items due for a count"), "/counts#plan", N_("Count them")))
    return [it for it in found if it.count]
