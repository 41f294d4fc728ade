"""The machine as ``doctor`` shows it."""

from typing import Any

import numpy as np
import platformdirs

from solvers.vectors import dot
from workbench import __version__
from workbench.environment import environment
from workbench.threads import in_effect


def machine() -> dict[str, Any]:
    """Return the environment, the threads in effect, and where compiled code and downloads are kept."""
    one = np.ones(2)
    works = float(dot(one, one)) == 2.0
    stats = getattr(dot, "stats", None)
    cache = getattr(stats, "cache_path", None)
    return {
        "workbench": __version__,
        **environment(),
        "threads": in_effect(),
        "compiler": ("works" if works else "gives wrong results") if stats else "switched off (NUMBA_DISABLE_JIT)",
        "compiled code": str(cache) if cache else "not kept on disk",
        "downloads": platformdirs.user_cache_dir("minfunc-workbench"),
    }
