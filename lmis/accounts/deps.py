"""What routes ask for: who is signed in, and the facility of the address. The one place that checks both."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from lmis import clock
from lmis.accounts.models import User
from lmis.accounts.rights import may_administer, may_approve, may_post
from lmis.accounts.scope import Place, place_of
from lmis.accounts.service import session_user
from lmis.db import reader
from lmis.errors import Forbidden, LmisError
from lmis.i18n import N_
from lmis.network.models import Facility

SESSION_COOKIE = "session"


class SignInNeeded(LmisError):
    status_code = 401
    msgid = N_("Sign in first.")


def _current_user(request: Request) -> User:
    token = request.cookies.get(SESSION_COOKIE)
    with reader(request.app.state.engine) as session:
        user = session_user(session, token, clock.now()) if token else None
        if user is None:
            raise SignInNeeded
        request.state.user = user
        home = session.get_one(Facility, user.facility_id)
        request.state.place = place_of(session, user, home.code, clock.today())
        request.state.administers = may_administer(user.role, request.state.place.parent)
    return user


CurrentUser = Annotated[User, Depends(_current_user)]


def _current_place(request: Request, user: CurrentUser, code: str) -> Place:
    if request.state.place.facility.code != code:
        with reader(request.app.state.engine) as session:
            request.state.place = place_of(session, user, code, clock.today())
    place: Place = request.state.place
    return place


CurrentPlace = Annotated[Place, Depends(_current_place)]


def _poster(user: CurrentUser) -> User:
    if not may_post(user.role):
        raise Forbidden
    return user


Poster = Annotated[User, Depends(_poster)]  # someone who may record and reverse documents


def _approver(user: CurrentUser) -> User:
    if not may_approve(user.role):
        raise Forbidden
    return user


Approver = Annotated[User, Depends(_approver)]  # someone who may authorise and approve


def _administrator(request: Request, user: CurrentUser) -> User:
    if not request.state.administers:
        raise Forbidden
    return user


Administrator = Annotated[User, Depends(_administrator)]  # someone who looks after the whole site
