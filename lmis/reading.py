"""Reading what people type or a file says: quantities, days and words; each fault has its own message."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from lmis.errors import LmisError
from lmis.i18n import N_, nfc

MOST = 2_147_483_647
YEARS = range(1950, 2151)  # outside them it is a typing error rather than a date
_BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_NUMBER = re.compile(
    rf"(?P<whole>0*|[1-9]\d{{0,2}}(?P<mark>[.,{_BLANKS}])\d{{3}}(?:(?P=mark)\d{{3}})*|\d+)"
    r"(?:(?P<point>[.,])(?P<fraction>\d+))?",
    re.ASCII,
)
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class Unreadable(LmisError):
    """What was typed cannot be taken; the subclasses say why."""

    status_code = 422


class Missing(Unreadable):
    msgid = N_("This is empty; it must be filled in.")


class TooLong(Unreadable):
    msgid = N_("This is %(length)s characters long; at most %(most)s fit.")


class StrangeCharacter(Unreadable):
    msgid = N_("“%(text)s” holds a control character; type it again.")


class NotANumber(Unreadable):
    msgid = N_("“%(text)s” is not a whole number; write digits only, for example 1.200.")


class ForeignDigits(Unreadable):
    msgid = N_("“%(text)s” is not written in the digits 0–9; type it with them.")


class HasASign(Unreadable):
    msgid = N_("“%(text)s” has a sign; a quantity here is written without one.")


class ZeroQuantity(Unreadable):
    msgid = N_("The quantity is zero; it must be 1 or more.")


class FractionalQuantity(Unreadable):
    msgid = N_("“%(text)s” is not whole; quantities are whole units of issue.")


class WrongGrouping(Unreadable):
    msgid = N_("“%(text)s” is not in groups of three digits; write it without dots, commas and blanks.")


class HugeQuantity(Unreadable):
    msgid = N_("“%(text)s” is too large; the most is %(most)s.")


class NotADay(Unreadable):
    msgid = N_("“%(text)s” is not a date; write day/month/year, for example 31/12/2026.")


class ImpossibleDay(Unreadable):
    msgid = N_("“%(text)s” is not in the calendar; check the day, the month and the year.")


class CellRefused(LmisError):
    """A fault in one cell of a file. line: its line number; column: its heading; cause: what is wrong."""

    status_code = 422
    msgid = N_("row %(line)s, %(column)s: %(cause)s")

    def __init__(self, line: int, column: str, cause: LmisError) -> None:
        super().__init__(line=str(line), column=column, cause=cause.message)
        self.line = line
        self.column = column
        self.cause = cause


def read_text(text: str, *, required: bool = True, most: int = 200) -> str:
    """Words as they are stored: NFC, single blanks, none at the ends, at most `most` characters.

    Raises Missing (only when required), TooLong or StrangeCharacter.
    """
    value = nfc(text)
    if required and not value:
        raise Missing
    if len(value) > most:
        raise TooLong(length=len(value), most=most)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise StrangeCharacter(text=_short(value))
    return value


def read_quantity(text: str, *, allow_zero: bool = False, signed: bool = False) -> int:
    """A whole number of base units, 1 … 2,147,483,647; also 0 with `allow_zero`, and negative with `signed`.

    Dots, commas and blanks may group thousands (1.234, 1,234, 1 234 567), and a fraction of zeros is let
    pass (12.0). Raises one of the subclasses of Unreadable.
    """
    typed = nfc(text)
    if not typed:
        raise Missing
    if any(not char.isascii() and char.isnumeric() for char in typed):
        raise ForeignDigits(text=_short(typed))
    negative, digits = _sign(typed, signed)
    value = _whole(digits, typed)
    if value > MOST:
        raise HugeQuantity(text=_short(typed), most=MOST)
    if not value and not allow_zero:
        raise ZeroQuantity
    return -value if negative else value


def _sign(typed: str, signed: bool) -> tuple[bool, str]:
    if typed[0] not in "+-\N{MINUS SIGN}\N{EN DASH}":
        return False, typed
    if not signed and any(char.isdigit() for char in typed):
        raise HasASign(text=_short(typed))
    return typed[0] != "+", typed[1:].lstrip()


def _whole(digits: str, typed: str) -> int:
    match = _NUMBER.fullmatch(digits)
    if match is None or not any(char.isdigit() for char in digits):
        strange = set(digits) - set("0123456789.," + _BLANKS)
        grouped = not strange and digits[:1].isdigit() and digits[-1:].isdigit()
        raise (WrongGrouping if grouped else NotANumber)(text=_short(typed))
    fraction = match["fraction"] or ""
    looks_grouped = len(fraction) == 3 and match["whole"].strip("0")  # 1234,000: a fraction or a thousand?
    if looks_grouped or (fraction and match["point"] == match["mark"]):
        raise WrongGrouping(text=_short(typed))
    if fraction.strip("0"):
        raise FractionalQuantity(text=_short(typed))
    return int("".join(char for char in match["whole"] if char.isdigit())[:20] or "0")


def read_day(text: str) -> date:
    """A day as yyyy-mm-dd or d/m/yyyy. Raises Missing, NotADay or ImpossibleDay."""
    typed = nfc(text)
    if not typed:
        raise Missing
    if iso := _ISO_DAY.fullmatch(typed):
        year, month, day = iso.groups()
    elif local := _DAY.fullmatch(typed):
        day, month, year = local.groups()
    else:
        raise NotADay(text=_short(typed))
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise ImpossibleDay(text=_short(typed)) from None
    if found.year not in YEARS:
        raise ImpossibleDay(text=_short(typed))
    return found


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
