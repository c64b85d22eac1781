"""A connection that breaks while a form is on its way."""

from __future__ import annotations

import socket
from urllib.parse import urlencode, urlsplit

from lmis.accounts.deps import SESSION_COOKIE
from tests.web import Site, form_of


def test_half_a_form_leaves_nothing_and_blocks_nobody(site: Site, live_server: str):
    browser = site.browser()
    path = f"/f/{site.tree.board.code}/receive"
    line = {"item-0": site.condom.id, "lot-0": "A12", "expires-0": "2027-06-30", "quantity-0": "100"}
    data = form_of(browser.get(path)) | line
    body = urlencode(data).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(live_server).netloc}\r\n"
        f"Cookie: {SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    address = urlsplit(live_server)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])

        assert browser.post(path, data=data).status_code == 303  # nobody waits for the other half
    assert site.documents() == 1
    assert site.on_hand(site.tree.board) == 100
