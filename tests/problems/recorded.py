"""A run of one problem, recorded cell by cell as the tests need it."""

from pathlib import Path

from reports.columns import digest
from reports.store import Store

OF_THE_STUDY = ("title", "command", "created", "targets")


class Recorder:
    """Writes a run of one problem; `meta` is what a loaded run has as its meta data."""

    def __init__(self, folder, meta=None):
        meta = meta or {}
        self.folder = Path(folder)
        self.store = Store.create(folder)
        self.limits = meta.get("limits") or {}
        self.seed = meta.get("seed", 0)
        document = {name: meta[name] for name in OF_THE_STUDY if name in meta}
        document["run"] = {name: meta[name] for name in ("repeats", "seed") if name in meta}
        self.study = self.store.begin(document, meta.get("environment") or {})
        problem = {"headline": meta.get("headline", ""), "description": meta.get("problem") or {}}
        self.problem = digest(problem)
        self.store.add_problem(self.study, self.problem, problem)
        self.refer(meta.get("reference"))
        if meta.get("state") in ("complete", "interrupted"):
            self.store.finish(self.study, meta["state"])

    def refer(self, reference):
        """Say what is known of f*."""
        self.store.set_reference(self.problem, reference)

    def add(self, result, trace=None, arrays=None):
        """Plan a cell and record an attempt at it."""
        row = {name: value for name, value in result.items() if name not in ("solver", "method", "options", "repeat")}
        solver = {"label": result["solver"], "name": result["method"], "options": {}}
        found = {"problem": self.problem, "solver": solver, "repeat": result["repeat"]}
        found |= {"seed": self.seed, "budget": self.limits}
        key = digest(found)
        self.store.add_cells(self.study, [{**found, "key": key}])
        self.store.record(key, row, trace, arrays)
        return key

    def close(self):
        """Release the store."""
        self.store.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()
