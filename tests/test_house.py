"""The house rules that a program can check: who imports whom, and what stays out of where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lmis"

# Each may import what stands on its own line or above it.
LAYERS = (
    {"i18n"},
    {
        "errors",
        "config",
        "clock",
        "db",
        "sql",
        "reading",
        "forms",
        "calendar",
        "holidays",
        "exports",
        "pictures",
        "work",
    },
    {"network", "catalog"},
    {"accounts", "guard", "pages"},
    {"policy", "jobs", "mail"},
    {"stock"},
    {"shipments"},
    {"forecast"},
    {"reports"},
    {"counts", "requisitions", "recalls", "planning"},
    {"alerts"},
    {"home", "interop", "demo", "schema", "tables", "migrations", "terminal"},
    {"app", "worker", "forecasting"},
    {"cli", "__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
WEB = {"fastapi", "starlette", "uvicorn"}
EDGES = ("app", "forms", "guard", "pages", "db", "deps", "entry", "routes")  # what may speak to the web
HEAVY = {"lightgbm", "numpy", "pandas", "scipy", "fugue", "dask", "statsforecast"}  # for the worker and commands alone
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH RECURSIVE)\s", re.ASCII)


def feature(path: Path) -> str:
    """`stock` for lmis/stock/ledger.py, `cli` for lmis/cli.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The full name of every module that `path` imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield from ([f"lmis.{alias.name}" for alias in node.names] if node.module == "lmis" else [node.module])


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_edge(path: Path) -> bool:
    return path.stem.startswith(EDGES)


def test_every_module_has_its_place():
    assert {feature(path) for path in MODULES} - {"__init__"} == set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_imports_one_that_stands_after_it(path):
    own = feature(path)
    if own != "__init__":
        used = {name.split(".")[1] for name in imports(path) if name.startswith("lmis.")} - {own}
        assert {name for name in used if RANK[name] > RANK[own]} == set()


@pytest.mark.parametrize("path", [path for path in MODULES if not is_edge(path)], ids=named)
def test_only_the_edge_knows_the_web(path):
    if feature(path) not in ("cli", "__main__"):
        assert WEB.isdisjoint(name.split(".")[0] for name in imports(path))


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem.startswith("routes")], ids=named)
def test_routes_hold_no_sql(path):
    strings = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]

    assert [text for text in strings if isinstance(text, str) and SQL.search(text)] == []
    assert "sqlalchemy" not in {name.split(".")[0] for name in imports(path)}


def test_the_pages_load_nothing_that_forecasts_are_made_with():
    code = "import lmis.app, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    assert HEAVY.isdisjoint(loaded.split())


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_forecast_and_the_transport_problem_know_what_numbers_are_made_with(path):
    if feature(path) != "forecast" and named(path) != "lmis/alerts/transport.py":
        assert HEAVY.isdisjoint(name.split(".")[0] for name in imports(path))


@pytest.mark.parametrize("path", [path for path in MODULES if not is_edge(path)], ids=named)
def test_nothing_below_the_edge_commits(path):
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]

    assert "commit" not in {call.attr for call in calls if isinstance(call, ast.Attribute)}


def test_no_module_is_a_room_too_many():
    long = {named(path): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 350}

    assert long == {}


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=named)
def test_no_page_fetches_from_elsewhere(path):
    assert re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", path.read_text()) == []
