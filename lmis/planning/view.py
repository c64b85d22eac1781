"""What the pages of plans say of what they show. Pure."""

from __future__ import annotations

from lmis.i18n import N_, Message
from lmis.planning.numbers import month_text
from lmis.planning.plans import ItemPlan

NO_USE = N_("No use of it is forecast.")
RUNS_OUT = N_("Without an order it runs out in %(month)s.")
FALLS_BELOW = N_("Without an order it falls below the minimum in %(month)s.")
LASTS = N_("It stays above the minimum for all months of the plan, without any order.")
STILL_SHORT = N_("Whatever is ordered now, %(units)s will be missing.")
WILL_EXPIRE = N_("%(units)s will expire unused.")


def findings(it: ItemPlan) -> list[Message]:
    """What the plan of an item comes to, the most pressing first."""
    said = [_of_stock(it)]
    if it.shortage:
        said.append(Message(STILL_SHORT, {"units": it.shortage}))
    if it.expires:
        said.append(Message(WILL_EXPIRE, {"units": it.expires}))
    return said


def _of_stock(it: ItemPlan) -> Message:
    if not it.has_demand:
        return Message(NO_USE)
    if it.runs_out is not None:
        return Message(RUNS_OUT, {"month": month_text(it.runs_out)})
    if it.falls_below is not None:
        return Message(FALLS_BELOW, {"month": month_text(it.falls_below)})
    return Message(LASTS)
