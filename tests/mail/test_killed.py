"""Senders at once, and senders killed: nothing is lost, and nothing arrives more than twice."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest

from lmis.mail.claims import CLAIM_LASTS
from lmis.mail.sending import send_due
from tests.factories import NOW
from tests.mail.post import mails, put_many
from tests.mail.senders import KilledAfter, KilledBefore, processes, sender
from tests.smtp import MailServer

KILLS = 50
ENOUGH = 100  # e-mails that no sender has the time to send before it is killed
LATER = NOW + CLAIM_LASTS + timedelta(minutes=1)


def test_two_senders_at_once_send_each_e_mail_once(engine, database_url, mail_server):
    addresses = put_many(engine, 150)
    pair = [sender(database_url, mail_server.settings(), NOW) for _ in range(2)]
    for process in pair:
        process.join()

    assert [it.exitcode for it in pair] == [0, 0]
    assert Counter(it.recipient for it in mail_server.delivered) == Counter(addresses)
    assert {(it.state, it.tries) for it in mails(engine)} == {("sent", 1)}
    assert len({it.claimed_by for it in mails(engine)}) == 2


@pytest.mark.parametrize(("kind", "arrived"), [(KilledBefore, 1), (KilledAfter, 2)])
def test_what_a_killed_sender_held_is_sent_by_the_next(engine, database_url, mail_server, kind, arrived):
    first, second = put_many(engine, 2)
    process = sender(database_url, mail_server.settings(), NOW, kind)
    process.join()
    assert process.exitcode == -signal.SIGKILL

    assert send_due(engine, now=lambda: NOW) == {"sent": 1}
    assert send_due(engine, now=lambda: LATER) == {"sent": 1}
    assert [len(mail_server.to(it)) for it in (first, second)] == [arrived, 1]
    assert len({it.read["Message-ID"] for it in mail_server.to(first)}) == 1


def test_fifty_kills_at_random_points_lose_nothing_and_repeat_each_at_most_once(engine, database_url, mail_server):
    addresses, chance = put_many(engine, ENOUGH), random.Random(5)
    for _ in range(KILLS):
        kill_one(database_url, mail_server, chance.uniform(0, 0.12))
        if len(addresses) - len(mail_server.delivered) < ENOUGH:
            addresses += put_many(engine, ENOUGH)
    held = [it for it in mails(engine) if it.state == "queued" and it.claimed_at]
    assert held, "no kill met an e-mail"

    send_due(engine, now=lambda: LATER)

    times = Counter(it.recipient for it in mail_server.delivered)
    assert set(times) == set(addresses)
    assert max(times.values()) <= 2
    assert {address for address, count in times.items() if count == 2} <= {it.address for it in held}
    ids = {(it.recipient, it.read["Message-ID"]) for it in mail_server.delivered}
    assert ids == {(it.address, it.message_id) for it in mails(engine)}
    assert {it.state for it in mails(engine)} == {"sent"}


def kill_one(url: str, server: MailServer, after: float) -> None:
    """Let a sender begin, and kill it so many seconds later."""
    started = processes().Event()
    process = sender(url, server.settings(), NOW, started=started)
    assert started.wait(20)
    time.sleep(after)
    process.kill()
    process.join()
    process.close()
