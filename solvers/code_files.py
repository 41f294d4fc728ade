"""The files that machine code is kept in: one for each signature of a function, written whole or not at all.

Numba numbers these files, and keeps an index of them beside. Two processes that compile the same function at once, for
other arguments each, both read the index, and both write it: then an entry is lost, or two take the same number, and
the machine code for one kind of arguments is called with the other. Here the name of a file is that of its key.

Numba's key also has a hash of what a function closes over, as bytes that depend on whether Python has just compiled the
source or has read what it compiled before; here it is a hash of what that says.
"""

import functools
import hashlib
import pickle
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from numba.core.caching import IndexDataCacheFile

UNREADABLE = OSError, EOFError, pickle.UnpicklingError, ImportError, AttributeError
"""Not there; cut short when the machine stopped; of classes that are not there any more."""


class CodeFiles(IndexDataCacheFile):  # type: ignore[misc]
    """What Numba asks of the place where it keeps the machine code of a function."""

    def __init__(self, numbered: IndexDataCacheFile, stamp: str, function: FunctionType) -> None:
        """Take the place of Numba's own; what is kept without this stamp is stale."""
        self._function = function
        super().__init__(numbered._cache_path, numbered._index_name.removesuffix(".nbi"), stamp)

    def save(self, key: Any, data: Any) -> None:
        """Keep the machine code for a key: signature, processor, and a hash of what the function closes over."""
        with self._open_for_write(str(self._path(key))) as file:
            for part in (self._made_by(), self._ours(key), data):
                file.write(self._dump(part))

    def load(self, key: Any) -> Any:
        """Return the machine code for a key; None where there is none, or it is stale."""
        try:
            with self._path(key).open("rb") as file:
                # Types of different modules may have the same name, and so the same file: then the later one stays.
                if pickle.load(file) == self._made_by() and pickle.load(file) == self._ours(key):
                    return pickle.load(file)
        except UNREADABLE:
            pass
        return None

    def flush(self) -> None:
        """Forget what is kept."""
        for path in Path(self._cache_path).glob(self._data_name("*")):
            path.unlink(missing_ok=True)

    def _made_by(self) -> tuple[str, str]:
        return self._version, self._source_stamp

    @functools.cached_property
    def _closure(self) -> str:
        return _hash(described(tuple(cell.cell_contents for cell in self._function.__closure__ or ())))

    def _ours(self, key: Any) -> Any:
        signature, processor, (code, _) = key
        return signature, processor, code, self._closure

    def _path(self, key: Any) -> Path:
        return Path(self._cache_path, self._data_name(_hash(str(self._ours(key)))[:16]))

    def _data_name(self, name: str) -> str:
        return f"{self._index_name.removesuffix('.nbi')}.{name}.nbc"


def described(value: Any, within: tuple[Any, ...] = ()) -> str:
    """Return what there is to say of a value that a function closes over; of functions, what they do.

    What those call by a global name is left out: of the same package, the stamp tells when it changes.
    """
    value = getattr(value, "py_func", value)
    if any(value is each for each in within):
        return "..."
    if isinstance(value, FunctionType):
        cells = tuple(cell.cell_contents for cell in value.__closure__ or ())
        parts = value.__module__, value.__qualname__, value.__code__, cells, value.__defaults__
        return described(parts, (*within, value))
    if isinstance(value, CodeType):
        return described((value.co_name, value.co_code, value.co_names, value.co_consts), within)
    if isinstance(value, tuple):
        return f"({', '.join(described(each, within) for each in value)})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(described(each, within) for each in value))}}}"
    return repr(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
