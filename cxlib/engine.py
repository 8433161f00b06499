"""The engine: one DuckDB connection a study, which can read the study's folder and nothing else."""

import itertools
from pathlib import Path

import duckdb

BLOCKS = 200
"""Respondents fall into this many blocks by a hash of their id; see `summaries.summarise_blocks`."""

SMALL_STUDY = 64_000_000
"""Bytes below which one thread is as fast as many, and sums of weights add up in one order: same input, same bytes."""

MANY = 10_000
"""Files of a folder whose size is looked at; a study has fewer."""

PACKED = (".parquet", ".gz", ".duckdb", ".db", ".xlsx", ".zsav")
PACKED_TENFOLD = 10
"""Packed files hold about so many times their size."""


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open an in-memory engine that may read `folder` only, install nothing and load nothing."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # in a notebook it would be a widget
    if sum(size_of(file) for file in itertools.islice(folder.rglob("*"), MANY) if file.is_file()) < SMALL_STUDY:
        connection.execute("SET threads = 1")
    connection.execute(f"SET allowed_directories = [{quote(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def size_of(file: Path) -> int:
    """About how many bytes a file holds when it is unpacked."""
    return file.stat().st_size * (PACKED_TENFOLD if file.suffix.lower() in PACKED else 1)


def block_of(respondent: str) -> str:
    """The block of a respondent as SQL: the same on every engine and machine, whatever else is in the study."""
    return f"CAST(('0x' || substr(md5({respondent}), 1, 8)) AS UBIGINT) % {BLOCKS}"


def quote(text: str) -> str:
    """A text as an SQL literal.

    >>> quote("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier.

    >>> identifier('two words')
    '"two words"'
    """
    return '"' + name.replace('"', '""') + '"'


def first_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple:
    """The first row of a query's result."""
    return connection.execute(query).fetchall()[0]
