"""Sending a city's digests from the outbox through a mail server on this machine, against bare smtplib."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine
from sqlmodel import select

from lmis import schema
from lmis.config import Settings
from lmis.db import make_engine, reader, transaction
from lmis.mail.models import Mail
from lmis.mail.outbox import Post, queue_many
from lmis.mail.sending import send_due
from lmis.mail.transport import Server
from tests.bench.figures import Figure
from tests.factories import NOW, a_facility
from tests.mail.post import a_reader
from tests.mail.senders import processes
from tests.smtp import MailServer

DIGESTS = 1_500
LINE = "Trạm Y tế phường Trúc Bạch: Bao cao su hết hàng từ ngày 19/11; cần 1.440 chiếc trước chuyến hàng ngày 02/12.\n"
TEXT = LINE * 30
HTML = "<html><body>" + f"<p style='margin:0 0 .75em;color:#1b2423'>{LINE}</p>\n" * 130 + "</body></html>\n"


def measure(folder: Path) -> list[Figure]:
    engine = make_engine(f"sqlite:///{folder / 'mail.sqlite3'}")
    schema.prepare(engine)
    queued = fill(engine)
    size = sum(len(message) for _, message in queued) / len(queued) / 1_000
    with mail_server() as (port, bare_count):
        bare = bare_smtplib(port, queued)
        assert bare_count() == (len(queued), 1)
    with mail_server() as (port, count):
        server = Server(Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none"))
        start = perf_counter()
        assert send_due(engine, now=lambda: NOW, transport=server) == {"sent": DIGESTS}
        sending = perf_counter() - start
        taken, connections = count()
        assert taken == DIGESTS
    engine.dispose()
    what = f"{DIGESTS:,} digests of {size:.0f} KB sent from the outbox"
    return [
        Figure(what, sending, "s", 60, "less"),
        Figure(f"{what}, times bare smtplib", sending / bare, "×", 5, "less"),
        Figure(f"{what}: connections opened", connections, "", 1, "less"),
    ]


def fill(engine: Engine) -> list[tuple[str, bytes]]:
    """Queue the digests; each as (address, message)."""
    with transaction(engine) as session:
        facility = a_facility(session)
        people = [a_reader(session, facility=facility) for _ in range(DIGESTS)]
        posts = (Post(f"digest:{it.id}", "digest", it, "Tồn kho sáng nay", TEXT, HTML, NOW) for it in people)
        assert queue_many(session, posts, now=NOW) == DIGESTS
    with reader(engine) as session:
        return [(it.address, it.message or b"") for it in session.exec(select(Mail))]


def bare_smtplib(port: int, queued: list[tuple[str, bytes]]) -> float:
    """Seconds for the same messages over one connection, with nothing else done."""
    start = perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "localhost") as connection:
        for address, message in queued:
            connection.sendmail("lmis@localhost", address, message)
    return perf_counter() - start


@contextmanager
def mail_server() -> Iterator[tuple[int, Callable[[], tuple[int, int]]]]:
    """A server in a process of its own: its port, and what tells how much it took over how many connections."""
    here, there = processes().Pipe()
    process = processes().Process(target=_serve, args=(there,))
    process.start()

    def count() -> tuple[int, int]:
        here.send("count")
        return here.recv()

    yield here.recv(), count
    here.send("stop")
    process.join()


def _serve(owner: Connection) -> None:
    with MailServer() as server:
        owner.send(server.port)
        while owner.recv() == "count":
            owner.send((len(server.delivered), server.connections))
