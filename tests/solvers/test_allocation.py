"""A run on many variables does not take its memory from the system anew in each iteration."""

import platform
import resource
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys
import numpy as np
import solvers
from solvers.allocation import keep_freed_memory

if sys.argv[1] == "as it was":
    from solvers import driver
    driver.keep_freed_memory = lambda: None

curvature = np.linspace(1.0, 1000.0, 500_000)

def quadratic(x):
    g = curvature * x
    return 0.5 * (x @ g), g

def faults(iterations):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    result = solvers.lbfgs(quadratic, np.ones(500_000), memory=1, max_iter=iterations, gtol=0.0)
    assert result.nit == iterations
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults(20)
print((faults(40) - faults(20)) / 20)
"""


def vectors_taken(how):
    """Return how many of its vectors of 4 MB an iteration takes from the system."""
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    return float(done.stdout) * resource.getpagesize() / 4_000_000


@pytest.mark.processes
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these limits")
def test_an_iteration_takes_no_memory_from_the_system():
    assert vectors_taken("as it was") > 1.0
    assert vectors_taken("kept") < 0.5
