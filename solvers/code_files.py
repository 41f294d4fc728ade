"""The files that machine code is kept in: one for each signature of a function, written whole or not at all.

Numba numbers these files, and keeps an index of them beside. Two processes that compile the same function at once, for
other arguments each, both read the index, and both write it: then an entry is lost, or two take the same number, and
the machine code for one kind of arguments is called with the other. Here the name of a file is that of its key.
"""

import hashlib
import pickle
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile

UNREADABLE = OSError, EOFError, pickle.UnpicklingError, ImportError, AttributeError
"""Not there; cut short when the machine stopped; of classes that are not there any more."""


class CodeFiles(IndexDataCacheFile):  # type: ignore[misc]
    """What Numba asks of the place where it keeps the machine code of a function."""

    def __init__(self, numbered: IndexDataCacheFile, stamp: str) -> None:
        """Take the place of Numba's own; what is kept without this stamp is stale."""
        super().__init__(numbered._cache_path, numbered._index_name.removesuffix(".nbi"), stamp)

    def save(self, key: Any, data: Any) -> None:
        """Keep the machine code for a key: signature, processor, and a hash of what the function closes over."""
        with self._open_for_write(str(self._path(key))) as file:
            for part in (self._made_by(), key, data):
                file.write(self._dump(part))

    def load(self, key: Any) -> Any:
        """Return the machine code for a key; None where there is none, or it is stale."""
        try:
            with self._path(key).open("rb") as file:
                # Types of different modules may have the same name, and so the same file: then the later one stays.
                if pickle.load(file) == self._made_by() and pickle.load(file) == key:
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

    def _path(self, key: Any) -> Path:
        return Path(self._cache_path, self._data_name(hashlib.sha256(str(key).encode()).hexdigest()[:16]))

    def _data_name(self, name: str) -> str:
        return f"{self._index_name.removesuffix('.nbi')}.{name}.nbc"
