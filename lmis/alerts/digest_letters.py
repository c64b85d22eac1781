"""A digest in words: its alerts with links, its picture, and the e-mail made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from lmis.accounts.models import User
from lmis.alerts.digest import Digest, Line, Section
from lmis.alerts.digest_picture import SHADES, picture
from lmis.alerts.findings import Severity
from lmis.alerts.letters import Written, language_of, written
from lmis.alerts.sentences import ACT_NAMES, RULE_NAMES, SEVERITY_NAMES, SHAPES
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.views import AlertView, Spot
from lmis.i18n import Message, Name

NAMED_PLACES = 3
PREVIEWED = 2  # alerts in the line that mail programs show under the subject


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert told in full. title: the item, or what is wrong; rule: what is wrong, where the title is the item."""

    shade: str
    shape: str
    title: Name | Message
    rule: str
    where: str | None  # none: at the reader's own facility
    reason: Message
    new: bool
    escalated: bool
    act: str
    act_path: str
    path: str


@dataclass(frozen=True, slots=True)
class Told:
    """A section as the templates tell it."""

    severity: int
    name: str
    shape: str
    shade: str
    count: int
    new: int
    entries: Sequence[Entry]
    unnamed: int
    rest: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """When the figures were worked out: of the latest evaluation, and whether that is today's."""

    as_of: datetime | None
    fresh: bool


def digest_letter(
    user: User,
    here: Standpoint,
    made: Digest,
    views: Mapping[int, AlertView],
    *,
    standing: Standing,
    since: datetime | None,
    today: date,
    test: bool = False,
) -> Written:
    """The e-mail of a digest. since: of the last mail; test: it is a trial."""
    sections = told(made, views, here, since)
    return written(
        "digest",
        language_of(user),
        **common(here.place, today),
        sections=sections,
        first=[entry for section in sections for entry in section.entries][:PREVIEWED],
        counts=[(SHAPES[it], SEVERITY_NAMES[it], SHADES[it], made.count(it)) for it in sorted(Severity, reverse=True)],
        digest=made,
        below=[here.names[it].name for it in made.below[:NAMED_PLACES]],
        more_below=max(len(made.below) - NAMED_PLACES, 0),
        picture=picture(made, views, here, today),
        standing=standing,
        since=since,
        test=test,
    )


def fitting(write: Callable[[Digest], Written], made: Digest) -> Written:
    """The mail, with fewer alerts named where it would be too large."""
    letter = write(made)
    while letter.is_too_large and made.named:
        made = made.shorter()
        letter = write(made)
    return letter


def common(place: Spot, today: date) -> dict[str, object]:
    """What every e-mail says of itself."""
    return {"place": place, "path": path_of(place), "today": today}


def path_of(place: Spot) -> str:
    return f"/f/{quote(place.code, safe='')}"


def told(made: Digest, views: Mapping[int, AlertView], here: Standpoint, since: datetime | None) -> list[Told]:
    return [_told(section, made, views, here, since) for section in made.sections]


def _told(
    section: Section, made: Digest, views: Mapping[int, AlertView], here: Standpoint, since: datetime | None
) -> Told:
    named = [line for line in section.named if line.id in views]  # one may be gone since it was read
    return Told(
        section.severity,
        SEVERITY_NAMES[section.severity],
        SHAPES[section.severity],
        SHADES[section.severity],
        section.count,
        section.new,
        [entry(line, views[line.id], here, since, line.id in made.escalated) for line in named],
        section.unnamed,
        [(RULE_NAMES[rule], count) for rule, count in section.rest],
    )


def entry(line: Line, view: AlertView, here: Standpoint, since: datetime | None, escalated: bool) -> Entry:
    way = view.way(here.place.id)
    return Entry(
        shade=SHADES[line.severity],
        shape=SHAPES[line.severity],
        title=view.item or Message(RULE_NAMES[view.rule]),
        rule=RULE_NAMES[view.rule] if view.item else "",
        where=here.where(view.facility),
        reason=view.reason,
        new=line.is_new(since),
        escalated=escalated,
        act=ACT_NAMES[way.act],
        act_path=way.path,
        path=f"{path_of(view.facility)}/alerts/{view.id}",
    )
