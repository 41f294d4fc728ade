"""Write the matrix of faults into docs/contract.md, with SciPy's outcomes beside ours: ``python benchmarks/faults.py``.

Each of SciPy's methods is run; ours are what `fault_kinds` documents, which the tests hold against all solvers.
"""

from pathlib import Path

import click
import scipy
from fault_kinds import FAULTS, Fault
from fault_runs import PEERS, outcome_of_peer, returning

PAGE = Path(__file__).parents[1] / "docs" / "contract.md"
BEGIN, END = "<!-- written by benchmarks/faults.py -->\n", "<!-- to here -->\n"
SECONDS = 5.0
"""How long those that hang are waited for."""


def ours(fault: Fault) -> str:
    """Return the documented outcome, with that of the solvers for which it is another."""
    exceptions: dict[str, list[str]] = {}
    for solver, outcome in fault.but.items():
        exceptions.setdefault(outcome, []).append(f"`{solver}`")
    return "; ".join([fault.outcome, *(f"{', '.join(names)}: {outcome}" for outcome, names in exceptions.items())])


def table(returned: list[tuple[str, str]]) -> str:
    """Return the matrix as Markdown; `returned` are the peers that come back from an objective that hangs."""
    lines = [
        f"SciPy {scipy.__version__}:",
        "",
        f"| the objective | here | {' | '.join(PEERS)} |",
        "|---|---|" + "---|" * len(PEERS),
    ]
    for name, fault in FAULTS.items():
        if name == "hung":
            theirs = ["returns" if (peer, name) in returned else "does not return" for peer in PEERS]
        elif name == "slow":
            theirs = ["no limit of time"] * len(PEERS)
        else:
            theirs = [outcome_of_peer(peer, fault) for peer in PEERS]
        lines.append(f"| {fault.what} | {ours(fault)} | {' | '.join(theirs)} |")
    return "\n".join(lines) + "\n"


def parts() -> tuple[str, str, str]:
    """Return the page before, in and after the matrix."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    inside, after = rest.split(END)
    return before, inside, after


@click.command(help=__doc__)
def main() -> None:
    before, _, after = parts()
    PAGE.write_text(
        before + BEGIN + table(returning([(peer, "hung") for peer in PEERS], SECONDS)) + END + after, encoding="utf-8"
    )


if __name__ == "__main__":
    main()
