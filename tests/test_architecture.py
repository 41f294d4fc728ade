"""The house: imports point one way, cheap imports stay cheap, public names exist, plug-ins are found by their files."""

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import reports
import solvers
import workbench

PROJECT = Path(__file__).parents[1]
PACKAGES = ("solvers", "workbench", "reports")
MODULES = [path for package in PACKAGES for path in sorted((PROJECT / package).rglob("*.py"))]
HEAVY = {"numba", "llvmlite", "pandas", "sklearn", "matplotlib", "scipy", "sqlalchemy", "rich", "numpy"}


def name_of(path):
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def imports(path, *, anywhere):
    """Top-level names that a module imports: at its top only, or also inside functions and for type checkers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))

    def statements(node):
        for child in ast.iter_child_nodes(node):
            deferred = isinstance(child, (ast.FunctionDef, ast.Lambda)) or (
                isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            )
            if anywhere or not deferred:
                yield child
                yield from statements(child)

    found = set()
    for node in statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def packages(path, *, anywhere):
    return {name.partition(".")[0] for name in imports(path, anywhere=anywhere)}


def modules_of(*names):
    """The files of these packages."""
    chosen = [path for path in MODULES if name_of(path).startswith(names)]
    assert chosen, names
    return chosen


def test_solvers_know_nothing_of_data_sets_files_or_reports():
    foreign = {"workbench", "reports", "sklearn", "matplotlib", "sqlalchemy", "click"}
    allowed = {"numpy", "numba", "llvmlite", "scipy", "solvers", *sys.stdlib_module_names}
    for path in modules_of("solvers"):
        assert not packages(path, anywhere=True) & foreign, path
        assert packages(path, anywhere=False) <= allowed, path


def test_reports_never_solve_anything():
    for path in modules_of("reports"):
        assert not packages(path, anywhere=True) & {"workbench", "solvers", "numba", "scipy", "sklearn"}, path


def test_only_the_command_line_joins_the_workbench_and_its_reports():
    joining = {path for path in modules_of("workbench") if "reports" in packages(path, anywhere=True)}
    assert joining
    assert joining <= set(modules_of("workbench.cli"))


def test_only_the_entry_knows_the_command_line():
    for path in set(modules_of("workbench")) - set(modules_of("workbench.cli", "workbench.__main__")):
        assert "workbench.cli" not in imports(path, anywhere=True), path
        assert not packages(path, anywhere=True) & {"click", "rich"}, path


def test_data_know_nothing_of_objectives_or_solvers():
    for path in modules_of("workbench.data"):
        found = imports(path, anywhere=True)
        assert "solvers" not in packages(path, anywhere=True), path
        assert all(name.startswith("workbench.data") for name in found if name.startswith("workbench")), path


def test_objectives_know_nothing_of_data_sets_and_comparisons():
    for path in modules_of("workbench.objectives"):
        foreign = ("workbench.data", "workbench.comparison", "workbench.cli")
        assert not [name for name in imports(path, anywhere=True) if name.startswith(foreign)], path


def test_peers_know_nothing_of_comparisons_and_data_sets():
    for path in modules_of("workbench.peers"):
        foreign = ("workbench.data", "workbench.comparison", "workbench.cli")
        assert not [name for name in imports(path, anywhere=True) if name.startswith(foreign)], path


def test_a_command_imports_nothing_but_click_and_the_options_at_its_top():
    for path in modules_of("workbench.cli.commands"):
        ours = {name for name in imports(path, anywhere=False) if name.startswith(PACKAGES)}
        assert ours <= {"workbench.cli", "workbench.cli.options"}, path
        assert packages(path, anywhere=False) <= {"click", "workbench", "shlex", "typing"}, path


def test_every_file_says_in_its_first_line_what_it_is():
    for path in MODULES:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert docstring.splitlines()[0].endswith((".", ":", "``")), path


def test_no_file_names_a_place_on_a_machine():
    for path in MODULES:
        found = re.search(r"/(work|tmp|root|home|Users)/|\.\./shared|[A-Z]:\\\\", path.read_text(encoding="utf-8"))
        assert found is None, (path, found)


def test_nothing_is_unpickled():
    for path in MODULES:
        assert not packages(path, anywhere=True) & {"pickle", "joblib", "cloudpickle", "dill"}, path
        assert "allow_pickle=True" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    "code",
    [
        "import workbench",
        "import solvers",
        "import reports",
        "import workbench.cli.commands.compare",
        "import workbench; dir(workbench)",
    ],
)
def test_importing_loads_nothing_heavy(code):
    script = f"import sys; {code}; print(*({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_knowing_every_peer_loads_none_of_their_libraries():
    libraries = "{'sklearn', 'torch', 'jax', 'optax', 'optimistix', 'statsmodels', 'cyanure', 'sklearnex', 'daal4py'}"
    script = f"import sys; from workbench.peers.family import peers; peers(); print(*({libraries} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.compiled
def test_importing_everything_public_compiles_nothing():
    script = (
        "import workbench, solvers, solvers.jit\n"
        "for name in workbench.__all__: getattr(workbench, name)\n"
        "for name in dir(solvers): getattr(solvers, name)\n"
        "print(*solvers.jit.statistics())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]


@pytest.mark.parametrize("name", ["minimize", "check_gradient", "load_dataset", "SoftmaxObjective", *workbench.__all__])
def test_every_public_name_of_the_workbench_is_there_and_documented(name):
    assert name in dir(workbench)
    documented = getattr(workbench, name).__doc__
    assert documented
    assert not documented.startswith(("int(", "An enumeration", "Enum"))


@pytest.mark.parametrize("name", ["gd", "cg", "lbfgs", "sgd"])
def test_every_solver_is_a_function_of_its_name(name):
    solver = getattr(solvers, name)
    assert (solver.name, solver.__name__) == (name, name)
    assert callable(solver)
    assert solver.summary
    assert name in dir(solvers)


@pytest.mark.parametrize("name", ["load", "build", "summary", "digest", "Store", "Run"])
def test_every_public_name_of_the_reports_is_there_and_documented(name):
    assert getattr(reports, name).__doc__


@pytest.mark.parametrize("package", [workbench, solvers, reports], ids=lambda package: package.__name__)
def test_an_unknown_name_is_refused_as_modules_do(package):
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'no_such_name'"):
        package.no_such_name  # noqa: B018


def test_type_checkers_and_the_interpreter_are_told_the_same_names():
    """What ``if TYPE_CHECKING`` imports is what the lazy attributes give."""
    tree = ast.parse(Path(workbench.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        alias.asname: importlib.import_module(node.module) if alias.name != "matlab" else workbench
        for node in block.body
        for alias in node.names
    }
    assert sorted(told) == workbench.__all__
    for name, home in told.items():
        assert getattr(home, name) is getattr(workbench, name)


# Plug-ins -------------------------------------------------------------------------------------------------------------

PLUGINS = {
    "solvers/methods/mine.py": '''
        """A method of a user's."""
        from dataclasses import replace
        from solvers.methods.gd import METHOD as GD
        METHOD = replace(GD, name="mine", summary="found by being there")
    ''',
    "workbench/objectives/mine.py": '''
        """An objective of a user's."""
        from workbench.objectives.softmax import SoftmaxObjective
        class Mine(SoftmaxObjective):
            """Softmax under another name."""
            name, title = "mine", "found by being there"
        OBJECTIVE = Mine
    ''',
    "workbench/data/builtin/mine.py": '''
        """A data set of a user's."""
        import numpy as np
        from workbench.data.bundled import Bundled
        from workbench.data.samples import Samples
        def _samples():
            return Samples(np.arange(40.0).reshape(20, 2) % 7, np.arange(20) % 2)
        DATASETS = (Bundled(name="mine", title="found by being there", source="me", size="16 + 4", samples=_samples),)
    ''',
    "workbench/data/readers/mine.py": '''
        """A file format of a user's: the features of each row, then its label, between blanks."""
        import numpy as np
        from workbench.data.reader import Reader
        from workbench.data.samples import Samples
        def read(path):
            table = np.loadtxt(path)
            return Samples(table[:, :-1], table[:, -1].astype(int))
        READER = Reader((".mine",), read)
    ''',
    "workbench/peers/families/theirs.py": '''
        """A library of a user's."""
        from solvers.status import Status
        from workbench.peers.family import Family
        from workbench.peers.library import Library
        from workbench.peers.peer import Peer
        from workbench.peers.task import Ending
        LIBRARY = Library("theirs", ("numpy",), ("numpy",))
        class Descent:
            """Steepest descent with a fixed step."""
            counts = "evaluations"
            def __init__(self, task):
                self.task = task
            def theta(self, found):
                return found
            def run(self, watch):
                x = self.task.x0
                while True:
                    f, g = watch.evaluate(x)
                    if abs(g).max() <= self.task.gradient_tolerance:
                        return Ending(Status.CLAIMED, "the gradient is small", x)
                    x = x - 0.5 * g
                    watch.visit(x)
        FAMILY = Family(LIBRARY, {"descent": Peer(LIBRARY, "descent", "found by being there", Descent)})
    ''',
    "workbench/cli/commands/say_mine.py": '''
        """A command of a user's."""
        import click
        @click.command(name="say-mine", short_help="Found by being there.")
        def command():
            """Say it."""
            click.echo("mine")
    ''',
    "reports/tables/mine.py": '''
        """A table of a user's."""
        TITLE, ORDER = "Found by being there", 99
        def frame(run):
            """Return the solvers."""
            return run.results[["solver"]]
    ''',
}


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the packages with a plug-in of each kind dropped in; returns how to run its command line."""
    folder = tmp_path_factory.mktemp("extended")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path, content in PLUGINS.items():
        (folder / path).write_text("\n".join(line[8:] for line in content.strip("\n").splitlines()))
    (folder / "rows.mine").write_text("".join(f"{i % 5} {i % 3} {i % 2}\n" for i in range(20)))
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(folder)}

    def call(*words):
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert all(line.startswith("checking: ") for line in done.stderr.splitlines()), done.stderr
        return done.stdout

    call.folder = folder
    return call


def test_a_command_is_found_by_its_file(extended):
    assert "say-mine        Found by being there." in extended("--help")
    assert extended("say-mine") == "mine\n"


def test_a_solver_an_objective_a_data_set_a_format_a_peer_and_a_table_are_found_by_their_files(extended):
    listed = json.loads(extended("list", "--json"))
    (peer,) = [entry for entry in listed["peers"] if entry["name"] == "theirs:descent"]
    assert peer["summary"] == "found by being there"
    for kind in ("solvers", "objectives", "datasets"):
        (mine,) = [entry for entry in listed[kind] if entry["name"] == "mine"]
        assert mine["summary"] == "found by being there"
    assert extended("check-gradient", "mine", "--data", "mine").startswith("PASS")
    rivals = ("--solver", "mine", "--solver", "theirs:descent")
    words = ("--objective", "mine", *rivals, "--max-evals", "5", "--l2", "0.1", "--out", "run", "--json")
    found = json.loads(extended("compare", "--data", "rows.mine", *words))
    assert found["headline"].startswith("found by being there · rows 16 + 4 × 2 · 2 classes")
    report = extended.folder / found["report"]
    assert (report.parent / "mine.csv").read_text() == "problem,solver\nmine-rows,mine\nmine-rows,theirs:descent\n"
    assert "mine.csv" in report.read_text(encoding="utf-8")
