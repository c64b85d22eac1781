"""Alerts as an evaluation leaves them, stored without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from lmis.alerts.findings import Act, Fact, Finding, Rule, to_json
from lmis.alerts.models import Alert, AlertEvent
from lmis.catalog.models import Item, Lot
from lmis.network.models import Facility
from tests.factories import NOW, TODAY, add, id_of
from tests.web import Site

FACTS: Mapping[str, Mapping[str, Fact]] = {
    Rule.OUT: {"days": 4, "coming": 0, "coming_on": None, "monthly": 120},
    Rule.BELOW: {"usable": 90, "months": 1, "minimum": 2},
    Rule.EXPIRED: {"lot": "A12", "expires_on": date(2026, 11, 1), "on_hand": 40, "dong": 0},
    Rule.NEAR_EXPIRY: {"lot": "A12", "expires_on": date(2026, 12, 1), "on_hand": 40, "days": 11},
    Rule.COUNT_DUE: {"due_on": date(2026, 11, 1), "days": 19},
    Rule.SILENT: {"last_on": date(2026, 9, 1), "days": 80},
    Rule.LEDGER: {"on": TODAY, "count": 2},
}


def an_alert(
    session: Session,
    facility: Facility,
    item: Item | None = None,
    *,
    rule: Rule = Rule.OUT,
    lot: Lot | None = None,
    facts: Mapping[str, Fact] | None = None,
    act: Act | None = None,
    act_facts: Mapping[str, Fact] | None = None,
    subject: str = "",
    at: datetime = NOW,
    **more: object,
) -> Alert:
    """An open alert, opened at `at`; `more`: other columns."""
    finding = Finding(
        rule,
        id_of(facility),
        FACTS.get(rule, {}) if facts is None else facts,
        id_of(item) if item else None,
        id_of(lot) if lot else None,
        subject,
        act=act,
    )
    alert = Alert(
        key=finding.key,
        topic=finding.topic,
        rule=rule,
        facility_id=finding.facility_id,
        item_id=finding.item_id,
        lot_id=finding.lot_id,
        subject=subject,
        severity=finding.how_severe,
        facts=to_json(finding.facts),
        action=finding.does,
        action_facts=to_json(act_facts) if act_facts else None,
        opened_at=at,
        raised_at=at,
        seen_at=at,
    )
    for name, value in more.items():
        setattr(alert, name, value)
    add(session, alert)
    add(session, AlertEvent(alert_id=alert.id or 0, at=at, what="opened", rule=rule, severity=alert.severity))
    return alert


def alert_pages(site: Site) -> list[str]:
    """The pages of alerts, where there are some of each kind, and one that was acknowledged and came up."""
    board, district = site.tree.board, site.tree.district
    out = site.add(an_alert, board, site.condom, units=120, dong=180_000, due_on=TODAY)
    below = site.add(an_alert, site.tree.commune, site.condom, rule=Rule.BELOW, state="acknowledged", note="Đang về")
    for rule in (Rule.EXPIRED, Rule.NEAR_EXPIRY, Rule.COUNT_DUE, Rule.SILENT, Rule.LEDGER):
        site.add(an_alert, board, site.condom, rule=rule, subject=rule)
    site.add(an_alert, district, site.condom, escalated_to=id_of(board), escalated_at=NOW)
    site.add(an_alert, board, rule=Rule.EXPIRED, state="resolved", resolved_at=NOW)
    base = f"/f/{board.code}/alerts"
    lists = ("", "?below=1", "?told=1", "?state=acknowledged&below=1", "?state=resolved", "?severity=1&rule=over")
    singles = (f"/{it.id}" for it in (out, below) if isinstance(it, Alert))
    return [f"{base}{it}" for it in (*lists, *singles, "/report", "/report?first=2026-11-20&last=2026-01-01")]
