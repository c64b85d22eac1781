"""E-mail addresses as people type them. Pure."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

from lmis.errors import LmisError
from lmis.i18n import N_, nfc

MOST = 254  # RFC 5321
MOST_BEFORE_AT = 64
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)


class BadAddress(LmisError):
    status_code = 422
    msgid = N_("“%(address)s” is not an e-mail address. Write it as name@example.org, without accents or blanks.")


class LongAddress(LmisError):
    status_code = 422
    msgid = N_("An e-mail address has at most %(most)s characters, %(before)s of them before the @.")


def read_address(text: str) -> str:
    """An address as it is kept: its domain in small letters. Raises BadAddress or LongAddress."""
    typed = nfc(text)
    local, at, domain = typed.partition("@")
    domain = domain.lower()
    if len(typed) > MOST or len(local) > MOST_BEFORE_AT:
        raise LongAddress(most=MOST, before=MOST_BEFORE_AT)
    if not typed.isascii() or not at or '"' in local or not _DOMAIN.fullmatch(domain) or not _is_one(typed):
        raise BadAddress(address=typed)
    return f"{local}@{domain}"


def _is_one(typed: str) -> bool:
    """Whether the standard library, which writes it into e-mails, takes the whole of it as one address."""
    try:
        return Address(addr_spec=typed).addr_spec == typed
    except (HeaderParseError, ValueError, IndexError):  # the parser's ways to say no
        return False
