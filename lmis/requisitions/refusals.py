"""Why a requisition is refused: one class a reason, each with its message."""

from __future__ import annotations

from lmis.errors import LmisError, NotFound
from lmis.i18n import N_

Key = tuple[int, str]  # item, channel


class UnknownRequisition(NotFound):
    msgid = N_("There is no such requisition, or you may not see it.")


class NoSupplier(LmisError):
    status_code = 409
    msgid = N_("No facility supplies %(facility)s, so there is nobody to ask. Have its place in the network recorded.")


class FuturePeriod(LmisError):
    status_code = 422
    msgid = N_("The period %(period)s has not begun. Choose this month or an earlier one.")


class OpenRequisition(LmisError):
    status_code = 409
    msgid = N_(
        "Requisition %(number)s for %(period)s is still open: it is %(status)s. "
        "Finish it or have it skipped first; what cannot wait goes on an emergency requisition."
    )


class PeriodTaken(LmisError):
    status_code = 409
    msgid = N_(
        "%(period)s already has its regular requisition, %(number)s. "
        "Choose another period, or ask for more on an emergency requisition."
    )


class ChangedMeanwhile(LmisError):
    status_code = 409
    msgid = N_(
        "%(who)s changed requisition %(number)s at %(at)s, after you opened it. Nothing of yours was saved. "
        "Look at what is there now, and do it again if it still holds."
    )


class LineFault(LmisError):
    """A refusal of one line. key: its item and channel; field: of the line, what the refusal is about."""

    key: Key = (0, "")
    field = "requested"

    def at(self, key: Key) -> LineFault:
        self.key = key
        return self


class UnknownLine(LineFault):
    status_code = 422
    msgid = N_("The form names an item that is not on the requisition. Load the page again.")


class WrongAmount(LineFault):
    status_code = 422
    msgid = N_("%(quantity)s is not an amount. Enter a whole number from 0 to 2,147,483,647.")


class LineThere(LineFault):
    status_code = 409
    field = "add"
    msgid = N_("%(item)s already stands on the requisition in this channel.")


class WrongChannel(LineFault):
    status_code = 422
    field = "add"
    msgid = N_("%(item)s does not move in this channel. Choose one of its channels.")


class MayNotAskFor(LineFault):
    status_code = 409
    msgid = N_(
        "%(facility)s may not hold %(item)s: the method is clinical and the facility is not registered for it. "
        "Ask for 0, or have the capability registered."
    )


class ReasonNeeded(LineFault):
    status_code = 422
    field = "reason"
    msgid = N_("%(item)s: %(requested)s differs much from the %(proposed)s proposed. Say why.")


class TooLittleThere(LineFault):
    status_code = 409
    field = "approved"
    msgid = N_(
        "%(item)s (%(channel)s): %(usable)s usable units are here, %(approved)s were approved. "
        "Approve less, or share out anew what there is."
    )


class OtherRequisition(LmisError):
    status_code = 409
    msgid = N_("With this form another requisition was begun before. Open it from the list, or begin a new one.")
