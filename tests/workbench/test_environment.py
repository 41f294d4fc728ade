"""What a run ran on."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

from workbench import environment as module
from workbench.environment import environment


def test_the_machine_and_the_versions_are_plain_values():
    found = environment()
    assert json.loads(json.dumps(found)) == found
    assert found["python"] == platform.python_version()
    assert found["versions"]["numpy"] == version("numpy")
    assert found["cores"] >= 1
    assert found["memory_gb"] > 0.1
    assert found["cpu"]


def test_a_package_that_is_not_installed_is_said_not_to_be():
    assert module._version("no-such-distribution") == "not installed"


def test_without_the_files_of_linux_there_is_still_a_name_for_the_processor(monkeypatch):
    def absent(self, *arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", absent)
    assert module._cpu() == (platform.processor() or platform.machine())
