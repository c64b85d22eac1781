"""Why something cannot be done to a count."""

from __future__ import annotations

from lmis.errors import Forbidden, LmisError, NotFound
from lmis.i18n import N_


class UnknownCount(NotFound):
    msgid = N_("There is no such count here, or you may not see it.")


class NoItemsChosen(LmisError):
    status_code = 422
    msgid = N_("Choose at least one item, or count everything on the shelf.")


class CountIsOver(LmisError):
    status_code = 409
    msgid = N_("This count is closed, so nothing was saved. To change what was counted, have it counted again.")


class NotThatFar(LmisError):
    status_code = 409
    msgid = N_("Somebody has moved this count on meanwhile. Look at where it stands now.")


class ChangedMeanwhile(LmisError):
    status_code = 409
    msgid = N_("%(name)s saved other figures at %(moment)s. They are shown below; look at them and send it once more.")


class CountedByOther(LmisError):
    status_code = 409
    msgid = N_(
        "%(name)s saved “%(theirs)s” at %(moment)s; you typed “%(mine)s”. Find out which is right and save again: "
        "what stands in the box then counts."
    )


class NothingCounted(LmisError):
    status_code = 422
    msgid = N_("Nothing has been counted yet. Enter what is on the shelf, 0 where there is nothing.")


class NotAllCounted(LmisError):
    status_code = 422
    msgid = N_(
        "Lines of this full count that nobody has counted: %(count)s. Count them, or confirm that they stay uncounted: "
        "their book stays as it is."
    )


class NoReasonGiven(LmisError):
    status_code = 422
    msgid = N_("%(counted)s were counted where %(expected)s should be. Choose a reason for the difference.")


class LessThanNothing(LmisError):
    status_code = 409
    msgid = N_(
        "With what moved since the count began, lot %(lot)s would fall below zero. Count it again, and say whether "
        "the figure already shows what moved."
    )


class AlreadyOnTheList(LmisError):
    status_code = 409
    msgid = N_("Lot %(lot)s stands on the list already, in this channel and condition. Enter its quantity there.")


class LotIsRecalled(LmisError):
    status_code = 409
    msgid = N_("Lot %(lot)s is recalled and may not stand on a shelf as usable. Add it as recalled.")


class OwnCount(Forbidden):
    msgid = N_("You closed this count yourself. Somebody else who may approve has to look at it.")


class ForApproversToRecount(Forbidden):
    msgid = N_("In a blind count only somebody who may approve can have it counted again. Ask the manager.")
