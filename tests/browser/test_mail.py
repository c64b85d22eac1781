"""The pages about e-mails in a browser: readable by everybody, and an e-mail in its frame as it was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from lmis.accounts.deps import SESSION_COOKIE
from lmis.db import transaction
from lmis.mail.message import Attachment
from tests.browser.people import window
from tests.browser.test_pages import DESK, PHONE, faults
from tests.mail.post import a_reader, put
from tests.mail.test_mail_pages import a_mail, someone
from tests.web import Site

HTML = (
    "<!doctype html><html lang='vi'><head><title>x</title></head><body>"
    "<p id='red' style='color:rgb(165,18,29)'>Hết hàng</p><script>document.title = 'ran'</script>"
    "<a href='https://example.org/'>Xem</a></body></html>\n"
)


@pytest.fixture
def paths(site: Site) -> list[str]:
    """The pages, each with something to show."""
    user = someone(site)
    paper = Attachment("báo cáo.csv", "text/csv", b"1,2\r\n")
    shown = a_mail(site, user, "1", html=HTML, subject="3 mặt hàng hết, 12 lô cận hạn", attachments=[paper])
    dead = a_mail(site, user, "2", state="dead", fault="554 5.7.1 Message rejected due to content restrictions")
    bounced = someone(site, "mot-dia-chi-rat-dai-cua-nguoi-phu-trach@trung-tam-y-te-quan-ba-dinh.example.org")
    back = a_mail(site, bounced, "3", state="sent")
    site.browser(role="admin").post(f"/mail/{back}/came-back", data={})
    with transaction(site.engine) as session:
        put(session, a_reader(session, facility=site.tree.board), kind="urgent", subject="Khẩn")
    return ["/mail", "/mail/all", "/mail/addresses", *(f"/mail/{it}" for it in (shown, dead, back))]


@pytest.fixture
def opened(browser: Browser, live_server: str, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of who looks after the site; the parameter: language, colours and size of the window."""
    language, scheme, size = request.param
    with window(browser, live_server, language, color_scheme=scheme, viewport=size) as context:
        token = site.browser(role="admin").cookies[SESSION_COOKIE]
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": live_server}])
        yield context.new_page()


@pytest.mark.parametrize(
    "opened",
    [("vi", "light", DESK), ("en", "dark", PHONE)],
    indirect=True,
    ids=["vi-light", "en-dark-phone"],
)
def test_everybody_can_read_them_at_a_desk_and_on_a_phone(opened: Page, paths: list[str]):
    found = {}
    for path in paths:
        opened.goto(path)
        found[path] = (faults(opened), opened.evaluate("document.documentElement.scrollWidth > innerWidth"))

    assert found == dict.fromkeys(paths, ([], False))


@pytest.mark.parametrize("opened", [("en", "light", DESK)], indirect=True, ids=["desk"])
def test_an_e_mail_is_seen_with_its_style_and_its_script_does_not_run(opened: Page, paths: list[str]):
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(paths[3])
    frame = opened.frame_locator("iframe")

    expect(frame.locator("#red")).to_have_css("color", "rgb(165, 18, 29)")
    expect(frame.locator("a")).to_have_attribute("href", "https://example.org/")
    assert opened.frames[1].title() == "x"
    assert [text for text in said if "script" not in text.lower()] == []
