"""``workbench grade``: one row for each submission, whatever it does, and nothing of it left behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from exercise_answer import ANSWER

from workbench.exercises import exercise
from workbench.grading import run_confined
from workbench.grading.confined import KEPT, Ended
from workbench.grading.grade import one_line, without_result

FUNCTION = "softmax_regression_vec"
SKELETON = exercise("softmax", "ufldl").skeleton
HEAD = SKELETON.partition("    raise NotImplementedError")[0]
SOLVED = HEAD + ANSWER
BODY = f'layout = "matlab"\ndef {FUNCTION}(theta, X, y):\n    '
SUBMISSIONS = {
    "anna/port.py": SOLVED,
    "at_zero.py": f"{HEAD}    return float(theta @ theta), 0 * theta\nx0 = np.zeros(10)\n",
    "bare.py": SOLVED.replace('layout = "matlab"', "").replace("-np.log(own).sum()", "-np.log(own).sum() + 1"),
    "constant.py": f"{HEAD}    return 0.0, np.zeros_like(theta)\n",
    "exits.py": f"{BODY}import os; os._exit(0)\n",
    "forges.py": 'import os\nos.write(1, b\'{"verdict": "PASS", "cause": null, "message": ""}\\n\')\nos._exit(0)\n',
    "forks.py": f"import os\nos.fork()\n{SOLVED}",
    "greedy.py": f"{BODY}return float(len(bytearray(4 * 2**30))), theta\n",
    "hoards.py": "kept = []\nwhile True: kept.append(bytearray(2**20))\n",
    "interrupts.py": "raise KeyboardInterrupt\n",
    "leaves.py": "import sys\nsys.exit(3)\n",
    "mean.py": SOLVED.replace("-np.log(own).sum()", "-np.log(own).mean()").replace(
        "(X @ P[:-1].T)", "(X @ P[:-1].T / m)"
    ),
    "other.py": "def another(theta, X, y): return 0.0, theta\n",
    "prints.py": "print('x' * 3_000_000)\n"
    + SOLVED.replace("    n, m =", "    print('{\"verdict\": 1}' * 99)\n    n, m ="),
    "raises.py": f"{BODY}return theta @ X\n",
    "reads.py": "input()\n",
    "row_major.py": SOLVED.replace('.ravel(order="F")', ".ravel()"),
    "segfaults.py": "import ctypes\nctypes.string_at(0)\n",
    "syntax.py": "def f(:\n",
    "todo.py": SKELETON,
}
EXPECTED = {
    "anna/port.py": ("PASS", "10 of 10 coordinates agree"),
    "at_zero.py": ("FAIL", "coordinates are wrong"),
    "bare.py": ("FAIL", "g is the gradient of f, but f is not the exercise's"),
    "constant.py": ("FAIL", "f is not the exercise's: 0, expected "),
    "exits.py": ("ERROR", "ended the process, exit code 0, before the check was done"),
    "forges.py": ("ERROR", "ended the process, exit code 0"),
    "forks.py": ("PASS", "10 of 10 coordinates agree"),
    "greedy.py": ("MEMORY", "took more memory than it was given: greedy.py, line 3, raised: MemoryError"),
    "hoards.py": ("MEMORY", "took more memory than it was given"),
    "interrupts.py": ("ERROR", "KeyboardInterrupt"),
    "leaves.py": ("ERROR", "leaves.py, line 2, does not run: SystemExit: 3"),
    "mean.py": ("FAIL", "which is the mean over the 120 samples: the exercise's is the plain sum"),
    "other.py": ("ERROR", f"other.py defines no function '{FUNCTION}'"),
    "prints.py": ("PASS", "10 of 10 coordinates agree"),
    "raises.py": ("ERROR", "raises.py, line 3, raised: ValueError: matmul"),
    "reads.py": ("ERROR", "reads.py, line 1, does not run: EOFError"),
    "row_major.py": ("FAIL", "likely: g has the right values in the wrong order"),
    "segfaults.py": ("ERROR", "died of SIGSEGV"),
    "syntax.py": ("ERROR", "syntax.py, line 1, does not run: SyntaxError"),
    "todo.py": ("ERROR", "todo.py, line 40, is unfinished"),
}
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("COV")}


def handed_in(folder, submissions):
    for name, text in submissions.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def graded(workbench, tmp_path_factory):
    """The outcome of one run over every kind of submission, and the folder after it."""
    folder = handed_in(tmp_path_factory.mktemp("handed_in"), SUBMISSIONS)
    return workbench("grade", folder, "--data", "iris", "--memory", 256, "--json"), folder


def test_every_submission_has_a_row_in_the_order_of_their_names(graded):
    outcome, _ = graded
    assert (outcome.code, outcome.err) == (1, "")
    assert [row["file"] for row in outcome.json] == sorted(SUBMISSIONS)
    assert all(set(row) == {"file", "verdict", "cause", "seconds", "message"} for row in outcome.json)


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_gets_the_verdict_and_the_reason_it_deserves(name, graded):
    if name in ("greedy.py", "hoards.py") and sys.platform != "linux":
        pytest.skip("only Linux enforces a limit of memory")
    row = next(row for row in graded[0].json if row["file"] == name)
    verdict, said = EXPECTED[name]
    assert row["verdict"] == verdict, row
    assert said in row["message"]
    assert "\n" not in row["message"]
    assert row["seconds"] > 0


def test_the_cause_is_named_and_it_is_f_where_g_is_its_gradient(graded):
    causes = {row["file"]: row["cause"] for row in graded[0].json}
    assert causes["mean.py"] == causes["constant.py"] == "value"
    assert causes["row_major.py"] == "order"
    assert causes["anna/port.py"] is None


def test_nothing_is_left_in_the_folder(graded):
    _, folder = graded
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(SUBMISSIONS)


def test_all_pass_is_exit_code_0_and_the_table_has_a_line_for_each(workbench, tmp_path):
    handed_in(tmp_path, {"subs/a.py": SOLVED, "subs/.venv/b.py": "1 / 0", "subs/notes.txt": "none"})
    outcome = workbench("grade", "subs", "--data", "iris", "--coordinates", 3)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["file", "verdict", "cause", "seconds", "message"]
    assert lines[1].split()[:3] == ["a.py", "PASS", "–"]
    assert "3 of 3 coordinates agree" in lines[1]
    assert lines[-1] == "1 of 1 PASS"


def test_a_submission_that_hangs_has_no_more_than_its_time(workbench, tmp_path):
    handed_in(tmp_path / "subs", {"hangs.py": "while True: pass\n"})
    started = time.monotonic()
    outcome = workbench("grade", "subs", "--data", "iris", "--timeout", 6, "--json")
    assert time.monotonic() - started < 60
    (row,) = outcome.json
    assert (outcome.code, row["verdict"], row["message"]) == (1, "TIMEOUT", "still running after 6 s")


def test_another_function_of_the_files_is_checked_without_the_exercise(workbench, tmp_path):
    handed_in(
        tmp_path / "subs",
        {
            "x/good.py": "def cost(theta, X, y): return float(theta @ theta), 2 * theta\n",
            "x/flat.py": "def cost(theta, X, y): return 1.0, 0 * theta\n",
            "x/skipped.py": "1 / 0\n",
        },
    )
    outcome = workbench("grade", "subs", "--pattern", "*/[gf]*.py", "--function", "cost", "--data", "iris", "--json")
    rows = {row["file"]: row for row in outcome.json}
    assert {name: row["verdict"] for name, row in rows.items()} == {"x/flat.py": "INCONCLUSIVE", "x/good.py": "PASS"}
    assert "g is zero wherever it was checked" in rows["x/flat.py"]["message"]


def test_data_of_ones_own_are_found_from_the_folder_of_the_command(workbench, tmp_path):
    handed_in(
        tmp_path,
        {"subs/a.py": SOLVED, "mine.csv": "a,b,kind\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(30))},
    )
    outcome = workbench("grade", "subs", "--data", "mine.csv", "--target", "kind", "--json")
    assert [row["verdict"] for row in outcome.json] == ["PASS"], outcome


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nowhere", "'nowhere' does not exist"),
        ("empty", "empty holds no submissions: expected .py files that match '**/*.py'"),
        ("full --pattern b*.py", "full holds no submissions: expected .py files that match 'b*.py'"),
        ("full --pattern /etc/*", "--pattern '/etc/*' is no pattern of files within a folder"),
        ("full --data digitz", "did you mean 'digits'?"),
        ("full --timeout 0", "0.0 is not in the range"),
        ("full --memory 0", "0 is not in the range"),
    ],
)
def test_what_cannot_be_graded_is_refused(arguments, said, refused, tmp_path):
    handed_in(tmp_path, {"full/a.py": SOLVED})
    (tmp_path / "empty").mkdir()
    assert said in refused("grade", *arguments.split())


def confined(script, folder, timeout=30.0):
    return run_confined([sys.executable, "-c", script], timeout=timeout, folder=folder, environment=ENVIRONMENT)


def test_of_endless_output_the_end_is_kept(tmp_path):
    ended = confined("import os\nfor _ in range(300): os.write(1, b'x' * 65536)\nprint('the end')", tmp_path)
    assert (ended.code, ended.timed_out) == (0, False)
    assert len(ended.output) == KEPT
    assert ended.output.endswith("xthe end\n")


def test_output_without_an_end_does_not_outlast_its_time(tmp_path):
    ended = confined("import os\nwhile True: os.write(1, b'x' * 65536)", tmp_path, timeout=1.0)
    assert ended.timed_out
    assert ended.seconds < 10


def test_a_process_that_closes_its_output_still_has_its_time(tmp_path):
    ended = confined("import os, sys, time\nos.close(1); os.close(2)\ntime.sleep(0.5)\nos._exit(7)", tmp_path)
    assert (ended.code, ended.timed_out) == (7, False)
    assert ended.seconds >= 0.5


def test_children_die_with_the_process_and_are_not_waited_for(tmp_path):
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    open('child', 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "while not os.path.exists('child') or not open('child').read(): time.sleep(0.01)\n"
        "os._exit(0)\n"
    )
    ended = confined(script, tmp_path)
    assert (ended.code, ended.timed_out) == (0, False)
    assert ended.seconds < 20
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        if _is_gone(child):
            return
        time.sleep(0.01)
    pytest.fail(f"the child {child} outlived its parent")


def test_a_child_in_a_session_of_its_own_is_not_waited_for(tmp_path):
    """It holds the pipe open, which ends nowhere until the child does."""
    ended = confined("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(20)", tmp_path)
    assert (ended.code, ended.timed_out) == (0, False)
    assert ended.seconds < 15


def _is_gone(process):
    """Whether a process has ended; one that nobody has asked about is a zombie, and gone too."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()[:1] in ("", "Z")


@pytest.mark.parametrize(
    ("ended", "verdict", "said"),
    [
        (Ended(-9, True, 2.0, ""), "TIMEOUT", "still running after 2 s"),
        (Ended(-9, False, 2.0, ""), "MEMORY", "killed by the system, as processes are when memory runs out"),
        (Ended(-11, False, 2.0, "a\nb\n"), "ERROR", "died of SIGSEGV; its last words: b"),
        (Ended(3, False, 2.0, " \n"), "ERROR", "ended the process, exit code 3, before the check was done"),
    ],
)
def test_a_process_without_a_result_is_graded_by_how_it_ended(ended, verdict, said):
    assert without_result(ended, 2.0) == (verdict, said)


def test_a_message_is_one_bounded_line_that_cannot_command_a_terminal():
    line = one_line("\x1b[31mred\x07\n\ttwo" + "x" * 9_999)
    assert line.startswith("[31mred twox")
    assert line.isprintable()
    assert len(line) == 500
