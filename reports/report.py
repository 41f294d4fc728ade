"""The report of a run: a folder of CSV tables, SVG figures, report.md and one page, made from the record alone."""

import re
from pathlib import Path
from types import ModuleType

import pandas as pd

from reports import figures, overviews, svg, tables
from reports.exact import csv
from reports.markdown import markdown
from reports.page import Drawing, page
from reports.plugins import found
from reports.replacing import replacing
from reports.run import Run, load


def build(run: Run | str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a run; the same record gives the same bytes.

    Parameters
    ----------
    run : Run or path
        A loaded run, or its folder or URL.
    out : path, optional
        Folder of the report, by default ``report`` in the run's folder. An earlier report there is replaced in one
        step once the new one is complete.

    Returns
    -------
    pathlib.Path
        The page, ``<out>/index.html``.

    Raises
    ------
    ValueError
        `run` is no run, or `out` exists and holds something that no report wrote.
    """
    run = run if isinstance(run, Run) else load(run)
    if out is None and run.folder is None:
        raise ValueError(f"{run.place.words} is no folder: say in which folder the report is to be")
    out = run.folder / "report" if out is None and run.folder is not None else Path(out or "")
    _refuse_unless_report(out)
    with replacing(out.resolve()) as folder:
        files = []
        for name, table in found(tables).items():
            files.append(_write_table(folder, name, _of_every_problem(run, table)))
        if len(run.problems) > 1:
            files += [_write_table(folder, name, table.frame(run)) for name, table in found(overviews).items()]
        drawings = _draw(run, folder)
        _write(folder / "report.md", markdown(run, drawings))
        _write(folder / "index.html", page(run, drawings, [*files, "report.md", *(one.file for one in drawings)]))
    return out / "index.html"


def _of_every_problem(run: Run, table: ModuleType) -> pd.DataFrame:
    """The table's rows for every problem, the problem's label in the first column."""
    frames = []
    for one in run.each():
        frame = table.frame(one).drop(columns="problem", errors="ignore")
        label = one.label(one.problems[0]) if one.problems else ""
        frame.insert(0, "problem", label)
        frames.append(frame)
    # pandas lets an empty frame change the kinds of columns.
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def _write_table(folder: Path, name: str, frame: pd.DataFrame) -> str:
    _write(folder / f"{name}.csv", csv(frame))
    return f"{name}.csv"


def _draw(run: Run, folder: Path) -> list[Drawing]:
    (folder / "figures").mkdir()
    drawings = []
    for number, one in enumerate(run.each(), 1):
        for name, figure in found(figures).items():
            if figure.frame(one).empty:
                continue
            several = len(run.problems) > 1
            file = f"figures/{number}-{name}.svg" if several else f"figures/{name}.svg"
            with svg.look():
                root = svg.tree(figure.draw(one).figure, figure.TITLE)
            _write(folder / file, svg.standalone(root))
            mark = f"p{number}-{name}" if several else name
            drawn = svg.inline(root, mark, described_by=f"{mark}-caption")
            problem = one.problems[0] if one.problems else ""
            words = (figure.TITLE, figure.caption(one), figure.source(one))
            drawings.append(Drawing(problem, name, *words, file, drawn))
    return drawings


def _write(path: Path, text: str) -> None:
    # A command line may carry bytes that are no text; they must not keep the report from being written.
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _refuse_unless_report(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise ValueError(f"{out} exists and is no folder: name another folder for the report")
    # The folder will be replaced whole: nothing may be in it that a report did not write.
    inside = sorted(path.relative_to(out).as_posix() for path in out.rglob("*"))
    ours = {"index.html", "report.md", "figures", *(f"{name}.csv" for name in (*found(tables), *found(overviews)))}
    ours |= {f"figures/{name}.svg" for name in found(figures)}
    foreign = [name for name in inside if re.sub(r"^figures/\d+-", "figures/", name) not in ours]
    if foreign or (inside and "index.html" not in inside):
        what = f"{foreign[0]} is in it" if foreign else "it has no index.html"
        raise ValueError(f"{out} exists and is no report: {what}; name another folder for the report")
