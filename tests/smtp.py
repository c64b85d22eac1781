"""A real SMTP server on this machine for tests to send to, which can be told to misbehave."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from lmis.config import settings

CERTIFICATE = Path(__file__).with_name("localhost.pem")
USER, PASSWORD = "lmis", "mật khẩu".encode().hex()


@dataclass(frozen=True, slots=True)
class Delivered:
    """An e-mail that the server took. connection: the number of the one it came over."""

    sender: str
    recipient: str
    raw: bytes
    connection: int

    @property
    def read(self) -> EmailMessage:
        """As the recipient's program reads it."""
        message = message_from_bytes(self.raw, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.read.get_body((kind,))
        return part.get_content().replace("\r\n", "\n") if part else ""


@dataclass
class MailServer:
    """What the server is to do, and what it has taken. It listens inside `with`.

    security: as the setting; with "starttls" and "tls" it asks for USER and PASSWORD.
    senders, recipients, texts: what it answers to an address at MAIL, RCPT and DATA, in place of 250.
    cut_in_text: addresses over whose e-mail it hangs up half way; cut_after_text: it takes the e-mail, and hangs up
    without a word. most: e-mails it takes over one connection. pause: seconds before it agrees to a text.
    """

    security: str = "none"
    senders: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    cut_in_text: set[str] = field(default_factory=set)
    cut_after_text: set[str] = field(default_factory=set)
    most: int = 1_000_000
    pause: float = 0.0
    delivered: list[Delivered] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)  # how often each recipient was named
    connections: int = 0
    port: int = 0

    def to(self, address: str) -> list[Delivered]:
        return [it for it in self.delivered if it.recipient == address]

    def __enter__(self) -> MailServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._open: set[asyncio.Transport] = set()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._on_loop(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def up(self) -> None:
        """Listen, at the same port as before."""

        async def listen() -> asyncio.Server:
            tls = _tls() if self.security == "tls" else None
            return await self._loop.create_server(self._connected, "127.0.0.1", self.port, ssl=tls)

        self._server = self._on_loop(listen())
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Stop listening, and hang up on whoever is there."""

        async def close() -> None:
            self._server.close()
            for transport in list(self._open):
                transport.abort()
            await self._server.wait_closed()
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others)

        self._on_loop(close())

    def _on_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def _connected(self) -> SMTP:
        self.connections += 1
        options: dict[str, Any] = {}
        if self.security != "none":
            options = {"authenticator": _authenticate, "auth_require_tls": self.security == "starttls"}
        if self.security == "starttls":
            options |= {"tls_context": _tls(), "require_starttls": True}
        return _Conversation(self, self.connections, options)

    def settings(self) -> dict[str, object]:
        """What the program has to be told to send here."""
        told: dict[str, object] = {"smtp_host": "localhost", "smtp_port": self.port, "smtp_security": self.security}
        if self.security != "none":
            told |= {"smtp_user": USER, "smtp_password": PASSWORD}
        return told


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


class _Conversation(SMTP):
    """One connection."""

    def __init__(self, owner: MailServer, number: int, options: dict[str, Any]) -> None:
        super().__init__(_Answers(owner, number), hostname="localhost", **options)
        self.owner = owner

    def connection_made(self, transport: Any) -> None:
        self.owner._open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.owner._open = {it for it in self.owner._open if not it.is_closing()}
        super().connection_lost(error)

    async def smtp_DATA(self, argument: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.envelope and self.owner.cut_in_text.intersection(self.envelope.rcpt_tos):
            await self.push("354 Go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(argument)


class _Answers:
    """What the owner wants to be said on one connection."""

    def __init__(self, owner: MailServer, number: int) -> None:
        self.owner = owner
        self.number = number
        self.taken = 0

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.taken >= self.owner.most:
            return await _hang_up(server, "421 4.7.0 Too many messages, closing")
        if self.owner.security != "none" and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return self.owner.senders.get(address, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.owner.asked[address] += 1
        answer = self.owner.recipients.get(address, "250 OK")
        if answer.startswith("421"):
            return await _hang_up(server, answer)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        answer = self.owner.texts.get(recipient, "250 OK")
        if self.owner.pause:
            await asyncio.sleep(self.owner.pause)
        if answer.startswith("250"):
            self.taken += 1
            raw = bytes(envelope.original_content or b"")
            self.owner.delivered.append(Delivered(envelope.mail_from or "", recipient, raw, self.number))
        if recipient in self.owner.cut_after_text:
            server.transport.abort()
        return answer


async def _hang_up(server: SMTP, answer: str) -> str:
    await server.push(answer)
    server.transport.close()
    return answer


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that takes everything, to which the program sends."""
    yield from listening(MailServer(), monkeypatch)


def listening(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with server:
        use(server, monkeypatch)
        yield server


def use(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program send to this server."""
    for name, value in server.settings().items():
        monkeypatch.setattr(settings(), name, SecretStr(PASSWORD) if name == "smtp_password" else value)
