"""Importing networks and catalogues."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.interop import catalog, network
from lmis.interop.catalog import import_catalog, read_channels, read_cyp
from lmis.interop.network import import_network, read_degrees
from lmis.network.service import facility_by_code
from tests.interop.files import Told, no_progress, rows_of

NETWORK = """
    S | Trạm Y tế Trúc Bạch | Commune | D | 21.0435 | 105,84
    D | Trung tâm Y tế      | depot   | B |         |
    B | Ban Quản lý         | board   |   |         |
"""
CATALOG = """
    BCS | Bao cao su | Condom | CONDOM | chiếc | 144
    VM  | Vòng mới   | Ring   | ring   | chiếc | 1
"""


def refusals(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(fault) for fault in caught.value.refusals]


def test_a_network_is_imported_and_new_levels_are_told(session: Session) -> None:
    told = Told()
    result = import_network(session, rows_of(network.REQUIRED, NETWORK), told.report, no_progress)
    assert (result.rows, result.added) == (3, 3)
    assert facility_by_code(session, "S").longitude == 105.84
    assert [(it["finding"], it["detail"].split()[0]) for it in told] == [("new_level", "“depot”")]


def test_a_networks_faults_are_told_together(session: Session) -> None:
    bad = "S | | commune | | 91 | x"
    with pytest.raises(Refused) as caught:
        import_network(session, rows_of(network.REQUIRED, bad), Told().report, no_progress)
    assert [it.partition(":")[0] for it in refusals(caught)] == ["row 2, name", "row 2, latitude", "row 2, longitude"]


def test_the_optional_columns_of_a_network_are_read(session: Session) -> None:
    columns = (*network.REQUIRED, *network.OPTIONAL)
    text = "S | Trạm | commune | | | | non_clinical | 00001 | 01/07/2020"
    import_network(session, rows_of(columns, text), Told().report, no_progress)
    saved = facility_by_code(session, "S")
    assert (saved.capabilities, saved.unit_code) == ("", "00001")


def test_a_catalogue_is_imported_and_new_methods_are_told(session: Session) -> None:
    told = Told()
    result = import_catalog(session, rows_of(catalog.REQUIRED, CATALOG), told.report, no_progress)
    assert (result.rows, result.added) == (2, 2)
    assert [(it["finding"], it["item"]) for it in told] == [("new_method", ""), ("no_cyp", "VM")]
    again = import_catalog(session, rows_of(catalog.REQUIRED, CATALOG), Told().report, no_progress)
    assert (again.added, again.changed, again.already) == (0, 0, 2)


@pytest.mark.parametrize(("text", "value"), [("1/120", "0.0083333333"), ("4.6", "4.6"), ("4,6", "4.6")])
def test_couple_years_are_read_as_a_decimal_or_a_fraction(text: str, value: str) -> None:
    assert read_cyp(text) == Decimal(value)


@pytest.mark.parametrize("text", ["0", "1/0", "-1", "abc", "101", "1/2/3"])
def test_what_is_no_factor_is_refused(text: str) -> None:
    with pytest.raises(LmisError, match="not a number of couple-years"):
        read_cyp(text)


def test_channels_are_read_in_any_spelling() -> None:
    assert read_channels("free; TTXH|Xã hội hóa") == ("free", "social_marketing", "socialised")
    with pytest.raises(LmisError, match="“chợ” is not a channel"):
        read_channels("free, chợ")


@pytest.mark.parametrize("text", ["91", "abc", "nan", "inf", "٣"])
def test_what_is_no_latitude_is_refused(text: str) -> None:
    with pytest.raises(LmisError, match="not a coordinate"):
        read_degrees(text, 90)
