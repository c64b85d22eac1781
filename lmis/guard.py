"""Around every request: refuse what other sites send, and tell browsers what a page may do. No tokens needed."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lmis.config import settings
from lmis.errors import LmisError
from lmis.i18n import N_

LONGEST_PATH = 2_000  # bytes; a number of more than 4,300 digits cannot even be read
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"


class ForeignOrigin(LmisError):
    status_code = 403
    msgid = N_("This was sent from another site, so nothing was done. Open the page here and send it again.")


def is_unspeakable(scope: Scope) -> bool:
    """Whether an address holds a NUL, which no database takes, or a path longer than any there is."""
    path = scope.get("raw_path", b"")
    return len(path) > LONGEST_PATH or b"%00" in path or b"%00" in scope.get("query_string", b"")


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether a request that may change something was sent by a page of another site.

    Browsers say so in Sec-Fetch-Site, older ones in Origin; programs that are no browser send neither.
    """
    if method in SAFE:
        return False
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    host = headers.get("host")
    return origin is not None and origin not in (f"http://{host}", f"https://{host}")


class Guard:
    """Puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, send_guarded if scope["type"] == "http" else send)


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache")
    if scope.get("scheme") == "https" or settings().secure_cookies:
        headers.setdefault("Strict-Transport-Security", HSTS)
