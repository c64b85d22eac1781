"""What came of handing an e-mail over, and what a mail server's answers mean for it. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from lmis.errors import LmisError
from lmis.i18n import N_

MOST_WORDS = 500  # characters kept of what a server said
CLOSING = 421  # the server ends the connection, whatever was said
TOO_LARGE = 552


class Fate(StrEnum):
    """What is to become of an e-mail."""

    SENT = "sent"
    LATER = "later"  # tried again, later and later
    DEAD = "dead"  # refused for good
    BOUNCED = "bounced"  # refused for good because of its address
    DOWN = "unreachable"  # nothing can be sent now, and this one is as it was


class Step(StrEnum):
    """What the server was asked when it answered."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    TEXT = "text"


class NotSent(LmisError):
    """An e-mail was not taken. fault: what the server or the machine said; cut: where the connection broke, if so."""

    status_code = 503
    msgid = N_("The e-mail could not be handed over: %(fault)s")

    def __init__(self, fate: Fate, fault: str, *, cut: Step | None = None) -> None:
        super().__init__(fault=fault)
        self.fate = fate
        self.fault = fault
        self.cut = cut


def fate(step: Step, code: int, said: str) -> Fate:
    """What an answer means: 2xx took it, 4xx not now, 5xx never.

    A server that refuses the sender refuses everything that this site sends: the fault is the settings', and all wait.
    """
    if code < 300:
        return Fate.SENT
    if code < 500:
        return Fate.LATER
    if step is Step.SENDER and code != TOO_LARGE:
        return Fate.DOWN
    return Fate.BOUNCED if step is Step.RECIPIENT and is_bounce(code, said) else Fate.DEAD


def is_bounce(code: int, said: str) -> bool:
    """Whether a recipient's refusal is about the address, and not about what may be sent (5.7 of RFC 3463)."""
    return 550 <= code <= 553 and not said.startswith("5.7.") and "relay" not in said.casefold()


def one_line(said: bytes | str) -> str:
    """What a server said, as it can be kept and shown."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())[:MOST_WORDS]
