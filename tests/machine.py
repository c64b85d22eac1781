"""Makes sure of what tests need and pip does not bring: a Chromium that starts, a PostgreSQL server, and libgomp."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
STARTS = "from tests.chromium import launch\nwith launch(): pass"
FORECASTS = "import lightgbm"
HAS_SERVER = "from tests.postgres import find_binaries\nfind_binaries()"


def works(program: str) -> bool:
    """Whether a few lines of Python run without an error, in a process of their own."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def run(*command: str) -> bool:
    print("  $", " ".join(command), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None when it cannot be had without a password."""
    if os.getuid() == 0:
        return []
    asked = ["sudo", "--non-interactive", "true"]
    if shutil.which("sudo") and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        return ["sudo", "--non-interactive"]
    return None


def debian(*packages: str) -> bool:
    """Install Debian's packages, when this is Debian or Ubuntu and we may."""
    prefix = as_root()
    if prefix is None or not shutil.which("apt-get"):
        return False
    run(*prefix, "apt-get", "update", "--quiet")
    return run(*prefix, "apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages)


def playwright(*words: str) -> bool:
    return run(sys.executable, "-m", "playwright", *words)


def make_sure(what: str, program: str, *ways: Callable[[], bool], else_say: str) -> bool:
    """Try one way after the other until `program` works."""
    if works(program):
        return True
    for way in ways:
        print(f"{what} is not here yet:", flush=True)
        way()
        if works(program):
            return True
    print(f"{what} could not be had. {else_say}", file=sys.stderr)
    return False


def main() -> int:
    browser = make_sure(
        "A Chromium that starts",
        STARTS,
        lambda: playwright("install", "chromium"),
        lambda: debian("chromium", "libatomic1"),  # Playwright itself does not start without the second
        lambda: as_root() is not None and playwright("install", "--with-deps", "chromium"),
        else_say="Install one: sudo apt-get install chromium",
    )
    server = make_sure(
        "A PostgreSQL server",
        HAS_SERVER,
        lambda: debian("postgresql"),
        else_say="Install one: sudo apt-get install postgresql",
    )
    openmp = make_sure(
        "The library that forecasts run on",
        FORECASTS,
        lambda: debian("libgomp1"),
        else_say="Install it: sudo apt-get install libgomp1",
    )
    return 0 if browser and server and openmp else 1


if __name__ == "__main__":
    sys.exit(main())
