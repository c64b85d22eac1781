"""Why a shipment is not confirmed, settled, called back or put right, each with what to do instead."""

from __future__ import annotations

from lmis.errors import NotFound
from lmis.i18n import N_
from lmis.stock.refusals import LineRefused


class AlreadyConfirmed(LineRefused):
    msgid = N_(
        "%(name)s confirmed this shipment on %(moment)s; nothing of it is left to confirm. Look at what was recorded."
    )


class ConfirmedMeanwhile(LineRefused):
    msgid = N_(
        "%(name)s recorded something of this shipment on %(moment)s, after you had opened the page. "
        "Look at what is there now and enter the rest again."
    )


class CalledBack(LineRefused):
    msgid = N_(
        "%(facility)s took this shipment back on %(moment)s, so there is nothing to confirm. Ask them what to do."
    )


class NothingEntered(LineRefused):
    status_code = 422
    msgid = N_("Nothing was entered. Say what arrived, what is missing and what is damaged.")


class MoreThanSent(LineRefused):
    field = "received"
    msgid = N_(
        "Only %(left)s %(unit)s are on the way; %(entered)s were entered as received. "
        "Enter %(left)s here, and what came beyond that under “Came beside the paper”."
    )


class ArrivedTooMany(LineRefused):
    field = "received"
    msgid = N_(
        "%(left)s %(unit)s are on the way and not reported yet, and %(reported)s of them are entered as missing or "
        "damaged. Type %(arrived)s as arrived."
    )


class MoreThanLeft(LineRefused):
    field = "short"
    msgid = N_(
        "%(left)s %(unit)s are on the way and not reported yet; %(reported)s were entered as missing and damaged. "
        "Enter %(left)s at most."
    )


class DifferenceNeedsReason(LineRefused):
    status_code = 422
    field = "reason"
    msgid = N_("Choose why.")


class UnknownDifference(LineRefused):
    status_code = 404
    field = "quantity"
    msgid = N_("This difference does not belong to the shipment. Open the shipment again.")


class SettledBefore(LineRefused):
    field = "quantity"
    msgid = N_("This difference of lot %(lot)s has been settled already. Look at what was recorded.")


class MoreThanOpen(LineRefused):
    field = "quantity"
    msgid = N_("Only %(open)s units of this difference of lot %(lot)s are open; %(entered)s were entered.")


class WrongSettlement(LineRefused):
    status_code = 422
    field = "settlement"
    msgid = N_("Choose what became of these goods.")


class NeedsExplanation(LineRefused):
    status_code = 422
    field = "note"
    msgid = N_("Say in a few words how this is explained.")


class NothingSettled(LineRefused):
    status_code = 422
    msgid = N_("Nothing was chosen. Say of at least one difference what became of the goods.")


class CannotCallBack(LineRefused):
    msgid = N_(
        "%(name)s confirmed this shipment on %(moment)s, so it cannot be taken back any more. "
        "Settle the differences, or ask for the goods with a return."
    )


class NothingToCallBack(LineRefused):
    msgid = N_("Nothing of this shipment is on the way any more, so there is nothing to take back.")


class DeliverySettled(LineRefused):
    msgid = N_(
        "This proof of delivery cannot be undone: %(facility)s has settled differences that it reported. "
        "Correct the stock by a count, or ask %(facility)s to undo the settlement first."
    )


class LaterDelivery(LineRefused):
    msgid = N_("A later proof of delivery builds on this one. Undo the latest first.")


class UnknownDelivery(NotFound):
    msgid = N_("There is no such proof of delivery of this shipment.")


class UnknownSettlement(NotFound):
    msgid = N_("There is no such settlement of this shipment.")


class NotAShipment(NotFound):
    msgid = N_("There is no such shipment, or it is not one of this facility’s.")
