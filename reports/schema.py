"""The schema of a store: its tables, the same in SQLite and in PostgreSQL.

A *study* asks for *cells* on *problems*: a cell is one solver in one repeat under one budget. Every attempt at a cell
is a row of ``run``, its iterations are rows of ``trace``, its arrays are rows of ``array`` (raw bytes with dtype and
shape; nothing is ever unpickled). What several studies share (a problem, a solver, a cell) stands there once.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from reports.columns import Document, Number, Words

VERSION = 3
FILE = "results.db"

STATES = ("done", "timeout", "killed", "crashed", "failed", "interrupted")
VERDICTS = ("", "verified", "false success", "silent success", "honest failure", "diverged")
TRACED = ("", "iterates", "budgets")
FLAGS = ("contended", "drifted", "compiled", "threads", "unaccounted")

metadata = MetaData()

store = Table("store", metadata, Column("schema", Integer, nullable=False))

environment = Table(
    "environment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("document", Document, nullable=False),
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("document", Document, nullable=False),
)

problem = Table(
    "problem",
    metadata,
    Column("key", String, primary_key=True),
    Column("dataset", ForeignKey("dataset.id")),
    Column("document", Document, nullable=False),
    Column("reference", Document, nullable=False),
)

solver = Table(
    "solver",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("label", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("options", Document, nullable=False),
)

# The digest is that of what is measured: the words and the moment in which it was asked for are no part of it.
study = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("document", Document, nullable=False),
    Column("state", String, nullable=False),
    Column("environment", ForeignKey("environment.id"), nullable=False),
)

study_problem = Table(
    "study_problem",
    metadata,
    Column("study", ForeignKey("study.id"), primary_key=True),
    Column("problem", ForeignKey("problem.key"), primary_key=True),
    Column("place", Integer, nullable=False),
)

cell = Table(
    "cell",
    metadata,
    Column("key", String, primary_key=True),
    Column("problem", ForeignKey("problem.key"), nullable=False),
    Column("solver", ForeignKey("solver.id"), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("budget", Document, nullable=False),
)

study_cell = Table(
    "study_cell",
    metadata,
    Column("study", ForeignKey("study.id"), primary_key=True),
    Column("cell", ForeignKey("cell.key"), primary_key=True),
    Column("place", Integer, nullable=False),
)

# nit and nfev are numbers: a failed cell has none (NaN), and a mini-batch solver may count parts of an evaluation.
run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cell", ForeignKey("cell.key"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("environment", ForeignKey("environment.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("status", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("verdict", String, nullable=False),
    Column("parity", Words, nullable=False),
    Column("traced", String, nullable=False),
    Column("nit", Number),
    Column("nfev", Number),
    Column("seconds", Number),
    Column("compile_seconds", Number),
    Column("first_call_seconds", Number),
    Column("oracle_seconds", Number),
    Column("overhead_seconds", Number),
    Column("monitoring_seconds", Number),
    Column("wall_seconds", Number),
    Column("memory_mb", Number),
    Column("canary", Number),
    Column("flags", String, nullable=False),
    Column("f", Number),
    Column("grad_inf", Number),
    Column("gap", Number),
    Column("gap_bound", Number),
    Column("train_accuracy", Number),
    Column("test_accuracy", Number),
    Column("error", Words, nullable=False),
    Column("started", Words, nullable=False),
    UniqueConstraint("cell", "attempt"),
)

trace = Table(
    "trace",
    metadata,
    Column("run", ForeignKey("run.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("nit", BigInteger, nullable=False),
    Column("nfev", Number),
    Column("seconds", Number),
    Column("f", Number),
    Column("grad_inf", Number),
    Column("step", Number),
    Column("rho", Number),
    Column("train_accuracy", Number),
    Column("test_accuracy", Number),
)

array = Table(
    "array",
    metadata,
    Column("run", ForeignKey("run.id"), primary_key=True),
    Column("name", Words, primary_key=True),
    Column("dtype", String, nullable=False),
    Column("shape", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
