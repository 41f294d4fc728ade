"""Compiled code on disk: a second process compiles nothing, and an edited source file is never served stale."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numba.core.caching import IndexDataCacheFile

from solvers.code_files import CodeFiles, described

pytestmark = pytest.mark.compiled

PROJECT = Path(__file__).parents[2]

RUN = """
import json
import numpy as np
import solvers
from solvers.jit import statistics
from objective import parabola

runs = {}
for method, options in (("lbfgs", {}), ("gd", {"step": "fixed", "step_size": 0.1})):
    result = solvers.minimize(parabola, np.array([3.0, 1.0]), method=method, max_iter=3, gtol=0.0, **options)
    runs[method] = result.history["grad_inf"].tolist()
counts = statistics()
print(json.dumps({"compiled": counts.compiled, "loaded": counts.loaded, "runs": runs}))
"""

OBJECTIVE = """
import numpy as np
from numba import njit

@njit(cache=True)
def parabola(x):
    return 0.5 * (x[0] * x[0] + 4.0 * x[1] * x[1]), np.array([x[0], 4.0 * x[1]])
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package that a test may edit, and its own cache."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PROJECT / "solvers", folder / "solvers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "objective.py").write_text(OBJECTIVE)
    (folder / "run.py").write_text(RUN)
    return folder


def run(folder):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the second process reads what Python compiled in the first
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_second_process_compiles_nothing_and_an_edit_anywhere_is_noticed(copy):
    first = run(copy)
    assert first["compiled"] > 0

    second = run(copy)
    assert second["compiled"] == 0
    assert second["loaded"] > 0
    assert second["runs"] == first["runs"]

    # An edit in a file that the loop's file merely calls: Numba alone would go on with the old machine code.
    vectors = copy / "solvers" / "vectors.py"
    source = vectors.read_text()
    edited = source.replace("largest = max(largest, abs(value))", "largest = max(largest, 2.0 * abs(value))")
    assert edited != source
    vectors.write_text(edited)
    third = run(copy)
    assert third["compiled"] > 0
    for method, norms in first["runs"].items():
        # The start's norm is NumPy's; every other one came from the edited function.
        assert third["runs"][method][1:] == pytest.approx([2.0 * norm for norm in norms[1:]])

    vectors.write_text(source)
    assert run(copy)["runs"] == first["runs"]


THREADED = """
import sys
import numpy as np
from numba import prange
from solvers.jit import compiled

@compiled(parallel=True)
def squares(a):
    for i in prange(a.size):
        a[i] *= a[i]

@compiled
def once(a):
    squares(a)

@compiled
def twice(a):
    squares(a)
    squares(a)

a = np.arange(3.0)
{"once": once, "twice": twice}[sys.argv[1]](a)
print(a.tolist())
"""


def test_machine_code_that_was_linked_with_a_parallel_loop_from_a_file_starts_the_threads(tmp_path):
    (tmp_path / "threaded.py").write_text(THREADED)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": f"{tmp_path}:{PROJECT}"}
    said = []
    for name in ("once", "twice", "twice"):
        code = f"import sys; sys.argv[1:] = [{name!r}]; import threaded"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    assert said == ["[0.0, 1.0, 4.0]", "[0.0, 1.0, 16.0]", "[0.0, 1.0, 16.0]"]


def test_another_objective_of_the_same_kind_needs_no_new_loop(copy):
    before = run(copy)
    (copy / "objective.py").write_text(OBJECTIVE.replace("4.0", "9.0"))
    after = run(copy)
    assert after["compiled"] == 0
    assert after["runs"] != before["runs"]
    (copy / "objective.py").write_text(OBJECTIVE)


class Interrupted(CodeFiles):
    """Another process keeps its own machine code between the time this one begins to keep and the time it ends."""

    def _dump(self, part):
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super()._dump(part)


@pytest.fixture
def files(tmp_path):
    """Return another place to keep the machine code of the same function in, of any stamp, as another process has."""
    numbered = IndexDataCacheFile(str(tmp_path), "module.loop[A,B]-1.py311", "")
    return lambda stamp="one", kind=CodeFiles: kind(numbered, stamp, run)


def key(signature):
    """Return the key that Numba gives to a signature."""
    return signature, "processor", ("hash of the code", "hash of the closure")


def kept(code):
    """Return what Numba keeps of a function: its library, and so on, what to call at load, environments."""
    return ("name", "object", (code.encode(), b"bitcode")), "signature", [], ()


def test_two_processes_that_compile_for_other_arguments_at_once_lose_nothing_and_mix_up_nothing(files):
    first = files(kind=Interrupted)
    first.meanwhile = lambda: files().save(key("matrix"), kept("code for a matrix"))
    first.save(key("vector"), kept("code for a vector"))
    assert first.meanwhile is None
    assert files().load(key("vector")) == kept("code for a vector")
    assert files().load(key("matrix")) == kept("code for a matrix")


class Namesake:
    """A type of one module that has the name of another's."""

    def __init__(self, module):
        self.module = module

    def __repr__(self):
        return "Settings"

    def __eq__(self, other):
        return self.module == other.module

    __hash__ = None


def test_types_of_the_same_name_are_told_apart(files):
    files().save(key(Namesake("a")), kept("code for a"))
    assert files().load(key(Namesake("b"))) is None
    assert files().load(key(Namesake("a"))) == kept("code for a")


def test_what_is_kept_is_stale_under_another_stamp_and_nothing_where_it_was_cut_short(files, tmp_path):
    files().save(key("vector"), kept("code"))
    assert files("two").load(key("vector")) is None
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert files().load(key("vector")) is None
    path.write_bytes(whole)
    assert files().load(key("vector")) == kept("code")
    files().flush()
    assert list(tmp_path.iterdir()) == []
    assert files().load(key("vector")) is None


class Metres(NamedTuple):
    """A length."""

    length: float


class Feet(NamedTuple):
    """Another."""

    length: float


def scaling(factor):
    def scale(x):
        return factor * x

    return scale


def test_functions_that_close_over_other_values_or_do_something_else_are_described_otherwise():
    assert described(scaling(2.0)) == described(scaling(2.0))
    assert described(scaling(2.0)) != described(scaling(3.0))
    assert described(scaling(scaling(2.0))) != described(scaling(scaling(3.0)))
    assert described(scaling(Metres(2.0))) != described(scaling(Feet(2.0)))
    assert described(lambda x: x + 1) != described(lambda x: x + 2)


def test_every_number_of_an_array_counts():
    numbers, others = np.zeros(10_000), np.zeros(10_000)
    others[5000] = 1.0
    assert described(scaling(numbers)) == described(scaling(numbers.copy()))
    assert described(scaling(numbers)) != described(scaling(others))


def test_a_function_that_closes_over_itself_is_described():
    def countdown(n):
        return countdown(n - 1) if n else n

    assert "countdown" in described(countdown)
