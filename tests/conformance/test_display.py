"""What a run prints is what the original prints, to the character."""

import json
from pathlib import Path

import pytest
from minfunc_problems import minfunc_problem
from replay import Record, Watched

import workbench

RECORDS = 37
CORRECTED: dict[int, tuple[str, str]] = {}
"""By record, from 0: what the original prints, and what is printed here instead."""


@pytest.fixture(scope="module")
def displays(shared: Path) -> list[Record]:
    lines = (shared / "minfunc" / "display.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_all_records_are_read(displays: list[Record]) -> None:
    assert len(displays) == RECORDS


@pytest.mark.parametrize("index", range(RECORDS))
def test_the_text_is_the_original_one(
    index: int, displays: list[Record], shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = displays[index]
    problem = minfunc_problem(record["problem"], record["start"], shared / "minfunc")
    expected = record["stdout"]
    for original, corrected in [CORRECTED[index]] if index in CORRECTED else []:
        assert original in expected
        expected = expected.replace(original, corrected)

    workbench.minfunc(Watched(problem), problem.x0, {"strict": True, **record["options"]}, *problem.args)

    assert capsys.readouterr().out == expected
