"""Users, and the sessions they are signed in with."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from lmis.db import Table, UtcDateTime


class User(Table, table=True):
    """A person who may sign in, and the facility they belong to: they see it and those under it."""

    __tablename__ = "user_account"  # `user` is a word of SQL

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True, max_length=64)
    name: str
    password_hash: str
    role: str = Field(max_length=20)  # admin, manager, storekeeper, viewer
    facility_id: int = Field(foreign_key="facility.id")
    language: str | None = Field(default=None, max_length=2)
    active: bool = True
    email: str | None = Field(default=None, max_length=254)
    email_bounced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # nothing is sent there any more


class UserSession(Table, table=True):
    """A signed-in browser. Only the digest of its cookie is kept."""

    __tablename__ = "user_session"

    token_digest: str = Field(primary_key=True, max_length=64)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class SignInFailure(Table, table=True):
    """A password being checked, or found wrong: counted so that guessing is slowed down."""

    __tablename__ = "sign_in_failure"

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(index=True, max_length=64)
    address: str = Field(max_length=64)  # the client's, so that nobody is kept out by what others guess
    failed_at: datetime = Field(sa_type=UtcDateTime)
