"""The largest eigenvalue of the Gram matrix of weighted rows, never too small: what a step of 1/L stands on."""

from typing import Any

import numpy as np
from scipy import sparse

EXACT = 2000
"""Rows or columns up to which the eigenvalues themselves are computed."""
ITERATIONS = 100


def largest_eigenvalue(X: Any, share: np.ndarray, intercept: bool) -> float:
    """Return an upper bound of the largest eigenvalue of ``X' diag(share) X``, the eigenvalue itself for small tables.

    Parameters
    ----------
    X : ndarray or CSR, shape (n_samples, n_features)
        Samples in rows.
    share : ndarray, shape (n_samples,)
        Weights of the rows, none negative.
    intercept : bool
        Whether X has a column of ones more than is stored.
    """
    root, ones = np.sqrt(share), np.ones((X.shape[0], 1))
    if sparse.issparse(X):
        X = sparse.csr_array(X)  # of a matrix, too: there * would not be entry by entry
        A = sparse.diags_array(root) @ (sparse.hstack([X, ones]) if intercept else X)
    else:
        A = (np.hstack([X, ones]) if intercept else X) * root[:, None]
    if min(A.shape) > EXACT:
        return _perron_bound(abs(A))
    gram = A.T @ A if A.shape[1] <= A.shape[0] else A @ A.T
    return max(0.0, float(np.linalg.eigvalsh(gram.toarray() if sparse.issparse(gram) else gram)[-1]))


def _perron_bound(A: Any) -> float:
    """Return a bound of the largest eigenvalue of ``A' A`` for an A without negative entries.

    The power method alone comes from below, so it could give a step that is too long. For any positive v the largest
    of ``(A' A v)_i / v_i`` comes from above (Collatz and Wielandt: Horn & Johnson 2013, theorem 8.1.26), and the
    modulus of a matrix has no smaller eigenvalue than the matrix (theorem 8.1.18).
    """
    v, bound = np.ones(A.shape[1]), float((A * A).sum())
    for _ in range(ITERATIONS):
        u = A.T @ (A @ v)
        bound = min(bound, float((u / v).max()))
        if bound == 0.0:
            break
        v = np.maximum(u / u.max(), 1e-12)  # any positive v will do, and a 0 would divide
    return bound
