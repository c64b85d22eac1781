"""Loading what forecasts are made with: not installed everywhere, and never loaded by the web."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lmis.errors import LmisError
from lmis.i18n import N_


class ExtraMissing(LmisError):
    status_code = 503
    msgid = N_("The package %(name)s, which forecasts are made with, is not installed: pip install 'lmis[forecast]'")


class LibraryMissing(LmisError):
    status_code = 503
    msgid = N_("LightGBM cannot be loaded (%(why)s). It needs the system's libgomp: sudo apt-get install libgomp1")


def loaded(name: str) -> Any:
    """The module of this name in lmis.forecast. Raises ExtraMissing or LibraryMissing."""
    try:
        return import_module(f"lmis.forecast.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lmis"):
            raise
        raise ExtraMissing(name=error.name) from None
    except OSError as error:
        raise LibraryMissing(why=str(error)) from None
