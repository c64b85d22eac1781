"""What the first page says of alerts."""

from __future__ import annotations

from lmis.alerts.findings import Rule
from tests.alerts.making import an_alert
from tests.factories import NOW, id_of
from tests.web import Site, text_of


def first_page(site: Site, at) -> str:
    return text_of(site.browser(at).get(f"/f/{at.code}"))


def test_what_is_urgent_stands_first_with_the_way_to_it(site: Site):
    site.add(an_alert, site.tree.commune, site.condom)
    site.add(an_alert, site.tree.commune, site.condom, rule=Rule.EXPIRED)
    site.add(an_alert, site.tree.commune, rule=Rule.SILENT)

    answer = site.browser(site.tree.commune).get(f"/f/{site.tree.commune.code}")

    assert "To do today ■ 1 urgent alerts See them – urgent alerts ▲ 1 warnings"
    assert f'href="/f/{site.tree.commune.code}/alerts?severity=3"' in answer.text


def test_what_came_up_from_below_waits_above_until_somebody_sees_to_it(site: Site):
    district = id_of(site.tree.district)
    site.add(an_alert, site.tree.commune, site.condom, escalated_to=district, escalated_at=NOW)
    site.add(
        an_alert,
        site.tree.commune,
        rule=Rule.LOSS,
        facts={"number": "GH 1", "on": NOW.date(), "units": 5, "percent": 9},
        escalated_to=district,
        state="acknowledged",
    )

    assert "1 alerts from below that nobody has seen to See them" in first_page(site, site.tree.district)
    assert "alerts" not in first_page(site, site.tree.board)


def test_what_was_acknowledged_or_resolved_does_not_wait(site: Site):
    site.add(an_alert, site.tree.commune, site.condom, state="acknowledged", acknowledged_at=NOW)
    site.add(an_alert, site.tree.commune, rule=Rule.EXPIRED, state="resolved", resolved_at=NOW)

    assert "Nothing is waiting" in first_page(site, site.tree.commune)
