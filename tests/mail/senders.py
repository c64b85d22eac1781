"""Senders in processes of their own, as workers are, which can be killed at any moment."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from lmis.config import Settings
from lmis.db import make_engine
from lmis.mail.sending import send_due
from lmis.mail.transport import Parcel, Server


class KilledBefore(Server):
    """Its process is killed when the first e-mail has been claimed."""

    def deliver(self, _parcel: Parcel) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class KilledAfter(Server):
    """Its process is killed when the first e-mail has been taken by the server."""

    def deliver(self, parcel: Parcel) -> None:
        super().deliver(parcel)
        os.kill(os.getpid(), signal.SIGKILL)


def processes() -> ForkServerContext:
    """Processes that start in some milliseconds, without the threads of this one."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def sender(
    url: str, server: Mapping[str, Any], now: datetime, kind: type[Server] = Server, started: Any = None
) -> BaseProcess:
    """A process that sends what is due at `now`; started: an event that it sets when it begins."""
    process = processes().Process(target=_send, args=(url, dict(server), now, kind, started))
    process.start()
    return process


def _send(url: str, server: dict[str, Any], now: datetime, kind: type[Server], started: Any) -> None:
    engine = make_engine(url)
    with engine.connect():
        pass
    if started:
        started.set()
    send_due(engine, now=lambda: now, transport=kind(Settings(**server)))
    engine.dispose()
