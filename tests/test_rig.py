"""What the tests and checks themselves stand on."""

from __future__ import annotations

import socket

import pytest
from babel.messages.catalog import Catalog
from packaging.requirements import Requirement

from tests import catalogue, locks
from tests.loopback import OutsideWorldError

PIN = "lmis-part==1.2 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_tests_reach_no_other_machine(host):
    with pytest.raises(OutsideWorldError):
        socket.create_connection((host, 80), timeout=1)


def test_tests_reach_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_lock_pins_what_is_asked_for():
    assert list(locks.faults(PIN, [Requirement("lmis_part>=1.1")])) == []


@pytest.mark.parametrize(
    ("text", "wanted", "fault"),
    [
        (PIN, "another", "another is not pinned with a hash"),
        (PIN, "lmis-part>=2", "lmis-part is pinned at 1.2, which is not >=2"),
        (PIN + "bare==1\n", "lmis-part", "bare has no hash"),
        (PIN + "--index-url packages.example\n", "lmis-part", "an address: --index-url packages.example"),
    ],
)
def test_a_lock_that_falls_short_is_found(text, wanted, fault):
    assert list(locks.faults(text, [Requirement(wanted)])) == [fault]


def a_catalogue(**translations: str) -> Catalog:
    made = Catalog(locale="vi")
    for said, translated in translations.items():
        made.add(said.replace("_", " "), translated)
    return made


def test_a_whole_catalogue_has_no_faults():
    template = a_catalogue(Stock="", Goods_issue="")

    assert list(catalogue.faults(template, a_catalogue(Stock="Tồn kho", Goods_issue="Xuất kho"))) == []


def test_what_is_missing_or_stale_in_a_catalogue_is_found():
    template, translated = a_catalogue(Stock="", Lot=""), a_catalogue(Stock="", Old="Cũ")

    assert list(catalogue.faults(template, translated)) == [
        "not translated: 'Stock'",
        "not translated: 'Lot'",
        "no longer said anywhere: 'Old'",
    ]


@pytest.mark.parametrize("translated", ["còn %(lefts)s", "còn", "còn %(left)s %(left)s", "còn {left}"])
def test_a_translation_with_other_placeholders_is_found(translated):
    template, catalog = Catalog(), Catalog(locale="vi")
    template.add("%(left)s left")
    catalog.add("%(left)s left", translated)

    assert list(catalogue.faults(template, catalog)) == ["other placeholders in the translation: '%(left)s left'"]
