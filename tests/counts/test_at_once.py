"""Several people at one count at the same moment, on both kinds of database."""

from __future__ import annotations

from uuid import uuid4

from lmis.stock.documents import Kind
from tests.counts.desk import as_of
from tests.factories import a_document, a_line
from tests.stock.test_pages_at_once import at_once
from tests.web import Site, form_of

CLERKS = 4


def test_one_form_sent_by_many_clicks_begins_one_count(each_site: Site):
    each_site.receive(100)
    desk = as_of(each_site)
    data = {"uuid": str(uuid4()), "scope": "whole"}

    answers = at_once([lambda: desk.browser.post(f"{desk.path}/start", data=data) for _ in range(CLERKS)])

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1


def test_what_many_save_at_once_is_all_kept(each_site: Site):
    for _ in range(CLERKS):
        each_site.receive(100)
    desks = [as_of(each_site) for _ in range(CLERKS)]
    count = desks[0].start()
    forms = [desk.form(count) for desk in desks]

    answers = at_once(
        [
            lambda line=line, desk=desk, form=form: desk.browser.post(count, data=form | {f"counted-{line}": "90"})
            for line, (desk, form) in enumerate(zip(desks, forms, strict=True), 1)
        ]
    )

    assert {answer.status_code for answer in answers} == {303}
    now = desks[0].form(count)
    assert [now[f"counted-{line}"] for line in range(1, CLERKS + 1)] == ["90"] * CLERKS


def test_of_those_who_save_one_line_at_once_one_is_kept_and_the_others_are_told(each_site: Site):
    each_site.receive(100)
    desks = [as_of(each_site) for _ in range(CLERKS)]
    count = desks[0].start()
    forms = [desk.form(count) for desk in desks]

    answers = at_once(
        [
            lambda said=said, desk=desk, form=form: desk.browser.post(count, data=form | {"counted-1": str(said)})
            for said, (desk, form) in enumerate(zip(desks, forms, strict=True), 90)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]


def test_a_count_sent_by_many_clicks_while_goods_go_out_is_posted_once_and_loses_nothing(each_site: Site):
    lot = each_site.receive(100)
    desk = as_of(each_site)
    count = desk.start()
    desk.save(count, {"counted-1": "98"})
    review = form_of(desk.browser.get(f"{count}/review")) | {"act": "submit", "reason-1": "lost"}
    review.pop("after-1", None)

    def give_out():
        each_site.post(a_document(each_site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=each_site.tree.district))
        return desk.browser.get(desk.path)

    answers = at_once([give_out, *[lambda: desk.browser.post(f"{count}/review", data=review) for _ in range(CLERKS)]])

    assert {answer.status_code for answer in answers[1:]} == {303}
    assert each_site.on_hand(each_site.tree.board) == 93
    assert each_site.documents() == 3
