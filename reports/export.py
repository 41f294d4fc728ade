"""Exporting a run: its tables for other programs, in one of the forms of ``reports/exports``."""

from difflib import get_close_matches
from pathlib import Path

from reports import exports
from reports.plugins import found
from reports.replacing import replacing
from reports.run import Run


def forms() -> dict[str, str]:
    """What each form writes, by its name."""
    return {name: str(form.SUMMARY) for name, form in found(exports).items()}


def export(run: Run, form: str, out: str | Path) -> list[Path]:
    """Write a run in a form into a new folder, whole or not at all.

    Parameters
    ----------
    run : Run
    form : str
        One of `forms`.
    out : path
        A folder that is empty or not there yet.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    ValueError
        There is no such form, the folder is taken, or what the form needs is not installed.
    """
    known = found(exports)
    if form not in known:
        near = get_close_matches(form, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
        raise ValueError(f"there is no export to {form!r}: {hint}")
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} exists and is not empty: name a new folder for the export")
    with replacing(out.resolve()) as folder:
        known[form].write(run, folder)
        names = sorted(path.name for path in folder.iterdir())
    return [out / name for name in names]
