"""The ways an e-mail leaves: to a mail server (SMTP), or into a folder."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from lmis.config import Settings
from lmis.mail.answers import CLOSING, Fate, NotSent, Step, fate, one_line
from lmis.mail.message import Sender

TIMEOUT = 30.0  # seconds for each answer of the server; all of them together stay within a claim
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Parcel:
    """An e-mail ready to go. key: of its cause; sender and recipient: bare addresses; message: as RFC 5322 says."""

    key: str
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Way:
    """How e-mails leave, as it may be shown. host: None when they are written to the folder."""

    sender: str
    folder: Path
    host: str | None
    port: int
    security: str
    user: str | None


def way(conf: Settings) -> Way:
    """The way that the settings name."""
    port = conf.smtp_port or PORTS[conf.smtp_security]
    return Way(conf.mail_from, conf.mail_folder, conf.smtp_host, port, conf.smtp_security, conf.smtp_user)


class Transport(Protocol):
    def deliver(self, parcel: Parcel) -> None:
        """Hand an e-mail over for good. Raises NotSent."""

    def close(self) -> None: ...


def configured(conf: Settings) -> Transport:
    """What sends the way that the settings name."""
    return Server(conf) if conf.smtp_host else Folder(conf.mail_folder)


class Folder:
    """Writes each e-mail to a file. The same e-mail again makes the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def deliver(self, parcel: Parcel) -> None:
        target = self.path / file_name(parcel.key)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.unlink(missing_ok=True)
            with part.open("xb") as file:
                file.write(parcel.message)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            raise NotSent(Fate.DOWN, one_line(str(error))) from error

    def close(self) -> None:
        """Nothing is open."""


def file_name(key: str) -> str:
    """A name of plain letters, the same for the same key and for no other."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", key).strip("-")[:80]
    return f"{plain}-{sha256(key.encode()).hexdigest()[:12]}.eml"


class Server:
    """A mail server, spoken to over one connection, which is opened when needed and again when it dropped."""

    def __init__(self, conf: Settings, timeout: float = TIMEOUT) -> None:
        self._conf = conf
        self._timeout = timeout
        self._connection: smtplib.SMTP | None = None

    def deliver(self, parcel: Parcel) -> None:
        reused = self._connection is not None
        try:
            self._hand_over(parcel)
        except NotSent as refusal:
            if not reused or refusal.cut in (None, Step.TEXT):
                raise
            self._hand_over(parcel)  # a server may end a connection after so many e-mails

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except OSError:
                connection.close()

    def _hand_over(self, parcel: Parcel) -> None:
        connection = self._connection = self._connection or self._opened()
        step = Step.SENDER
        try:
            for step, ask in _steps(connection, parcel):
                _heed(step, *ask())
        except NotSent:
            self._begin_again()
            raise
        except OSError as error:
            # once the text is on its way, nobody knows how far it came: it goes again, with the same Message-ID
            connection.close()
            self._connection = None
            raise NotSent(Fate.LATER, _words(error), cut=step) from error
        except ValueError as error:  # an address that cannot be put into a command
            self._begin_again()
            raise NotSent(Fate.DOWN if step is Step.SENDER else Fate.DEAD, one_line(str(error))) from error

    def _begin_again(self) -> None:
        """Leave the refused e-mail behind, so that the next begins with a clean slate."""
        if self._connection is not None:
            try:
                self._connection.rset()
            except OSError:
                self._connection.close()
                self._connection = None

    def _opened(self) -> smtplib.SMTP:
        connection = None
        try:
            connection = self._connected()
            if self._conf.smtp_security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._conf.smtp_user:
                password = self._conf.smtp_password
                connection.login(self._conf.smtp_user, password.get_secret_value() if password else "")
            connection.ehlo_or_helo_if_needed()
        except (OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            raise NotSent(Fate.DOWN, _words(error)) from error
        return connection

    def _connected(self) -> smtplib.SMTP:
        conf = self._conf
        host, port = conf.smtp_host or "", way(conf).port
        me = Sender(conf.mail_from, conf.address).domain
        if conf.smtp_security == "tls":
            checked = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, me, timeout=self._timeout, context=checked)
        return smtplib.SMTP(host, port, me, timeout=self._timeout)


def _steps(connection: smtplib.SMTP, parcel: Parcel) -> Iterator[tuple[Step, Callable[[], tuple[int, bytes]]]]:
    """What the server is asked for an e-mail, one after the other."""
    size = [f"size={len(parcel.message)}"] if connection.has_extn("size") else []
    yield Step.SENDER, lambda: connection.mail(parcel.sender, size)
    yield Step.RECIPIENT, lambda: connection.rcpt(parcel.recipient)
    yield Step.TEXT, lambda: _text(connection, parcel.message)


def _text(connection: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    try:
        return connection.data(message)
    except smtplib.SMTPDataError as error:  # refused before the text was sent
        said = error.smtp_error
        return error.smtp_code, said.encode() if isinstance(said, str) else said


def _heed(step: Step, code: int, said: bytes) -> None:
    """Go on when the server agreed, else raise what its answer means."""
    words = one_line(said)
    if code == CLOSING:
        raise smtplib.SMTPServerDisconnected(f"{code} {words}")
    if (meant := fate(step, code, words)) is not Fate.SENT:
        raise NotSent(meant, f"{code} {words}")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {one_line(error.smtp_error)}"
    return one_line(str(error)) or type(error).__name__
