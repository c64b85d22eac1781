"""What holds until a site sets its own. These are this program's defaults, not an official rule.

Those of the service level and of the days of SITE are settings of the site, see lmis.config.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

SITE = ("service_level", "near_expiry_days", "unconfirmed_days")
# Of how much to hold, in months. From this rank of level down: stations and those under them hold less than the stores
# above. The minimum is not among them, as it is lead time + review period + safety stock: 0.5 + 1 + 0.5 = 2, and
# 0.25 + 0.5 + 0.25 = 1.
BY_RANK: tuple[tuple[int, Mapping[str, Decimal]], ...] = (
    (
        0,
        {
            "lead_time": Decimal("0.5"),
            "review_period": Decimal(1),
            "safety_stock": Decimal("0.5"),
            "maximum": Decimal(6),
            "emergency_point": Decimal(1),
        },
    ),
    (
        3,
        {
            "lead_time": Decimal("0.25"),
            "review_period": Decimal("0.5"),
            "safety_stock": Decimal("0.25"),
            "maximum": Decimal(3),
            "emergency_point": Decimal("0.5"),
        },
    ),
)
# How long goods of a method may still be used when they arrive; the label's date wins wherever a lot is known.
SHELF_LIFE: Mapping[str, Decimal] = {
    "condom": Decimal(48),
    "female_condom": Decimal(48),
    "pill": Decimal(60),
    "progestin_pill": Decimal(60),
    "emergency_pill": Decimal(60),
    "injectable": Decimal(60),
    "iud": Decimal(84),
    "hormonal_iud": Decimal(84),
    "implant": Decimal(60),
}
# When to be warned, everywhere: shares, and whole days.
TO_WARN: Mapping[str, Decimal] = {
    "run_out_risk": Decimal("0.2"),
    "loss_share": Decimal("0.05"),
    "waiting_days": Decimal(5),
    "count_grace_days": Decimal(14),
    "quiet_days": Decimal(45),
    "escalation_days": Decimal(3),
}


def default_values(rank: int, method: str | None) -> dict[str, Decimal]:
    """The defaults of a level's rank but those of SITE; with a method, its shelf life where one is known."""
    values = {**[its for least, its in BY_RANK if rank >= least][-1], **TO_WARN}
    if method is not None and method in SHELF_LIFE:
        values["shelf_life"] = SHELF_LIFE[method]
    return values
