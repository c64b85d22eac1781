"""Why the ledger refuses a document: one class a reason, each with its message and the field it is about."""

from __future__ import annotations

from lmis.errors import LmisError
from lmis.i18n import N_


class LineRefused(LmisError):
    """A refusal of one document of a posting.

    document: its index among those posted; line: the line's index, None when the whole document is meant;
    field: the field of the form or file it is about.
    """

    status_code = 409
    field = ""
    document = 0
    line: int | None = None

    def at(self, document: int, line: int | None = None) -> LineRefused:
        self.document, self.line = document, line
        return self


class NoLines(LineRefused):
    status_code = 422
    msgid = N_("The document has no lines. Enter a quantity for at least one item.")


class FutureDate(LineRefused):
    status_code = 422
    field = "occurred_on"
    msgid = N_("The date %(occurred_on)s lies in the future. Enter the date on the paper, today at the latest.")


class ClosedPeriod(LineRefused):
    field = "occurred_on"
    msgid = N_(
        "%(facility)s is closed through %(closed_through)s; %(occurred_on)s cannot be posted. "
        "Use a later date, or ask for the period to be opened."
    )


class FacilityClosed(LineRefused):
    field = "counterparty"
    msgid = N_("%(facility)s was closed on %(closed_on)s and takes no documents from that day on.")


class UnknownKind(LineRefused):
    status_code = 422
    field = "kind"
    msgid = N_("“%(kind)s” is not a kind of document.")


class NeedsCounterparty(LineRefused):
    status_code = 422
    field = "counterparty"
    msgid = N_("Say which facility the goods go to.")


class SameFacility(LineRefused):
    status_code = 422
    field = "counterparty"
    msgid = N_("%(facility)s cannot send goods to itself. Choose another facility.")


class NotBelow(LineRefused):
    field = "counterparty"
    msgid = N_(
        "%(counterparty)s is not supplied by %(facility)s. Issue to a lower facility; "
        "send goods up with a return, and to a peer with a transfer."
    )


class NotAPeer(LineRefused):
    field = "counterparty"
    msgid = N_(
        "%(counterparty)s and %(facility)s are one above the other. "
        "Use an issue to send goods down, a return to send them up."
    )


class NotAbove(LineRefused):
    field = "counterparty"
    msgid = N_("%(counterparty)s does not supply %(facility)s; goods are returned to a facility above.")


class NeedsReason(LineRefused):
    status_code = 422
    field = "reason"
    msgid = N_("Choose a reason.")


class BadQuantity(LineRefused):
    status_code = 422
    field = "quantity"
    msgid = N_("%(quantity)s is not a quantity. Enter a whole number from 1 to 2,147,483,647.")


class MayNotHold(LineRefused):
    field = "item"
    msgid = N_(
        "%(facility)s may not hold %(item)s: the method is clinical, and only facilities registered for it receive it. "
        "Choose such a facility, or leave the item out."
    )


class ChannelNotAllowed(LineRefused):
    status_code = 422
    field = "channel"
    msgid = N_("%(item)s does not move in the channel “%(channel)s”. Choose one of its channels.")


class WrongLot(LineRefused):
    status_code = 422
    field = "lot"
    msgid = N_("This lot does not belong to %(item)s. Choose a lot of the item.")


class ExpiredLot(LineRefused):
    field = "lot"
    msgid = N_(
        "Lot %(lot)s of %(item)s expired on %(expires_on)s and cannot be given out. "
        "Choose another lot and write this one off."
    )


class QuarantinedLot(LineRefused):
    field = "lot"
    msgid = N_(
        "Lot %(lot)s of %(item)s is in quarantine at %(facility)s (%(quarantined)s units); "
        "%(usable)s are usable and %(requested)s were requested. Choose another lot, or release it first."
    )


class NotUsable(LineRefused):
    field = "lot"
    msgid = N_("Lot %(lot)s of %(item)s is in quarantine. Choose another lot, or release it first.")


class CountedTwice(LineRefused):
    status_code = 422
    field = "lot"
    msgid = N_("A lot stands twice on this count. Enter each lot, channel and status once.")


class InsufficientLot(LineRefused):
    field = "quantity"
    msgid = N_(
        "Lot %(lot)s of %(item)s has only %(usable)s units at %(facility)s; %(requested)s were requested. "
        "Take %(usable)s or add another lot."
    )


class NoneLeft(LineRefused):
    field = "quantity"
    msgid = N_(
        "There is nothing left of lot %(lot)s of %(item)s at %(facility)s; %(requested)s were requested. "
        "Choose another lot."
    )


class WouldGoNegative(LineRefused):
    field = "quantity"
    msgid = N_(
        "With this, lot %(lot)s of %(item)s at %(facility)s would fall below zero on %(day)s: "
        "%(usable)s units can be taken on %(occurred_on)s; %(requested)s were requested."
    )


class SettledByCount(LineRefused):
    field = "occurred_on"
    msgid = N_(
        "Lot %(lot)s of %(item)s was counted at %(facility)s on %(counted_on)s; nothing of it can be dated before. "
        "Use that day or a later one."
    )


class ClashingId(LineRefused):
    field = "id"
    msgid = N_(
        "A document with this number was posted before with other content. "
        "Open the first one and reverse it if it is wrong, then enter a new one."
    )


class UnknownDocument(LineRefused):
    status_code = 404
    field = "reverses"
    msgid = N_("The document to reverse does not exist.")


class AlreadyReversed(LineRefused):
    field = "reverses"
    msgid = N_("This document has already been reversed.")


class ReversesReversal(LineRefused):
    field = "reverses"
    msgid = N_("A reversal cannot be reversed. Enter the document again instead.")


class NothingToReverse(LineRefused):
    field = "reverses"
    msgid = N_("This document moved nothing, so there is nothing to reverse.")


class ReversalSettled(LineRefused):
    field = "reverses"
    msgid = N_(
        "Lot %(lot)s of %(item)s was counted at %(facility)s on %(counted_on)s, which settled this document. "
        "Correct the stock with a new count instead."
    )


class OtherFacilitysDocument(LineRefused):
    status_code = 403
    field = "reverses"
    msgid = N_("Only the facility that made a document can reverse it.")


class CountForApprovers(LineRefused):
    status_code = 403
    field = "reverses"
    msgid = N_("Only somebody who may approve counts can reverse one. Ask the manager, or count the lots again.")


class OfAShipment(LineRefused):
    field = "reverses"
    msgid = N_(
        "This document belongs to a shipment and is put right there: the sender takes goods back that nobody has "
        "confirmed, and what was confirmed or settled is undone on the page of the shipment."
    )


class RecalledLot(LineRefused):
    field = "lot"
    msgid = N_(
        "Lot %(lot)s of %(item)s was recalled on %(recalled_on)s and may not be used or given out. "
        "Keep it apart as recalled, and send it back."
    )


class NotRecalled(LineRefused):
    field = "lot"
    msgid = N_(
        "Lot %(lot)s of %(item)s is not recalled, so none of it can be put aside as such. "
        "Record what is there as usable, or put it in quarantine."
    )


class UnknownShipment(LineRefused):
    status_code = 404
    field = "shipment"
    msgid = N_("There is no such shipment. Open it from the list of shipments.")


class NotThisFacilitysShipment(LineRefused):
    status_code = 403
    field = "shipment"
    msgid = N_("Only the facility that a shipment goes to can confirm it, and only its sender can settle or recall it.")


class NotInShipment(LineRefused):
    field = "lot"
    msgid = N_("%(what)s is not in this shipment. If it arrived with it, enter it as a lot that was not announced.")


class NothingOnTheWay(LineRefused):
    field = "quantity"
    msgid = N_("Nothing of %(what)s is on the way any more: it has been confirmed, settled or taken back. Look again.")


class MoreThanOnTheWay(LineRefused):
    field = "quantity"
    msgid = N_(
        "Only %(left)s units of %(what)s are still on the way; you entered %(requested)s. "
        "Enter %(left)s, and what is beyond as excess."
    )


class BeforeShipment(LineRefused):
    field = "occurred_on"
    msgid = N_("The goods are on the way since %(since_on)s; %(occurred_on)s is before. Use that day or a later one.")
