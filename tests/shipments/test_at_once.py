"""People who act on the same shipment at the same moment, on both kinds of database."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lmis.db import reader
from lmis.shipments.queries import shipment_view
from tests.shipments.test_pages import Way
from tests.stock.test_pages_at_once import at_once
from tests.web import Site, form_of

CLERKS = 4


@pytest.fixture
def way(each_site: Site) -> Way:
    way = Way(each_site)
    way.form()  # the routes are made ready by the first request, not by all at once
    return way


def confirming(way: Way, data: dict[str, str]):
    browser = way.site.browser(way.site.tree.district)
    return lambda: browser.post(f"{way.here}/confirm", data=data)


def test_many_clicks_confirm_once(way: Way):
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm") | {"step": "all"}

    answers = at_once([confirming(way, form) for _ in range(CLERKS)])

    assert {it.status_code for it in answers} == {303}
    assert way.site.on_hand(way.site.tree.district) == 140


def test_of_many_people_one_confirms(way: Way):
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm") | {"step": "all"}

    answers = at_once([confirming(way, form | {"uuid": str(uuid4())}) for _ in range(CLERKS)])

    assert sorted(it.status_code for it in answers) == [303, 409, 409, 409]
    assert way.site.on_hand(way.site.tree.district) == 140


def test_either_the_receiver_confirms_or_the_sender_takes_it_back(way: Way):
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm") | {"step": "all"}
    data = {"uuid": str(uuid4()), "reason": "sent_by_mistake"}

    answers = at_once(
        [confirming(way, form), lambda: way.sender.post(f"{way.there}/call-back", data=data)],
    )

    assert sorted(it.status_code for it in answers) in ([303, 409], [303, 422])
    held = way.site.on_hand(way.site.tree.board), way.site.on_hand(way.site.tree.district)
    assert held in ((0, 140), (140, 0))


def test_a_difference_is_settled_once_by_two_who_do_it_at_once(way: Way):
    way.report()
    number = way.view.differences[0].difference.id
    path = f"{way.there}/settle"
    form = form_of(way.sender.get(path)) | {f"settlement-{number}": "sent_back"}
    browsers = [way.site.browser(way.site.tree.board) for _ in range(2)]

    def settling(browser):
        return lambda: browser.post(path, data=form | {"uuid": str(uuid4())})

    answers = at_once([settling(it) for it in browsers])

    assert sorted(it.status_code for it in answers) == [303, 422]
    assert way.site.on_hand(way.site.tree.board) == 10
    with reader(way.site.engine) as session:
        assert shipment_view(session, way.uuid).on_the_way == 0
