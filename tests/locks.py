"""Checks, without a network, that the locks pin all that pyproject.toml asks for, by hash, by no address."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+)",
    re.M,
)
ADDRESS = re.compile(r"\w+://|--(?:extra-)?index-url|--find-links| @ ")


def pins(text: str) -> dict[str, str]:
    """The version that a lock pins of each package; one without a hash does not count."""
    return {canonicalize_name(name): version for name, version, _hashes in PIN.findall(text)}


def wanted(extras: list[str]) -> list[Requirement]:
    """What pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


def faults(text: str, requirements: list[Requirement]) -> Iterator[str]:
    """What is missing from a lock, or should not be in it."""
    pinned = pins(text)
    for requirement in requirements:
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement.name} is not pinned with a hash"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} is pinned at {version}, which is not {requirement.specifier}"
    names = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?[=@ ]", text, re.M)
    yield from (f"{name} has no hash" for name in names if canonicalize_name(name) not in pinned)
    yield from (f"an address: {line}" for line in text.splitlines() if ADDRESS.search(line) and line[0] != "#")


def main() -> int:
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    locks = {"requirements/run.txt": ["build", "forecast"], "requirements/dev.txt": list(optional)}
    found = [
        f"{path}: {fault}"
        for path, extras in locks.items()
        for fault in faults((ROOT / path).read_text(), wanted(extras))
    ]
    print("\n".join(found) or "the locks pin everything")
    if found:
        print("Run make lock and commit the locks.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
