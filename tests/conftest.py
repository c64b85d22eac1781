"""Fixtures: a prepared database of each kind, a running server and a browser."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from sqlmodel import Session

from lmis import schema
from lmis.db import make_engine, transaction
from tests import chromium, loopback, postgres
from tests.web import each_site, site  # noqa: F401 - fixtures

loopback.block_the_rest()

TEMPLATE = "prepared"


def _prepare(url: str) -> None:
    engine = make_engine(url)
    schema.prepare(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and the seeds, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "prepared.sqlite3"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_host() -> Iterator[str]:
    """A running PostgreSQL server, as libpq's `host`; one for each process of the test run."""
    with postgres.server() as host:
        yield host


@pytest.fixture(scope="session")
def prepared_postgresql(postgresql_host: str) -> str:
    """The server's host, with a database in it that has the schema and the seeds, to be a template."""
    postgres.run(postgresql_host, f"CREATE DATABASE {TEMPLATE}")
    _prepare(postgres.dsn(postgresql_host, TEMPLATE))
    return postgresql_host


def _sqlite_url(request: pytest.FixtureRequest, prepared: bool) -> Iterator[str]:
    path = request.getfixturevalue("tmp_path") / "test.sqlite3"
    if prepared:
        shutil.copyfile(request.getfixturevalue("prepared_sqlite"), path)
    yield f"sqlite:///{path}"


def _postgresql_url(request: pytest.FixtureRequest, prepared: bool) -> Iterator[str]:
    host = request.getfixturevalue("prepared_postgresql" if prepared else "postgresql_host")
    name = f"test_{uuid4().hex}"
    postgres.run(host, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if prepared else 'template0'}")
    yield postgres.dsn(host, name)
    postgres.run(host, f"DROP DATABASE {name} WITH (FORCE)")


URLS = {"sqlite": _sqlite_url, "postgresql": _postgresql_url}


@pytest.fixture(params=URLS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh prepared database, once of each kind: for what opens it in another process."""
    yield from URLS[request.param](request, prepared=True)


@pytest.fixture(params=URLS)
def empty_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database without a single table, once of each kind."""
    for url in URLS[request.param](request, prepared=False):
        yield from _engine(url)


def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A fresh prepared database, once of each kind."""
    yield from _engine(database_url)


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _sqlite_url(request, prepared=True)


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """A fresh prepared SQLite database, for tests to which the kind makes no difference."""
    yield from _engine(sqlite_url)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """An open transaction on `engine`, committed at the test's end."""
    with transaction(engine) as session:
        yield session


@pytest.fixture
def live_server(sqlite_engine: Engine) -> Iterator[str]:
    """The whole program served on `sqlite_engine`; its address, without a slash at the end."""
    from lmis.app import create_app  # tests without a page need not load it

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(sqlite_engine), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one for each process of the test run."""
    with chromium.launch() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, live_server: str) -> Iterator[Page]:
    """A fresh tab on the served program, in Vietnamese, at a desk's width."""
    context = browser.new_context(base_url=live_server, locale="vi-VN", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
