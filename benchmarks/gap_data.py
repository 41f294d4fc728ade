"""The sets of ``time_to_gap.py``, and their certified optima."""

import hashlib
import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import platformdirs
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

import workbench as wb
from workbench.comparison.optimum import optimum

SETS = ("mnist", "fashion-mnist", "news20_bydate", "letter", "synthetic")


def synthetic(classes: int = 1000, rows: int = 20_000, features: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Return samples of a softmax model with as many classes, each of which occurs."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, features))
    scores = X @ rng.standard_normal((features, classes)) * 0.3 + rng.gumbel(size=(rows, classes))
    return X, np.concatenate([np.arange(classes), scores[classes:].argmax(axis=1)])


def rows_of(name: str, data_dir: Path | None) -> tuple[str, Any, np.ndarray]:
    """Return a set's description, its training samples in float32, and their classes by number.

    Raises
    ------
    ValueError
        As `workbench.load_dataset`; a FileNotFoundError too where files are missing.
    """
    if name == "synthetic":
        X, y = synthetic()
        said = f"synthetic {X.shape[0]:,} × {X.shape[1]} · {y.max() + 1:,} classes"
    else:
        own = data_dir / "sets" / f"{name}.npz" if data_dir else None
        found = wb.load_dataset(
            str(own) if own and own.exists() else name,
            data_dir=data_dir,
            download=False,
            standardize=name == "letter" or None,
        )
        X, y, said = found.X, found.y, f"{found}, {found.preprocessing}"
        if sparse.issparse(X):
            X, said = TfidfTransformer().fit_transform(X), f"{found}, tf-idf in rows of length 1"
    return said, X.astype(np.float32), np.unique(y, return_inverse=True)[1].astype(np.int64)


def f_star_of(X: Any, y: np.ndarray, l2: float, smallest_gap: float, max_time: float) -> tuple[float, str]:
    """Return the certified optimum and a sentence on it, kept from one call of the command to the next."""
    parts = (X.data, X.indices, X.indptr) if sparse.issparse(X) else (X,)
    key = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in (*parts, y))).hexdigest()[:20]
    kept = Path(platformdirs.user_cache_dir("minfunc-workbench")) / "optima" / f"{key}-{l2:g}.json"
    if not kept.exists():
        fun = wb.SoftmaxObjective(X.astype(np.float64), y, l2=l2, reference=None)
        found, _ = optimum(fun, smallest_gap, max_time)
        if found.kind != "certificate":
            raise click.ClickException(f"{found.sentence}. Give it more time with --max-time-optimum")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found.entry()))
    entry = json.loads(kept.read_text())
    return entry["f"], entry["sentence"]
