"""Runs every benchmark; the exit status is 1 when a target was missed."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from tests.bench import (
    alert_year,
    alerts,
    counts,
    digests,
    forecasts,
    imports,
    mail,
    posting,
    recalls,
    redistribution,
    replenishment_year,
    reports,
    requisitions,
)
from tests.bench.figures import Figure, show


def main() -> int:
    figures: list[Figure] = []
    with TemporaryDirectory() as name, Progress(console=Console(stderr=True)) as progress:
        folder = Path(name)
        figures += posting.measure(folder)
        figures += reports.measure(folder, progress)
        figures += imports.measure(folder)
        figures += recalls.measure(folder)
        figures += counts.measure(folder)
        figures += requisitions.measure(folder, progress)
        figures += alerts.measure(folder, progress)
        figures += digests.measure(folder)
        figures += mail.measure(folder)
        figures += forecasts.measure(folder, progress)
        figures += redistribution.measure()
        figures += replenishment_year.measure(progress)
        figures += alert_year.measure(folder, progress)
    show(figures, Path("bench.json"))
    return 0 if all(figure.reached for figure in figures) else 1


sys.exit(main())
