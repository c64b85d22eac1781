"""E-mails handed over to a real mail server, and to a folder."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from lmis.config import settings
from lmis.mail.answers import Fate, NotSent, Step, fate, one_line
from lmis.mail.message import Sender, write
from lmis.mail.transport import Folder, Parcel, Server, configured, file_name
from tests.mail.test_message import NOW, a_letter
from tests.smtp import MailServer, listening


def a_parcel(address: str = "ha@example.org", key: str = "digest:1", **changed) -> Parcel:
    sender = Sender("lmis@soyte.example.org", "https://lmis.example.org")
    return Parcel(key, sender.spec, address, write(a_letter(key=key, address=address, **changed), sender, NOW))


@pytest.fixture
def carrier(mail_server):
    with_quick_temper = Server(settings(), timeout=1)
    yield with_quick_temper
    with_quick_temper.close()


def refusal_of(carrier, parcel) -> NotSent:
    with pytest.raises(NotSent) as refused:
        carrier.deliver(parcel)
    return refused.value


class TestServer:
    def test_what_arrives_is_what_was_written(self, mail_server, carrier):
        text = "Chào bạn.\n.\n..hai chấm\nHết hàng: bao cao su, que cấy 3 năm – xem https://lmis.example.org/f/TYT01\n"
        carrier.deliver(a_parcel(text=text, html=f"<p>{'ế' * 5_000}</p>\n"))

        (mail,) = mail_server.delivered
        assert (mail.sender, mail.recipient) == ("lmis@soyte.example.org", "ha@example.org")
        assert mail.read["Subject"] == "3 mặt hàng hết, 12 lô cận hạn"
        assert (mail.text, mail.html) == (text, f"<p>{'ế' * 5_000}</p>\n")

    def test_many_go_over_one_connection(self, mail_server, carrier):
        for n in range(20):
            carrier.deliver(a_parcel(key=f"digest:{n}"))

        assert len(mail_server.delivered) == 20
        assert mail_server.connections == 1

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_it_goes_encrypted_to_a_server_that_asks_who_one_is(self, monkeypatch, security):
        for server in listening(MailServer(security), monkeypatch):
            carrier = configured(settings())
            carrier.deliver(a_parcel())
            carrier.close()

            assert len(server.delivered) == 1

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(self, monkeypatch, security):
        for server in listening(MailServer(security), monkeypatch):
            monkeypatch.delenv("SSL_CERT_FILE")
            refusal = refusal_of(Server(settings()), a_parcel())

            assert refusal.fate is Fate.DOWN
            assert "CERTIFICATE_VERIFY_FAILED" in refusal.fault
            assert server.delivered == []

    def test_a_wrong_password_is_told_and_not_shown(self, monkeypatch):
        for _ in listening(MailServer("starttls"), monkeypatch):
            monkeypatch.setattr(settings(), "smtp_user", "somebody")
            refusal = refusal_of(Server(settings()), a_parcel())

            assert (refusal.fate, refusal.fault[:3]) == (Fate.DOWN, "535")
            assert settings().smtp_password.get_secret_value() not in refusal.fault

    def test_a_server_that_does_not_encrypt_gets_nothing(self, mail_server, carrier, monkeypatch):
        monkeypatch.setattr(settings(), "smtp_security", "starttls")

        assert refusal_of(carrier, a_parcel()).fate is Fate.DOWN
        assert mail_server.delivered == []

    @pytest.mark.parametrize(
        ("answer", "meant"),
        [
            ("450 4.2.0 Greylisted", Fate.LATER),
            ("550 5.1.1 No such user", Fate.BOUNCED),
            ("553 Bad mailbox name", Fate.BOUNCED),
            ("550 5.7.1 Blocked", Fate.DEAD),
            ("554 Relay access denied", Fate.DEAD),
        ],
    )
    def test_a_refused_recipient_does_not_hurt_the_next(self, mail_server, carrier, answer, meant):
        mail_server.recipients["sai@example.org"] = answer
        refusal = refusal_of(carrier, a_parcel("sai@example.org"))
        carrier.deliver(a_parcel())

        assert (refusal.fate, refusal.fault, refusal.cut) == (meant, answer, None)
        assert [it.recipient for it in mail_server.delivered] == ["ha@example.org"]
        assert mail_server.connections == 1

    @pytest.mark.parametrize(("answer", "meant"), [("452 Full", Fate.LATER), ("554 5.6.0 Spam", Fate.DEAD)])
    def test_a_refused_text_does_not_hurt_the_next(self, mail_server, carrier, answer, meant):
        mail_server.texts["ha@example.org"] = answer
        refusal = refusal_of(carrier, a_parcel())
        carrier.deliver(a_parcel("an@example.org"))

        assert (refusal.fate, refusal.fault) == (meant, answer)

    def test_a_sender_who_is_refused_is_the_fault_of_the_settings(self, mail_server, carrier):
        mail_server.senders["lmis@soyte.example.org"] = "550 5.7.1 Not your address"

        assert refusal_of(carrier, a_parcel()).fate is Fate.DOWN

    def test_a_connection_that_breaks_in_the_text_is_opened_again_for_the_next(self, mail_server, carrier):
        mail_server.cut_in_text.add("ha@example.org")
        refusal = refusal_of(carrier, a_parcel(html="<p>x</p>" * 100_000))
        carrier.deliver(a_parcel("an@example.org"))

        assert (refusal.fate, refusal.cut) == (Fate.LATER, Step.TEXT)
        assert mail_server.asked["ha@example.org"] == 1
        assert mail_server.connections == 2

    def test_a_server_that_ends_a_connection_after_some_e_mails_gets_the_rest_over_others(self, mail_server, carrier):
        mail_server.most = 3
        for n in range(7):
            carrier.deliver(a_parcel(key=f"digest:{n}"))

        assert [it.connection for it in mail_server.delivered] == [1, 1, 1, 2, 2, 2, 3]

    def test_a_connection_that_broke_while_nothing_was_said_is_opened_again(self, mail_server, carrier):
        carrier.deliver(a_parcel())
        mail_server.down()
        mail_server.up()
        carrier.deliver(a_parcel(key="digest:2"))

        assert len(mail_server.delivered) == 2

    def test_a_server_that_hangs_up_on_a_fresh_connection_is_not_called_twice(self, mail_server, carrier):
        mail_server.recipients["ha@example.org"] = "421 4.3.2 Shutting down"
        refusal = refusal_of(carrier, a_parcel())

        assert (refusal.fate, refusal.cut, refusal.fault) == (
            Fate.LATER,
            Step.RECIPIENT,
            "421 4.3.2 Shutting down",
        )
        assert mail_server.connections == 1

    def test_a_server_that_does_not_answer_in_time_is_given_up(self, mail_server, carrier):
        mail_server.pause = 3
        refusal = refusal_of(carrier, a_parcel())

        assert (refusal.fate, refusal.cut) == (Fate.LATER, Step.TEXT)

    def test_a_server_that_is_down_is_said_to_be(self, mail_server, carrier):
        mail_server.down()

        assert refusal_of(carrier, a_parcel()).fate is Fate.DOWN
        mail_server.up()
        carrier.deliver(a_parcel())

    def test_an_address_that_cannot_be_said_kills_its_own_e_mail_alone(self, mail_server, carrier):
        parcel = a_parcel()

        assert refusal_of(carrier, Parcel("x", parcel.sender, "ế@example.org", parcel.message)).fate is Fate.DEAD
        carrier.deliver(parcel)
        assert sum(mail_server.asked.values()) == 1


class TestFolder:
    def test_each_e_mail_is_a_file_that_any_mail_program_opens(self, tmp_path):
        folder = Folder(tmp_path / "a" / "b")
        folder.deliver(a_parcel())

        (file,) = (tmp_path / "a" / "b").iterdir()
        assert file.suffix == ".eml"
        assert message_from_bytes(file.read_bytes(), policy=default)["To"].addresses[0].addr_spec == "ha@example.org"

    def test_the_same_e_mail_again_is_the_same_file(self, tmp_path):
        folder = Folder(tmp_path)
        for subject in ("một", "hai"):
            folder.deliver(a_parcel(subject=subject))

        (file,) = tmp_path.iterdir()
        assert b"Subject: hai" in file.read_bytes()

    def test_what_a_stopped_worker_left_is_no_obstacle(self, tmp_path):
        part = tmp_path / file_name("digest:1").replace(".eml", ".part")
        part.write_bytes(b"half")
        Folder(tmp_path).deliver(a_parcel())

        assert [it.suffix for it in tmp_path.iterdir()] == [".eml"]

    @pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "..", "", "a\0b", "ế" * 160, "x" * 160])
    def test_no_key_leads_out_of_the_folder(self, tmp_path, key):
        inside = tmp_path / "inside"
        parcel = a_parcel()
        Folder(inside).deliver(Parcel(key, parcel.sender, parcel.recipient, parcel.message))

        assert [it.name for it in tmp_path.iterdir()] == ["inside"]
        assert [it.name for it in inside.iterdir()] == [file_name(key)]

    def test_keys_that_look_alike_have_files_of_their_own(self):
        assert len({file_name(it) for it in ("a:b", "a-b", "a/b", "a b")}) == 4

    def test_a_folder_that_cannot_be_written_is_said_to_be(self, tmp_path):
        (tmp_path / "file").write_text("")

        assert refusal_of(Folder(tmp_path / "file"), a_parcel()).fate is Fate.DOWN

    def test_without_a_server_in_the_settings_e_mails_are_written_to_the_folder(self, monkeypatch):
        monkeypatch.setattr(settings(), "mail_folder", Path("here"))

        assert configured(settings()).path == Path("here")


@pytest.mark.parametrize(
    ("step", "code", "said", "meant"),
    [
        (Step.SENDER, 250, "OK", Fate.SENT),
        (Step.RECIPIENT, 251, "Will forward", Fate.SENT),
        (Step.SENDER, 552, "5.3.4 Too large", Fate.DEAD),
        (Step.SENDER, 530, "5.7.0 Authenticate first", Fate.DOWN),
        (Step.SENDER, 451, "Try later", Fate.LATER),
        (Step.RECIPIENT, 550, "Relaying denied", Fate.DEAD),
        (Step.RECIPIENT, 552, "5.2.2 Mailbox full", Fate.BOUNCED),
        (Step.TEXT, 550, "5.1.1 No such user", Fate.DEAD),
    ],
)
def test_what_an_answer_means(step, code, said, meant):
    assert fate(step, code, said) is meant


def test_what_a_server_says_can_be_kept_and_shown():
    assert one_line("550 Không\r\ncó\0 ai".encode() + b"\xff") == "550 Không có ai�"
    assert len(one_line("x" * 10_000)) == 500
