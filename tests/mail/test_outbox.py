"""E-mails written into the database with their cause."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from lmis.config import settings
from lmis.db import transaction
from lmis.mail.message import Attachment, opened
from lmis.mail.models import Mail
from lmis.mail.outbox import Post, clean, queue_many
from tests.factories import NOW, a_user, add
from tests.mail.post import a_reader, mails, put


class TestQueueing:
    def test_what_is_queued_is_the_whole_e_mail(self, session):
        user = a_reader(session, "ha@example.org", language="en")
        paper = Attachment("a.csv", "text/csv", b"1,2\r\n")

        assert put(session, user, "weekly:1", subject="Tồn kho – tuần 47", attachments=[paper])

        mail = session.exec(select(Mail)).one()
        assert (mail.key, mail.kind, mail.user_id, mail.address) == ("weekly:1", "digest", user.id, "ha@example.org")
        assert (mail.state, mail.tries, mail.due_at, mail.created_at) == ("queued", 0, NOW, NOW)
        assert mail.message_id.encode() in mail.message
        found = opened(mail.message)
        assert (found.subject, found.text, found.html) == (mail.subject, "Chào bạn.\n", "<p>Chào bạn.</p>\n")
        assert found.attachments[0].name == "a.csv"
        assert b"Content-Language: en\r\n" in mail.message

    def test_the_same_cause_is_queued_once(self, session):
        user = a_reader(session)

        assert put(session, user, "digest:1") is True
        assert put(session, user, "digest:1", subject="Khác") is False
        assert [it.subject for it in session.exec(select(Mail))] == ["Tồn kho sáng nay"]

    def test_it_is_not_there_when_its_cause_was_not_kept(self, engine):
        def cause():
            with transaction(engine) as session:
                put(session, a_reader(session))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            cause()
        assert mails(engine) == []

    @pytest.mark.parametrize("why", ["no address", "disabled", "bounced"])
    def test_nothing_is_queued_to_whom_nothing_reaches(self, session, why):
        user = a_user(session) if why == "no address" else a_reader(session, active=why != "disabled")
        if why == "bounced":
            user.email_bounced_at = NOW
            add(session, user)

        assert put(session, user) is False
        assert session.exec(select(Mail)).all() == []

    def test_many_are_queued_as_one_by_one(self, session):
        people = [a_reader(session) for _ in range(3)]
        put(session, people[0], "digest:0")
        posts = [
            Post(f"digest:{n}", "digest", people[n % 3], "Tồn kho", "Chào.", "<p>Chào.</p>", NOW) for n in range(450)
        ]

        assert queue_many(session, iter([*posts, posts[-1]]), now=NOW) == 449
        assert len(session.exec(select(Mail)).all()) == 450


class TestCleaning:
    @pytest.mark.parametrize(
        ("row", "kept"),
        [
            ({"state": "sent", "sent_at": 91}, False),
            ({"state": "sent", "sent_at": 89}, True),
            ({"state": "queued", "created_at": 400}, True),
            ({"state": "dead", "created_at": 400}, True),
            ({"state": "bounced", "created_at": 400}, True),
            ({"state": "dead", "settled_at": 91}, False),
            ({"state": "bounced", "settled_at": 89}, True),
        ],
    )
    def test_the_text_goes_some_time_after_the_e_mail_was_sent_or_settled(self, session, row, kept):
        put(session, a_reader(session))
        mail = session.exec(select(Mail)).one()
        for name, value in row.items():
            setattr(mail, name, NOW - timedelta(days=value) if isinstance(value, int) else value)
        add(session, mail)

        assert settings().mail_keep_days == 90
        assert clean(session, now=NOW) == (0 if kept else 1)
        session.refresh(mail)
        assert (mail.message is not None) is kept
        assert clean(session, now=NOW) == 0
