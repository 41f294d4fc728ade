"""An archive of arrays: a zip file of ``.npy`` members, each read only after its header proved true."""

from __future__ import annotations

import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from numpy.lib import format as npy

from workbench.data import bounded
from workbench.data.errors import DataError
from workbench.data.signatures import require_signature

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_DAMAGE = (
    *(ValueError, TypeError, OverflowError, SyntaxError, EOFError, OSError, struct.error, tokenize.TokenError),
    *(RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),  # RuntimeError: encrypted members
)
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class Archive:
    """The arrays of an ``.npz`` file by name; what they unpack to together is bounded.

    Attributes
    ----------
    name : str
        The file's name.
    names : tuple of str
        The names of its arrays.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._limit = bounded.unpacked_limit(path.stat().st_size)
        self._unpacked = 0
        require_signature(path, b"PK", "an .npz file")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DataError(f"{self.name} is damaged: {error}") from None
        self.names = tuple(name.removesuffix(".npy") for name in self._zip.namelist() if name.endswith(".npy"))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exception: object) -> None:
        self._zip.close()

    def get(self, *names: str) -> np.ndarray[Any, Any] | None:
        """The array under the first of these names that is there, or None.

        Raises
        ------
        DataError
            The member is damaged, holds Python objects, or promises more than it holds or than the file may unpack to.
        """
        name = next((name for name in names if name in self.names), None)
        if name is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # headers that Python 2 wrote are read all the same
                return self._array(name)
        except DataError:
            raise
        except _DAMAGE as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self.name}: array '{name}' is damaged: {reason}") from None

    def _array(self, name: str) -> np.ndarray[Any, Any]:
        member = self._zip.getinfo(f"{name}.npy")
        self._unpacked += member.file_size
        if self._unpacked > self._limit:
            raise bounded.too_much(self.name, f"unpacks to {self._unpacked:,} bytes at '{name}'", self._limit)
        with self._zip.open(member) as stream:
            version = npy.read_magic(stream)
            if version not in _HEADERS:
                raise DataError(f"{self.name}: array '{name}' has named fields, expected plain numbers or text")
            shape, _, dtype = _HEADERS[version](stream)
            held = member.file_size - stream.tell()
        if dtype.hasobject or dtype.kind not in "biufcSU":
            raise DataError(
                f"{self.name}: array '{name}' has dtype {dtype}: save it as plain numbers or text, not as objects"
            )
        promised = math.prod(shape) * dtype.itemsize
        if promised != held or any(length < 0 for length in shape):
            raise DataError(
                f"{self.name}: array '{name}' is damaged: its header promises {promised:,} bytes {shape}, "
                f"it holds {held:,}"
            )
        with self._zip.open(member) as stream:
            return npy.read_array(stream, allow_pickle=False)
