"""`import reports` is cheap, and reports know nothing of solvers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import reports


def test_importing_reports_loads_nothing_heavy():
    heavy = {"numpy", "pandas", "sqlalchemy", "matplotlib", "jinja2"}
    code = f"import sys, reports; print(*({heavy} & set(sys.modules)))"
    root = Path(reports.__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.split() == []


def test_reports_import_no_package_of_this_project_but_themselves():
    modules = list(Path(reports.__file__).parent.rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not {name.split(".")[0] for name in names} & {"workbench", "solvers", "pickle"}, module


def test_the_public_names_are_what_they_say():
    assert reports.build.__module__ == "reports.report"
    assert reports.load.__module__ == "reports.run"
    assert set(reports.__all__) <= set(dir(reports))
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        reports.biuld  # noqa: B018
