"""Histories read from files, and forecasts written to them, without a database."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lmis.calendar import parse_period
from lmis.errors import LmisError
from lmis.forecast.panel import VALUES
from lmis.i18n import N_, Message

IDS = ("facility", "item", "period")
NEEDED = (*IDS, "dispensed")
MOST_DAYS = 31
TWICE = N_("%(count)s rows tell of a month of a series that an earlier row told of: the last one counts.")
NEGATIVE = N_("%(count)s months have less than nothing dispensed: they count as none.")
ENDLESS = N_("%(count)s figures are infinite: they count as not known.")
NO_DAYS = N_(
    "%(count)s months have days out of stock that no month has: fewer than 0 count as not known, "
    "more than 31 as all of it."
)


class NoSuchFile(LmisError):
    status_code = 422
    msgid = N_("There is no file %(path)s. Check its name and folder.")


class FileUnreadable(LmisError):
    status_code = 422
    msgid = N_("%(path)s cannot be read (%(why)s). Give it as CSV in UTF-8, with or without gzip.")


class UnknownColumns(LmisError):
    status_code = 422
    msgid = N_("%(path)s has unknown columns: %(columns)s. Known are %(known)s; rename or remove the others.")


class MissingColumns(LmisError):
    status_code = 422
    msgid = N_("%(path)s lacks the columns %(columns)s. Add them.")


class BadMonth(LmisError):
    status_code = 422
    msgid = N_("%(path)s, row %(line)s: “%(text)s” is not a month. Write it as 2026-10.")


class BadFigure(LmisError):
    status_code = 422
    msgid = N_("%(path)s, row %(line)s: “%(text)s” is not a number, in the column %(column)s.")


class NoName(LmisError):
    status_code = 422
    msgid = N_("%(path)s, row %(line)s: the column %(column)s is empty. Fill it in.")


class NoRows(LmisError):
    status_code = 422
    msgid = N_("%(path)s has headings and no rows. Give a history of at least one month.")


class NothingBefore(LmisError):
    status_code = 422
    msgid = N_("%(path)s has no row of %(cutoff)s or before; it begins in %(first)s. Name a later cutoff.")


def read_history(path: Path) -> pd.DataFrame:
    """The history in a file, .csv or .csv.gz: facility, item and period as text, the measures as numbers.

    Raises NoSuchFile, FileUnreadable, UnknownColumns, MissingColumns, NoName, BadMonth or BadFigure.
    """
    history = _read(path)
    _check_columns(path, list(history.columns))
    for name in IDS[:2]:
        _refuse_first(history[name] == "", NoName, path, history[name], column=name)
    months = {text: _is_month(text) for text in history["period"].unique()}
    _refuse_first(~history["period"].map(months).astype(bool), BadMonth, path, history["period"])
    for name in VALUES:
        if name in history:
            figures = pd.to_numeric(history[name], errors="coerce")
            _refuse_first(
                figures.isna() & ~history[name].isin(["", "nan", "NaN"]), BadFigure, path, history[name], column=name
            )
            history[name] = figures
    return history


def noticed(history: pd.DataFrame) -> list[Message]:
    """What a forecast will not take as it stands in the file, and what it does with it."""
    used, none = history["dispensed"], pd.Series(dtype=float)
    out = history.get("days_out", none)
    return [
        Message(said, {"count": count})
        for said, count in (
            (TWICE, int(history.duplicated(list(IDS)).sum())),
            (NEGATIVE, int((used < 0).sum())),
            (ENDLESS, int(np.isinf(history[[name for name in VALUES if name in history]]).to_numpy().sum())),
            (NO_DAYS, int(((out < 0) | (out > MOST_DAYS)).sum())),
        )
        if count
    ]


def check_rows(path: Path, history: pd.DataFrame) -> None:
    """Raises NoRows."""
    if not len(history):
        raise NoRows(path=str(path))


def check_cutoffs(path: Path, history: pd.DataFrame, cutoffs: Sequence[str]) -> None:
    """Raises NothingBefore for a cutoff that is before all of the history, NoRows where there is none."""
    check_rows(path, history)
    first = history["period"].min()
    for cutoff in cutoffs:
        if cutoff < first:
            raise NothingBefore(path=str(path), cutoff=cutoff, first=first)


def write_forecasts(path: Path, frames: Sequence[pd.DataFrame]) -> None:
    """One CSV file of forecasts, gzipped if its name ends in .gz; the same forecasts give the same bytes."""
    pack = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    pd.concat(frames).to_csv(path, index=False, float_format="%.6g", compression=pack)


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise NoSuchFile(path=str(path))
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise FileUnreadable(path=str(path), why=str(error).splitlines()[0]) from None


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    known = (*IDS, *VALUES)
    strange = [name for name in columns if name not in known]
    if strange:
        raise UnknownColumns(path=str(path), columns=", ".join(strange), known=", ".join(known))
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise MissingColumns(path=str(path), columns=", ".join(missing))


def _refuse_first(wrong: pd.Series, refusal: type[LmisError], path: Path, texts: pd.Series, **about: object) -> None:
    """Refuse the first row that is wrong, by its line in the file, the headings being line 1."""
    if wrong.any():
        at = int(np.argmax(wrong.to_numpy()))
        raise refusal(path=str(path), line=str(at + 2), text=texts.iloc[at], **about)


def _is_month(text: str) -> bool:
    try:
        return len(text) == 7 and len(parse_period(text).months) == 1
    except LmisError:
        return False
