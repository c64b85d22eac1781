"""Importing the catalogue: items with their method, unit, pack, channels and couple-years of protection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, select

from lmis.catalog.models import Method
from lmis.catalog.reference import as_cyp, channel_code
from lmis.catalog.service import ItemRow, save_items
from lmis.errors import LmisError
from lmis.i18n import N_, Message
from lmis.interop.cells import Cells
from lmis.interop.results import LISTED, Faults, Finding, ImportReport, ImportResult, Progress
from lmis.interop.tabular import Row

REQUIRED = ("code", "name_vi", "name_en", "method", "unit", "pack_size")
OPTIONAL = ("channels", "cyp")
NEW_METHOD = "new_method"
NO_CYP = "no_cyp"
_CYP = re.compile(r"\d{1,4}(?:[.,]\d{1,10})?(?:/\d{1,6})?", re.ASCII)
MOST_CYP = 100


class NotAFactor(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a number of couple-years; write for example 4.6 or 1/120.")


class UnknownChannel(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a channel; they are free, social_marketing, socialised and market.")


def import_catalog(session: Session, rows: Iterable[Row], report: ImportReport, progress: Progress) -> ImportResult:
    """Save the items of a file.

    Raises Refused with every fault; nothing is written then.
    """
    faults = Faults()
    cells = Cells(faults)
    methods = {code.casefold(): code for code in session.exec(select(Method.code))}
    items: list[ItemRow] = []
    for row in rows:
        cells.take(row)
        item = _item(cells, methods)
        if cells.sound:
            items.append(item)
        progress(row.line, 0)
    faults.check()
    saved = save_items(session, items)
    for method in saved.new_methods:
        detail = Message(N_("“%(code)s” is a new method; check its name and who may hold it."), {"code": method})
        report.add(Finding(0, NEW_METHOD, LISTED, "method", detail=detail))
    for code in saved.without_cyp:
        detail = Message(N_("No factor is known for this method in this unit; give it in the column cyp."))
        report.add(Finding(0, NO_CYP, LISTED, "cyp", item=code, detail=detail))
    return ImportResult(len(items), 0, saved.same, saved.added, saved.changed, report.findings)


def _item(cells: Cells, methods: Mapping[str, str]) -> ItemRow:
    method = cells.text("method", most=40)
    return ItemRow(
        line=cells.line,
        code=cells.text("code", most=64),
        name_vi=cells.text("name_vi"),
        name_en=cells.text("name_en"),
        method=methods.get(method.casefold(), method),
        unit=cells.text("unit", most=40),
        pack_size=cells.quantity("pack_size"),
        channels=cells.read("channels", read_channels, None) if cells.has("channels") else None,
        cyp=cells.read("cyp", read_cyp, None) if cells.raw("cyp") else None,
    )


def read_channels(text: str) -> tuple[str, ...] | None:
    """Channel codes in a cell, separated by ; , or |; none: the item moves in all. Raises UnknownChannel."""
    found: list[str] = []
    for word in re.split(r"[;,|]", text):
        code = channel_code(word)
        if word.strip() and code is None:
            raise UnknownChannel(text=word.strip()[:40])
        if code:
            found.append(code)
    return tuple(found)


def read_cyp(text: str) -> Decimal | None:
    """Couple-years of protection, a decimal or a fraction, more than 0 and at most 100. Raises NotAFactor."""
    typed = text.replace(" ", "")
    whole, _, under = typed.replace(",", ".").partition("/")
    if not _CYP.fullmatch(typed) or (under and not int(under)):
        raise NotAFactor(text=text[:40])
    factor = as_cyp(Fraction(whole) / Fraction(under or 1))
    if not 0 < factor <= MOST_CYP:
        raise NotAFactor(text=text[:40])
    return factor
