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

from lmis.accounts.addresses import read_address
from lmis.accounts.models import SignInFailure, User, UserSession
from lmis.accounts.rights import Role
from lmis.config import settings
from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import N_, nfc

MOST_FAILURES = 10  # for one user name from one address
MOST_FAILURES_OF_ADDRESS = 200  # a whole office may share one
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


class UnknownUser(LmisError):
    status_code = 404
    msgid = N_("Nobody has the user name “%(username)s”.")


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
    email: str = "",
) -> User:
    """A new user. Raises BadUserName, UserNameTaken, ShortPassword, UnknownRole, BadAddress or LongAddress."""
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
        email=read_address(email) if email.strip() else None,
    )
    session.add(user)
    session.flush()
    return user


def user_named(session: Session, username: str) -> User | None:
    return session.exec(select(User).where(User.username == folded(username))).first()


def has_active_user(session: Session, facility_id: int) -> bool:
    """Whether somebody of the facility works with this program."""
    of_it = select(User.id).where(User.facility_id == facility_id, col(User.active))
    return session.exec(of_it.limit(1)).first() is not None


def user_to_check(session: Session, username: str, address: str, now: datetime) -> User | None:
    """The user whose password is to be checked. The attempt counts as wrong until start_session forgets it.

    address: the client's. Raises TooManyAttempts.
    """
    session.exec(delete(SignInFailure).where(col(SignInFailure.failed_at) <= now - FAILURES_COUNT_FOR))
    here = select(func.count()).select_from(SignInFailure).where(SignInFailure.address == address)
    of_user = here.where(col(SignInFailure.username) == folded(username)[:64])
    if session.exec(of_user).one() >= MOST_FAILURES or session.exec(here).one() >= MOST_FAILURES_OF_ADDRESS:
        raise TooManyAttempts(minutes=FAILURES_COUNT_FOR // timedelta(minutes=1))
    session.add(SignInFailure(username=folded(username)[:64], address=address, failed_at=now))
    return user_named(session, username)


def set_password(session: Session, username: str, password: str) -> None:
    """A new password; whoever was signed in is signed out. Raises UnknownUser or ShortPassword."""
    user = known_user(session, username)
    if len(password) < LEAST_PASSWORD:
        raise ShortPassword(least=LEAST_PASSWORD)
    user.password_hash = _passwords.hash(password)
    _end_sessions(session, user)


def set_active(session: Session, username: str, active: bool) -> None:
    """Let a user sign in again, or no more, at once. Raises UnknownUser."""
    user = known_user(session, username)
    user.active = active
    _end_sessions(session, user)


def set_email(session: Session, user: User, email: str) -> None:
    """Another e-mail address, or none; that the last one bounced is forgotten. Raises BadAddress or LongAddress."""
    user.email = read_address(email) if email.strip() else None
    user.email_bounced_at = None
    session.add(user)


def known_user(session: Session, username: str) -> User:
    """Raises UnknownUser."""
    user = user_named(session, username)
    if user is None:
        raise UnknownUser(username=username)
    return user


def _end_sessions(session: Session, user: User) -> None:
    session.add(user)
    session.exec(delete(UserSession).where(col(UserSession.user_id) == user.id))


def password_is_right(user: User | None, password: str) -> bool:
    """Whether the password is the user's. It takes as long for a user who does not exist."""
    known = user.password_hash if user else _password_of_nobody()
    right = len(password) <= MOST_PASSWORD and _passwords.verify(password, known)
    return right and user is not None and user.active


@cache
def _password_of_nobody() -> str:
    return _passwords.hash(token_urlsafe(16))


def start_session(session: Session, user: User, address: str, now: datetime) -> str:
    """Sign a user in, and forget what was typed wrong before.

    Returns the secret that the browser keeps; only its digest is kept here.
    """
    session.exec(delete(UserSession).where(col(UserSession.expires_at) <= now))
    mine = (col(SignInFailure.username) == user.username, col(SignInFailure.address) == address)
    session.exec(delete(SignInFailure).where(*mine))
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
