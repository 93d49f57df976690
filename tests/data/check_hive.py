#!/usr/bin/env python3
"""Compares a table of Hive, read by impyla, with the files it was published from.

    check_hive.py [nosasl@]HOST:PORT DATABASE TABLE FILE..

Reads the files by pyarrow, fastavro, or Python's own csv rules and json, and compares every value of every column by
value. Rows are told apart by the column `id`, else by their first one, since Hive keeps no order. Prints each mismatch and ends with 1 if
there is one.
"""

import sys

from impala.dbapi import connect

from compare_hive import differs
from source import Text, read_source


def main(arguments):
    """Compares, and tells."""
    if len(arguments) < 4:
        sys.exit(__doc__)
    address, database, table, *files = arguments
    header, types, rows = _read_table(address, database, table)
    # A file that is named twice was loaded twice.
    names, expected = None, []
    for file in files:
        names, more = read_source([file])
        expected.extend(more)
    mismatches = []
    if header != [name.lower() for name in names]:
        mismatches.append(f"columns: the table has {header}, the files have {names}")
    elif len(rows) != len(expected):
        mismatches.append(f"rows: the table has {len(rows)}, the files have {len(expected)}")
    else:
        key = _key_column(header)
        pairs = zip(sorted(rows, key=key), sorted(expected, key=key))
        mismatches.extend(_compare(names, types, pairs))
    for mismatch in mismatches:
        print(mismatch)
    print(f"{len(rows)} rows x {len(header)} columns: {len(mismatches)} mismatches")
    return 1 if mismatches else 0


def _compare(names, types, pairs):
    for row, source in pairs:
        for name, hive_type, found, value in zip(names, types, row, source):
            reason = differs(hive_type, found, value)
            if reason:
                yield f"row {row[0]!r:.40}, {name} {hive_type}: {reason}: found {found!r:.200}, expected {value!r:.200}"


def _key_column(names):
    place = names.index("id") if "id" in names else 0

    def key(row):
        first = row[place]
        letters = first.letters if isinstance(first, Text) else str(first).lower()
        return (len(letters), letters)

    return key


def _read_table(address, database, table):
    mechanism = "NOSASL" if address.startswith("nosasl@") else "PLAIN"
    host, port = address.removeprefix("nosasl@").rsplit(":", 1)
    cursor = connect(host=host, port=int(port), auth_mechanism=mechanism, user="reader", password="x").cursor()
    name = f"{_quoted(database)}.{_quoted(table)}"
    cursor.execute(f"DESCRIBE {name}")
    columns = [(column[0], column[1]) for column in cursor.fetchall()]
    # As text: impyla's own dates and times have no nanoseconds and no year 0001.
    is_moment = lambda kind: kind in ("date", "timestamp")
    selected = ", ".join(
        f"CAST({_quoted(column)} AS STRING)" if is_moment(kind) else _quoted(column) for column, kind in columns
    )
    cursor.execute(f"SELECT {selected} FROM {name}")
    rows = cursor.fetchall()
    return [column for column, _ in columns], [kind for _, kind in columns], rows


def _quoted(name):
    return "`" + name.replace("`", "``") + "`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
