"""Why a lot is not recalled, sent back or let go again."""

from __future__ import annotations

from lmis.errors import LmisError, NotFound
from lmis.i18n import N_


class UnknownRecall(NotFound):
    msgid = N_("There is no such recall, or it does not concern this facility.")


class NoSuchLot(LmisError):
    status_code = 404
    msgid = N_("There is no such lot. Look for it by its number or its item.")


class UnlottedStock(LmisError):
    status_code = 409
    msgid = N_(
        "Stock of %(item)s without a lot number cannot be recalled: nobody can tell which goods are meant. "
        "Put it in quarantine where it is."
    )


class AlreadyRecalled(LmisError):
    status_code = 409
    msgid = N_(
        "Lot %(lot)s of %(item)s was recalled on %(recalled_on)s already. Look for it among the recalls in force."
    )


class HeldElsewhere(LmisError):
    status_code = 409
    msgid = N_(
        "Lot %(lot)s of %(item)s is also held outside your area, at %(count)s facilities. "
        "Ask a facility above all of them to recall it."
    )


class HeldByNobody(LmisError):
    status_code = 409
    msgid = N_("Nobody under %(facility)s holds lot %(lot)s of %(item)s. Only a facility at the top can recall it.")


class TooMuchHeld(LmisError):
    status_code = 409
    msgid = N_(
        "The book of %(facility)s says that it holds %(units)s units of lot %(lot)s, more than can be put aside as "
        "recalled. Have the stock there put right, then recall the lot."
    )


class RecallClash(LmisError):
    status_code = 409
    msgid = N_("Another recall was sent with this form before. Open the list of recalls to see it.")


class AlreadyLifted(LmisError):
    status_code = 409
    msgid = N_("This recall was lifted on %(lifted_on)s already; the lot is no longer blocked by it.")


class NotTheRecallers(LmisError):
    status_code = 403
    msgid = N_("Only %(facility)s, which recalled the lot, can lift the recall.")


class StillOnTheWay(LmisError):
    status_code = 409
    msgid = N_(
        "%(units)s recalled units of the lot are still on the way. "
        "Have them confirmed or taken back first, then lift the recall."
    )


class NothingToSendBack(LmisError):
    status_code = 409
    msgid = N_("Nothing of the recalled lot is left to send back from here.")
