"""Counts the golden runs that pass, and prints them after the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
import replay
from replay import Record

Tally = dict[str, list[int]]
TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def golden(shared: Path) -> list[Record]:
    """The recorded runs of the original."""
    return replay.records(shared / "minfunc")


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[[str, bool], None]:
    """Count one run under a heading, as passed or not."""
    tally = request.config.stash.setdefault(TALLY, {})

    def add(heading: str, passed: bool) -> None:
        numbers = tally.setdefault(heading, [0, 0])
        numbers[0] += passed
        numbers[1] += 1

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many golden runs passed."""
    tally = config.stash.get(TALLY, {})
    if tally:
        terminalreporter.section("golden runs of the original minFunc")
    for heading, (passed, total) in sorted(tally.items()):
        terminalreporter.line(f"{heading}: {passed} of {total}")
