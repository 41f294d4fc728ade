"""Study files: what they say, their grids, and every mistake as one line that names what was meant."""

import tomllib

import pytest

from workbench.study.reading import read_study, study_of, written

FILE = """
[run]
repeats = 4
seed = 3
max_evals = 300
[targets]
gap = [1e-2, 1e-4]
[[problem]]
objective = "softmax"
data = ["iris", "digits"]
l2 = [1e-3, 1e-4]
[[solver]]
name = "lbfgs"
memory = [10, 100]
[[solver]]
name = "sgd"
"""


@pytest.fixture
def study_file(tmp_path):
    def write(text):
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_lists_make_grids(study_file):
    study = read_study(study_file(FILE))
    assert (study.run.repeats, study.run.seed, study.run.max_evals) == (4, 3, 300)
    assert study.targets.gap == (1e-2, 1e-4)
    assert [(p.data, p.options["l2"]) for p in study.problems] == [
        ("iris", 1e-3),
        ("iris", 1e-4),
        ("digits", 1e-3),
        ("digits", 1e-4),
    ]
    assert [solver.label for solver in study.solvers] == ["lbfgs:memory=10", "lbfgs:memory=100", "sgd"]
    assert [solver.options for solver in study.solvers] == [{"memory": 10}, {"memory": 100}, {}]


def test_a_study_written_down_reads_as_the_same_study(study_file):
    study = read_study(study_file(FILE))
    assert read_study(study_file(written(study))) == study


def test_an_empty_study_is_softmax_on_the_digits_with_the_usual_penalty(study_file):
    (problem,) = read_study(study_file("")).problems
    assert (problem.objective, problem.data, problem.dtype) == ("softmax", "digits", "float64")
    assert problem.options == {"l2": 1e-4}


def test_what_lies_beside_the_file_is_found_from_anywhere(study_file, tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n")
    (tmp_path / "my.py").write_text("")
    text = '[[problem]]\ndata = ["mine.csv", "iris"]\ntarget = "b"\n[[problem]]\nobjective = "my.py:cost"'
    mine, iris, own = read_study(study_file(text)).problems
    assert mine.data == str(tmp_path / "mine.csv")
    assert iris.data == "iris"
    assert own.objective == f"{tmp_path / 'my.py'}:cost"


def test_none_is_a_word_since_toml_has_no_other(study_file):
    (problem,) = read_study(study_file('[[problem]]\nreference = "none"')).problems
    assert problem.options["reference"] is None


def test_a_none_survives_being_written_down(study_file):
    study = read_study(study_file('[[problem]]\nreference = "none"'))
    assert read_study(study_file(written(study))) == study


def test_a_label_stands_for_a_solver_and_for_each_of_a_grid(study_file):
    text = '[[solver]]\nname = "lbfgs"\nlabel = "ours"\nmemory = [5, 10]\n[[solver]]\nname = "gd"\nlabel = "slow"'
    assert [s.label for s in read_study(study_file(text)).solvers] == ["ours memory=5", "ours memory=10", "slow"]


def test_a_peer_is_named_with_its_prefix(study_file):
    (solver,) = read_study(study_file('[[solver]]\nname = "minfunc:lbfgs"\nCorr = 10')).solvers
    assert (solver.name, solver.options, solver.text) == ("minfunc:lbfgs", {"Corr": 10}, "minfunc:lbfgs:Corr=10")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[runn]", "has no 'runn'; did you mean 'run'?"),
        ("[run]\nrepeat = 3", "[run] has no 'repeat'; did you mean 'repeats'?"),
        ("[run]\nrepeats = 0", "[run] repeats = 0: expected a whole number at least 1"),
        ("[run]\nrepeats = 2.5", "expected a whole number at least 1"),
        ("[run]\nrepeats = true", "expected a whole number"),
        ("[run]\nmax_time = nan", "[run] max_time = nan: expected a number more than 0"),
        ("[run]\norder = 'radnom'", "expected one of random, listed; did you mean 'random'?"),
        ("run = 3", "[run] is no table"),
        ("[targets]\ngap = []", "expected at least one number"),
        ("[targets]\ngap = ['a']", "gap = 'a': expected a number"),
        ("[problem]\ndata = 'iris'", "problem is no list of tables: head each with [[problem]]"),
        ("[[problem]]\nobjective = 'softmx'", "did you mean 'softmax'?"),
        ("[[problem]]\nl2_ = 1.0", "[[problem]] has no 'l2_'; did you mean 'l2'?"),
        ("[[problem]]\nl2 = []", "l2 = []: a list is a grid, and an empty one leaves nothing to run"),
        ("[[problem]]\ndtype = 'float16'", "expected one of float64, float32"),
        ("[[problem]]\ndata = 3", "data = 3: expected a text"),
        ("[[problem]]\nl2 = 1979-05-27", "expected a number, a text, true or false"),
        ("[[problem]]\ndata = ['iris', 'iris']", "is there twice"),
        ("[[problem]]\nsize = 3", "has no 'size'"),
        ("[[solver]]\nmemory = 3", "has no name"),
        ("[[solver]]\nname = 'lbfsg'", "did you mean 'lbfgs'?"),
        ("[[solver]]\nname = 'lbfgs'\nmemry = 3", "did you mean 'memory'?"),
        ("[[solver]]\nname = 'lbfgs'\nmemory = 0", "expected a number at least 1"),
        ("[[solver]]\nname = 'lbfgs'\n[[solver]]\nname = 'lbfgs'", "'lbfgs' is there twice"),
        ("[[solver]]\nname = ['gd', 'cg']\nlabel = 'x'", "'x' is there twice: give one of them another label"),
        ("a = ", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_what_was_meant(text, said, study_file):
    with pytest.raises(ValueError, match=r"study\.toml") as error:
        read_study(study_file(text))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_study(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("run.repeats=2", lambda study: study.run.repeats == 2),
        ("targets.gap=[1e-3]", lambda study: study.targets.gap == (1e-3,)),
        ("problem.l2=0.5", lambda study: {p.options["l2"] for p in study.problems} == {0.5}),
        ("problem.iris.l2=0.5", lambda study: {p.options["l2"] for p in study.problems} == {0.5}),
        ("solver.lbfgs.memory=7", lambda study: study.solvers[0].label == "lbfgs:memory=7"),
        ("solver.sgd.schedule=cosine", lambda study: study.solvers[-1].options == {"schedule": "cosine"}),
        ("run.order=listed", lambda study: study.run.order == "listed"),
    ],
)
def test_an_override_takes_the_place_of_what_the_file_says(override, read, study_file):
    assert read(read_study(study_file(FILE), [override]))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("repeats=2", "expected run.KEY=VALUE"),
        ("run.repeats", "expected run.KEY=VALUE"),
        ("rum.repeats=2", "expected run.KEY=VALUE"),
        ("run.x.repeats=2", "has no tables in it"),
        ("solver.lbfsg.memory=7", "the study has no solver 'lbfsg'; did you mean 'lbfgs'?"),
        ("problem.wine.l2=7", "the study has no problem 'wine'; there are softmax, iris, digits"),
        ("run.repeat=2", "did you mean 'repeats'?"),
    ],
)
def test_an_override_that_means_nothing_is_refused(override, said, study_file):
    with pytest.raises(ValueError, match=r".") as error:
        read_study(study_file(FILE), [override])
    assert said in str(error.value)


def test_tables_from_elsewhere_are_read_as_a_file_is():
    assert study_of(tomllib.loads(FILE)).run.repeats == 4
