"""Signing in and out, and choosing the language."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lmis import clock
from lmis.accounts.deps import SESSION_COOKIE, CurrentUser
from lmis.accounts.models import User
from lmis.accounts.service import (
    WrongPassword,
    choose_language,
    end_session,
    password_is_right,
    session_user,
    start_session,
    user_to_check,
)
from lmis.config import settings
from lmis.db import Transaction, transaction
from lmis.errors import LmisError
from lmis.forms import Form, Posted
from lmis.i18n import LANGUAGES
from lmis.pages import LANGUAGE_COOKIE, page

router = APIRouter()
YEAR = 365 * 24 * 3600


def local_path(url: str | None) -> str:
    """`url` if it is a path of this site, else its front page: nobody is sent elsewhere by a crafted link."""
    if not url or not url.startswith("/") or "\\" in url or any(ord(char) < 33 for char in url):
        return "/"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc or url.startswith("//") else url


def secure(request: Request) -> bool:
    """Whether cookies may only travel over https."""
    return request.url.scheme == "https" or settings().secure_cookies


@router.get("/sign-in")
def sign_in_form(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    return page(request, "accounts/sign_in.html", form=Form({"next": local_path(next)}))


@router.post("/sign-in")
def sign_in(request: Request, data: Posted) -> Response:
    """The password is checked between two transactions: it takes a quarter of a second on purpose."""
    form = Form(data)
    username, password = form["username"], str(data.get("password", ""))
    form.typed.pop("password", None)
    try:
        user = _checked_user(request, username, password)
    except LmisError as error:
        form.refuse("username", error)
        return page(request, "accounts/sign_in.html", form=form, status_code=error.status_code)
    with transaction(request.app.state.engine) as session:
        if old := request.cookies.get(SESSION_COOKIE):
            end_session(session, old)
        token = start_session(session, user, client_address(request), clock.now())
    answer = RedirectResponse(local_path(form["next"]), 303)
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings().session_days * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=secure(request),
    )
    return answer


def _checked_user(request: Request, username: str, password: str) -> User:
    """Raises TooManyAttempts or WrongPassword."""
    with transaction(request.app.state.engine) as session:
        user = user_to_check(session, username, client_address(request), clock.now())
    if password_is_right(user, password) and user is not None:
        return user
    raise WrongPassword


def client_address(request: Request) -> str:
    return request.client.host[:64] if request.client else ""


@router.post("/sign-out")
def sign_out(request: Request, session: Transaction) -> Response:
    if token := request.cookies.get(SESSION_COOKIE):
        end_session(session, token)
    answer = RedirectResponse("/sign-in", 303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # the next person at this computer finds no page of the last
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.post("/language")
def switch_language(request: Request, data: Posted, session: Transaction) -> Response:
    """Also works before signing in: the choice is then the browser's alone."""
    form = Form(data)
    answer = RedirectResponse(local_path(form["next"]), 303)
    if form["language"] in LANGUAGES:
        token = request.cookies.get(SESSION_COOKIE)
        user = session_user(session, token, clock.now()) if token else None
        if user and user.id:
            choose_language(session, user.id, form["language"])
        answer.set_cookie(LANGUAGE_COOKIE, form["language"], max_age=YEAR, samesite="lax", secure=secure(request))
    return answer


@router.get("/")
def front_page(request: Request, user: CurrentUser) -> Response:  # noqa: ARG001 - must be signed in
    return RedirectResponse(request.state.place.path, 303)
