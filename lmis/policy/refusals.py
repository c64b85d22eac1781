"""Why values of a stock policy are refused, each with its message and the field it is about."""

from __future__ import annotations

from typing import Self

from lmis.errors import Forbidden, LmisError
from lmis.i18n import N_, Message
from lmis.reading import Unreadable


class NotMonths(Unreadable):
    msgid = N_("“%(text)s” is not a number of months. Write it as 2 or 1,5.")


class TooFine(Unreadable):
    msgid = N_("“%(text)s” has more than two decimal places. Write at most two: a week is about 0,25.")


class TooManyMonths(Unreadable):
    msgid = N_("“%(text)s” is more than %(most)s months. Check the figure: it is in months, not in days.")


class NotPercent(Unreadable):
    msgid = N_("“%(text)s” is not a percentage. Write it as 95 or 92,5.")


class TooFineAPercent(Unreadable):
    msgid = N_("“%(text)s” has more than one decimal place. Write at most one: 92,5.")


class NotDays(Unreadable):
    msgid = N_("“%(text)s” is not a whole number of days. Write digits only, for example 30.")


class TooManyDays(Unreadable):
    msgid = N_("“%(text)s” is more than %(most)s days. Check the figure: it is in days.")


class LevelsAreNotYours(Forbidden):
    msgid = N_("Values for a whole level are set by an administrator of the topmost facility. Ask them.")


class PolicyRefused(LmisError):
    """A refusal of values. field: the value's name, "valid_from", or "" for all of them."""

    status_code = 409
    field = ""


class StartsInThePast(PolicyRefused):
    status_code = 422
    field = "valid_from"
    msgid = N_("%(valid_from)s is past, and what held on past days stays as it was. Enter %(today)s or a later day.")


class NotPositive(PolicyRefused):
    status_code = 422
    msgid = N_("This must be more than zero. Leave it empty to inherit it.")


class UnusualServiceLevel(PolicyRefused):
    status_code = 422
    msgid = N_(
        "The service level must be between %(least)s %% and %(most)s %%: forecasts say nothing of what lies beyond. "
        "Leave it empty to inherit it."
    )


class UnusualRisk(PolicyRefused):
    status_code = 422
    msgid = N_(
        "The risk of running out must be between %(least)s %% and %(most)s %%: below, one would be warned of nearly "
        "everything, and above, too late. Leave it empty to inherit it."
    )


class UnusualLossShare(PolicyRefused):
    status_code = 422
    msgid = N_(
        "A large loss must be between %(least)s %% and %(most)s %% of the stock: below, one would be warned of every "
        "loss. Leave it empty to inherit it."
    )


class NotOfOneItem(PolicyRefused):
    status_code = 422
    msgid = N_("Papers are of many items, so this cannot be set for one of them. Set it for all items.")


class NoValues(PolicyRefused):
    status_code = 422
    msgid = N_("No value is filled in, and none was set here before. Fill in those that differ from what is inherited.")


class SameValues(PolicyRefused):
    msgid = N_("These values are set here already. Change what should differ, or leave it as it is.")


class ValuesClash(PolicyRefused):
    msgid = N_("Other values were set with this form before, so nothing was changed. Open it anew and fill it in.")


class Nonsense(PolicyRefused):
    """The values in force would not go together. Which facility and item they are of is told by `at`."""

    def __init__(self, **params: object) -> None:
        super().__init__(where="", **params)

    def at(self, where: object) -> Self:
        self.message = Message(self.msgid, {**self.message.params, "where": where})
        return self


class EmergencyAboveMinimum(Nonsense):
    msgid = N_(
        "%(where)s: the emergency point of %(emergency)s months would be above the minimum of %(minimum)s. "
        "Lower it, or raise the minimum."
    )


class MinimumAboveMaximum(Nonsense):
    msgid = N_(
        "%(where)s: the minimum of %(minimum)s months would be above the maximum of %(maximum)s. "
        "Lower it, or raise the maximum."
    )


class PartsAboveMaximum(Nonsense):
    msgid = N_(
        "%(where)s: lead time, review period and safety stock together would be %(parts)s months, "
        "above the maximum of %(maximum)s. Shorten them, or raise the maximum."
    )


class MinimumAboveShelfLife(Nonsense):
    msgid = N_(
        "%(where)s: %(minimum)s months would be held at the least, but the goods keep for %(shelf_life)s months only. "
        "Lower the minimum or its parts."
    )
