"""A limit on the memory that this process may take for a while."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def limited_memory(n_bytes: int) -> Iterator[None]:
    """Let this process map at most `n_bytes` more than it has now, and write no core file if it dies.

    Allocations beyond that raise MemoryError. The limit is lifted at the end, so that there is room to say what had
    gone wrong. Children get the same limit, each for itself. Linux enforces it; macOS accepts it and does not.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [_mapped() + n_bytes, *(known for known in (soft, hard) if known != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _mapped() -> int:
    """Return the bytes of address space in use; those in memory at most so far, where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
