"""When stock calls for attention."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lmis.alerts.rules import Status, is_near_expiry, months_to_show, status
from lmis.policy.rules import Target, resolve
from lmis.policy.service import site_defaults

STATION = resolve(Target((), "commune", 3, None, None), (), site_defaults())  # 0.5, 1 and 3 months
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("usable", "months", "expected"),
    [
        (0, None, Status.OUT),
        (0, Decimal(0), Status.OUT),
        (5, None, Status.UNKNOWN),
        (5, Decimal("0.49"), Status.EMERGENCY),
        (5, Decimal("0.5"), Status.BELOW),
        (5, Decimal("0.99"), Status.BELOW),
        (5, Decimal(1), Status.ENOUGH),
        (5, Decimal(3), Status.ENOUGH),
        (5, Decimal("3.01"), Status.OVER),
    ],
)
def test_a_stations_stock_is_judged_by_its_months(usable, months, expected):
    assert status(usable, months, STATION) is expected


@pytest.mark.parametrize(
    ("months", "shown"),
    [("4.06", "4.1"), ("1.04", "1.0"), ("0.96", "0.96"), ("0.996", "0.99"), ("0.4999", "0.49"), ("3.04", "3.04"),
     ("3.001", "3.01"), ("3", "3.0"), ("0", "0.0")],
)  # fmt: skip
def test_months_are_never_shown_on_the_other_side_of_a_limit(months, shown):
    assert str(months_to_show(Decimal(months), STATION)) == shown


@pytest.mark.parametrize(
    ("expires_on", "near"),
    [
        (None, False),
        (date(2026, 11, 19), False),  # expired: another matter
        (date(2026, 11, 20), True),
        (date(2027, 2, 18), True),
        (date(2027, 2, 19), False),
    ],
)
def test_a_lot_is_near_expiry_through_its_last_day(expires_on, near):
    assert is_near_expiry(expires_on, TODAY, 90) is near
