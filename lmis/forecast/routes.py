"""The pages of forecasts."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
