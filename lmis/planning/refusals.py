"""Why figures of the population and planned shipments are refused, each with its message and the field it is about."""

from __future__ import annotations

from lmis.errors import Forbidden, LmisError
from lmis.i18n import N_
from lmis.reading import Unreadable


class NotAPercentage(Unreadable):
    msgid = N_("“%(text)s” is not a percentage. Write it as 68 or 67,5.")


class PercentageTooFine(Unreadable):
    msgid = N_("“%(text)s” has more than three decimal places. Write at most three.")


class NegativePercentage(Unreadable):
    msgid = N_("“%(text)s” is negative; a share is between 0 and 100 percent.")


class MoreThanAll(Unreadable):
    msgid = N_("“%(text)s” is more than 100 percent; a share is between 0 and 100 percent.")


class NotAYear(Unreadable):
    msgid = N_("“%(text)s” is not a year from %(first)s to %(last)s. Write it with four digits.")


class NotAMonth(Unreadable):
    msgid = N_("“%(text)s” is not a month. Write it as 03/2027.")


class NotADuration(Unreadable):
    msgid = N_("“%(text)s” is not a number of months from 1 to %(most)s.")


class PlanRefused(LmisError):
    """A refusal of figures that people entered. field: the one it is about, "" for all of them."""

    status_code = 422
    field = ""

    def about(self, field: str) -> PlanRefused:
        self.field = field
        return self


class MethodsLack(PlanRefused):
    msgid = N_(
        "The methods add up to %(sum)s %%: %(missing)s %% of all users are missing. Add the methods they use, "
        "or enter them as users of other methods."
    )


class MethodsExceed(PlanRefused):
    msgid = N_("The methods add up to %(sum)s %%, which is %(over)s %% too much. Correct the shares.")


class BrandsLack(PlanRefused):
    msgid = N_("The items of %(method)s add up to %(sum)s %%: %(missing)s %% of its users are missing. Add their item.")


class BrandsExceed(PlanRefused):
    msgid = N_("The items of %(method)s add up to %(sum)s %%, which is %(over)s %% too much. Correct the shares.")


class NoSource(PlanRefused):
    msgid = N_("Say where the figure comes from, for example the yearbook and its year.")


class FiguresClash(PlanRefused):
    status_code = 409
    msgid = N_("Other figures were entered with this form before, so nothing was changed. Open it anew and fill it in.")


class NoPopulationHere(PlanRefused):
    status_code = 409
    msgid = N_(
        "Figures of the population are entered for communes and for facilities that have others under them; "
        "%(facility)s is neither. Enter them at the facility above."
    )


class MonthOutsidePlan(PlanRefused):
    msgid = N_("%(month)s is outside the plan, which goes from %(first)s to %(last)s. Choose a month in it.")


class ExpiresBeforeItComes(PlanRefused):
    msgid = N_("The goods would expire in %(expires)s, before they come in %(month)s. Check both months.")


class ShipmentClash(PlanRefused):
    status_code = 409
    msgid = N_("Another shipment was planned with this form before, so nothing was changed. Open it anew.")


class NoSuchShipment(Forbidden):
    status_code = 404
    msgid = N_("There is no such planned shipment here.")
