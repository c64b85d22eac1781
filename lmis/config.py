"""Settings, read from the environment (LMIS_…)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LMIS_", extra="ignore")

    database_url: str = f"sqlite:///{Path('lmis.sqlite3')}"
    language: Literal["vi", "en"] = "vi"  # of the command line, and of pages before someone has chosen
    session_days: int = 14
    secure_cookies: bool = False  # set where https ends before this program; on https itself it is automatic
    amc_months: int = 3  # default: months that average monthly consumption looks back
    near_expiry_days: int = 90  # default: a lot is near expiry when it has no more days than this


@cache
def settings() -> Settings:
    return Settings()
