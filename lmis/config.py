"""Settings, read from the environment (LMIS_…)."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
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
    address: str = "http://127.0.0.1:8000"  # of the pages, as links in e-mails begin
    smtp_host: str | None = None  # without one, e-mails are written to files in mail_folder
    smtp_port: int | None = Field(None, ge=1, le=65535)  # without one, the usual port of smtp_security
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = "lmis@localhost"
    mail_folder: Path = Path("lmis-mail")
    mail_keep_days: int = Field(90, ge=1)  # how long the text of an e-mail is kept after it was sent
    urgent_hours: int = Field(4, ge=0)  # the least hours between two urgent e-mails to one person
    weekly_on: int = Field(1, ge=1, le=7)  # the day of the weekly summary, 1: Monday
    verify_at: time = time(2)  # the hours of the nightly jobs, on the wall clock in Vietnam
    forecast_at: time = time(3)
    clean_up_at: time = time(4)
    alerts_at: time = time(5)
    escalate_at: time = time(5, 30)
    digest_at: time = time(6)
    watch_minutes: int = Field(15, ge=1, le=60)  # how often stock that moved by day is looked at for urgent alerts
    pack_threshold: Decimal = Decimal("0.5")  # default: of a pack begun, the share past which the whole pack is ordered


@cache
def settings() -> Settings:
    return Settings()
