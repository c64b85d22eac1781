"""E-mail addresses of people."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.accounts.addresses import BadAddress, LongAddress, read_address
from lmis.accounts.rights import Role
from lmis.accounts.service import add_user, set_email
from lmis.errors import LmisError
from tests.factories import NOW, PASSWORD, a_facility, a_user, id_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ha@example.org", "ha@example.org"),
        ("  Ha.Nguyen+kho@Soyte.HANOI.gov.vn ", "Ha.Nguyen+kho@soyte.hanoi.gov.vn"),
        ("o'brien_1@xn--mbv-lmis.vn", "o'brien_1@xn--mbv-lmis.vn"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_small_letters(typed, kept):
    assert read_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ha",
        "ha@",
        "@example.org",
        "ha@localhost",
        "ha@example..org",
        "ha@.example.org",
        "ha@example.org.",
        "ha@-a.org",
        "ha@[127.0.0.1]",
        "ha@a@example.org",
        "h a@example.org",
        ".ha@example.org",
        "ha.@example.org",
        "h..a@example.org",
        "hà@example.org",
        "ha@sở.vn",
        '"h@"@example.org',
        "Hà <ha@example.org>",
        "ha@example.org, an@example.org",
        "ha(x)@example.org",
        "ha\0@example.org",
        "ha\x7f@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(BadAddress):
        read_address(typed)


@pytest.mark.parametrize("typed", ["x" * 65 + "@example.org", "ha@" + "x." * 125 + "org"])
def test_an_address_too_long_for_e_mail_is_refused(typed):
    with pytest.raises(LongAddress):
        read_address(typed)


@given(st.text(max_size=30).map(lambda it: it + "@example.org") | st.text(max_size=40))
def test_whatever_is_typed_is_refused_or_can_be_written_to(typed):
    try:
        address = read_address(typed)
    except LmisError:
        return
    mail = EmailMessage()
    mail["To"] = address
    assert [it.addr_spec for it in mail["To"].addresses] == [address]
    assert read_address(address) == address


def test_a_new_user_has_the_address_they_were_given(session):
    place = id_of(a_facility(session))
    people = [
        add_user(
            session, username=f"ha{n}", name="Hà", password=PASSWORD, role=Role.VIEWER, facility_id=place, email=it
        )
        for n, it in enumerate(["ha@EXAMPLE.org", ""])
    ]

    assert [it.email for it in people] == ["ha@example.org", None]


@pytest.mark.parametrize(("typed", "kept"), [("moi@example.org", "moi@example.org"), (" ", None)])
def test_a_new_address_has_not_bounced(session, typed, kept):
    user = a_user(session)
    user.email, user.email_bounced_at = "cu@example.org", NOW
    set_email(session, user, typed)

    assert (user.email, user.email_bounced_at) == (kept, None)
