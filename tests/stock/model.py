"""The ledger as one would write it with dictionaries and no thought of speed: what the real one is held against."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from lmis.stock.documents import Document, Line

ABOVE = {"district": ["board"], "commune": ["district", "board"], "other": ["district", "board"]}
ABOVE |= {"board": [], "collaborator": ["commune", "district", "board"]}
LEVEL = {"board": 1, "district": 2, "commune": 3, "other": 3, "collaborator": 5}
TAKING = {"issue": "issued", "transfer": "issued", "return": "issued", "dispense": "dispensed"}
TAKING |= {"loss": "lost", "disposal": "lost"}
ADDING = {"opening": "opening", "receipt": "received", "found": "adjusted"}
BETWEEN = {"issue", "transfer", "return"}
MOVES_STATUS = {"quarantine": "quarantined", "release": "usable", "recall": "recalled"}
FROM_WAY = {"delivery": "received", "transit_loss": "lost", "sent_back": "returned"}
WAY = "way "  # what is on the way is a place of its own, named after its shipment

Shelf = tuple[str, int, str, str]  # place, lot, channel, status
Move = tuple[Shelf, int, str | None]  # shelf, change, column of the month


@dataclass
class Posted:
    seq: int
    document: Document
    place: str
    moves: list[Move]


@dataclass
class Model:
    """places: ids to names; lots: id to (item, expiry); clinical: items no collaborator may hold."""

    today: date
    places: dict[int, str]
    lots: dict[int, tuple[int, date | None]]
    clinical: set[int]
    posted: list[Posted] = field(default_factory=list)
    reversed: set[int] = field(default_factory=set)
    counts: dict[tuple[str, int], tuple[date, int]] = field(default_factory=dict)
    recalled: set[int] = field(default_factory=set)
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)  # of a shipment: sender, receiver

    def by_day(self, shelf: Shelf) -> Counter[date]:
        days: Counter[date] = Counter()
        for posted in self.posted:
            for at, change, _ in posted.moves:
                if at == shelf:
                    days[posted.document.occurred_on] += change
        return days

    def lowest(self, shelf: Shelf, on: date) -> tuple[int, bool]:
        """The lowest day's end from `on`, and whether it comes later than `on`."""
        days = self.by_day(shelf)
        ends = [sum(q for d, q in days.items() if d <= day) for day in [on, *sorted(d for d in days if d > on)]]
        return min(ends), min(ends) < ends[0]

    def post(self, document: Document) -> list[tuple[str, int | None]]:
        """The refusals, as (name, line); none when the document was posted."""
        faults = self.form_faults(document)
        if faults:
            return faults
        moves: list[tuple[int | None, Move]] = []
        if document.reverses:
            original = next(p for p in self.posted if p.document.uuid == document.reverses)
            faults = self.date_faults(document)
            moves = [(None, (at, -change, column)) for at, change, column in original.moves if change]
        else:
            own = self.places[document.facility_id]
            to = self.places.get(document.counterparty_id or 0)
            faults = self.date_faults(document) + self.counterparty_faults(document, own, to)
            for number, line in enumerate(document.lines):
                found = [(name, number) for name in self.line_faults(document, line, to or own)]
                faults += found
                moves += [] if found else [(number, move) for move in self.moves(document, line, own, to)]
        faults += [
            ("RecalledLot" if lot in self.recalled else "NotRecalled", number)
            for number, ((place, lot, _, status), change, _) in moves
            if (lot in self.recalled) != (status == "recalled") and change > 0 and not place.startswith(WAY)
        ]
        faults += self.balance_faults(document, moves)
        if not faults:
            self.keep(document, [move for _, move in moves])
        return faults

    def keep(self, document: Document, moves: list[Move]) -> None:
        own = self.places[document.facility_id]
        if document.shipped:
            self.ends[WAY + document.uuid.hex] = (own, self.places[document.counterparty_id or 0])
        self.posted.append(Posted(len(self.posted), document, own, moves))
        if document.reverses:
            self.reversed.add(next(p.seq for p in self.posted if p.document.uuid == document.reverses))
        if document.kind == "count":
            for line in document.lines:
                self.counts[own, line.lot_id] = (document.occurred_on, len(self.posted) - 1)

    # -- refusals ------------------------------------------------------------------------------------------------

    def form_faults(self, document: Document) -> list[tuple[str, int | None]]:
        if document.reverses:
            return self.reversal_faults(document)
        if not document.lines:
            return [("NoLines", None)]
        keys = [(line.lot_id, line.channel, line.status) for line in document.lines]
        if document.shipped and (document.kind not in BETWEEN or document.counterparty_id is None):
            return [("NeedsCounterparty", None)]
        if document.kind == "count" and len(set(keys)) < len(keys):
            return [("CountedTwice", None)]
        if document.shipment:
            ends = self.ends.get(WAY + document.shipment.hex)
            if ends is None:
                return [("UnknownShipment", None)]
            maker = ends[document.kind in ("delivery", "found")]
            return [] if self.places[document.facility_id] == maker else [("NotThisFacilitysShipment", None)]
        return [("UnknownShipment", None)] if document.kind in FROM_WAY else []

    def reversal_faults(self, document: Document) -> list[tuple[str, int | None]]:
        original = next((p for p in self.posted if p.document.uuid == document.reverses), None)
        if original is None:
            return [("UnknownDocument", None)]
        if original.document.kind == "reversal":
            return [("ReversesReversal", None)]
        if original.seq in self.reversed:
            return [("AlreadyReversed", None)]
        if not any(change for _, change, _ in original.moves):
            return [("NothingToReverse", None)]
        held = {(at[0], at[1]) for at, _, _ in original.moves}  # on the way nothing is counted
        counts = [self.counts[place] for place in held if place in self.counts]
        later = [c for c in counts if c[0] >= original.document.occurred_on and c[1] > original.seq]
        return [("ReversalSettled", None)] * len(later)

    def date_faults(self, document: Document) -> list[tuple[str, int | None]]:
        return [("FutureDate", None)] if document.occurred_on > self.today else []

    def counterparty_faults(self, document: Document, own: str, to: str | None) -> list[tuple[str, int | None]]:
        if document.kind not in BETWEEN:
            return []
        if to is None:
            return [] if document.kind == "return" else [("NeedsCounterparty", None)]
        if to == own:
            return [("SameFacility", None)]
        up, down = to in ABOVE[own], own in ABOVE[to]
        if document.kind == "issue":
            return [] if down or (LEVEL[to] > LEVEL[own] and not up) else [("NotBelow", None)]
        if document.kind == "return":
            return [] if up else [("NotAbove", None)]
        return [("NotAPeer", None)] if up or down else []

    def line_faults(self, document: Document, line: Line, holder: str) -> list[str]:
        faults = []
        negative = line.quantity < 0 and document.kind != "adjustment"
        if negative or (line.quantity == 0 and document.kind not in ("count", "opening")):
            faults.append("BadQuantity")
        if document.kind in ("loss", "found", "disposal", "transit_loss", "adjustment") and not line.reason:
            faults.append("NeedsReason")
        item, expires = self.lots[line.lot_id]
        if document.kind in ("issue", "dispense", "transfer") and line.lot_id in self.recalled:
            faults.append("RecalledLot")
        elif document.kind in ("issue", "dispense", "transfer") and line.status != "usable":
            faults.append("NotUsable")
        if document.kind in ("issue", "dispense", "transfer") and expires and expires < document.occurred_on:
            faults.append("ExpiredLot")
        brings = document.kind in ("opening", "receipt", "issue", "transfer")
        if brings and item in self.clinical and holder == "collaborator":
            faults.append("MayNotHold")
        return faults

    def moves(self, document: Document, line: Line, own: str, to: str | None) -> list[Move]:
        kind, quantity, status = document.kind, line.quantity, line.status
        goods = (line.lot_id, line.channel)
        arrives = "recalled" if line.lot_id in self.recalled else "usable" if status == "recalled" else status
        if kind == "quarantine" or (kind == "release" and status == "usable"):
            status = "usable" if kind == "quarantine" else "quarantined"
        shelf = (own, *goods, status)
        if kind in ADDING:
            return [(shelf, quantity, ADDING[kind])]
        if kind == "adjustment":
            return [(shelf, quantity, "adjusted")]
        if kind == "count":
            book = sum(q for day, q in self.by_day(shelf).items() if day <= document.occurred_on)
            return [(shelf, quantity - book, "adjusted")]
        if kind in MOVES_STATUS:
            return [(shelf, -quantity, None), ((own, *goods, MOVES_STATUS[kind]), quantity, None)]
        if kind in FROM_WAY and document.shipment:
            taken: Move = ((WAY + document.shipment.hex, *goods, status), -quantity, None)
            return [taken] if kind == "transit_loss" else [taken, ((own, *goods, arrives), quantity, "received")]
        moves: list[Move] = [(shelf, -quantity, TAKING[kind])]
        if document.shipped:
            moves.append(((WAY + document.uuid.hex, *goods, status), quantity, None))
        elif kind in BETWEEN and to:
            moves.append(((to, *goods, arrives), quantity, "received"))
        return moves

    def balance_faults(self, document: Document, moves: list[tuple[int | None, Move]]) -> list[tuple[str, int | None]]:
        changes: Counter[Shelf] = Counter()
        line_of: dict[Shelf, int | None] = {}
        for line, (shelf, change, _) in moves:
            changes[shelf] += change
            line_of.setdefault(shelf, line)
        faults: list[tuple[str, int | None]] = []
        for shelf, change in changes.items():
            if shelf[0].startswith(WAY):
                name = self.way_fault(shelf, change, document.occurred_on)
                faults += [(name, line_of[shelf])] if name else []
                continue
            settled = self.counts.get(shelf[:2])
            lowest, later = self.lowest(shelf, document.occurred_on)
            if settled and document.occurred_on < settled[0]:
                faults.append(("SettledByCount", line_of[shelf]))
            elif change < 0 and lowest + change < 0:
                held = sum(self.by_day((*shelf[:3], "quarantined")).values()) if shelf[3] == "usable" else 0
                short = "InsufficientLot" if lowest else "NoneLeft"
                name = "WouldGoNegative" if later else "QuarantinedLot" if held else short
                faults.append((name, line_of[shelf]))
        return faults

    def way_fault(self, shelf: Shelf, change: int, on: date) -> str | None:
        """Why so much cannot be taken from what is on the way."""
        days = self.by_day(shelf)
        left = sum(days.values())
        if change >= 0:
            return None
        if not days:
            return "NotInShipment"
        if left + change < 0:
            return "MoreThanOnTheWay" if left else "NothingOnTheWay"
        added = [p.document.occurred_on for p in self.posted for at, q, _ in p.moves if at == shelf and q > 0]
        return "BeforeShipment" if on < max(added) else None

    # -- what it leads to ----------------------------------------------------------------------------------------

    def balances(self) -> dict[Shelf, int]:
        total: Counter[Shelf] = Counter()
        for posted in self.posted:
            for shelf, change, _ in posted.moves:
                total[shelf] += change
        return {shelf: quantity for shelf, quantity in total.items() if quantity}

    def on_shelves(self) -> dict[Shelf, int]:
        return {shelf: n for shelf, n in self.balances().items() if not shelf[0].startswith(WAY)}

    def shipments(self) -> dict[Shelf, dict[str, int]]:
        """Of each lot on a way, what was sent, received, lost, returned and is still on it."""
        told: dict[Shelf, dict[str, int]] = {}
        documents = {posted.document.uuid: posted.document for posted in self.posted}
        for posted in self.posted:
            undone = documents.get(posted.document.reverses) if posted.document.reverses else None
            kind = (undone or posted.document).kind
            for shelf, change, _ in posted.moves:
                if shelf[0].startswith(WAY):
                    row = told.setdefault(shelf, dict.fromkeys(("sent", "received", "lost", "returned", "quantity"), 0))
                    row["quantity"] += change
                    if kind in FROM_WAY:
                        row[FROM_WAY[kind]] -= change
                    else:
                        row["sent" if change > 0 else "returned"] += abs(change)
        return told

    def months(self) -> dict[tuple[str, int, str, int], dict[str, int]]:
        """By place, item, channel and month: each column, and the closing."""
        sums: dict[tuple[str, int, str, int], Counter[str]] = defaultdict(Counter)
        for posted in self.posted:
            on = posted.document.occurred_on
            for (place, lot, channel, _), change, column in posted.moves:
                if column:
                    sign = -1 if column in ("issued", "dispensed", "lost") else 1
                    key = (place, self.lots[lot][0], channel, on.year * 100 + on.month)
                    sums[key][column] += sign * change
                    sums[key]["net"] += change
        return {
            key: {**row, "closing": sum(sums[k]["net"] for k in sums if k[:3] == key[:3] and k[3] <= key[3])}
            for key, row in sums.items()
        }

    def out_days(self, place: str, item: int) -> set[date]:
        """The days that ended without usable stock, from the first movement's month, or from its opening balance."""
        lots = [lot for lot, (of, _) in self.lots.items() if of == item]
        shelves = [(place, lot, channel, "usable") for lot in lots for channel in ("free", "market")]
        days = {shelf: self.by_day(shelf) for shelf in shelves}
        moved = [day for by_day in days.values() for day in by_day]
        if not moved:
            return set()
        start = min(moved) if self._opened(place, item, min(moved)) else min(moved).replace(day=1)
        span = [start + timedelta(days=n) for n in range((self.today - start).days + 1)]
        return {day for day in span if not any(self._usable(days[shelf], shelf[1], day) for shelf in shelves)}

    def _opened(self, place: str, item: int, on: date) -> bool:
        """Whether an opening balance of the item is dated `on`."""
        return any(
            column == "opening" and shelf[0] == place and self.lots[shelf[1]][0] == item
            for posted in self.posted
            if posted.document.occurred_on == on
            for shelf, _, column in posted.moves
        )

    def _usable(self, days: Counter[date], lot: int, on: date) -> bool:
        expires = self.lots[lot][1]
        return (expires is None or expires >= on) and sum(q for day, q in days.items() if day <= on) > 0
