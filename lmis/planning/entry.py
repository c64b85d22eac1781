"""Reading the forms of plans: figures of the population, planned shipments, and what is to be changed in a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from lmis.catalog.models import Item, Method
from lmis.catalog.service import UnknownItem
from lmis.db import id_of
from lmis.forms import Form, new_form
from lmis.planning.demography import Statement, missing
from lmis.planning.numbers import as_typed, in_percent, read_duration, read_month, read_percent, read_year
from lmis.planning.planned import Wanted
from lmis.planning.refusals import MethodsExceed, MethodsLack, NoSource
from lmis.planning.statements import Entry, Sourced
from lmis.planning.what_if import Wish
from lmis.reading import read_quantity, read_text

SHARED = {"method": "methods_source", "brand": "brands_source"}  # the field for the source of all figures of a kind


def read_entry(
    form: Form, facility_id: int, methods: Sequence[Method], items: Sequence[Item], today: date
) -> Entry | None:
    """The statement that was typed; None where any of it cannot be read."""
    year = form.read("year", read_year(today))
    women = form.read("women", read_quantity)
    women_source = form.read("women_source", read_text)
    prevalence = _sourced(form, "prevalence", required=True)
    target, other = _sourced(form, "target"), _sourced(form, "other")
    shares = _shares(form, "method", (it.code for it in methods))
    brands = _shares(form, "brand", (str(id_of(it)) for it in items))
    if form.errors or year is None or women is None or women_source is None or prevalence is None:
        return None
    return Entry(
        uuid=form.uuid(),
        facility_id=facility_id,
        year=year,
        women=women,
        women_source=women_source,
        prevalence=prevalence,
        target=target,
        other=other if other and other.share else None,
        methods=shares,
        brands={int(item): share for item, share in brands.items()},
    )


def _sourced(form: Form, name: str, *, required: bool = False) -> Sourced | None:
    share = form.read(name, read_percent, required=required)
    source = form.read(f"{name}_source", read_text, required=False)
    if share and source is None:
        form.refuse(f"{name}_source", NoSource())
    return None if share is None else Sourced(share, source or "")


def _shares(form: Form, kind: str, keys: Iterable[str]) -> dict[str, Sourced]:
    """The shares that were typed. One without a source of its own has that of all its kind."""
    found = {}
    shared = form.read(SHARED[kind], read_text, required=False)
    for key in keys:
        share = form.read(f"{kind}-{key}", read_percent, required=False)
        own = form.read(f"{kind}-source-{key}", read_text, required=False)
        if share is not None:
            found[key] = Sourced(share, own or shared or "")
            if not found[key].source:
                form.refuse(SHARED[kind], NoSource())
    return found


def entry_form(entry: Entry | None, year: int, items: Sequence[Item]) -> Form:
    """A form for a new statement, beginning with the figures of the one before it.

    Where there is none, an item that is its method's only one is for all users of the method.
    """
    if entry is None:
        alone = Counter(it.method_code for it in items)
        only = {f"brand-{id_of(it)}": "100" for it in items if alone[it.method_code] == 1}
        return new_form(year=str(year), **only)
    typed = {"year": str(year), "women": str(entry.women), "women_source": entry.women_source}
    for name, it in (("prevalence", entry.prevalence), ("target", entry.target), ("other", entry.other)):
        if it is not None:
            typed |= {name: as_typed(it.share), f"{name}_source": it.source}
    typed |= _typed("method", entry.methods) | _typed("brand", {str(key): it for key, it in entry.brands.items()})
    return new_form(**typed)


def _typed(kind: str, shares: Mapping[str, Sourced]) -> dict[str, str]:
    commonest = Counter(it.source for it in shares.values()).most_common(1)
    shared = commonest[0][0] if commonest else ""
    typed = {SHARED[kind]: shared} | {f"{kind}-{key}": as_typed(it.share) for key, it in shares.items()}
    return typed | {f"{kind}-source-{key}": it.source for key, it in shares.items() if it.source != shared}


def read_shipment(form: Form, facility_id: int, items: Sequence[Item]) -> Wanted | None:
    """The shipment that was typed; None where any of it cannot be read."""
    item = form.read("item", _one_of({it.code: id_of(it) for it in items}))
    month = form.read("month", read_month)
    quantity = form.read("quantity", read_quantity)
    expires = form.read("expires_on_month", read_month, required=False)
    note = form.read("note", read_text, required=False)
    if form.errors or item is None or month is None or quantity is None:
        return None
    return Wanted(form.uuid(), facility_id, item, month, quantity, expires, note)


def _one_of(ids: Mapping[str, int]) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text not in ids:
            raise UnknownItem(code=text)
        return ids[text]

    return read


def wish_form(typed: Mapping[str, str], statement: Statement | None) -> Form:
    """What was typed into a scenario; where nothing was, what holds."""
    holds = {"prevalence": as_typed(statement.prevalence)} if statement else {}
    for code, share in statement.methods.items() if statement else ():
        holds[f"method-{code}"] = as_typed(share)
    return Form(holds | dict(typed))


def read_wish(form: Form, statement: Statement | None, methods: Sequence[Method], items: Sequence[Item]) -> Wish:
    """What is to be changed; what stands as it holds is no change. Faults are noted in the form."""
    held = wish_form({}, statement)
    closed = form.read("item", _one_of({it.code: id_of(it) for it in items}), required=False)
    months = form.read("months", read_duration, required=closed is not None)
    prevalence, mix = None, {}
    if statement:
        prevalence = (
            form.read("prevalence", read_percent, required=False) if _differs(form, held, "prevalence") else None
        )
        mix = _mix(form, held, statement, methods)
    return Wish(prevalence, mix, closed, months or 0)


def _differs(form: Form, held: Form, name: str) -> bool:
    return form[name] != held[name]


def _mix(form: Form, held: Form, statement: Statement, methods: Sequence[Method]) -> dict[str, Decimal]:
    changed = [it.code for it in methods if _differs(form, held, f"method-{it.code}")]
    mix = {code: form.read(f"method-{code}", read_percent, required=False) or Decimal(0) for code in changed}
    shares = [*({**statement.methods, **mix}).values(), statement.other]
    if mix and not form.errors and (lacking := missing(shares)):
        params = {"sum": in_percent(sum(shares, Decimal(0)))}
        fault = MethodsLack(missing=in_percent(lacking), **params) if lacking > 0 else None
        form.refuse(f"method-{changed[0]}", fault or MethodsExceed(over=in_percent(-lacking), **params))
    return mix
