from __future__ import annotations

import unicodedata
from uuid import UUID

import pytest

from lmis.forms import BrokenForm, Form, new_form
from lmis.reading import Missing, ZeroQuantity, read_quantity


def test_a_typed_value_is_read():
    assert Form({"quantity": " 1.200 "}).read("quantity", read_quantity) == 1200


def test_a_fault_is_noted_by_the_field_and_what_was_typed_stays():
    form = Form({"quantity": "0"})

    assert form.read("quantity", read_quantity) is None
    assert form.errors == {"quantity": [ZeroQuantity().message]}
    assert form["quantity"] == "0"


def test_an_empty_field_is_missing_only_where_it_is_required():
    form = Form({"note": "  "})

    form.read("note", str, required=False)
    form.read("quantity", read_quantity)

    assert form.errors == {"quantity": [Missing().message]}


def test_the_same_fault_is_told_once_and_different_ones_all():
    form = Form()
    for error in (Missing(), Missing(), ZeroQuantity()):
        form.refuse("quantity", error)

    assert form.errors["quantity"] == [Missing().message, ZeroQuantity().message]


def test_text_is_kept_in_one_unicode_form():
    assert Form({"party": unicodedata.normalize("NFD", "Hộ sinh  Bạch")})["party"] == "Hộ sinh Bạch"


def test_a_new_form_has_an_id_of_its_own():
    assert new_form().uuid() != new_form().uuid()
    assert isinstance(new_form().uuid(), UUID)


@pytest.mark.parametrize("typed", ["", "1", "not-an-id"])
def test_a_form_without_its_id_is_broken(typed):
    with pytest.raises(BrokenForm):
        Form({"uuid": typed}).uuid()


def test_only_filled_fields_are_named():
    form = Form({"quantity-1-free": "5", "quantity-2-free": "", "note": "x"})

    assert form.named("quantity-") == [("1-free", "5")]
