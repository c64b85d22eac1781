"""The catalogues of translations: gather what the code and the templates say, and find what is stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
CATALOGUES = sorted(ROOT.glob("lmis/locale/*/LC_MESSAGES/lmis.po"))
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%(?!\()|\{\w+\}")


def gather() -> Catalog:
    """Every sentence that people may read, with the files it stands in."""
    with (ROOT / "babel.cfg").open() as file:
        method_map, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, method_map, options, keywords=KEYWORDS, comment_tags=("Translators:",))
    template = Catalog(project="lmis", fuzzy=False)
    for filename, _line, message, comments, _context in sorted(found, key=lambda entry: entry[:2]):
        for sentence in (message,) if isinstance(message, str) else message:  # one and many: two sentences
            template.add(sentence, locations=[(filename, 1)], auto_comments=comments)
    return template


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def update(path: Path, template: Catalog) -> None:
    """Bring `path` up to date: new sentences without a translation, those no longer said left out."""
    catalogue = read(path)
    revised = catalogue.creation_date, catalogue.revision_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.creation_date, catalogue.revision_date = revised
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False, ignore_obsolete=True)


def faults(template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """What keeps `catalogue` from saying everything that `template` says."""
    said = {message.id for message in template if message.id}
    for message in template:
        translated = catalogue.get(message.id)
        if message.id and (translated is None or not translated.string):
            yield f"not translated: {message.id!r}"
        elif message.id and translated:
            yield from _faults_of(translated)
    for message in catalogue:
        if message.id and message.id not in said:
            yield f"no longer said anywhere: {message.id!r}"
    yield from (f"obsolete: {message.id!r}" for message in catalogue.obsolete.values())


def _faults_of(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield f"marked fuzzy: {message.id!r}"
    if placeholders(message.id) != placeholders(message.string):
        yield f"other placeholders in the translation: {message.id!r}"


def placeholders(text: object) -> list[str]:
    """Every %(name)s and {name} in `text`, and every other percent sign, sorted."""
    return sorted(PLACEHOLDER.findall(str(text).replace("%%", "")))


def main() -> int:
    template = gather()
    if sys.argv[1:] == ["update"]:
        for path in CATALOGUES:
            update(path, template)
    found = [(path, fault) for path in CATALOGUES for fault in faults(template, read(path))]
    for path, fault in found:
        print(f"{path.relative_to(ROOT)}: {fault}")
    print(f"{len(list(template)) - 1} sentences, {len(found)} faults")
    return 1 if found and sys.argv[1:] != ["update"] else 0


if __name__ == "__main__":
    sys.exit(main())
