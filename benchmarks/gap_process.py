"""A run of ``gap_run.py`` in a process of its own, with the threads that it may use."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RUN = Path(__file__).with_name("gap_run.py")


def found_by(job: dict[str, Any], threads: int, limit: float) -> tuple[dict[str, Any], str]:
    """Return what a run in a process of its own has found, and why it ended early, if so.

    Among it is the share of all cores' time that other processes took meanwhile.
    """
    libraries = ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "BLIS", "NPROC")
    names = {f"{library}_NUM_THREADS": str(threads) for library in libraries}
    env = {**os.environ, **names, "JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(sys.path)}
    env["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}"
    cores = set(sorted(os.sched_getaffinity(0))[:threads])  # what has no setting of its own counts these
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        command = [sys.executable, str(RUN)]
        failure, before = "", _busy()
        try:
            subprocess.run(
                command,
                input=json.dumps({**job, "threads": threads, "out": str(out)}),
                env=env,
                timeout=limit,
                check=True,
                capture_output=True,
                text=True,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        except subprocess.TimeoutExpired:
            failure = f"ended after {limit:.0f} s"
        except subprocess.CalledProcessError as error:
            failure = (error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1]
        wall, theirs, all_of_us = (after - since for after, since in zip(_busy(), before, strict=True))
        found = json.loads(out.read_text()) if out.exists() else {}
        return {**found, "others": max(0.0, all_of_us - theirs) / wall}, failure


def _busy() -> tuple[float, float, float]:
    """Return seconds so far: of all cores, of them those of processes started here, and of them those of anyone."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = [int(each) / os.sysconf("SC_CLK_TCK") for each in Path("/proc/stat").read_text().split()[1:9]]
    idle = used[3] + used[4]
    return sum(used), children.ru_utime + children.ru_stime, sum(used) - idle
