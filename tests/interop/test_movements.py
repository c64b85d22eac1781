"""Importing single movements."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session, col, select

from lmis.catalog.models import Lot
from lmis.errors import Refused
from lmis.interop.movements import REQUIRED, MovementsImport
from lmis.interop.results import ImportResult
from lmis.stock.models import StockMovement, StockMovementLine, StockOnHand
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, a_facility, a_tree, an_item, id_of
from tests.interop.files import Told, no_progress, rows_of

STORY = """
         | opening  | 2026-01-01 | B | | BCS | A1  | 2028-12-31 |      | 1.000 |           |
         | receipt  | 02/01/2026 | B | UNFPA | BCS | a 1 | 2028-12-31 |  | 5.000 |           | PN01
m3       | issue    | 2026-01-03 | B | D | BCS | A1  |            |      | 1200  |           |
m4       | issue    | 2026-01-04 | D | S | BCS | A1  |            | free | 300   |           |
         | dispense | 2026-01-05 | S |   | BCS | A1  |            |      | 12    |           |
         | dispense | 2026-01-05 | S |   | BCS | A1  |            |      | 12    |           |
         | loss     | 2026-01-06 | S |   | BCS | A1  |            |      | 1     | Chuột cắn |
         | count    | 2026-01-07 | S |   | BCS | A1  |            |      | 270   |           |
         | return   | 2026-01-08 | S |   | BCS | A1  |            |      | 70    | Cận hạn   |
         | return   | 2026-01-08 | B |   | BCS | A1  |            |      | 100   |           |
         | found    | 2026-01-09 | S |   | BCS |     |            |      | 5     |           |
         | transfer | 2026-01-10 | S | P | BCS |     |            |      | 5     |           |
         | adjustment | 2026-01-11 | S | | BCS | A1  |            |      | -3    |           |
         | receipt  | 45000      | B |   | BCS | Z9  | 47000      | TTXH | 30    |           |
"""


@pytest.fixture
def places(session: Session) -> None:
    tree = a_tree(session)
    tree.board.code, tree.district.code, tree.commune.code = "B", "D", "S"
    a_facility(session, code="P", parent=tree.district)
    an_item(session, code="BCS")
    session.flush()


def run(session: Session, text: str) -> ImportResult:
    movements = MovementsImport(session, Told().report, no_progress, today=TODAY, now=NOW)
    return movements.run(rows_of(REQUIRED, text))


def refusals(session: Session, text: str) -> list[str]:
    with pytest.raises(Refused) as caught:
        run(session, text)
    return [str(fault) for fault in caught.value.refusals]


def on_hand(session: Session, code: str) -> int:
    held = select(StockOnHand.on_hand).where(StockOnHand.facility_id == id_of(_facility(session, code)))
    return sum(session.exec(held))


def _facility(session: Session, code: str) -> object:
    from lmis.network.service import facility_by_code

    return facility_by_code(session, code)


@pytest.mark.usefixtures("places")
def test_rows_become_documents_in_the_files_order(session: Session) -> None:
    assert run(session, STORY).posted == 14
    assert {code: on_hand(session, code) for code in "BDSP"} == {"B": 4730, "D": 970, "S": 197, "P": 5}
    assert verify(session) == []


@pytest.mark.usefixtures("places")
def test_importing_twice_changes_nothing(session: Session) -> None:
    run(session, STORY)
    again = run(session, STORY)
    assert (again.posted, again.already) == (0, 14)


@pytest.mark.usefixtures("places")
def test_an_opening_and_a_count_may_be_of_nothing(session: Session) -> None:
    text = """
        | opening | 2026-01-01 | S | | BCS | | | | 0 | |
        | count   | 2026-01-02 | S | | BCS | | | | 0 | |
    """
    assert run(session, text).posted == 2


@pytest.mark.usefixtures("places")
def test_a_lot_is_one_lot_however_its_number_is_typed(session: Session) -> None:
    run(session, STORY)
    numbers = session.exec(select(Lot.number).order_by(col(Lot.id)))
    assert sorted(numbers) == ["", "A1", "Z9"]


@pytest.mark.usefixtures("places")
def test_reasons_go_by_code_or_name_and_other_text_is_kept(session: Session) -> None:
    run(session, STORY)
    found = session.exec(
        select(StockMovement.kind, StockMovementLine.reason, StockMovement.note)
        .join(StockMovementLine, col(StockMovementLine.movement_id) == StockMovement.id)
        .where(StockMovementLine.account == "stock", col(StockMovementLine.reason).is_not(None))
    )
    assert {*found} == {
        ("loss", "other", "Chuột cắn"),
        ("return", "near_expiry", None),
        ("found", "other", None),
        ("adjustment", "other", None),
    }


@pytest.mark.usefixtures("places")
def test_a_return_without_a_receiver_goes_to_the_parent_of_that_day(session: Session) -> None:
    run(session, STORY)
    returns = session.exec(
        select(StockMovement.counterparty_id).where(StockMovement.kind == "return").order_by(col(StockMovement.id))
    )
    assert list(returns) == [id_of(_facility(session, "D")), None]  # type: ignore[arg-type]


@pytest.mark.usefixtures("places")
def test_an_id_with_other_content_is_refused_also_within_a_file(session: Session) -> None:
    rows = """
        x | receipt | 2026-01-01 | S | | BCS | | | | 5 | |
        x | receipt | 2026-01-01 | S | | BCS | | | | 5 | |
    """
    assert run(session, rows).posted == 1
    other = "x | receipt | 2026-01-01 | S | | BCS | | | | 6 | |"
    assert refusals(session, other)[0].startswith("row 2, id: ")
    assert refusals(session, (rows + other).replace("x ", "y "))[0].startswith("row 4, id: ")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| dispens | 2026-01-05 | S | | BCS | | | | 1 | |", "row 2, kind: “dispens” is not a kind"),
        ("| receipt | 31/02/2026 | S | | BCS | | | | 1 | |", "row 2, occurred_on: “31/02/2026”"),
        ("| receipt | 2027-01-01 | S | | BCS | | | | 1 | |", "row 2, occurred_on: The date 01/01/2027"),
        ("| receipt | 2026-01-05 | X | | BCS | | | | 1 | |", "row 2, facility: No record has the code “X”"),
        ("| issue   | 2026-01-05 | B | | BCS | | | | 1 | |", "row 2, counterparty: "),
        ("| receipt | 2026-01-05 | S | | XYZ | | | | 1 | |", "row 2, item: No record has the code “XYZ”"),
        ("| dispense | 2026-01-05 | S | | BCS | Q1 | | | 1 | |", "row 2, lot: Lot Q1 of this item is not known"),
        ("| receipt | 2026-01-05 | S | | BCS | | 2028-01-01 | | 1 | |", "row 2, lot: An expiry date belongs"),
        ("| receipt | 2026-01-05 | S | | BCS | | | chợ | 1 | |", "row 2, channel: “chợ” is not a channel"),
        ("| receipt | 2026-01-05 | S | | BCS | | | | -1 | |", "row 2, quantity: “-1” has a sign"),
        ("| receipt | 2026-01-05 | S | | BCS | | | | 0 | |", "row 2, quantity: The quantity is zero"),
        ("| receipt | 2026-01-05 | S | | BCS | | | | 1,5 | |", "row 2, quantity: “1,5” is not whole"),
        ("| receipt | 2026-01-05 | S | | BCS | | | | ٣ | |", "row 2, quantity: “٣” is not written in the digits"),
        ("| receipt | 2026-01-05 | S | | BCS | | | | 9999999999 | |", "row 2, quantity: “9999999999” is too large"),
        ("| dispense | 2026-01-05 | S | | BCS | | | | 1 | |", "row 2, quantity: "),
    ],
)
def test_each_fault_names_its_row_and_column(session: Session, row: str, said: str) -> None:
    assert refusals(session, row)[0].startswith(said)


@pytest.mark.usefixtures("places")
def test_a_known_lot_with_another_expiry_is_refused(session: Session) -> None:
    run(session, "| receipt | 2026-01-05 | S | | BCS | A1 | 2028-12-31 | | 5 | |")
    found = refusals(session, "| receipt | 2026-01-06 | S | | BCS | a1 | 2029-12-31 | | 5 | |")
    assert found[0].startswith("row 2, lot: Lot a1 is known with the expiry date 31/12/2028")


@pytest.mark.usefixtures("places")
def test_every_fault_is_told_and_nothing_is_posted(session: Session) -> None:
    text = """
        | receipt  | 2026-01-05 | S | | BCS | | | | 5   | |
        | receipt  | 2026-01-05 | D | | BCS | | | | x   | |
        | dispense | 2026-01-05 | S | | BCS | | | | 6   | |
        | receipt  | 2026-01-05 | P | | BCS | | | bla | y | |
    """
    found = refusals(session, text)
    assert [it.partition(":")[0] for it in found] == [
        "row 3, quantity",
        "row 4, quantity",
        "row 5, channel",
        "row 5, quantity",
    ]
    assert session.exec(select(StockMovement.id)).all() == []


@pytest.mark.usefixtures("places")
def test_a_refused_row_is_not_echoed_by_those_that_follow_from_it(session: Session) -> None:
    text = """
        | receipt  | 2026-01-05 | S | | BCS | | | | x | |
        | dispense | 2026-01-06 | S | | BCS | | | | 1 | |
    """
    assert len(refusals(session, text)) == 1


@pytest.mark.usefixtures("places")
def test_numbers_grouped_in_two_ways_are_refused_with_both_rows(session: Session) -> None:
    text = """
        | receipt | 2026-01-05 | S | | BCS | | | | 1.234 | |
        | receipt | 2026-01-06 | S | | BCS | | | | 1,234 | |
    """
    assert "“1,234” and “1.234” in row 2" in refusals(session, text)[0]


@pytest.mark.usefixtures("places")
def test_batches_of_any_size_give_the_same_documents(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmis.interop.movements.BATCH", 2)
    assert run(session, STORY).posted == 14
    monkeypatch.setattr("lmis.interop.movements.BATCH", 5)
    assert run(session, STORY).already == 14
    assert session.exec(select(StockMovement.occurred_on)).first() == date(2026, 1, 1)
