"""The families, a file for each library, named as the prefix of its solvers and found by being here.

Each declares ``FAMILY``, and imports its library only when one of its solvers runs.
"""
