"""An e-mail as it travels, and read back."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32, default
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.mail.message import Attachment, Letter, Sender, message_id, opened, readdressed, write

NOW = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
SENDER = Sender("Hậu cần PTTT <lmis@soyte.example.org>", "https://lmis.example.org/")
SHEET = Attachment("báo cáo quý 4.csv", "text/csv", "mã,tên\r\n1,Ống\r\n".encode())
PICTURE = Attachment("a.png", "image/png", bytes(range(256)))
WORDS = ("Chi", "cục", "Dân", "số", "–", "Ba", "huyện", "246", "mẫu", "20:46", "Q.1")


def a_letter(**changed) -> Letter:
    usual = {
        "key": "digest:2026-11-22:7",
        "name": "Nguyễn Thị Hà",
        "address": "ha@example.org",
        "language": "vi",
        "subject": "3 mặt hàng hết, 12 lô cận hạn",
        "text": "Chào bạn.\n",
        "html": "<p>Chào bạn.</p>\n",
    }
    return Letter(**(usual | changed))


def read(letter: Letter):
    """The e-mail as the recipient's program reads it."""
    return message_from_bytes(write(letter, SENDER, NOW), policy=default)


def test_the_headers_tell_who_what_when_and_that_a_program_wrote_it():
    made = read(a_letter())

    assert made["From"] == "Hậu cần PTTT <lmis@soyte.example.org>"
    assert made["To"] == "Nguyễn Thị Hà <ha@example.org>"
    assert made["Subject"] == "3 mặt hàng hết, 12 lô cận hạn"
    assert made["Date"].datetime == NOW
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["List-Unsubscribe"] == "<https://lmis.example.org/me/mail>"
    assert made["Content-Language"] == "vi"


def test_the_same_cause_makes_the_same_message_id():
    first, again, other = (read(a_letter(key=key)) for key in ("digest:1", "digest:1", "digest:2"))

    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@soyte.example.org>")


def test_two_sites_with_one_sender_make_different_message_ids():
    here, there = (
        Sender("lmis@example.org", "https://a.example.org"),
        Sender("lmis@example.org", "https://b.example.org"),
    )

    assert message_id("digest:1", here) != message_id("digest:1", there)


def test_the_text_comes_first_and_the_html_is_the_better_one():
    made = read(a_letter())

    assert made.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]


def test_attachments_arrive_byte_by_byte_under_their_names():
    made = read(a_letter(attachments=[SHEET, PICTURE]))

    files = {it.get_filename(): it.get_payload(decode=True) for it in made.iter_attachments()}
    assert files == {SHEET.name: SHEET.content, PICTURE.name: PICTURE.content}


def test_it_travels_through_servers_that_take_seven_bits_and_short_lines():
    raw = write(a_letter(text="dài " * 5_000, html="<p>ế</p>" * 5_000, attachments=[SHEET, PICTURE]), SENDER, NOW)

    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join))
def test_no_blank_between_words_of_a_subject_or_a_name_is_lost_or_doubled(words):
    made = message_from_bytes(write(a_letter(subject=words, name=words), SENDER, NOW), policy=compat32)
    name, address = parseaddr(made["To"])

    assert str(make_header(decode_header(made["Subject"]))) == words
    assert str(make_header(decode_header(name))) == words
    assert address == "ha@example.org"


@pytest.mark.parametrize("subject", ["một\r\nBcc: ai@example.org", "một\nhai", "ế" * 500])
def test_a_subject_stays_one_header(subject):
    made = read(a_letter(subject=subject))

    assert made["Subject"] == " ".join(subject.split())
    assert "Bcc" not in made


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80))
def test_any_name_leaves_the_address_alone(name):
    made = read(a_letter(name=name))

    assert [it.addr_spec for it in made["To"].addresses] == ["ha@example.org"]


@pytest.mark.parametrize(
    "name",
    [
        "Nguyen Thi Minh Khai, truong khoa suc khoe sinh san trung tam y te quan Ba Dinh",
        "Khoa SKSS - TTYT: Ba Dinh; Hoan Kiem; Dong Da; Hai Ba Trung; Thanh Xuan; Cau Giay",
        "x" * 90 + "\x1c" + "x" * 90,
        "\x00Hà\x01",
    ],
)
def test_a_name_of_many_parts_is_one_recipient_and_can_be_readdressed(name):
    raw = readdressed(write(a_letter(name=name), SENDER, NOW), name, "moi@example.org")
    made = message_from_bytes(raw, policy=default)

    assert [it.addr_spec for it in made["To"].addresses] == ["moi@example.org"]
    assert made["Subject"] == a_letter().subject
    assert not {*range(10), *range(14, 32)} & {*raw}


def test_another_recipient_changes_nothing_else():
    raw = write(a_letter(attachments=[PICTURE]), SENDER, NOW)
    moved = readdressed(raw, "Trần Ư", "moi@example.org")

    before, after = (message_from_bytes(it, policy=default) for it in (raw, moved))
    assert after["To"] == "Trần Ư <moi@example.org>"
    assert {(k, v) for k, v in after.items() if k != "To"} == {(k, v) for k, v in before.items() if k != "To"}
    assert moved.partition(b"\r\n\r\n")[2] == raw.partition(b"\r\n\r\n")[2]


def test_it_is_read_back_as_it_was_written():
    letter = a_letter(attachments=[SHEET, PICTURE])
    found = opened(write(letter, SENDER, NOW))

    assert (found.subject, found.text, found.html) == (letter.subject, letter.text, letter.html)
    assert (found.sender, found.recipient) == (SENDER.address, "Nguyễn Thị Hà <ha@example.org>")
    assert [(it.name, it.content_type) for it in found.attachments] == [
        (SHEET.name, "text/csv"),
        (PICTURE.name, "image/png"),
    ]
    assert [it.content for it in found.attachments] == [SHEET.content, PICTURE.content]


@pytest.mark.parametrize("address", ["lmis", ""])
def test_a_sender_without_a_domain_is_of_this_machine(address):
    assert Sender(address, "http://127.0.0.1:8000").domain == "localhost"
