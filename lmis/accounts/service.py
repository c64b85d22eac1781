"""Users, signing in and out, and slowing down those who guess passwords."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from secrets import token_urlsafe

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from lmis.accounts.models import SignInFailure, User, UserSession
from lmis.accounts.rights import Role
from lmis.config import settings
from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import N_, nfc

MOST_FAILURES = 10
FAILURES_COUNT_FOR = timedelta(minutes=15)
LEAST_PASSWORD = 8
MOST_PASSWORD = 1024  # hashing takes time with length
_passwords = PasswordHash((Argon2Hasher(),))


class WrongPassword(LmisError):
    status_code = 422
    msgid = N_("The user name or the password is not right. Check both and try again.")


class TooManyAttempts(LmisError):
    status_code = 429
    msgid = N_("Too many wrong passwords for this user name. Wait %(minutes)s minutes, then try again.")


class UserNameTaken(LmisError):
    status_code = 409
    msgid = N_("The user name “%(username)s” is taken. Choose another.")


class BadUserName(LmisError):
    status_code = 422
    msgid = N_("A user name has 1 to 64 characters.")


class ShortPassword(LmisError):
    status_code = 422
    msgid = N_("A password has at least %(least)s characters.")


class UnknownRole(LmisError):
    status_code = 422
    msgid = N_("There is no role “%(role)s”. The roles are %(roles)s.")


def folded(username: str) -> str:
    """A user name as it is kept: small letters, NFC, no blanks around."""
    return nfc(username).casefold()


def add_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    role: str,
    facility_id: int,
    language: str | None = None,
) -> User:
    """A new user. Raises BadUserName, UserNameTaken, ShortPassword or UnknownRole."""
    username = folded(username)
    if not 1 <= len(username) <= 64:
        raise BadUserName
    if role not in set(Role):
        raise UnknownRole(role=role, roles=", ".join(Role))
    if len(password) < LEAST_PASSWORD:
        raise ShortPassword(least=LEAST_PASSWORD)
    if user_named(session, username):
        raise UserNameTaken(username=username)
    user = User(
        username=username,
        name=nfc(name) or username,
        password_hash=_passwords.hash(password),
        role=role,
        facility_id=facility_id,
        language=language,
    )
    session.add(user)
    session.flush()
    return user


def user_named(session: Session, username: str) -> User | None:
    return session.exec(select(User).where(User.username == folded(username))).first()


def user_to_check(session: Session, username: str, now: datetime) -> User | None:
    """The user whose password is to be checked. Raises TooManyAttempts."""
    recent = col(SignInFailure.failed_at) > now - FAILURES_COUNT_FOR
    mine = col(SignInFailure.username) == folded(username)[:64]
    count = session.exec(select(func.count()).select_from(SignInFailure).where(mine, recent)).one()
    if count >= MOST_FAILURES:
        raise TooManyAttempts(minutes=FAILURES_COUNT_FOR // timedelta(minutes=1))
    return user_named(session, username)


def password_is_right(user: User | None, password: str) -> bool:
    """Whether the password is the user's. It takes as long for a user who does not exist."""
    known = user.password_hash if user else _password_of_nobody()
    right = len(password) <= MOST_PASSWORD and _passwords.verify(password, known)
    return right and user is not None and user.active


@cache
def _password_of_nobody() -> str:
    return _passwords.hash(token_urlsafe(16))


def note_failure(session: Session, username: str, now: datetime) -> None:
    """Count a wrong password, and forget those that count no more."""
    session.exec(delete(SignInFailure).where(col(SignInFailure.failed_at) <= now - FAILURES_COUNT_FOR))
    session.add(SignInFailure(username=folded(username)[:64], failed_at=now))


def start_session(session: Session, user: User, now: datetime) -> str:
    """Sign a user in. Returns the secret that the browser keeps; only its digest is kept here."""
    session.exec(delete(UserSession).where(col(UserSession.expires_at) <= now))
    session.exec(delete(SignInFailure).where(col(SignInFailure.username) == user.username))
    token = token_urlsafe(32)
    expires_at = now + timedelta(days=settings().session_days)
    session.add(UserSession(token_digest=_digest(token), user_id=id_of(user), expires_at=expires_at))
    return token


def session_user(session: Session, token: str, now: datetime) -> User | None:
    """Who is signed in with the secret; None: nobody, or not any more."""
    alive = col(UserSession.expires_at) > now
    found = select(User).join(UserSession).where(UserSession.token_digest == _digest(token), alive, col(User.active))
    return session.exec(found).first()


def end_session(session: Session, token: str) -> None:
    session.exec(delete(UserSession).where(col(UserSession.token_digest) == _digest(token)))


def choose_language(session: Session, user_id: int, language: str) -> None:
    user = session.get_one(User, user_id)
    user.language = language


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
