"""An e-mail as it travels (RFC 5322), from its parts and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Any

# Seven bits, as every server takes them: text that is more is encoded, and headers keep the lines they came in.
TRAVELS: Any = SMTP.clone(cte_type="7bit", refold_source="none")
_PLAIN = re.compile("[A-Za-z0-9 .,:;()-]{1,60}")  # words that need no encoding and fit into a line
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class _Header(str):
    """A header whose value is already as it travels: folding it again would lose blanks between its words."""

    name: str

    def __new__(cls, name: str, value: str) -> _Header:
        made = super().__new__(cls, value)
        made.name = name
        return made

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an e-mail. content_type: as `application/pdf`."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. address: of LMIS_MAIL_FROM, with or without a name before it; site: where the pages are."""

    address: str
    site: str

    @property
    def spec(self) -> str:
        """The bare address."""
        spec = parseaddr(self.address)[1] or "lmis"
        return spec if "@" in spec else f"{spec}@localhost"

    @property
    def domain(self) -> str:
        return self.spec.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is to read. key: of its cause; language: of its words."""

    key: str
    name: str
    address: str
    language: str
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """An e-mail read back. text and html: None where it has no such part."""

    subject: str
    sender: str
    recipient: str
    text: str | None
    html: str | None
    attachments: Sequence[Attachment]


def message_id(key: str, sender: Sender) -> str:
    """The same for the same cause, so that a repeat can be recognised; another at another site."""
    digest = sha256(f"{sender.site} {key}".encode()).hexdigest()[:40]
    return f"<{digest}@{sender.domain}>"


def write(letter: Letter, sender: Sender, now: datetime) -> bytes:
    """The whole e-mail: headers, text, HTML and files, its lines ending in CR LF. now: as its Date tells."""
    made = EmailMessage(TRAVELS)
    made["From"] = _Header("From", _mailbox(*parseaddr(sender.address)) if "<" in sender.address else sender.spec)
    made["To"] = _Header("To", _mailbox(letter.name, letter.address))
    made["Subject"] = _Header("Subject", _encoded(_one_line(letter.subject), "Subject"))
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id(letter.key, sender)
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is answered to it
    made["List-Unsubscribe"] = f"<{sender.site.rstrip('/')}/me/mail>"
    made.set_content(letter.text, cte="base64")  # the other encoding is ten times as slow to make
    made.add_alternative(letter.html, subtype="html", cte="base64")
    for it in letter.attachments:
        kind, _, subtype = it.content_type.partition("/")
        made.add_attachment(it.content, kind, subtype, filename=it.name)
    made["Content-Language"] = letter.language  # last: what sets the content takes its headers away
    return made.as_bytes()


def readdressed(message: bytes, name: str, address: str) -> bytes:
    """The e-mail with another recipient; all else stays byte by byte."""
    head, blank, body = message.partition(b"\r\n\r\n")
    made = _parsed(head + b"\r\n\r\n")
    del made["To"]
    made["To"] = _Header("To", _mailbox(name, address))
    return made.as_bytes().partition(b"\r\n\r\n")[0] + blank + body


def opened(message: bytes) -> Opened:
    """The parts of an e-mail that `write` made."""
    made = _parsed(message)
    text, html = (_words(made.get_body((kind,))) for kind in ("plain", "html"))
    return Opened(
        subject=str(made["Subject"]),
        sender=str(made["From"]),
        recipient=str(made["To"]),
        text=text,
        html=html,
        attachments=[_attachment(part) for part in made.iter_attachments()],
    )


def _parsed(message: bytes) -> EmailMessage:
    made: EmailMessage = BytesParser(EmailMessage, policy=TRAVELS).parsebytes(message)
    return made


def _words(part: MIMEPart | None) -> str | None:
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def _attachment(part: EmailMessage) -> Attachment:
    return Attachment(
        name=part.get_filename() or "",
        content_type=part.get_content_type(),
        content=bytes(part.get_payload(decode=True)),
    )


def _mailbox(name: str, address: str) -> str:
    """Somebody's name and address as a header has them; an encoded name cannot end what it stands in."""
    said = _one_line(name)
    if not said:
        return address
    words = f'"{said}"' if _PLAIN.fullmatch(said) else _encoded(said, "From")
    return f"{words}\r\n <{address}>"


def _encoded(said: str, header: str) -> str:
    """Words as a header has them, in lines of at most 76 characters (RFC 2047)."""
    if _PLAIN.fullmatch(said):
        return said
    return Header(said, "utf-8", header_name=header).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())
