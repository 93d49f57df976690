#!/usr/bin/env python3
"""Compares a published table, read by Python's own sqlite3, with the files it was published from.

    check.py DATABASE TABLE FILE..

Reads the files by pyarrow, fastavro, or Python's own csv rules and json, and compares every value of every column by
value, in the order of the rows. Prints each mismatch and ends with 1 if there is one.
"""

import sqlite3
import sys

from compare import differs
from source import read_source


def main(arguments):
    """Compares, and tells."""
    if len(arguments) < 3:
        sys.exit(__doc__)
    database, table, *files = arguments
    header, rows, types = _read_table(database, table)
    names, expected = read_source(files)
    mismatches = []
    if header != names:
        mismatches.append(f"columns: the table has {header}, the files have {names}")
    elif len(rows) != len(expected):
        mismatches.append(f"rows: the table has {len(rows)}, the files have {len(expected)}")
    else:
        mismatches.extend(_compare(names, types, rows, expected))
    for mismatch in mismatches:
        print(mismatch)
    print(f"{len(rows)} rows x {len(header)} columns: {len(mismatches)} mismatches")
    return 1 if mismatches else 0


def _compare(names, types, rows, expected):
    for number, (row, source) in enumerate(zip(rows, expected), start=1):
        for name, sql_type, found, value in zip(names, types, row, source):
            reason = differs(sql_type, found, value)
            if reason:
                yield f"row {number}, {name} {sql_type}: {reason}: found {found!r:.200}, expected {value!r:.200}"


def _read_table(database, table):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    quoted = '"' + table.replace('"', '""') + '"'
    columns = connection.execute(f"PRAGMA table_info({quoted})").fetchall()
    if not columns:
        sys.exit(f"there is no table {table} in {database}")
    # Tables keep the order in which rows came in.
    rows = connection.execute(f"SELECT * FROM {quoted} ORDER BY rowid").fetchall()
    return [column[1] for column in columns], rows, [column[2] for column in columns]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
