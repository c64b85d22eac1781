"""The methods, channels and couple-years of protection a new database begins with. A site may change them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lmis.i18n import search_key

FREE = "free"

_METHODS = (
    ("condom", "Bao cao su", "Condom", None),
    ("female_condom", "Bao cao su nữ", "Female condom", None),
    ("pill", "Viên uống tránh thai kết hợp", "Combined oral contraceptive pill", None),
    ("progestin_pill", "Viên uống tránh thai chỉ có progestin", "Progestin-only pill", None),
    ("emergency_pill", "Viên tránh thai khẩn cấp", "Emergency contraceptive pill", None),
    ("injectable", "Thuốc tiêm tránh thai", "Injectable contraceptive", "injectable"),
    ("iud", "Dụng cụ tử cung", "Intrauterine device", "iud"),
    ("hormonal_iud", "Dụng cụ tử cung chứa nội tiết", "Hormonal intrauterine device", "iud"),
    ("implant", "Que cấy tránh thai", "Contraceptive implant", "implant"),
)
_CHANNELS = (
    (FREE, "Cấp miễn phí", "Free of charge", False),
    ("social_marketing", "Tiếp thị xã hội", "Social marketing", True),
    ("socialised", "Xã hội hóa", "Socialised (user pays)", True),
    ("market", "Thị trường", "Market", True),
)
METHODS: tuple[dict[str, Any], ...] = tuple(
    {"code": code, "name_vi": vi, "name_en": en, "capability": capability, "position": position}
    for position, (code, vi, en, capability) in enumerate(_METHODS)
)
CHANNELS: tuple[dict[str, Any], ...] = tuple(
    {"code": code, "name_vi": vi, "name_en": en, "priced": priced, "position": position}
    for position, (code, vi, en, priced) in enumerate(_CHANNELS)
)

CYP_SOURCE = "USAID 2021"
CYP_VALID_FROM = date(2021, 1, 1)
_PIECE = frozenset({"piece", "unit", "chiếc", "cái"})
_CYCLE = frozenset({"cycle", "vỉ"})
_DOSE = frozenset({"dose", "liều", "viên", "vỉ"})
_VIAL = frozenset({"vial", "lọ", "dose", "liều", "unit"})
_SET = frozenset({"set", "rod", "bộ", "que"}) | _PIECE

# By method: the factor of one unit of issue, and the units it is said of. A box of 144 condoms is not one
# condom: an item counted in another unit gets no factor until a site gives one. Of the implant's factors (2.5,
# 3.2 and 3.8 for three, four and five years) the smallest is taken: protection is never overstated by default.
_CYP = {
    "condom": ("1/120", _PIECE),
    "female_condom": ("1/120", _PIECE),
    "pill": ("1/15", _CYCLE),
    "progestin_pill": ("1/15", _CYCLE),
    "emergency_pill": ("1/20", _DOSE),
    "injectable": ("1/4", _VIAL),
    "iud": ("4.6", _PIECE | _SET),
    "hormonal_iud": ("4.8", _PIECE | _SET),
    "implant": ("2.5", _SET),
}


def default_cyp(method: str, unit: str) -> Decimal | None:
    """Couple-years of protection of one `unit` of a `method`; None where no factor is known for that unit."""
    factor, units = _CYP.get(method, ("0", frozenset()))
    return as_cyp(Fraction(factor)) if unit.casefold() in units else None


def as_cyp(factor: Fraction) -> Decimal:
    """A factor as it is stored: ten places."""
    return (Decimal(factor.numerator) / Decimal(factor.denominator)).quantize(Decimal("1e-10"))


_ALIASES = {
    "ttxh": "social_marketing",
    "xhh": "socialised",
    "socialized": "socialised",
    "user pays": "socialised",
    "mien phi": FREE,
    "thi truong thuong mai": "market",
    "commercial": "market",
    "commercial market": "market",
}


def channel_code(text: str) -> str | None:
    """The channel meant by a code, a name in either language or an abbreviation; None: no such channel."""
    wanted = search_key(text.replace("_", " ").replace("-", " "))
    return _SPELLINGS.get(wanted)


_SPELLINGS = _ALIASES | {
    search_key(spelling.replace("_", " ")): code
    for code, vi, en, _ in _CHANNELS
    for spelling in (code, vi, en, en.partition(" (")[0])
}
