"""Languages: translatable messages, the catalogues, and how numbers, dates and names are shown and sorted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NO_BREAK = "\N{NO-BREAK SPACE}"


def N_(msgid: str) -> str:  # noqa: N802 - the name that message extractors look for
    """Mark a message for translation; it is translated when it is shown."""
    return msgid


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Translations of `language` by message id; English is the message id itself."""
    path = files("lmis") / "locale" / language / "LC_MESSAGES" / "lmis.po"
    if language == "en" or not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


def gettext(language: str, msgid: str) -> str:
    return catalogue(language).get(msgid, msgid)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people, kept untranslated until the reader's language is known."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def translate(self, language: str) -> str:
        text = gettext(language, self.msgid)
        if not self.params:
            return text.replace("%%", "%")
        return text % {name: show(value, language) for name, value in self.params.items()}

    def __str__(self) -> str:
        return self.translate("en")


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a thing that has one in each language."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.vi


def show(value: object, language: str) -> str:
    """`value` as people of `language` write it: messages translated, numbers grouped, dates dd/MM/yyyy.

    A decimal has one place, or two where it has just two: 4,1 for 4.0647, but 0,25.
    """
    match value:
        case Message():
            return value.translate(language)
        case Name():
            return value.en if language == "en" else value.vi
        case bool():
            return str(value)
        case int():
            return number(value, language)
        case Decimal():
            return decimal(value, language, 2 if value == round(value, 2) != round(value, 1) else 1)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case _:
            return str(value)


def number(value: int, language: str) -> str:
    """1234567 as 1.234.567 (vi) or 1,234,567 (en), the minus a true minus sign."""
    grouped = f"{abs(value):,}"
    if language == "vi":
        grouped = grouped.replace(",", ".")
    return f"−{grouped}" if value < 0 else grouped


def decimal(value: Decimal, language: str, places: int = 1) -> str:
    """4.06 as 4,1 (vi) or 4.1 (en)."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, fraction = f"{abs(rounded):,f}".partition(".")
    comma, point = (".", ",") if language == "vi" else (",", ".")
    text = whole.replace(",", comma) + (point + fraction if fraction else "")
    return f"−{text}" if rounded < 0 else text


def money(value: int, language: str) -> str:
    """Whole đồng: 1.234.567 ₫."""
    return f"{number(value, language)}{NO_BREAK}₫"


def day(value: date) -> str:
    return value.strftime("%d/%m/%Y")


def moment(value: datetime) -> str:
    """A stored UTC time as the clock on the wall in Vietnam shows it."""
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")


def nfc(text: str) -> str:
    """Text as it is stored: NFC, single blanks, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
_SHAPES = {"\u0306": 1, "\u0302": 2, "\u031b": 3}  # ă, â ê ô, ơ ư: letters of their own


def sort_key(text: str) -> str:
    """A key that sorts names as Vietnamese does: a ă â … d đ e ê …, tones only between equal letters.

    Numbers inside a name sort by value, so that Phường 2 comes before Phường 10.
    Source: CLDR's collation of `vi`; the key is stored, so that every database sorts alike.
    """
    letters: list[str] = []
    tones: list[str] = []
    for part in re.split(r"(\d+)", nfc(text).casefold()):
        if part.isdecimal():
            letters.append(f"0{int(part):09d}")
        else:
            for char in unicodedata.normalize("NFD", part):
                if char in _TONES:
                    tones.append(f"{len(letters):03d}{_TONES[char]}")
                elif char in _SHAPES and letters:
                    letters[-1] = letters[-1][0] + str(_SHAPES[char])
                elif char == "đ":
                    letters.append("d1")
                elif char.isalnum():
                    letters.append(f"{char}0")
                elif char.isspace():
                    letters.append(" 0")
    return "".join(letters) + "\x01" + "".join(tones)


def search_key(text: str) -> str:
    """Text as people type it in a hurry: no tones, no đ, small letters; `Trúng` is found by `trung`."""
    bare = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(char for char in bare if not unicodedata.combining(char)).split())
