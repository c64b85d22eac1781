"""The worker as a child of the server: it ends when the server does, however that ends.

The server holds the writing end of the child's standard input and never writes to it. When the server is gone, killed
even, the operating system closes it, and the child finishes what it has begun and ends.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "lmis", "worker", "--while-input-open")
AGAIN_AFTER = 10.0  # seconds, for a worker that ended by itself
WAIT_FOR = 10.0  # seconds that a server which stops waits for the jobs that have begun


def stop_with_input() -> None:
    """Tell this process to stop as soon as its standard input is closed."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="input", daemon=True).start()


@contextmanager
def worker_beside(again_after: float = AGAIN_AFTER, wait_for: float = WAIT_FOR) -> Iterator[None]:
    """A worker process while the block goes on; one that ends by itself is started again."""
    stopping = threading.Event()
    child = [_started()]

    def mind() -> None:
        while not stopping.is_set():
            status = child[0].wait()
            _close(child[0])
            if not stopping.wait(again_after):
                logger.warning("the worker ended with status %s and is started again", status)
                child[0] = _started()

    threading.Thread(target=mind, name="worker", daemon=True).start()
    try:
        yield
    finally:
        stopping.set()
        _stop(child[0], wait_for)


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(COMMAND, stdin=subprocess.PIPE)  # noqa: S603 - our own command


def _stop(child: subprocess.Popen[bytes], wait_for: float) -> None:
    _close(child)
    try:
        child.wait(wait_for)
    except subprocess.TimeoutExpired:
        logger.warning("the worker finishes what it has begun, and then ends")


def _close(child: subprocess.Popen[bytes]) -> None:
    if child.stdin:
        child.stdin.close()
