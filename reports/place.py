"""The place of a store: a run's folder with ``results.db`` in it, or a database by its URL."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from reports import schema


@dataclass(frozen=True)
class Place:
    """Where a store is.

    Attributes
    ----------
    words : str
        What a person reads: the folder, or the URL without its password.
    folder : pathlib.Path or None
        Where the run's files go; None for a database on a server.
    file : pathlib.Path or None
        The SQLite file; None for a database on a server.
    url : sqlalchemy.URL or None
        That of the server.
    """

    words: str
    folder: Path | None = None
    file: Path | None = None
    url: URL | None = None


def is_url(where: str | Path) -> bool:
    """Whether it is the URL of a database, and no folder."""
    return "://" in str(where)


def place(where: str | Path) -> Place:
    """Return the place that a folder or a URL names.

    Raises
    ------
    ValueError
        For a URL of another kind of database, or one without a database's name.
    """
    if not is_url(where):
        return Place(str(where), Path(where), Path(where) / schema.FILE)
    try:
        url = make_url(str(where))
    except ArgumentError:
        url = None
    # The URL itself is not repeated where it could not be read: a password may be in it.
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("the store's URL must begin with sqlite:/// or postgresql+psycopg://, or be a run's folder")
    words = url.render_as_string(hide_password=True)
    if not url.database or url.database == ":memory:":
        raise ValueError(f"{words} names no database: expected {url.drivername}://.../NAME")
    if url.get_backend_name() == "sqlite":
        return Place(words, Path(url.database).parent, Path(url.database))
    return Place(words, url=url.set(drivername="postgresql+psycopg"))


def refuse_taken(where: Place) -> None:
    """Raise ValueError where a new run would come upon something else; a run is never overwritten."""
    folder, file = where.folder, where.file
    if folder is None or file is None or not (folder.exists() or folder.is_symlink()):
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} exists and is no folder: name a new folder for the run")
    if file.exists():
        raise ValueError(f"{folder} already holds a run, which is never overwritten: name a new folder for the run")
    if file.name == schema.FILE and any(folder.iterdir()):
        raise ValueError(f"{folder} exists and is no run: name a new or an empty folder for the run")


def make(file: Path, *, exclusive: bool) -> list[Path]:
    """Make an empty file and the folders above it; what was made, innermost first.

    Raises
    ------
    ValueError
        It cannot be made; nothing is left then.
    """
    missing = [path for path in file.parents if not path.exists()]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            made.insert(0, path)
        # Exclusive, so that of two comparisons started into one empty folder only one goes on.
        with suppress(*() if exclusive else (FileExistsError,)):
            file.open("xb").close()
            made.insert(0, file)
    except OSError as error:
        unmake(made)
        raise ValueError(f"{file.parent} cannot be made: {error.strerror}") from error
    return made


def unmake(made: list[Path]) -> None:
    """Remove what `make` made; a file that another process has filled since, and its folders, stay."""
    for path in made:
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_size == 0:
                path.unlink()
                path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
