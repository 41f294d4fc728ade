"""One contestant's run in a process of its own, for ``time_to_gap.py``: a job as JSON on stdin, findings to a file.

What is timed is the fit alone: data are loaded and in the peer's container, and its code is compiled and called once,
before the clock. A peer that shows its iterates is judged at about every twentieth, while the clock and the record of
memory stand still; one that does not is run again with other budgets, and each of these runs is timed whole.
"""

import itertools
import json
import math
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import peers
from gap_judge import Memory, value
from scipy import sparse
from threadpoolctl import ThreadpoolController, threadpool_info

FINENESS = 1.05
"""Of the iterations that are judged, as a ratio of one to the next; of budgets `COARSENESS`."""
COARSENESS = 1.15
SETTLED = 16
"""Iterations or passes after which a budget twice as large that changes nothing means that it has ended by itself."""


class Run:
    """A job: the problem, its contestant, and the judge of both."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.targets, self.max_time = sorted(job["targets"], reverse=True), job["max_time"]
        folder = Path(job["folder"])
        dense = folder / "X.npy"
        X = np.load(dense) if dense.exists() else sparse.csr_array(sparse.load_npz(folder / "X.npz"))
        self.problem = peers.Problem(X, np.load(folder / "y.npy"), job["l2"])
        self.fitting: Any = None
        self.contestant = peers.contestants(job["peer"])[job["label"]]
        self.findings: dict[str, Any] = {"reached": {}, "best": math.inf}
        self.memory = Memory()

    def save(self, **findings: Any) -> None:
        """Write what is known so far, so that a run that is ended from outside leaves it."""
        self.findings.update(findings)
        Path(self.job["out"]).write_text(json.dumps(self.findings))

    def gap(self, found: Any) -> float:
        """Return the relative gap, computed by one thread: others would spin on into the clock's next stretch."""
        with self.blas.limit(limits=1):
            f = value(self.problem, self.fitting.theta(found))
        gap = (f - self.job["f_star"]) / self.job["f_star"]
        self.findings["best"] = min(self.findings["best"], gap if math.isfinite(gap) else math.inf)
        return gap

    def reach(self, budget: int, seconds: float, gap: float) -> bool:
        """Note the targets that are reached for the first time; return whether all are."""
        reached = self.findings["reached"]
        for target in self.targets:
            if gap <= target and str(target) not in reached:
                reached[str(target)] = {"budget": budget, "seconds": seconds, "gap": gap}
        self.save(peak=self.memory.peak)
        return len(reached) == len(self.targets)

    def warm_up(self) -> None:
        began = time.perf_counter()
        getattr(self.fitting, "prepare", lambda: None)()
        if hasattr(self.fitting, "fit"):
            self.fitting.fit(2)
        else:
            calls = itertools.count(1)
            self.fitting.trace(lambda iterate: next(calls) == 2)
        self.save(compile=time.perf_counter() - began)
        self.blas = ThreadpoolController().select(user_api="blas")  # all are loaded now

    def traced(self) -> None:
        """Reach the targets along the iterates."""
        began, seconds, nit, due, best = 0.0, 0.0, 0, 1, (1, math.inf)

        def visit(iterate: Any) -> bool:
            nonlocal began, seconds, nit, due, best
            seconds += time.perf_counter() - began
            nit += 1
            done = seconds > self.max_time
            if nit >= due or done:
                self.memory.rest()
                due = max(nit + 1, int(FINENESS * nit))
                gap = self.gap(iterate)
                best = (nit, gap) if gap < 0.9 * best[1] else best
                done |= self.reach(nit, seconds, gap) or nit > 2 * best[0] + 50
                self.memory.watch()
            began = time.perf_counter()
            return done

        self.memory.watch()
        began = time.perf_counter()
        self.fitting.trace(visit)
        self.memory.rest()
        self.save(peak=self.memory.peak)

    def timed(self, budget: int) -> tuple[float, float]:
        """Return the seconds of a run with a budget, and its gap."""
        self.memory.watch()
        began = time.perf_counter()
        found = self.fitting.fit(budget)
        seconds = time.perf_counter() - began
        self.memory.rest()
        return seconds, self.gap(found)

    def laddered(self) -> None:
        """Reach the targets with budgets that double, then close in on the smallest that does."""
        tried: dict[int, tuple[float, float]] = {}

        def tries(budget: int) -> tuple[float, float]:
            if budget not in tried:
                tried[budget] = self.timed(budget)
                self.reach_all(tried)
            return tried[budget]

        budget, last = 1, math.inf
        while True:
            seconds, gap = tries(budget)
            stuck = budget >= SETTLED and abs(gap - last) <= 1e-3 * abs(gap)
            if gap <= self.targets[-1] or 2.0 * seconds > self.max_time or stuck:
                break
            budget, last = 2 * budget, gap
        for target in self.targets:
            enough = min((b for b, (_, gap) in tried.items() if gap <= target), default=None)
            if enough is None:
                break
            short = max((b for b in tried if b < enough), default=enough)
            while enough > COARSENESS * short and enough - short > 1:
                middle = min(max(round(math.sqrt(short * enough)), short + 1), enough - 1)
                if tries(middle)[1] <= target:
                    enough = middle
                else:
                    short = middle

    def reach_all(self, tried: dict[int, tuple[float, float]]) -> None:
        self.findings["reached"] = {}
        for budget in sorted(tried):
            self.reach(budget, *tried[budget])

    def with_budgets(self, budgets: set[int]) -> None:
        """Reach the targets with budgets that are known to be enough."""
        for budget in sorted(budgets):
            self.reach(budget, *self.timed(budget))

    def go(self) -> None:
        """Do the job, or say why it cannot be done."""
        unfit = self.contestant.unfit(self.problem)
        if unfit:
            self.save(unfit=unfit)
            return
        self.fitting = self.contestant.ready(self.problem)
        traces, fits = hasattr(self.fitting, "trace"), hasattr(self.fitting, "fit")
        self.findings["how"] = "budgets" if fits else "trace"
        self.warm_up()
        if not fits:
            self.traced()
        elif self.job["budgets"]:
            self.with_budgets(set(self.job["budgets"]))
        elif traces:
            self.traced()
            budgets = {each["budget"] for each in self.findings["reached"].values()}
            self.findings["reached"], self.memory.peak = {}, 0.0
            self.with_budgets(budgets)
        else:
            self.laddered()
        pools = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
        self.save(peak=self.memory.peak, pools=pools)


def proofs(name: str) -> dict[str, Any]:
    """Return the versions of a family's libraries, and why each of its contestants does not minimise our f, if so."""
    if peers.missing(name):
        return {"missing": peers.missing(name)}
    installed = {each: _version(each) for each in peers.distributions(name)}
    refusals = {label: each.refusal() for label, each in peers.contestants(name).items()}
    return {"versions": installed, "contestants": refusals}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "from its sources"


def main() -> None:
    """Do the job."""
    job: dict[str, Any] = json.load(sys.stdin)
    if "prove" in job:
        Path(job["out"]).write_text(json.dumps(proofs(job["prove"])))
    else:
        Run(job).go()


if __name__ == "__main__":
    main()
