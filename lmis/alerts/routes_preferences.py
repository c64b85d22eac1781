"""What one is sent by e-mail: choosing it, seeing it, and trying whether it arrives."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Administrator, CurrentUser
from lmis.accounts.models import User
from lmis.accounts.rights import may_approve
from lmis.accounts.service import set_email
from lmis.alerts.digests import digest_of
from lmis.alerts.findings import Rule, Severity
from lmis.alerts.links import SITE_RULES
from lmis.alerts.preferences import HOW_OFTEN, Wants, all_but, save_wants, wants_of
from lmis.alerts.sentences import RULE_NAMES
from lmis.alerts.trials import queue_trial
from lmis.config import settings
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.i18n import N_
from lmis.mail.models import MailPreference
from lmis.pages import page

router = APIRouter()
LEAST = {
    Severity.NOTICE: N_("Urgent alerts, warnings and notices"),
    Severity.WARNING: N_("Urgent alerts and warnings"),
    Severity.URGENT: N_("Urgent alerts alone"),
}
HOURS = [(str(hour), f"{hour:02d}:00") for hour in range(24)]
# A mail has its style in every tag, which no page here may; it may do nothing else, and leads nowhere unless clicked.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox"
)


@router.get("/me/mail")
def my_mail(request: Request, user: CurrentUser, session: Reader, done: str = "") -> Response:
    form = _form(user, wants_of(session.get(MailPreference, user.id)))
    return _page(request, user, form, done=done)


@router.post("/me/mail")
def choose(request: Request, data: Posted, user: CurrentUser, session: Transaction) -> Response:
    form, mine = Form(data), session.get_one(User, user.id)
    wants = _read(form)
    if form["email"] != (mine.email or "") or "again" in form:
        try:
            set_email(session, mine, form["email"])
        except LmisError as error:
            form.refuse("email", error)
            return _page(request, mine, form, status_code=error.status_code)
    save_wants(session, id_of(mine), wants, clock.now())
    return RedirectResponse("/me/mail?done=saved", 303)


@router.get("/me/mail/preview")
def preview(user: CurrentUser, session: Reader) -> Response:
    letter = digest_of(session, user, today=clock.today(), now=clock.now())
    return HTMLResponse(letter.html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.post("/me/mail/test")
def try_mine(request: Request, data: Posted, user: CurrentUser, session: Transaction) -> Response:
    form = Form(data)
    try:
        _try(session, form, user)
    except LmisError as error:
        shown = _form(user, wants_of(session.get(MailPreference, user.id)))
        shown.refuse("email", error)
        return _page(request, user, shown, status_code=error.status_code)
    return RedirectResponse("/me/mail?done=sent", 303)


@router.post("/mail/test-digest")
def try_site(data: Posted, user: Administrator, session: Transaction) -> Response:
    """The same from the page of all mails. Raises NoAddress."""
    _try(session, Form(data), user)
    return RedirectResponse("/mail?done=test", 303)


def _try(session: Session, form: Form, user: User) -> None:
    mine = session.get_one(User, user.id)
    queue_trial(session, mine, form.uuid(), today=clock.today(), now=clock.now())


def _form(user: User, wants: Wants) -> Form:
    ticked = {f"rule-{rule}": "1" for rule in Rule if rule not in wants.muted}
    boxes = {name: "1" for name, on in (("at_once", wants.at_once), ("summaries", wants.summaries)) if on}
    return new_form(
        email=user.email or "",
        digest=wants.digest,
        hour=str(wants.hour),
        least=str(int(wants.least_severity)),
        **boxes,
        **ticked,
    )


def _read(form: Form) -> Wants:
    """Raises BrokenForm for what the page cannot send."""
    chosen = [rule for rule, _ in form.named("rule-")]
    possible = {"digest": set(HOW_OFTEN), "hour": set(dict(HOURS)), "least": {str(int(it)) for it in LEAST}}
    if any(form[name] not in codes for name, codes in possible.items()):
        raise BrokenForm
    return Wants(
        digest=form["digest"],
        hour=int(form["hour"]),
        least_severity=int(form["least"]),
        at_once="at_once" in form,
        summaries="summaries" in form,
        muted=all_but(chosen),
    )


def _page(request: Request, user: User, form: Form, *, done: str = "", status_code: int = 200) -> Response:
    return page(
        request,
        "alerts/preferences.html",
        status_code=status_code,
        form=form,
        trial=new_form(),
        mine=user,
        done=done,
        how_often=list(HOW_OFTEN.items()),
        hours=HOURS,
        least=[(str(int(severity)), name) for severity, name in LEAST.items()],
        rules=[(f"rule-{rule}", RULE_NAMES[rule]) for rule in Rule if rule not in SITE_RULES],
        site_rules=[(f"rule-{rule}", RULE_NAMES[rule]) for rule in SITE_RULES],
        summaries=may_approve(user.role),
        pause=settings().urgent_hours,
    )
