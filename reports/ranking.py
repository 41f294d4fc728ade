"""Who is ranked: a time that means less than it says is shown, and compared with nothing."""

from collections import Counter

import pandas as pd

from reports.run import Run


def timed(cells: pd.DataFrame) -> pd.DataFrame:
    """Those repeats of one solver whose times count: the unflagged ones, or all where every one is flagged."""
    clean = cells[cells["flags"] == ""]
    return clean if len(clean) else cells


def flags(cells: pd.DataFrame) -> str:
    """The flags of one solver's repeats, with how many have each: "drifted (1 of 3)"."""
    counts = Counter(flag for listed in cells["flags"] for flag in listed.split())
    return ", ".join(f"{flag} ({count} of {len(cells)})" for flag, count in counts.items())


def parity(cells: pd.DataFrame) -> str:
    """Why one solver does not minimise this problem's f, from its first repeat that says so; "" where it does."""
    return next((sentence for sentence in cells["parity"] if sentence), "")


def unranked(run: Run) -> dict[str, str]:
    """For each solver of a run of one problem that is left out of rankings, why.

    One that failed parity solves another problem; one of which every repeat is flagged has no time that means anything.
    """
    found = {}
    for solver, cells in run.results.groupby("solver", sort=False):
        if parity(cells):
            found[str(solver)] = "parity"
        elif (cells["flags"] != "").all():
            found[str(solver)] = " and ".join(dict.fromkeys(" ".join(cells["flags"]).split()))
    return found
