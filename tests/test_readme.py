"""What the README says of commands, columns, settings and demo users is what the program has."""

from __future__ import annotations

import re
import shlex
from datetime import time
from pathlib import Path

import pytest
from typer.main import get_command

from lmis.cli import CARD_COLUMNS, app
from lmis.config import Settings
from lmis.demo.people import PASSWORD, PEOPLE
from lmis.interop import catalog, history, movements, network
from lmis.reports.download import COLUMNS

README = (Path(__file__).parent.parent / "README.md").read_text()
VIETNAMESE, ENGLISH = README.split("\n## English\n")
COMMANDS = sorted({line.strip() for line in re.findall(r"^(?:.*/bin/)?lmis ([^#\n]+)", README, re.MULTILINE)})


@pytest.mark.parametrize("written", COMMANDS)
def test_every_command_it_shows_exists_with_its_options(written):
    command, words = get_command(app), shlex.split(written)
    for word in words:
        command = command.commands[word] if hasattr(command, "commands") else command
    known = {name for parameter in command.params for name in parameter.opts}

    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("half", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_it_names_every_setting_with_its_default(half):
    told = dict(re.findall(r"^\| `LMIS_(\w+)` \| (?:`([^`]*)`|\((?:trống|empty)\))", half, re.MULTILINE))

    assert told == {name.upper(): as_typed(field.default) for name, field in Settings.model_fields.items()}


def as_typed(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case time():
            return f"{value:%H:%M}"
        case _:
            return str(value)


@pytest.mark.parametrize("half", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_it_opens_with_the_two_commands(half):
    first_block = re.search(r"```sh\n(.*?)```", half, re.DOTALL)

    assert first_block is not None
    assert [line.split("#")[0].strip() for line in first_block[1].splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("module", [network, catalog, history, movements])
def test_it_gives_the_columns_of_the_files(module):
    optional = getattr(module, "OPTIONAL", ())

    assert f"`{','.join(module.REQUIRED)}`" in README
    assert not optional or f"`{','.join(optional)}`" in README


@pytest.mark.parametrize("half", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_it_gives_the_columns_of_report_and_card(half):
    assert f"`{','.join(COLUMNS)}`" in half
    assert f"`{','.join(CARD_COLUMNS)}`" in half


def test_it_names_the_demo_users_and_their_password():
    told = re.findall(r"^\| `([a-z.]+)` \| [^|`]+ \| [^|]+ \|$", VIETNAMESE, re.MULTILINE)

    assert sorted(told) == sorted(person.username for person in PEOPLE)
    assert VIETNAMESE.count(f"`{PASSWORD}`") == ENGLISH.count(f"`{PASSWORD}`") == 1
