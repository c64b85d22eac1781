"""What an alert says: its title, why the program thinks so, and the words for what there is to choose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from lmis.alerts.findings import Act, Fact, Rule, Severity
from lmis.i18n import N_, Message

SEVERITY_NAMES: Mapping[int, str] = {
    Severity.URGENT: N_("Urgent"),
    Severity.WARNING: N_("Warning"),
    Severity.NOTICE: N_("Notice"),
}
SHAPES: Mapping[int, str] = {Severity.URGENT: "■", Severity.WARNING: "▲", Severity.NOTICE: "◆"}
RULE_NAMES: Mapping[str, str] = {
    Rule.OUT: N_("Out of stock"),
    Rule.EMERGENCY: N_("Below the emergency point"),
    Rule.RUN_OUT: N_("Will run out before the next delivery"),
    Rule.BELOW: N_("Below the minimum"),
    Rule.OVER: N_("Above the maximum"),
    Rule.WASTE: N_("Will expire before it can be used"),
    Rule.NEAR_EXPIRY: N_("Near expiry"),
    Rule.EXPIRED: N_("Expired on the shelf"),
    Rule.UNCONFIRMED: N_("Shipment not confirmed"),
    Rule.WAITING: N_("Requisition waiting"),
    Rule.COUNT_DUE: N_("Count overdue"),
    Rule.LOSS: N_("Large loss"),
    Rule.SILENT: N_("Nothing recorded for long"),
    Rule.RECALLED: N_("Recalled lot still held"),
    Rule.LEDGER: N_("The ledger does not add up"),
    Rule.JOB: N_("A nightly job failed or is late"),
}
ACT_NAMES: Mapping[str, str] = {  # verbs, as the link says them
    Act.ORDER: N_("Write an emergency requisition"),
    Act.REQUEST: N_("Write a requisition"),
    Act.REDISTRIBUTE: N_("Transfer it"),
    Act.ISSUE_FIRST: N_("Use this lot first"),
    Act.COUNT: N_("Count it"),
    Act.WRITE_OFF: N_("Write it off"),
    Act.CONFIRM: N_("Confirm the shipment"),
    Act.DECIDE: N_("Open the requisition"),
    Act.SEND_BACK: N_("Send the lot back"),
    Act.RECORD: N_("Record what was given out"),
    Act.LOOK: N_("Look at it"),
}
OUT = N_("None usable for %(days)s days; about %(monthly)s a month are needed here.")
OUT_UNKNOWN = N_("None usable for %(days)s days.")
OUT_COMING = N_("None usable for %(days)s days; %(coming)s are on the way and not confirmed.")
EMERGENCY = N_("%(usable)s usable last %(months)s months, less than the emergency point of %(point)s.")
EMERGENCY_COMING = N_(
    "%(usable)s usable and %(coming)s on the way last %(months)s months, less than the emergency point of %(point)s."
)
RUN_OUT = N_(
    "%(usable)s usable, and about %(monthly)s a month are expected to be used: likely to run out about %(on)s, before "
    "the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_COMING = N_(
    "%(usable)s usable and %(coming)s on the way, and about %(monthly)s a month are expected to be used: likely to run "
    "out about %(on)s, before the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_MAYBE = N_(
    "%(usable)s usable, and about %(monthly)s a month are expected to be used: that lasts until about %(on)s, but may "
    "be used up before the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_MAYBE_COMING = N_(
    "%(usable)s usable and %(coming)s on the way, and about %(monthly)s a month are expected to be used: that lasts "
    "until about %(on)s, but may be used up before the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_EXPIRING = N_(
    "%(usable)s usable, of which %(expiring)s expire by %(expires_on)s, and about %(monthly)s a month are expected to "
    "be used: likely to run out about %(on)s, before the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_UNRECORDED = N_(
    "%(usable)s usable by the book, where nothing given out is written since %(recorded_on)s; at about %(monthly)s a "
    "month they are likely used up about %(on)s, before the next delivery about %(next_on)s (chance %(chance)s %%)."
)
RUN_OUT_MAYBE_UNRECORDED = N_(
    "%(usable)s usable by the book, in which nothing given out is written since %(recorded_on)s; at about %(monthly)s "
    "a month they last until about %(on)s, but may be used up before the next delivery about %(next_on)s (chance "
    "%(chance)s %%)."
)
BELOW = N_("%(usable)s usable last %(months)s months, less than the minimum of %(minimum)s.")
BELOW_COMING = N_(
    "%(usable)s usable and %(coming)s on the way last %(months)s months, less than the minimum of %(minimum)s."
)
OVER = N_("%(usable)s usable last %(months)s months, more than the maximum of %(maximum)s: %(surplus)s too many.")
WASTE = N_(
    "Lot %(lot)s: %(on_hand)s usable, about %(monthly)s a month are expected to be used, first what expires first; "
    "%(units)s will be left when it expires on %(expires_on)s."
)
WASTE_WORTH = N_(
    "Lot %(lot)s: %(on_hand)s usable, about %(monthly)s a month are expected to be used, first what expires first; "
    "%(units)s (%(dong)s đồng) will be left when it expires on %(expires_on)s."
)
NEAR_EXPIRY = N_("Lot %(lot)s: %(on_hand)s usable, expires on %(expires_on)s, in %(days)s days.")
EXPIRED = N_("Lot %(lot)s: %(on_hand)s on the shelf expired on %(expires_on)s.")
UNCONFIRMED = N_(
    "Shipment %(number)s from %(sender)s was sent on %(sent_on)s, %(days)s days ago; nobody has confirmed %(units)s."
)
WAITING = N_("Requisition %(number)s of %(whose)s is %(status)s since %(since_on)s, for %(days)s days.")
COUNT_DUE = N_("One item should have been counted by %(due_on)s, %(days)s days ago.")
COUNT_DUE_MANY = N_("%(items)s items should have been counted by now, the first by %(due_on)s, %(days)s days ago.")
LOSS = N_("Document %(number)s of %(on)s takes %(units)s off the book, %(percent)s %% of what was there.")
SILENT = N_("Nothing has been recorded since %(last_on)s, for %(days)s days, although there is stock that is used.")
SILENT_NEVER = N_("Nothing has ever been recorded here.")
RECALLED = N_("Lot %(lot)s was recalled on %(recalled_on)s (%(number)s); %(on_hand)s are still here.")
LEDGER = N_("The proof of %(on)s found %(count)s differences between what is kept and the ledger’s lines.")
JOB_FAILED = N_("“%(job)s” failed for %(on)s: %(fault)s")
JOB_LATE = N_("“%(job)s” for %(on)s is %(late)s hours late.")

WORDS = ("job", "status")  # facts that are message ids


def reason(rule: str, facts: Mapping[str, Fact]) -> Message:
    """The sentence of an alert, from the facts that lmis.alerts.findings names."""
    said: dict[str, object] = dict(facts)
    said |= {name: Message(str(facts[name])) for name in WORDS if name in facts}
    return Message(_sentence(rule, facts), said)


def _sentence(rule: str, facts: Mapping[str, Fact]) -> str:
    match rule:
        case Rule.OUT:
            return OUT_COMING if facts.get("coming") else OUT if facts.get("monthly") else OUT_UNKNOWN
        case Rule.EMERGENCY:
            return EMERGENCY_COMING if facts.get("coming") else EMERGENCY
        case Rule.RUN_OUT:
            return _of_run_out(facts)
        case Rule.BELOW:
            return BELOW_COMING if facts.get("coming") else BELOW
        case Rule.COUNT_DUE:
            return COUNT_DUE if facts.get("items", 1) == 1 else COUNT_DUE_MANY
        case Rule.WASTE:
            return WASTE_WORTH if facts.get("dong") else WASTE
        case Rule.SILENT:
            return SILENT if facts.get("last_on") else SILENT_NEVER
        case Rule.JOB:
            return JOB_LATE if facts.get("late") else JOB_FAILED
        case _:
            return ALWAYS[rule]


def _of_run_out(facts: Mapping[str, Fact]) -> str:
    if "expiring" in facts:
        return RUN_OUT_EXPIRING
    lasts, coming = _lasts(facts), bool(facts.get("coming"))
    if facts.get("recorded_on") and not coming:
        return RUN_OUT_MAYBE_UNRECORDED if lasts else RUN_OUT_UNRECORDED
    return RUN_OUTS[lasts, coming]


def _lasts(facts: Mapping[str, Fact]) -> bool:
    """Whether stock likely lasts until the next delivery, and only may not."""
    match facts:
        case {"on": date() as on, "next_on": date() as next_on}:
            return on >= next_on
        case _:
            return False


RUN_OUTS: Mapping[tuple[bool, bool], str] = {  # whether it likely lasts, whether something is on the way
    (False, False): RUN_OUT,
    (False, True): RUN_OUT_COMING,
    (True, False): RUN_OUT_MAYBE,
    (True, True): RUN_OUT_MAYBE_COMING,
}
ALWAYS: Mapping[str, str] = {
    Rule.OVER: OVER,
    Rule.NEAR_EXPIRY: NEAR_EXPIRY,
    Rule.EXPIRED: EXPIRED,
    Rule.UNCONFIRMED: UNCONFIRMED,
    Rule.WAITING: WAITING,
    Rule.LOSS: LOSS,
    Rule.RECALLED: RECALLED,
    Rule.LEDGER: LEDGER,
}
