"""The headless Chromium of the tests: the machine's own, else the one Playwright has downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def launch() -> Iterator[Browser]:
    """A browser to open pages in."""
    with sync_playwright() as playwright:
        browser = _start(playwright)
        yield browser
        browser.close()


def _start(playwright: Playwright) -> Browser:
    """The first that starts; what is on the PATH may be a stub that only asks for a snap."""
    flags = [*FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]
    for path in filter(None, map(shutil.which, NAMES)):
        with suppress(Error):
            return playwright.chromium.launch(executable_path=path, args=flags)
    return playwright.chromium.launch(args=flags)
