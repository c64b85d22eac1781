"""Lines of the plan of what to move, and which alerts they are an answer to. Pure.

A shelf that is short is answered by what it is to get, a lot that will expire or a shelf that is too full by what it is
to give; of several lines the largest is named, and how many more there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from lmis.alerts.findings import Act, Fact, Finding, Rule
from lmis.i18n import Name

SHORT = (Rule.OUT, Rule.EMERGENCY, Rule.RUN_OUT, Rule.BELOW)
EXPIRING = (Rule.WASTE, Rule.NEAR_EXPIRY)
TAKES, GIVES, GIVES_LOT = "takes", "gives", "gives_lot"

Side = tuple[str, int, int]  # which, the facility, the item or the lot


class Line(NamedTuple):
    """A line of the kept plan. number, expires_on: of the lot; left: of it at the giver by now, in base units."""

    made_at: datetime
    parent_id: int
    from_id: int
    to_id: int
    item_id: int
    lot_id: int
    channel: str
    quantity: int
    saves: int
    fills: int
    on_hand: int
    usable: int
    out_since: date | None
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    number: str
    expires_on: date | None
    item_code: str
    item: Name
    unit: str
    channel_name: Name
    item_sort: str
    left: int

    @property
    def changed(self) -> bool:
        """Whether the giver's stock of the lot is no longer what the plan was made from."""
        return self.left != self.on_hand


def with_acts(findings: Iterable[Finding], lines: Iterable[Line]) -> list[Finding]:
    """The findings, those that a line answers with it as their act. Facts of the act are as lmis.alerts.links names
    them, and from_name, to_name, number (of the lot), units (of all lines for it) and more (lines but the one named).
    """
    answers = _answers(lines)
    return [_answered(it, answers.get(_side(it), ())) for it in findings]


def _answers(lines: Iterable[Line]) -> Mapping[Side | None, Sequence[Line]]:
    found: dict[Side | None, list[Line]] = defaultdict(list)
    for it in lines:
        if it.fills:
            found[TAKES, it.to_id, it.item_id].append(it)
        found[GIVES, it.from_id, it.item_id].append(it)
        found[GIVES_LOT, it.from_id, it.lot_id].append(it)
    return found


def _side(it: Finding) -> Side | None:
    if it.rule in SHORT and it.item_id is not None:
        return TAKES, it.facility_id, it.item_id
    if it.rule in EXPIRING and it.lot_id is not None:
        return GIVES_LOT, it.facility_id, it.lot_id
    if it.rule == Rule.OVER and it.item_id is not None:
        return GIVES, it.facility_id, it.item_id
    return None


def _answered(it: Finding, lines: Sequence[Line]) -> Finding:
    if not lines:
        return it
    facts = _facts(max(lines, key=lambda line: (line.fills, line.quantity)), lines)
    return replace(it, act=Act.REDISTRIBUTE, act_facts=facts)


def _facts(line: Line, lines: Sequence[Line]) -> dict[str, Fact]:
    return {
        "from": line.from_code,
        "from_name": line.from_name,
        "to": line.to_code,
        "to_name": line.to_name,
        "lot": line.lot_id,
        "number": line.number,
        "channel": line.channel,
        "quantity": line.quantity,
        "units": sum(each.quantity for each in lines),
        "more": len(lines) - 1,
    }
