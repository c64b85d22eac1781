"""Where the acts that alerts propose are done: each address opens a form with what is known filled in. Pure.

What a proposed act begins with (`action_facts`), by name; all may be missing:

redistribute  from, to: codes of the giver and the receiver; lot (id), channel, quantity (base units)
issue_first   channel, quantity
write_off     channel, quantity

The lot of an alert, its item and its subject (a paper's uuid) are those of the alert. Nothing here looks whether the
act is still possible: the form does, and leaves out what is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from lmis.alerts.findings import Act, Fact, Rule

PAPERS: Mapping[str, str] = {  # where the paper is that an alert is about
    Rule.UNCONFIRMED: "shipments",
    Rule.WAITING: "requisitions",
    Rule.RECALLED: "recalls",
}
SITE = "/jobs"
SITE_RULES = (Rule.LEDGER, Rule.JOB)
FORECAST_RULES = (Rule.OVER, Rule.RUN_OUT)
SHORT_RULES = (Rule.OUT, Rule.EMERGENCY, Rule.RUN_OUT, Rule.BELOW)
OTHERS: Mapping[str, tuple[Act, ...]] = {  # what else may be done, by rule
    Rule.OUT: (Act.ORDER, Act.COUNT, Act.LOOK),
    Rule.EMERGENCY: (Act.ORDER, Act.COUNT, Act.LOOK),
    Rule.RUN_OUT: (Act.ORDER, Act.COUNT, Act.LOOK),
    Rule.BELOW: (Act.REQUEST, Act.COUNT, Act.LOOK),
    Rule.OVER: (Act.ISSUE_FIRST, Act.COUNT, Act.LOOK),
    Rule.WASTE: (Act.ISSUE_FIRST, Act.COUNT, Act.LOOK),
    Rule.NEAR_EXPIRY: (Act.ISSUE_FIRST, Act.COUNT, Act.LOOK),
    Rule.EXPIRED: (Act.WRITE_OFF, Act.COUNT, Act.LOOK),
    Rule.LOSS: (Act.COUNT, Act.LOOK),
    Rule.COUNT_DUE: (Act.COUNT, Act.LOOK),
    Rule.SILENT: (Act.RECORD, Act.COUNT),
    Rule.RECALLED: (Act.SEND_BACK, Act.LOOK),
}


@dataclass(frozen=True, slots=True)
class About:
    """What an alert is about, as far as links need it.

    dispenses: whether the facility gives goods to clients; supplied: whether anybody stands over it.
    """

    rule: str
    facility: str  # its code
    item: str | None = None  # its code
    lot_id: int | None = None
    subject: str = ""
    dispenses: bool = True
    supplied: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """An act and the address where it is done. at: the code of the facility whose page it is, none: the site's."""

    act: Act
    path: str
    at: str = ""


def proposed(act: str, facts: Mapping[str, Fact], about: About) -> Way:
    """The proposed act; what cannot be done there is looked at instead."""
    giver = str(facts.get("from") or about.facility)
    if act == Act.LOOK and about.rule in SHORT_RULES and about.supplied:  # enough is on the way: whether it arrived
        return Way(Act.LOOK, f"{_at(about, 'shipments')}#incoming", about.facility)
    made = _made(Act(act), facts, about)
    if made is None:
        return look(about)
    return Way(Act(act), made, giver if act == Act.REDISTRIBUTE else about.facility)


def own(act: str, facts: Mapping[str, Fact], about: About) -> Way:
    """The act for people of the facility itself, who see no pages of the one that would give."""
    way = proposed(act, facts, about)
    if way.at == about.facility:
        return way
    return others(act, about)[0]


def others(act: str, about: About) -> list[Way]:
    """What else may be done, at the facility itself, the likeliest first."""
    found = [Way(it, path, about.facility) for it in OTHERS.get(about.rule, ()) if (path := _made(it, {}, about))]
    return [it for it in found if it.act != act] or [look(about)]


def look(about: About) -> Way:
    """The page that tells more, for who may change nothing."""
    return Way(Act.LOOK, _look(about), about.facility)


def _made(act: Act, facts: Mapping[str, Fact], about: About) -> str | None:
    """The address, None where it takes what the alert has not got."""
    match act:
        case Act.ORDER if about.supplied:
            return _at(about, "requisitions/new", kind="emergency", item=about.item)
        case Act.REQUEST if about.supplied:
            return _at(about, "requisitions/new", kind="regular")
        case Act.REDISTRIBUTE if facts.get("to"):
            given = {name: facts.get(name) for name in ("to", "lot", "channel", "quantity")}
            return f"/f/{_quoted(str(facts.get('from') or about.facility))}/transfer{_query(given)}"
        case Act.ISSUE_FIRST:
            return _give(facts, about)
        case Act.RECORD:
            return _at(about, "dispense" if about.dispenses else "issue", item=about.item)
        case Act.COUNT if about.item is None:
            return f"{_at(about, 'counts')}#plan"
        case Act.COUNT:
            return _at(about, "counts/start", item=about.item)
        case Act.WRITE_OFF if about.lot_id:
            return _at(about, "write-off", lot=about.lot_id, reason="expired", **_amount(facts))
        case _:
            return _paper(act, about)


def _paper(act: Act, about: About) -> str | None:
    if not about.subject:
        return _look(about) if act == Act.LOOK else None
    match act:
        case Act.CONFIRM:
            return _at(about, f"shipments/{about.subject}/confirm")
        case Act.DECIDE:
            return _at(about, f"requisitions/{about.subject}")
        case Act.SEND_BACK:
            return _at(about, f"recalls/{about.subject}")
        case _:
            return _look(about) if act == Act.LOOK else None


def _give(facts: Mapping[str, Fact], about: About) -> str:
    """Where a lot is used before the others: given to clients, else to those below."""
    form = "dispense" if about.dispenses else "issue"
    return _at(about, form, item=about.item, lot=about.lot_id, **_amount(facts))


def _amount(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {name: facts.get(name) for name in ("channel", "quantity")}


def _look(about: About) -> str:
    """Where one sees more: the jobs, a paper, the item's plan, forecast or card, else all stock."""
    if about.rule in SITE_RULES:
        return SITE
    if about.rule == Rule.LOSS and about.subject:
        return f"/documents/{_quoted(about.subject)}"
    if about.rule in PAPERS and about.subject:
        return _at(about, f"{PAPERS[about.rule]}/{about.subject}")
    if about.item is None:
        return _at(about, "stock")
    if about.rule in SHORT_RULES and not about.supplied:  # who buys looks at what was planned to be bought
        return _at(about, f"plan/items/{_quoted(about.item)}")
    return _at(about, f"items/{_quoted(about.item)}/{'forecast' if about.rule in FORECAST_RULES else 'card'}")


def _at(about: About, page: str, **query: Fact) -> str:
    return f"/f/{_quoted(about.facility)}/{page}{_query(query)}"


def _query(given: Mapping[str, Fact]) -> str:
    said = {name: str(value) for name, value in given.items() if value not in (None, "")}
    return f"?{urlencode(said)}" if said else ""


def _quoted(part: str) -> str:
    return quote(part, safe="")
