"""The schema of a run record: one SQLite file, its tables, and how it is opened.

A *cell* is one solver in one repeat. Its numbers are a row of ``results``, its iterations are rows of ``trace``, its
arrays are rows of ``arrays`` (raw bytes with dtype and shape; nothing is ever unpickled). ``run`` holds one row: the
schema's version and the meta data as a JSON object.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

VERSION = 2
FILE = "results.db"
BUSY_SECONDS = 30.0

metadata = MetaData()

run = Table("run", metadata, Column("schema", Integer, nullable=False), Column("meta", String, nullable=False))

# nit and nfev are REAL: a failed cell has none (NaN), and a mini-batch solver may count parts of an evaluation.
results = Table(
    "results",
    metadata,
    Column("cell", Integer, primary_key=True),
    Column("solver", String, nullable=False),
    Column("method", String, nullable=False),
    Column("options", String, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("message", String, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("nit", Float),
    Column("nfev", Float),
    Column("compile_seconds", Float),
    Column("seconds", Float),
    Column("f", Float),
    Column("grad_inf", Float),
    Column("gap", Float),
    Column("gap_bound", Float),
    Column("train_accuracy", Float),
    Column("test_accuracy", Float),
    Column("error", String, nullable=False),
    UniqueConstraint("solver", "repeat"),
)

trace = Table(
    "trace",
    metadata,
    Column("cell", ForeignKey("results.cell"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("nit", Integer, nullable=False),
    Column("nfev", Float),
    Column("seconds", Float),
    Column("f", Float),
    Column("grad_inf", Float),
    Column("step", Float),
    Column("rho", Float),
    Column("train_accuracy", Float),
    Column("test_accuracy", Float),
)

arrays = Table(
    "arrays",
    metadata,
    Column("cell", ForeignKey("results.cell"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("dtype", String, nullable=False),
    Column("shape", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)


def engine(path: Path, *, write: bool) -> Engine:
    """Engine of the record at `path`; every transaction of a writer holds the write lock from its first statement.

    A deferred ``BEGIN`` that writes after it read fails at once when another writer came between, whatever the busy
    timeout. The journal is TRUNCATE: a write-ahead log is unsafe on a network file system.
    """
    # Not mode=ro for readers: a journal that a killed writer left behind must be rolled back, which writes.
    address = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'rw'}"

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
    def begin(connection) -> None:  # type: ignore[no-untyped-def]
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return made


def tidy(made: Engine) -> None:
    """Release a writer's engine and remove the empty journal that TRUNCATE leaves beside the record."""
    # A busy file keeps its journal: the record is whole either way.
    with suppress(DBAPIError, sqlite3.Error), closing(made.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode=DELETE")
    made.dispose()
