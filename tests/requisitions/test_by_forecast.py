"""Requisitions that are reckoned by the forecast too, on both databases.

A station orders every half month and waits a quarter for its goods: three quarters of a month are 23 days, from
20 November 11 of its 30 days and 12 of the 31 of December.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import sqrt
from uuid import uuid4

import pytest
from sqlmodel import Session

from lmis.config import settings
from lmis.forecast.models import ForecastOverride
from lmis.network.models import Facility
from lmis.requisitions import service
from lmis.requisitions.models import RequisitionLine
from lmis.requisitions.service import Writing
from lmis.requisitions.states import EMERGENCY
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, a_channel, a_document, a_forecast, a_line, a_lot, a_policy, add, an_item, id_of
from tests.requisitions.paper import Desk, actor

MEANS = (300.0, 310.0, 280.0)  # November, December, January
EXPECTED = 230  # 300 × 11/30 + 310 × 12/31 = 110 + 120
SAFETY = Decimal("119.229")  # the 0.95 quantile is 1.45 × the mean: √(11/30 × 135² + 12/31 × 139,5²) = √14215,5


@pytest.fixture
def desk(session: Session) -> Desk:
    """A station that used 300 in each of the last months and has 100 left."""
    desk = Desk.of(session)
    desk.use(desk.tree.commune, dispensed=300, left=100)
    return desk


@pytest.fixture
def by_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "order_by", "forecast")


def begun(desk: Desk, kind: str = "regular") -> RequisitionLine:
    return desk.line(desk.begin(desk.tree.commune, kind))


def overridden(session: Session, at: Facility, item: int, month: int, quantity: int) -> None:
    add(
        session,
        ForecastOverride(
            uuid=uuid4(), facility_id=id_of(at), item_id=item, month=month, quantity=quantity, reason="Tết", set_at=NOW
        ),
    )


def test_both_orders_are_kept_with_what_they_were_made_from(desk: Desk):
    a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)

    line = begun(desk)

    assert sqrt(14215.5) == pytest.approx(float(SAFETY), abs=0.001)
    assert (line.span_months, line.expected, line.safety) == (Decimal("0.75"), EXPECTED, SAFETY)
    assert line.forecast_level == 350  # 230 + 119.229, and a part of a unit is one more
    assert (line.by_amc, line.by_forecast) == (6 * 144, 2 * 144)  # 800 units are 5.6 packs, 250 are 1.7
    assert (line.basis, line.proposed, line.requested) == ("amc", 864, 864)


@pytest.mark.usefixtures("by_forecast")
class TestWhereTheSiteOrdersByTheForecast:
    def test_its_order_is_proposed(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)

        line = begun(desk)

        assert (line.basis, line.proposed, line.requested) == ("forecast", 288, 288)
        assert (line.by_amc, line.maximum_level) == (864, 900)

    @pytest.mark.parametrize(
        ("means", "basis"), [(None, "missing"), ((), "missing"), (MEANS[:1], "short"), (MEANS[:2], "forecast")]
    )
    def test_amc_steps_in_where_no_forecast_reaches_over_the_span(self, desk: Desk, means, basis):
        if means is not None:
            a_forecast(desk.session, desk.tree.commune, desk.item, means=means)

        line = begun(desk)

        assert (line.basis, line.proposed) == (basis, 288 if basis == "forecast" else 864)
        assert (line.by_forecast, line.expected) == ((288, EXPECTED) if basis == "forecast" else (None, None))

    def test_an_old_forecast_that_still_reaches_is_used(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=(1.0, *MEANS), as_of=202609)

        assert begun(desk).expected == EXPECTED

    def test_what_a_planner_says_of_a_month_changes_the_order(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)
        overridden(desk.session, desk.tree.commune, id_of(desk.item), 202612, 620)

        line = begun(desk)

        # 110 + 620 × 12/31 = 350; √(11/30 × 135² + 12/31 × (139,5 × √2)²) = √(6682,5 + 15066) = 147,474
        assert (line.expected, line.safety) == (350, Decimal("147.474"))
        assert line.by_forecast == 432  # 497,474 − 100 = 398: 110 units more than 2 packs make the third

    def test_the_policys_span_and_service_level_are_its(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=(300.0, 310.0))
        a_policy(desk.session, desk.tree.district, item=id_of(desk.item), service_level="0.5", lead_time="0.5")

        line = begun(desk)

        # a month is 30 days: 11 of November and 19 of December; half a chance needs no reserve
        assert (line.span_months, line.expected, line.safety) == (1, 300, 0)  # 110 + 310 × 19/31 = 110 + 190

    def test_goods_that_do_not_keep_cap_it(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)
        a_policy(desk.session, desk.tree.commune, shelf_life="1")

        assert begun(desk).forecast_level == 307  # 230 / 0,75 = 306,67 a month

    def test_what_is_on_order_and_asked_for_from_below_counts(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)
        a_forecast(desk.session, desk.tree.district, desk.item, means=(400.0, 310.0, 310.0))
        desk.asked(desk.tree.commune)

        again, above = begun(desk, EMERGENCY), desk.line(desk.begin(desk.tree.district))

        assert (again.on_order, again.by_forecast) == (288, 0)
        # a month and a half are 46 days: 400 × 11/30 + 310 × 31/31 + 310 × 4/31
        assert (above.unfilled, above.span_months, above.expected) == (288, Decimal("1.5"), Decimal("496.667"))
        assert above.forecast_level is not None
        assert above.proposed >= above.forecast_level + 288

    def test_an_emergency_is_told_by_the_use_that_is_expected(self, session: Session):
        desk = Desk.of(session)
        desk.use(desk.tree.commune, dispensed=300, left=152)  # half a month of AMC are 150
        a_forecast(session, desk.tree.commune, desk.item, means=MEANS)

        line = begun(desk, EMERGENCY)

        assert (line.by_amc, line.by_forecast) == (0, 198)  # 230 / 0,75 × 0,5 = 153,3; 350 − 152
        assert line.proposed == 198

    def test_figures_taken_anew_follow_it_and_those_of_others_stay(self, desk: Desk):
        a_forecast(desk.session, desk.tree.commune, desk.item, means=MEANS)
        regular, urgent = desk.begin(desk.tree.commune), desk.begin(desk.tree.commune, EMERGENCY)
        overridden(desk.session, desk.tree.commune, id_of(desk.item), 202612, 620)

        desk.renew(regular)

        assert (desk.line(regular).expected, desk.line(regular).requested) == (350, 432)
        assert desk.line(urgent).expected == EXPECTED

    def test_an_item_is_added_with_its_forecast(self, desk: Desk):
        pill = an_item(desk.session, "Viên uống")
        a_forecast(desk.session, desk.tree.commune, desk.item)
        a_forecast(desk.session, desk.tree.commune, pill, means=MEANS)
        uuid, key = desk.begin(desk.tree.commune), (id_of(pill), "free")

        who = actor(desk.session, desk.tree.commune)
        service.add_line(desk.session, uuid, Writing(1, {}), key, actor=who, today=TODAY, now=NOW)

        assert (desk.line(uuid, pill).by_amc, desk.line(uuid, pill).requested) == (0, 350)


class TestChannels:
    @pytest.fixture
    def desk(self, session: Session) -> Desk:
        desk = Desk.of(session)
        a_channel(session, "social_marketing")
        a_forecast(session, desk.tree.commune, desk.item, means=MEANS)
        return desk

    def use(self, desk: Desk, months: tuple[int, ...], **dispensed: int) -> None:
        """As much in each of the months of this year; nothing is left."""
        lot, days = a_lot(desk.session, desk.item), [date(2026, month, 15) for month in months]
        station, goods = desk.tree.commune, dispensed.items()
        came = [a_line(lot, units * len(months), channel=channel) for channel, units in goods]
        documents = [a_document(station, *came, on=date(2026, 1, 31))]
        went = [a_line(lot, units, channel=channel) for channel, units in goods]
        documents += [a_document(station, *went, kind=Kind.DISPENSE, on=day) for day in days]
        post(desk.session, documents, today=TODAY, now=NOW)

    def expected(self, desk: Desk) -> dict[str, Decimal | None]:
        uuid = desk.begin(desk.tree.commune)
        return {channel: desk.line(uuid, channel=channel).expected for channel in ("free", "social_marketing")}

    def test_a_forecast_is_divided_as_they_are_used(self, desk: Desk):
        self.use(desk, (8, 9, 10), free=300, social_marketing=100)

        assert self.expected(desk) == {"free": Decimal("172.5"), "social_marketing": Decimal("57.5")}

    def test_what_has_not_been_used_lately_is_divided_as_it_was_in_the_year(self, desk: Desk):
        self.use(desk, (3, 4), free=20, social_marketing=180)

        assert self.expected(desk) == {"free": 23, "social_marketing": 207}

    def test_what_was_never_used_is_divided_equally(self, desk: Desk):
        lot = a_lot(desk.session, desk.item)
        came = [a_line(lot, 5, channel=channel) for channel in ("free", "social_marketing")]
        post(desk.session, [a_document(desk.tree.commune, *came)], today=TODAY, now=NOW)

        assert self.expected(desk) == {"free": 115, "social_marketing": 115}
