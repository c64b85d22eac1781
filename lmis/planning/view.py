"""What the pages of plans say of what they show. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lmis.calendar import month_text
from lmis.catalog.models import Item, Method
from lmis.i18n import N_, Message, Name
from lmis.planning.plans import ItemPlan

NO_USE = N_("No use of it is forecast.")
RUNS_OUT = N_("Without an order it runs out in %(month)s.")
FALLS_BELOW = N_("Without an order it falls below the minimum in %(month)s.")
LASTS = N_("It stays above the minimum for all months of the plan, without any order.")
STILL_SHORT = N_("Whatever is ordered now, %(units)s will be missing.")
WILL_EXPIRE = N_("%(units)s will expire unused.")
# The names of fields, for refusals that are told away from them.
FIELDS = {
    "year": Message(N_("Year")),
    "women": Message(N_("Women of reproductive age (15–49)")),
    "women_source": Message(N_("Source of their number")),
    "prevalence": Message(N_("Modern contraceptive prevalence")),
    "prevalence_source": Message(N_("Source of the prevalence")),
    "target": Message(N_("The plan’s target")),
    "target_source": Message(N_("Source of the target")),
    "methods_source": Message(N_("Source of the shares of methods")),
    "other": Message(N_("Other modern methods (sterilisation and the like)")),
    "other_source": Message(N_("Source of other methods")),
    "brands_source": Message(N_("Source of the shares of items")),
    "item": Message(N_("Item")),
    "month": Message(N_("Comes in")),
    "months": Message(N_("For how many months")),
    "quantity": Message(N_("Quantity (base units)")),
    "expires_on_month": Message(N_("Expires in")),
}


def fields(methods: Iterable[Method] = (), items: Iterable[Item] = ()) -> dict[str, object]:
    """What each field of a form of plans is called."""
    named: dict[str, object] = {f"method-{it.code}": Name(it.name_vi, it.name_en) for it in methods}
    return {**FIELDS, **named, **{f"brand-{it.id}": Name(it.name_vi, it.name_en) for it in items}}


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
