"""Room for numbers: aligned and of the length asked for, small or large, interpreted or compiled."""

import numpy as np
import pytest

from solvers.jit import compiled
from workbench.objectives.room import LARGE, LINE, in_large_pages, room_for


@compiled
def room_compiled(n, like):
    """Return room as compiled code finds it."""
    return room_for(n, like)


@compiled
def asked(n):
    """Return numbers for which large pages were asked for."""
    found = np.empty(n)
    in_large_pages(found)
    found[:] = 1.0
    return found


@pytest.mark.parametrize("make", [room_for, room_compiled], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 37, LARGE // 4 + 3])
def test_room_begins_with_a_line_and_can_be_written(make, dtype, n):
    found = make(n, np.empty(0, dtype))
    assert (found.dtype, found.size) == (dtype, n)
    assert n == 0 or found.ctypes.data % LINE == 0
    found[:] = 1.0
    assert found.sum() == n


@pytest.mark.parametrize("n", [3, LARGE // 8 - 1, LARGE // 8, LARGE])
def test_memory_in_large_pages_holds_what_is_written(n):
    assert asked(n).sum() == n
