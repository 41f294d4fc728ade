"""What minFunc's display prints, against the recorded text of the original."""

import math
import sys

import pytest

from workbench.matlab.display import UNCONDITIONAL, Display, formatted

TABLE = (
    " Iteration   FunEvals     Step Length    Function Val        Opt Cond\n"
    "         1          3     8.13859e-04     4.14693e+00     4.94794e+00\n"
)
REMARKS = "CG stopped after 3 iterations w/ residual 8.53208e-01\n"
MESSAGE = "Reached Maximum Number of Iterations\n"


def everything(mode, strict=False):
    display = Display(mode, strict)
    display.header()
    display.row(1, 3, 8.138588e-4, 4.146930, 4.947944)
    display.remark("CG stopped after %d iterations w/ residual %.5e", 3, 0.853208)
    display.remark(UNCONDITIONAL)
    display.message("Reached Maximum Number of Iterations")


@pytest.mark.parametrize(
    ("mode", "strict", "printed"),
    [
        ("off", False, ""),
        ("final", False, MESSAGE),
        ("iter", False, TABLE + MESSAGE),
        ("full", False, TABLE + REMARKS + UNCONDITIONAL + "\n" + MESSAGE),
        ("excessive", False, TABLE + REMARKS + UNCONDITIONAL + "\n" + MESSAGE),
        ("off", True, UNCONDITIONAL + "\n"),
        ("iter", True, TABLE + UNCONDITIONAL + "\n" + MESSAGE),
    ],
)
def test_a_mode_prints_what_it_lets_through(mode, strict, printed, capsys):
    everything(mode, strict)
    assert capsys.readouterr().out == printed


def test_numbers_that_are_not_finite_are_written_as_matlab_writes_them(capsys):
    Display("iter").row(12, 345, math.nan, math.inf, -math.inf)
    assert capsys.readouterr().out == "        12        345             NaN             Inf            -Inf\n"


def test_a_format_is_filled_in_order_and_a_double_percent_sign_is_one():
    assert formatted("%d of %s: %.2f%% (%e)", 1, "two", 3.14159, math.nan) == "1 of two: 3.14% (NaN)"


def test_the_stream_is_the_standard_output_at_the_time_of_printing(monkeypatch, capsys):
    display = Display("final")
    monkeypatch.setattr(sys, "stdout", sys.stderr)
    display.message("done")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "done\n")
