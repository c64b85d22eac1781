"""The wheel holds everything the program needs, and runs away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTALLER = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
ALONE = ["--no-deps", "--no-index"]
SERVE_A_PAGE = """
import lmis
from starlette.testclient import TestClient
from lmis.app import create_app
from lmis.db import make_engine
from lmis.schema import prepare

engine = make_engine("sqlite:///away.sqlite3")
prepare(engine)
page = TestClient(create_app(engine)).get("/sign-in", headers={"accept-language": "vi"})
assert page.status_code == 200, page.text
assert "Đăng nhập" in page.text
print(lmis.__file__)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed, without its dependencies."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    built = [*INSTALLER, "wheel", *ALONE, "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(built, check=True, cwd=wheels)
    (wheel,) = wheels.glob("lmis-*.whl")
    subprocess.run([*INSTALLER, "install", *ALONE, "--target", str(target), str(wheel)], check=True, cwd=wheels)
    return target


def run_python(installed: Path, *words: str, cwd: Path) -> str:
    """What a Python that finds the installed package first prints; it must end well."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "LMIS_LANGUAGE": "vi"}
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path, ignored: str = "__pycache__") -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and ignored not in path.parts}


def test_everything_in_the_package_and_every_template_is_in_the_wheel(installed):
    package = installed / "lmis"

    assert files(package / "templates") == files(ROOT / "templates")
    assert files(ROOT / "lmis") <= files(package)
    assert {path.parts[0] for path in files(installed)} == {"lmis", "bin", *installed_metadata(installed)}


def installed_metadata(installed: Path) -> set[str]:
    return {path.name for path in installed.glob("lmis-*.dist-info")}


def test_the_command_runs_away_from_the_checkout(installed, tmp_path):
    assert "serve" in run_python(installed, "-m", "lmis", "--help", cwd=tmp_path)


def test_a_page_is_served_away_from_the_checkout(installed, tmp_path):
    assert str(installed) in run_python(installed, "-c", SERVE_A_PAGE, cwd=tmp_path)
