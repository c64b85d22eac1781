"""The demo catalogue. The brands are invented, and say so by “(mẫu)”; methods, units and factors are real."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session

from lmis.catalog.models import Price
from lmis.catalog.service import ItemRow, items, save_items
from lmis.db import id_of

FREE, SOCIAL, SOCIALISED = "free", "social_marketing", "socialised"
OLD_PRICES_FROM = date(2000, 1, 1)
INCREASE = Fraction(108, 100)  # of the second price list over the first


@dataclass(frozen=True, slots=True)
class Flow:
    """An item in one channel: its price in whole đồng, and how people take it.

    clients: a week at a middling station; quantities: what one client takes, base units; carried: the share of
    stations that hold it; growth: a year.
    """

    channel: str
    clients: float
    quantities: tuple[int, ...]
    carried: float = 1.0
    growth: float = 0.0
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """An item of the catalogue. inner: base units of the smallest parcel sent; years: shelf life."""

    code: str
    name_vi: str
    name_en: str
    method: str
    unit: str
    pack_size: int
    inner: int
    years: int
    flows: tuple[Flow, ...]
    cyp: Decimal | None = None  # only where the method's own factor does not hold

    @property
    def non_clinical(self) -> bool:
        return self.method in ("condom", "female_condom", "pill", "progestin_pill", "emergency_pill")


PRODUCTS = (
    Product(
        "BCS-AD", "Bao cao su Ánh Dương (mẫu)", "Condom Anh Duong (sample)", "condom", "piece", 144, 12, 4,
        (Flow(FREE, 2.4, (10, 12, 12, 20, 30), 1, -0.02),),
    ),
    Product(
        "BCS-BM", "Bao cao su Bình Minh (mẫu)", "Condom Binh Minh (sample)", "condom", "piece", 144, 12, 4,
        (Flow(SOCIAL, 1.3, (6, 12, 12, 24), 0.75, 0.05, 700),),
    ),
    Product(
        "BCS-TT", "Bao cao su Thiên Thanh (mẫu)", "Condom Thien Thanh (sample)", "condom", "piece", 144, 12, 4,
        (Flow(SOCIALISED, 0.6, (3, 6, 12), 0.45, 0.1, 2500),),
    ),
    Product(
        "BCSN-LC", "Bao cao su nữ Lan Chi (mẫu)", "Female condom Lan Chi (sample)", "female_condom", "piece",
        100, 2, 4, (Flow(SOCIALISED, 0.08, (2, 4), 0.12, 0.05, 9000),),
    ),
    Product(
        "VU-HM", "Viên uống kết hợp Hoa Mai (mẫu)", "Combined pill Hoa Mai (sample)", "pill", "cycle", 100, 5, 5,
        (Flow(FREE, 2.2, (1, 1, 2, 3), 1, -0.03), Flow(SOCIAL, 0.5, (1, 2, 3), 0.4, 0.02, 7000)),
    ),
    Product(
        "VU-HC", "Viên uống kết hợp Hoa Cúc (mẫu)", "Combined pill Hoa Cuc (sample)", "pill", "cycle", 100, 5, 5,
        (Flow(SOCIAL, 0.8, (1, 2, 3), 0.6, 0.03, 9500),),
    ),
    Product(
        "VU-HL", "Viên uống kết hợp Hoa Lan (mẫu)", "Combined pill Hoa Lan (sample)", "pill", "cycle", 60, 3, 5,
        (Flow(SOCIALISED, 0.35, (1, 1, 3), 0.35, 0.08, 32000),),
    ),
    Product(
        "VP-HS", "Viên chỉ có progestin Hoa Sữa (mẫu)", "Progestin-only pill Hoa Sua (sample)", "progestin_pill",
        "cycle", 50, 5, 5, (Flow(FREE, 0.4, (1, 2, 3), 0.7, 0.02),),
    ),
    Product(
        "VKC-BA", "Viên khẩn cấp Bình An (mẫu)", "Emergency pill Binh An (sample)", "emergency_pill", "dose",
        50, 5, 5, (Flow(SOCIAL, 0.35, (1, 1, 2), 0.6, 0.04, 15000),),
    ),
    Product(
        "TT-DMPA", "Thuốc tiêm DMPA 150 mg (mẫu)", "DMPA 150 mg injectable (sample)", "injectable", "vial", 25, 5, 5,
        (Flow(FREE, 0.45, (1,), 0.9, -0.03), Flow(SOCIALISED, 0.15, (1,), 0.25, 0.05, 45000)),
    ),
    Product(
        "DCTC-380", "Dụng cụ tử cung TCu 380A (mẫu)", "IUD TCu 380A (sample)", "iud", "piece", 25, 2, 7,
        (Flow(FREE, 0.4, (1,), 1, -0.05), Flow(SOCIALISED, 0.1, (1,), 0.25, 0.03, 85000)),
    ),
    Product(
        "DCNT-52", "Dụng cụ tử cung nội tiết 52 mg (mẫu)", "Hormonal IUD 52 mg (sample)", "hormonal_iud", "piece",
        1, 1, 5, (Flow(SOCIALISED, 0.08, (1,), 0.15, 0.12, 2450000),),
    ),
    Product(
        "QC-1", "Que cấy 1 que, 3 năm (mẫu)", "Implant, one rod, 3 years (sample)", "implant", "rod", 1, 1, 5,
        (Flow(FREE, 0.12, (1,), 0.5, 0.1), Flow(SOCIALISED, 0.06, (1,), 0.2, 0.12, 1350000)),
    ),
    Product(
        "QC-2", "Que cấy 2 que, 5 năm (mẫu)", "Implant, two rods, 5 years (sample)", "implant", "set", 1, 1, 5,
        (Flow(SOCIALISED, 0.07, (1,), 0.15, 0.05, 1600000),), Decimal("3.8"),
    ),
)  # fmt: skip


def save_products(session: Session, today: date) -> dict[str, int]:
    """Save the items, their channels, factors and prices. Returns the items' ids by code."""
    rows = [
        ItemRow(
            line,
            it.code,
            it.name_vi,
            it.name_en,
            it.method,
            it.unit,
            it.pack_size,
            tuple(flow.channel for flow in it.flows),
            it.cyp,
        )
        for line, it in enumerate(PRODUCTS, 1)
    ]
    save_items(session, rows)
    ids = {item.code: id_of(item) for item in items(session)}
    session.add_all(_prices(ids, today))
    return ids


def _prices(item_ids: dict[str, int], today: date) -> Iterable[Price]:
    """Two price lists for every priced channel: an old one, and the one in force since the year began."""
    changed_on = date(today.year, 1, 1)
    for product in PRODUCTS:
        for flow in product.flows:
            if flow.price is not None:
                item, now = item_ids[product.code], _rounded(flow.price * INCREASE)
                yield _price(item, flow.channel, OLD_PRICES_FROM, changed_on, flow.price)
                yield _price(item, flow.channel, changed_on, None, now)


def _price(item_id: int, channel: str, valid_from: date, valid_to: date | None, dong: int) -> Price:
    return Price(item_id=item_id, channel_code=channel, valid_from=valid_from, valid_to=valid_to, dong=dong)


def _rounded(dong: Fraction) -> int:
    """To the nearest 50 đồng, as price lists have it."""
    return round(dong / 50) * 50
