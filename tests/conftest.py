"""What all tests share."""

import os
import signal
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C: what a shell starts in the background ignores it, and so does all that this starts in turn."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of golden runs, data sets and published results; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("WORKBENCH_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no golden data: {folder} is absent (name it in WORKBENCH_SHARED)")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the compiler where it is switched off."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        return
    for item in items:
        if "compiled" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="NUMBA_DISABLE_JIT is set: nothing is compiled"))
