"""The messages of an SQLite recording that was cut off, copied as far as its pages are there."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

_OPEN_TORN = "PRAGMA writable_schema = ON"
"""Lets SQLite open a file of fewer pages than its header says."""
_SCHEMA = (
    "SELECT type, name, sql FROM sqlite_master "
    "WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
)


def copy_whole_rows(path: Path, folder: Path) -> Path:
    """Copy the rows of every table of `path`, each up to its first page that is missing; return the file in `folder`.

    Rows go by their number, not by the index of their time, which lies anywhere in the file. `path` stays as it is.
    Raises sqlite3.Error where not even the list of tables is there.
    """
    copy = folder / path.name
    with (
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as torn,
        closing(sqlite3.connect(copy)) as whole,
    ):
        torn.execute(_OPEN_TORN)
        for kind, name, sql in torn.execute(_SCHEMA).fetchall():
            whole.execute(sql)
            if kind == "table":
                with suppress(sqlite3.DatabaseError):
                    _copy_rows(torn, whole, name)
        whole.commit()
    return copy


def _copy_rows(torn: sqlite3.Connection, whole: sqlite3.Connection, table: str) -> None:
    rows = torn.execute(f'SELECT * FROM "{table}" NOT INDEXED ORDER BY rowid')
    insert = f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(rows.description))})'
    for row in rows:
        whole.execute(insert, row)
