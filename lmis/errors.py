"""Every refusal of the program is one of these: a status code and a message that can be translated."""

from __future__ import annotations

from collections.abc import Sequence

from lmis.i18n import N_, Message


class LmisError(Exception):
    """A refusal. Subclasses set `status_code` and `msgid`; the keyword arguments fill the message."""

    status_code = 400
    msgid = N_("This cannot be done.")

    def __init__(self, **params: object) -> None:
        self.message = Message(self.msgid, params)
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(LmisError):
    status_code = 404
    msgid = N_("This page or record does not exist, or you may not see it.")


class Forbidden(LmisError):
    status_code = 403
    msgid = N_("Your role does not allow this. Ask the manager of your facility.")


class Refused(LmisError):
    """Several refusals of one piece of work, told together.

    refusals: one per fault, in the order found; never empty.
    """

    status_code = 409

    def __init__(self, refusals: Sequence[LmisError]) -> None:
        self.refusals = list(refusals)
        self.status_code = self.refusals[0].status_code
        super().__init__()
        self.message = self.refusals[0].message
