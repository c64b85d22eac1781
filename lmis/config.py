"""Settings, read from the environment (LMIS_…)."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LMIS_", extra="ignore")

    database_url: str = f"sqlite:///{Path('lmis.sqlite3')}"
    language: Literal["vi", "en"] = "vi"  # of the command line, and of pages before someone has chosen
    session_days: int = 14
    secure_cookies: bool = False  # set where https ends before this program; on https itself it is automatic
    amc_months: int = 3  # default: months that average monthly consumption looks back
    near_expiry_days: int = 90  # default: a lot is near expiry when it has no more days than this
    unconfirmed_days: int = 7  # default: a shipment that nobody has confirmed for longer than this is asked about
    own_approval: bool = False  # whether who asked for or counted something may approve it too
    count_approval_share: Decimal = Decimal("0.05")  # default: a count further off its book waits for a second person
    requisition_deviation: Decimal = Decimal("0.2")  # default: a request further off its proposal than this says why
    forecast_day: int = Field(6, ge=1, le=28)  # default: reports are due before it, so the month is forecast from it on
    order_by: Literal["amc", "forecast"] = "amc"  # what proposed orders are reckoned by
    # default: how sure one wants to be that stock lasts, where no policy says
    service_level: Decimal = Field(Decimal("0.95"), ge=Decimal("0.5"), le=Decimal("0.95"))
    pack_threshold: Decimal = Decimal("0.5")  # default: of a pack begun, the share past which the whole pack is ordered


@cache
def settings() -> Settings:
    return Settings()
