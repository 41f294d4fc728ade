"""The files that machine code is kept in: one for each signature of a function.

Numba numbers these files, and keeps an index of them beside. Two processes that compile the same function at once, for
other arguments each, both read the index, and both write it: then an entry is lost, or two take the same number, and
the machine code for one kind of arguments is called with the other. Here the name of a file is that of its key.

Numba's key also has a hash of what a function closes over, as bytes that depend on whether Python has just compiled the
source or has read what it compiled before; here it is a hash of what that says.

And it forgets that machine code needs threads where that part of it came from a file, in another process: then a third
process, which has none yet, ends in LLVM's "Symbol not found".
"""

import functools
import hashlib
from glob import escape
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from numba.core.caching import IndexDataCacheFile
from numba.core.serialize import dumps
from numba.core.typed_passes import _reload_parfors

THREADS = b"numba_parallel_for"
"""The name in machine code by which a parallel loop is begun."""


class CodeFiles(IndexDataCacheFile):  # type: ignore[misc]
    """What Numba asks of the place where it keeps the machine code of a function."""

    def __init__(self, numbered: IndexDataCacheFile, stamp: str, function: Any) -> None:
        """Take the place of Numba's own; what is kept without this stamp is stale."""
        self._function, self._base = function, numbered._index_name.removesuffix(".nbi")
        super().__init__(numbered._cache_path, self._base, stamp)

    def save(self, key: Any, data: Any) -> None:
        """Keep the machine code for a key: signature, processor, and hashes of the code and what it closes over."""
        ours = self._ours(key)
        self._save_data(self._name(ours), (self._source_stamp, ours, with_threads(data)))

    def load(self, key: Any) -> Any:
        """Return the machine code for a key; None where there is none, or it is stale."""
        ours = self._ours(key)
        try:
            stamp, found, data = self._load_data(self._name(ours))
        except Exception:  # not there, cut short, of classes that are not there any more: it is compiled anew
            return None
        # Types of different modules may have the same name, and so the same file: then the later one stays.
        return data if (stamp, found) == (self._source_stamp, ours) else None

    def flush(self) -> None:
        """Forget what is kept of the function."""
        for path in Path(self._cache_path).glob(f"{escape(self._base)}.*.nbc"):
            path.unlink(missing_ok=True)

    @functools.cached_property
    def _closure(self) -> str:
        return _hash(described(tuple(cell.cell_contents for cell in self._function.__closure__ or ())))

    def _ours(self, key: Any) -> Any:
        signature, processor, (code, _) = key
        return self._version, signature, processor, code, self._closure

    def _name(self, ours: Any) -> str:
        return f"{self._base}.{_hash(str(ours))[:16]}.nbc"


def with_threads(data: Any) -> Any:
    """Return Numba's data of a function, with the start of its threads where the machine code calls them."""
    library, *rest, at_load, environments = data
    _, _, (code, _) = library
    if THREADS in code and _reload_parfors not in at_load:
        at_load = [*at_load, _reload_parfors]
    return library, *rest, at_load, environments


def described(value: Any, within: tuple[Any, ...] = ()) -> str:
    """Return what there is to say of a value that a function closes over; of functions, what they do.

    What those call by a global name is left out: of the same package, the stamp tells when it changes.
    """
    if any(value is each for each in within):
        return "..."
    if isinstance(value, FunctionType):
        cells = tuple(cell.cell_contents for cell in value.__closure__ or ())
        parts = value.__module__, value.__qualname__, value.__code__, cells, value.__defaults__, value.__kwdefaults__
        return described(parts, (*within, value))
    if isinstance(value, CodeType):
        return described((value.co_name, value.co_code, value.co_names, value.co_consts), within)
    if isinstance(value, tuple):
        return f"{described(type(value))}({', '.join(described(each, within) for each in value)})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(described(each, within) for each in value))}}}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return repr(value)
    return hashlib.sha256(dumps(value)).hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
