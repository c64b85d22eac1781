"""Sending what is due in the outbox: claimed, handed over, marked. Nothing is lost, nobody waits for another’s."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.config import settings
from lmis.db import Busy, reader, transaction
from lmis.jobs.running import new_holder
from lmis.mail.answers import Fate, NotSent
from lmis.mail.claims import Claimed, claim, drop, due, finish, mend
from lmis.mail.outbox import sender
from lmis.mail.transport import Parcel, Transport, configured

logger = logging.getLogger(__name__)

AT_ONCE = 50  # then it is asked again what is due, so that an urgent e-mail overtakes the digests
MOST_CUTS = 3  # connections lost one after the other; then the server is not well, and is left alone
TRIES_TO_MARK = 5


def send_due(engine: Engine, *, now: Callable[[], datetime], transport: Transport | None = None) -> dict[str, int]:
    """Send every e-mail that is due. Several senders may do so at once.

    Returns how many were sent, are put off (`later`), given up (`dead`), refused for their address (`bounced`); and
    `unreachable`: 1 when sending stopped because the server cannot be reached, with the rest left as it was.
    """
    counts = Counter[str]()
    with closing(transport or configured(settings())) as carrier:
        try:
            _send_all(engine, carrier, now, counts)
        except Busy:
            logger.warning("somebody writes to the database for long; the next run goes on with the e-mails")
    return {str(fate): count for fate, count in counts.items()}


def _send_all(engine: Engine, carrier: Transport, now: Callable[[], datetime], counts: Counter[str]) -> None:
    holder = new_holder()
    with transaction(engine) as session:
        mend(session, now())
    cuts = 0
    while ids := _due(engine, now()):
        for mail_id in ids:
            with transaction(engine) as session:
                mail = claim(session, mail_id, holder, now())
            if mail is None:
                continue
            fate, cut = _send(engine, carrier, mail, now)
            cuts = cuts + 1 if cut else 0
            counts[fate] += 1
            if fate is Fate.DOWN or cuts >= MOST_CUTS:
                counts[Fate.DOWN] = 1
                return


def _due(engine: Engine, now: datetime) -> list[int]:
    with reader(engine) as session:
        return due(session, now, AT_ONCE)


def _send(engine: Engine, carrier: Transport, mail: Claimed, now: Callable[[], datetime]) -> tuple[Fate, bool]:
    """What became of a claimed e-mail, and whether the connection broke over it."""
    if mail.obstacle:
        return _marked(engine, lambda session: drop(session, mail, now())), False
    fate, fault, cut = Fate.SENT, None, False
    try:
        carrier.deliver(Parcel(mail.key, sender().spec, mail.address, mail.message))
    except NotSent as refusal:
        logger.warning("e-mail %s: %s (%s)", mail.key, refusal.fault, refusal.fate)
        fate, fault, cut = refusal.fate, refusal.fault, refusal.cut is not None
    return _marked(engine, lambda session: finish(session, mail, fate, fault, now())), cut


def _marked(engine: Engine, keep: Callable[[Session], Fate]) -> Fate:
    """Keep what came of an e-mail, however busy the database is: one sent and not marked would go out again."""
    left = TRIES_TO_MARK
    while True:
        try:
            with transaction(engine) as session:
                return keep(session)
        except Busy:
            left -= 1
            if not left:
                raise
