"""Softmax regression with the conventions of the UFLDL tutorial: samples in columns, labels from 1, f a plain sum."""

from typing import Any

from workbench.exercises.exercise import Exercise

SKELETON = '''\
"""Softmax regression, vectorised: an exercise with the conventions of UFLDL's MATLAB code.

Finish the function below, then ask where its gradient is wrong:

    workbench check-gradient softmax_regression_vec.py:softmax_regression_vec --data digits
"""

import numpy as np

# Tells workbench how to hand over the data: samples in the columns of X, ones in its first row, labels 1..K.
layout = "matlab"


def softmax_regression_vec(theta, X, y):
    """Objective of softmax regression, f, and its gradient g.

    Parameters
    ----------
    theta : ndarray, shape (n * (K - 1),)
        MATLAB's theta(:) of an n x (K - 1) matrix: its first column, then its second, and so on. Column k holds the
        weights of class k + 1. The last class, K, has no column: its weights are fixed at zero.
    X : ndarray, shape (n, m)
        One sample per column. The first row is all ones, so that the first weight of each class is its intercept.
    y : ndarray of int, shape (m,)
        Labels 1..K (not 0..K-1).

    Returns
    -------
    f : float
        Negative log-likelihood of the labels: the plain sum over the m samples, not their mean, and without penalty.
    g : ndarray, shape (n * (K - 1),)
        Derivative of f by each entry of theta, in the same order as theta.
    """
    n, m = X.shape
    K = theta.size // n + 1
    W = theta.reshape((n, K - 1), order="F")  # MATLAB's reshape(theta, n, K - 1); order="F" is column by column

    # TODO: compute f and g with matrix operations (no loop over the samples), and replace the next line by
    # `return f, g`. Large scores must not overflow.
    raise NotImplementedError("f and g are still to be written, at the TODO")
'''


def _value(theta: Any, X: Any, y: Any) -> float:
    """Return f of a right answer."""
    from workbench.matlab import softmax_regression_vec

    return float(softmax_regression_vec(theta, X, y)[0])


exercise = Exercise(name="softmax", style="ufldl", function="softmax_regression_vec", skeleton=SKELETON, value=_value)
