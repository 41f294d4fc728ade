"""The database of a store: how SQLite and PostgreSQL are opened so that both behave alike.

Every transaction of a writer holds the one write lock from its first statement, so that writers queue and no "look,
then insert" can be overtaken; every transaction of a reader sees one state of the store.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from reports import schema
from reports.place import Place

BUSY_SECONDS = 120.0
CONNECT_SECONDS = 10
WRITE_LOCK = 7_065_785
"""Number of PostgreSQL's advisory lock that stands for SQLite's write lock."""


class SchemaError(Exception):
    """Why a sound database is no store that can be read, as half a sentence."""


def engine(place: Place, *, write: bool) -> Engine:
    """Return the engine of a store."""
    return _server(place, write=write) if place.file is None else _file(place.file, write=write)


def _file(path: Path, *, write: bool) -> Engine:
    """SQLite. A deferred ``BEGIN`` that writes after it read fails at once when another writer came between.

    The journal is TRUNCATE: a write-ahead log is unsafe on a network file system, and in versions before 3.51.3.
    """
    # Not mode=ro for readers: a journal that a killed writer left behind must be rolled back, which writes.
    address = f"{path.absolute().as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        # isolation_level=None: Python's own implicit BEGIN comes late and deferred, ours stands below.
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)

    made = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(made, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        if write:
            connection.execute("PRAGMA journal_mode=TRUNCATE")
            connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return made


def _server(place: Place, *, write: bool) -> Engine:
    """PostgreSQL."""
    assert place.url is not None
    options = {} if write else {"isolation_level": "REPEATABLE READ"}
    arguments = {"connect_timeout": CONNECT_SECONDS}
    try:
        made = create_engine(place.url, poolclass=NullPool, connect_args=arguments, **options)
    except ImportError as error:
        raise ValueError(
            f"{place.words} needs psycopg: install it with pip install 'minfunc-workbench[postgres]'"
        ) from error

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        if write:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    return made


def tidy(made: Engine) -> None:
    """Release a writer's engine and remove the empty journal that TRUNCATE leaves beside an SQLite file."""
    if made.dialect.name == "sqlite":
        # A busy file keeps its journal: the record is whole either way.
        with suppress(DBAPIError, sqlite3.Error), closing(made.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode=DELETE")
    made.dispose()


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """Turn the errors of a database that is read into a line that says what is wrong with it."""
    try:
        yield
    except SchemaError as error:
        raise ValueError(f"{_named(place)} cannot be read: {error}") from None
    except (SQLAlchemyError, sqlite3.Error, TypeError, ValueError, KeyError) as error:
        if isinstance(error, OperationalError) and place.file is None:
            raise OSError(f"{place.words} cannot be reached: {_reason(error)}") from error
        raise ValueError(f"{_named(place)} is damaged or no record of a run: {_reason(error)}") from error


@contextmanager
def writing(place: Place) -> Iterator[None]:
    """Turn the errors of a database that cannot be written into a line that says why."""
    try:
        yield
    except SchemaError as error:
        raise ValueError(f"{_named(place)} cannot be used: {error}") from None
    except OperationalError as error:
        raise OSError(f"{_named(place)} cannot be written: {_reason(error)}") from error
    except DBAPIError as error:
        raise ValueError(f"{_named(place)} is damaged or refuses what is stored: {_reason(error)}") from error


def _named(place: Place) -> str:
    return place.words if place.file is None or place.file.name != schema.FILE else str(place.file)


def _reason(error: Exception) -> str:
    return (str(getattr(error, "orig", error)).splitlines() or [type(error).__name__])[0]
