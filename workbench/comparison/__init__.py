"""A comparison of solvers on one problem: same start, same objective, same limits, judged from outside."""
