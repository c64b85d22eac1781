"""E-mails sent from the outbox: each once, later when not now, and left to people when never."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from lmis.accounts.models import User
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.mail import claims
from lmis.mail.answers import Fate, NotSent, Step
from lmis.mail.claims import BACK_OFF, CLAIM_LASTS, DISABLED, FURTHEST_DUE, NO_ADDRESS
from lmis.mail.message import Attachment
from lmis.mail.sending import send_due
from lmis.mail.transport import file_name
from tests.factories import NOW
from tests.mail.post import a_reader, mails, put, put_many

MINUTE = timedelta(minutes=1)


def send(engine: Engine, now=NOW, transport=None) -> dict[str, int]:
    return send_due(engine, now=lambda: now, transport=transport)


class Refusing:
    """A transport that tells what it was given, and refuses it all."""

    def __init__(self, fate: Fate = Fate.LATER, cut: Step | None = None) -> None:
        self.fate, self.cut, self.asked = fate, cut, []

    def deliver(self, parcel) -> None:
        self.asked.append(parcel.recipient)
        raise NotSent(self.fate, "500 No", cut=self.cut)

    def close(self) -> None:
        pass


def change_user(engine: Engine, address: str, **values) -> None:
    with transaction(engine) as session:
        user = session.exec(select(User).where(User.email == address)).one()
        for name, value in values.items():
            setattr(user, name, value)


class TestDelivery:
    def test_the_e_mail_arrives_as_it_was_queued(self, engine, mail_server):
        paper = Attachment("báo cáo.csv", "text/csv", "mã,tên\r\n".encode())
        with transaction(engine) as session:
            user = a_reader(session, "ha@example.org")
            put(session, user, "weekly:1", subject="Báo cáo tuần 47", attachments=[paper])

        assert send(engine) == {"sent": 1}

        (mail,), (row,) = mail_server.delivered, mails(engine)
        assert (mail.sender, mail.recipient) == ("lmis@localhost", "ha@example.org")
        assert (mail.read["Subject"], mail.text, mail.html) == ("Báo cáo tuần 47", "Chào bạn.\n", "<p>Chào bạn.</p>\n")
        assert mail.read["To"] == f"{user.name} <ha@example.org>"
        assert [(it.get_filename(), it.get_payload(decode=True)) for it in mail.read.iter_attachments()] == [
            (paper.name, paper.content)
        ]
        assert mail.read["Message-ID"] == row.message_id
        assert mail.raw == row.message
        assert (row.state, row.sent_at, row.tries, row.fault) == ("sent", NOW, 1, None)

    def test_a_second_run_sends_nothing(self, engine, mail_server):
        put_many(engine, 3)

        assert send(engine) == {"sent": 3}
        assert send(engine, NOW + timedelta(days=1)) == {}
        assert len(mail_server.delivered) == 3

    def test_all_go_over_one_connection(self, engine, mail_server):
        addresses = put_many(engine, 120)

        assert send(engine) == {"sent": 120}
        assert sorted(it.recipient for it in mail_server.delivered) == sorted(addresses)
        assert mail_server.connections == 1

    def test_nobody_is_called_when_nothing_is_due(self, engine, mail_server):
        with transaction(engine) as session:
            put(session, a_reader(session), due_at=NOW + MINUTE)

        assert send(engine) == {}
        assert mail_server.connections == 0
        assert send(engine, NOW + MINUTE) == {"sent": 1}

    def test_urgent_ones_overtake_the_digests(self, engine, mail_server):
        put_many(engine, 3)
        with transaction(engine) as session:
            put(session, a_reader(session, "gap@example.org"), kind="urgent")
        send(engine)

        assert mail_server.delivered[0].recipient == "gap@example.org"

    def test_without_a_server_it_becomes_a_file(self, engine, tmp_path, monkeypatch):
        monkeypatch.setattr(settings(), "mail_folder", tmp_path / "mails")
        put_many(engine, 1)

        assert send(engine) == {"sent": 1}
        (row,) = mails(engine)
        assert (tmp_path / "mails" / file_name(row.key)).read_bytes() == row.message


class TestWhoItGoesTo:
    def test_it_goes_to_the_address_of_now(self, engine, mail_server):
        (old,) = put_many(engine, 1)
        change_user(engine, old, email="moi@example.org")

        assert send(engine) == {"sent": 1}
        (mail,), (row,) = mail_server.delivered, mails(engine)
        assert (mail.recipient, mail.read["To"].addresses[0].addr_spec) == ("moi@example.org",) * 2
        assert mail.read["Message-ID"] == row.message_id
        assert (row.address, row.message) == ("moi@example.org", mail.raw)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"active": False}, DISABLED),
            ({"email": None}, NO_ADDRESS),
            ({"email_bounced_at": NOW}, claims.ADDRESS_BOUNCED),
        ],
    )
    def test_who_cannot_be_reached_any_more_gets_nothing_and_nobody_has_work_of_it(
        self, engine, mail_server, change, why
    ):
        first, second = put_many(engine, 2)
        change_user(engine, first, **change)

        assert send(engine) == {"dead": 1, "sent": 1}
        row = mails(engine)[0]
        assert (row.state, row.fault, row.settled_at, row.settled_by) == ("dead", why, NOW, None)
        assert [it.recipient for it in mail_server.delivered] == [second]


class TestRefusals:
    def test_one_refused_for_now_is_tried_again_later_and_later_and_then_left_to_people(self, engine, mail_server):
        (address,) = put_many(engine, 1)
        mail_server.recipients[address] = "450 4.2.0 Greylisted"
        now = NOW
        for tries, wait in enumerate(BACK_OFF, 1):
            assert send(engine, now) == {"later": 1}
            assert send(engine, now + wait - timedelta(seconds=1)) == {}
            (row,) = mails(engine)
            assert (row.state, row.tries, row.due_at, row.fault) == (
                "queued",
                tries,
                now + wait,
                "450 4.2.0 Greylisted",
            )
            now += wait

        assert timedelta(days=1) < now - NOW < timedelta(days=2)
        assert send(engine, now) == {"dead": 1}
        (row,) = mails(engine)
        assert (row.state, row.settled_at, row.fault) == ("dead", None, "450 4.2.0 Greylisted")
        assert send(engine, now + timedelta(days=9)) == {}

    def test_one_refused_for_now_arrives_when_the_server_takes_it(self, engine, mail_server):
        (address,) = put_many(engine, 1)
        mail_server.recipients[address] = "450 4.2.0 Greylisted"
        send(engine)
        mail_server.recipients.clear()

        assert send(engine, NOW + MINUTE) == {"sent": 1}
        (row,) = mails(engine)
        assert (row.tries, row.fault, len(mail_server.delivered)) == (2, None, 1)

    def test_an_address_that_does_not_exist_gets_nothing_any_more(self, engine, mail_server):
        wrong, right = put_many(engine, 2)
        mail_server.recipients[wrong] = "550 5.1.1 No such user"

        assert send(engine) == {"bounced": 1, "sent": 1}
        row = mails(engine)[0]
        assert (row.state, row.fault, row.settled_at) == ("bounced", "550 5.1.1 No such user", None)
        with transaction(engine) as session:
            user = session.exec(select(User).where(User.email == wrong)).one()
            assert user.email_bounced_at == NOW
            assert put(session, user, "digest:next") is False
        with reader(engine) as session:
            assert session.exec(select(User).where(User.email == right)).one().email_bounced_at is None

    def test_an_address_set_anew_meanwhile_is_not_blamed(self, engine):
        (old,) = put_many(engine, 1)

        class Bouncing(Refusing):
            def deliver(self, parcel) -> None:
                change_user(engine, old, email="moi@example.org")
                super().deliver(parcel)

        assert send(engine, transport=Bouncing(Fate.BOUNCED)) == {"bounced": 1}
        with reader(engine) as session:
            assert session.exec(select(User).where(User.email == "moi@example.org")).one().email_bounced_at is None

    def test_a_text_refused_for_good_is_left_to_people_and_the_address_stays(self, engine, mail_server):
        (address,) = put_many(engine, 1)
        mail_server.texts[address] = "554 5.6.0 Looks like spam"

        assert send(engine) == {"dead": 1}
        with reader(engine) as session:
            assert session.exec(select(User).where(User.email == address)).one().email_bounced_at is None

    def test_a_connection_that_breaks_in_the_text_is_tried_again_with_the_same_message_id(self, engine, mail_server):
        (address,) = put_many(engine, 1)
        mail_server.cut_after_text.add(address)

        assert send(engine) == {"later": 1}
        mail_server.cut_after_text.clear()
        assert send(engine, NOW + MINUTE) == {"sent": 1}
        assert len({it.read["Message-ID"] for it in mail_server.to(address)}) == 1
        assert len(mail_server.to(address)) == 2


class TestAServerThatIsNotWell:
    def test_one_that_is_down_leaves_everything_as_it_was(self, engine, mail_server):
        put_many(engine, 20)
        mail_server.down()

        for minute in range(3):
            assert send(engine, NOW + minute * MINUTE) == {"unreachable": 1}
        rows = mails(engine)
        assert {(it.state, it.tries, it.claimed_at, it.due_at) for it in rows} == {("queued", 0, None, NOW)}
        assert "refused" in (rows[0].fault or "")

        mail_server.up()
        assert send(engine, NOW + 3 * MINUTE) == {"sent": 20}
        assert len(mail_server.delivered) == 20

    def test_one_that_is_down_for_a_week_loses_nothing(self, engine):
        put_many(engine, 2)
        for hour in range(7 * 24):
            send(engine, NOW + timedelta(hours=hour), Refusing(Fate.DOWN))

        assert {it.state for it in mails(engine)} == {"queued"}

    def test_one_that_keeps_hanging_up_is_left_alone_after_three_times(self, engine):
        put_many(engine, 20)
        hanging_up = Refusing(cut=Step.SENDER)

        assert send(engine, transport=hanging_up) == {"later": 3, "unreachable": 1}
        assert len(hanging_up.asked) == 3

    def test_one_that_hangs_up_over_one_e_mail_gets_the_others(self, engine, mail_server):
        addresses = put_many(engine, 9)
        mail_server.cut_in_text.update(addresses[::4])

        assert send(engine) == {"later": 3, "sent": 6}
        mail_server.cut_in_text.clear()
        assert send(engine, NOW + MINUTE) == {"sent": 3}
        assert sorted(it.recipient for it in mail_server.delivered) == sorted(addresses)

    def test_one_that_is_slow_gets_everything(self, engine, mail_server):
        put_many(engine, 5)
        mail_server.pause = 0.05

        assert send(engine) == {"sent": 5}


@pytest.mark.usefixtures("mail_server")
class TestClaims:
    def claimed(self, engine: Engine, now=NOW):
        with transaction(engine) as session:
            (mail_id,) = claims.due(session, now, 10)
            return claims.claim(session, mail_id, "one", now)

    def test_what_one_sender_has_claimed_another_does_not_send(self, engine):
        put_many(engine, 1)
        claimed = self.claimed(engine)

        assert send(engine) == {}
        with transaction(engine) as session:
            assert claims.claim(session, claimed.id, "another", NOW) is None

    def test_a_claim_ends_some_time_after_its_sender_did(self, engine):
        put_many(engine, 1)
        self.claimed(engine)

        assert send(engine, NOW + CLAIM_LASTS) == {}
        assert send(engine, NOW + CLAIM_LASTS + MINUTE) == {"sent": 1}

    def test_a_claim_from_a_clock_that_was_wrong_is_void(self, engine):
        put_many(engine, 1)
        self.claimed(engine, NOW + timedelta(days=300))

        assert send(engine) == {"sent": 1}

    def test_a_claim_from_a_clock_that_is_a_little_ahead_holds(self, engine):
        put_many(engine, 1)
        self.claimed(engine, NOW + MINUTE)

        assert send(engine) == {}

    def test_what_a_wrong_clock_put_off_by_months_is_sent(self, engine):
        put_many(engine, 1, NOW + timedelta(days=300))
        with transaction(engine) as session:
            put(session, a_reader(session), due_at=NOW + FURTHEST_DUE)

        assert send(engine) == {"sent": 1}

    def test_a_sender_whose_claim_was_lost_does_not_undo_what_another_did(self, engine):
        put_many(engine, 1)
        lost = self.claimed(engine)
        send(engine, NOW + CLAIM_LASTS + MINUTE)
        with transaction(engine) as session:
            claims.finish(session, lost, Fate.DEAD, "554 No", NOW + CLAIM_LASTS + 2 * MINUTE)

        assert [(it.state, it.fault) for it in mails(engine)] == [("sent", None)]

    def test_an_e_mail_over_which_two_senders_ended_is_left_to_people(self, engine, mail_server):
        put_many(engine, 1)
        for run in range(2):
            self.claimed(engine, NOW + run * 2 * CLAIM_LASTS)

        assert send(engine, NOW + 4 * CLAIM_LASTS) == {"dead": 1}
        assert [(it.state, it.fault, it.settled_at) for it in mails(engine)] == [("dead", claims.STOPPED_TWICE, None)]
        assert mail_server.delivered == []

    def test_that_it_may_have_arrived_is_not_forgotten_over_another_fault(self, engine):
        put_many(engine, 1)
        self.claimed(engine)
        later = NOW + 2 * CLAIM_LASTS
        assert send(engine, later, Refusing(Fate.DOWN)) == {"unreachable": 1}
        self.claimed(engine, later + MINUTE)

        assert send(engine, later + 2 * CLAIM_LASTS, Refusing(Fate.DOWN)) == {"dead": 1}
