"""Asking for pages inside the server's process, so that only the server's own time is measured."""

from __future__ import annotations

from time import perf_counter

from sqlalchemy import Engine
from starlette.testclient import TestClient

from lmis.app import create_app


def signed_in(engine: Engine, username: str, password: str) -> TestClient:
    client = TestClient(create_app(engine))
    answer = client.post("/sign-in", data={"username": username, "password": password})
    assert answer.status_code == 200, answer.status_code
    return client


def page_times(client: TestClient, address: str, times: int) -> list[float]:
    """Seconds from each request to its whole answer."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        answer = client.get(address)
        taken.append(perf_counter() - start)
        assert answer.status_code == 200, (address, answer.status_code)
    return taken
