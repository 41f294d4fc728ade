"""The fingerprint of arrays: one SHA-256 over dtypes, shapes and bytes, the same on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


def fingerprint(arrays: Mapping[str, Any]) -> str:
    """SHA-256 of named arrays in canonical form.

    Canonical means C order and little-endian; the indices of a CSR matrix count as 64-bit integers, because SciPy
    picks their width. The name, kind, dtype and shape of each array are hashed before its bytes, so that moving a
    row or a byte from one array to the next gives another fingerprint.

    Parameters
    ----------
    arrays : mapping of str to ndarray, CSR or None
        Hashed in the mapping's order.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, array in arrays.items():
        if array is None:
            digest.update(f"{name}:none\n".encode())
        elif isinstance(array, np.ndarray):
            _update(digest, name, array)
        else:
            digest.update(f"{name}:csr:{tuple(map(int, array.shape))}\n".encode())
            _update(digest, f"{name}.data", array.data)
            _update(digest, f"{name}.indices", array.indices.astype(np.int64, copy=False))
            _update(digest, f"{name}.indptr", array.indptr.astype(np.int64, copy=False))
    return digest.hexdigest()


def _update(digest: Any, name: str, array: np.ndarray[Any, Any]) -> None:
    canonical = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    shape = ",".join(str(length) for length in array.shape)
    digest.update(f"{name}:{canonical.dtype.str}:{shape}\n".encode())
    digest.update(canonical.reshape(-1).view(np.uint8))
