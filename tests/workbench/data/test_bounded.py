"""Bounded reading stops before a file costs more memory than it may."""

import gzip
import hashlib

import pytest

from workbench.data import DataError, bounded
from workbench.data.bounded import opened


def drained(path):
    with opened(path) as stream:
        return sum(len(chunk) for chunk in iter(lambda: stream.read(2**16), b""))


def test_a_plain_and_a_packed_file_yield_the_same_bytes_and_digest(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "plain").write_bytes(content)
    (tmp_path / "packed").write_bytes(gzip.compress(content))
    for name in ("plain", "packed"):
        digest = hashlib.sha256()
        with opened(tmp_path / name, digest=digest) as stream:
            assert stream.read() == content
        assert digest.digest() == hashlib.sha256(content).digest()


def test_a_gzip_bomb_is_stopped_at_the_ratio(zeros_gz, memory_peak):
    bomb = zeros_gz("bomb", b"", 256)
    with memory_peak() as peak, pytest.raises(DataError, match=r"more than the .* bytes allowed .* unpack it first"):
        drained(bomb)
    assert peak() < 5


def test_a_small_file_may_unpack_to_more_than_the_ratio(zeros_gz):
    small = zeros_gz("small", b"", 8)
    assert bounded.MAX_RATIO * small.stat().st_size < 8 * 2**20
    assert drained(small) == 8 * 2**20


def test_the_ratio_can_be_raised(zeros_gz, monkeypatch):
    bomb = zeros_gz("bomb", b"", 64)
    monkeypatch.setattr(bounded, "MAX_RATIO", 2000)
    assert drained(bomb) == 64 * 2**20


@pytest.mark.parametrize("packed", [False, True])
def test_no_file_yields_more_than_the_most_allowed(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(bounded, "MAX_BYTES", 1000)
    path = tmp_path / "large"
    path.write_bytes(gzip.compress(b"x" * 1001) if packed else b"x" * 1001)
    with pytest.raises(DataError, match="more than the 1,000 bytes allowed"):
        drained(path)


def test_a_file_that_cannot_be_opened_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"cannot read '.*gone': No such file"):
        drained(tmp_path / "gone")
