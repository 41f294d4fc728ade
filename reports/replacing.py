"""Replacing a folder in one step: readers see the old files or the new ones, never a mixture."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from uuid import uuid4


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty draft folder beside `folder` that takes its place when the block ends; an error leaves `folder`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft, former = (folder.with_name(f".{folder.name}-{uuid4().hex[:12]}") for _ in range(2))
    draft.mkdir()
    try:
        yield draft
        if not folder.exists():
            draft.rename(folder)
            return
        folder.rename(former)
        try:
            draft.rename(folder)
        except BaseException:
            former.rename(folder)
            raise
        rmtree(former)
    finally:
        rmtree(draft, ignore_errors=True)
