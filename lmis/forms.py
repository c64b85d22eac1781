"""HTML forms: from what was typed to typed values, with the errors by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.types import Receive

from lmis.errors import LmisError
from lmis.i18n import N_, Message, nfc
from lmis.reading import Missing

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 20_000  # a board that writes off by lot sends some thousands
MAX_BYTES = 2_000_000
T = TypeVar("T")


class FormTooLarge(LmisError):
    status_code = 413
    msgid = N_("The form is too large. Split it into several documents.")


class BrokenForm(LmisError):
    status_code = 422
    msgid = N_("The form did not arrive whole. Go back, load the page again and send it once more.")


class Form:
    """What was typed into a form, and what is wrong with it.

    errors: by the id of the field it belongs to, in the order found; "" is the form as a whole.
    """

    def __init__(self, typed: Mapping[str, object] | None = None) -> None:
        self.typed = {
            name: nfc(value.replace("\0", ""))  # which no database keeps
            for name, value in (typed or {}).items()
            if isinstance(value, str)
        }
        self.errors: dict[str, list[Message]] = {}

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "")

    def __contains__(self, name: str) -> bool:
        return bool(self[name])

    def read(self, name: str, reader: Callable[[str], T], *, required: bool = True) -> T | None:
        """The typed value, or None: left empty, or refused by `reader` and noted as an error."""
        if name not in self:
            if required:
                self.refuse(name, Missing())
            return None
        try:
            return reader(self[name])
        except LmisError as error:
            self.refuse(name, error)
            return None

    def refuse(self, name: str, error: LmisError) -> None:
        """Note an error, each once."""
        noted = self.errors.setdefault(name, [])
        if error.message not in noted:
            noted.append(error.message)

    def uuid(self) -> UUID:
        """The id the form was made with, so that a second submit changes nothing."""
        try:
            return UUID(self["uuid"])
        except ValueError:
            raise BrokenForm from None

    def named(self, prefix: str) -> list[tuple[str, str]]:
        """The filled fields whose name begins with `prefix`, as (rest of the name, text)."""
        size = len(prefix)
        return [(name[size:], text) for name, text in self.typed.items() if text and name.startswith(prefix)]


def new_form(**typed: str) -> Form:
    """An empty form with an id of its own."""
    return Form({"uuid": str(uuid4()), **typed})


async def _posted(request: Request) -> FormData:
    """Raises BrokenForm for what no page of ours sends, FormTooLarge as soon as too much has arrived."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise BrokenForm
    arrived = bytearray()
    async for chunk in request.stream():
        arrived += chunk
        if len(arrived) > MAX_BYTES:
            raise FormTooLarge
    whole = Request(request.scope, _said_once(bytes(arrived)))
    return await whole.form(max_files=0, max_fields=MAX_FIELDS)


def _said_once(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


Posted = Annotated[FormData, Depends(_posted)]  # named before the transaction, which waits until all has arrived
