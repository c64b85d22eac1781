"""Users, passwords and sessions, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lmis.accounts import service
from lmis.accounts.models import SignInFailure, User, UserSession
from lmis.accounts.rights import ROLE_NAMES, Role
from tests.factories import NOW, PASSWORD, a_facility, a_user, id_of

HERE = "127.0.0.1"
MINUTE = timedelta(minutes=1)


def add(session: Session, **given: object) -> User:
    asked = {
        "username": "An.Kho",
        "name": "An",
        "password": PASSWORD,
        "role": "viewer",
        "facility_id": id_of(a_facility(session)),
    }
    return service.add_user(session, **{**asked, **given})


def test_a_user_name_is_the_same_in_capitals(session: Session):
    user = add(session)

    assert service.user_named(session, " an.KHO ") == user


def test_a_password_is_not_kept_but_its_argon2_hash(session: Session):
    assert add(session).password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"username": "  "}, service.BadUserName),
        ({"username": "x" * 65}, service.BadUserName),
        ({"password": "ngắn"}, service.ShortPassword),
        ({"role": "king"}, service.UnknownRole),
    ],
)
def test_a_user_that_cannot_be_is_refused(session: Session, given, refusal):
    with pytest.raises(refusal):
        add(session, **given)


def test_every_role_has_a_word_to_translate_which_is_the_role_itself():
    assert {str(role): str(role) for role in Role} == ROLE_NAMES


def test_a_user_name_is_given_once(session: Session):
    add(session)

    with pytest.raises(service.UserNameTaken):
        add(session, username="an.kho")


def test_only_the_right_password_of_an_active_user_is_right(session: Session):
    user, gone = a_user(session), a_user(session, active=False)

    assert service.password_is_right(user, PASSWORD)
    assert not service.password_is_right(user, PASSWORD + "x")
    assert not service.password_is_right(gone, PASSWORD)
    assert not service.password_is_right(None, PASSWORD)


def test_ten_wrong_passwords_in_a_quarter_of_an_hour_close_the_door(session: Session):
    a_user(session, username="an")
    for minute in range(10):
        service.user_to_check(session, "AN" if minute % 2 else "an", HERE, NOW + minute * MINUTE)

    with pytest.raises(service.TooManyAttempts):
        service.user_to_check(session, "an", HERE, NOW + 10 * MINUTE)
    assert service.user_to_check(session, "an", HERE, NOW + 15 * MINUTE)


def test_what_others_guess_keeps_nobody_out(session: Session):
    a_user(session, username="an")
    for _ in range(10):
        service.user_to_check(session, "an", "192.0.2.1", NOW)

    assert service.user_to_check(session, "an", HERE, NOW)


def test_one_password_tried_on_many_names_closes_the_door_too(session: Session):
    for number in range(service.MOST_FAILURES_OF_ADDRESS):
        service.user_to_check(session, f"user{number}", HERE, NOW)

    with pytest.raises(service.TooManyAttempts):
        service.user_to_check(session, "one.more", HERE, NOW)


def test_signing_in_forgets_what_was_typed_wrong(session: Session):
    user = a_user(session, username="an")
    service.user_to_check(session, "an", HERE, NOW)
    service.start_session(session, user, HERE, NOW)

    assert session.exec(select(SignInFailure)).all() == []


def test_failures_that_count_no_more_are_forgotten(session: Session):
    service.user_to_check(session, "an", HERE, NOW)
    service.user_to_check(session, "an", HERE, NOW + 16 * MINUTE)

    assert [it.failed_at for it in session.exec(select(SignInFailure))] == [NOW + 16 * MINUTE]


def test_a_session_is_kept_as_a_digest_and_ends(session: Session):
    user = a_user(session)
    token = service.start_session(session, user, HERE, NOW)

    assert token not in session.exec(select(UserSession.token_digest)).one()
    assert service.session_user(session, token, NOW) == user
    assert service.session_user(session, token + "x", NOW) is None
    assert service.session_user(session, token, NOW + timedelta(days=14)) is None


def test_someone_made_inactive_is_signed_out(session: Session):
    user = a_user(session)
    token = service.start_session(session, user, HERE, NOW)
    user.active = False
    session.flush()

    assert service.session_user(session, token, NOW) is None


def test_a_new_password_signs_out_whoever_was_in(session: Session):
    user = a_user(session, username="an")
    token = service.start_session(session, user, HERE, NOW)
    service.set_password(session, "An", "mat khau moi")

    assert service.session_user(session, token, NOW) is None
    assert service.password_is_right(user, "mat khau moi")


def test_someone_disabled_is_out_at_once_and_comes_back_when_enabled(session: Session):
    user = a_user(session, username="an")
    token = service.start_session(session, user, HERE, NOW)
    service.set_active(session, "an", active=False)

    assert service.session_user(session, token, NOW) is None
    assert not service.password_is_right(user, PASSWORD)
    service.set_active(session, "an", active=True)
    assert service.password_is_right(user, PASSWORD)


def test_nobody_is_changed_by_an_unknown_name(session: Session):
    with pytest.raises(service.UnknownUser):
        service.set_password(session, "nobody", "mat khau moi")
