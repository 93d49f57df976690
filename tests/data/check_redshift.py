#!/usr/bin/env python3
"""Compares a table of Redshift, read by psycopg2, with the files it was published from.

    check_redshift.py DSN SCHEMA TABLE FILE..

Reads the files by pyarrow, fastavro, or Python's own csv rules and json, and compares every value of every column by
value. Rows are told apart by the column `id`, else by their first one, since Redshift keeps no order. Prints each mismatch and ends with 1 if
there is one.
"""

import sys

import psycopg2

from compare_redshift import differs
from source import Text, read_source


def main(arguments):
    """Compares, and tells."""
    if len(arguments) < 4:
        sys.exit(__doc__)
    dsn, schema, table, *files = arguments
    header, types, rows = _read_table(dsn, schema, table)
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
        for name, sql_type, found, value in zip(names, types, row, source):
            reason = differs(sql_type, found, value)
            if reason:
                yield f"row {row[0]!r:.40}, {name} {sql_type}: {reason}: found {found!r:.200}, expected {value!r:.200}"


def _key_column(names):
    place = names.index("id") if "id" in names else 0

    def key(row):
        first = row[place]
        letters = first.letters if isinstance(first, Text) else str(first).lower()
        return (len(letters), letters)

    return key


def _read_table(dsn, schema, table):
    connection = psycopg2.connect(dsn)
    cursor = connection.cursor()
    cursor.execute(
        "SELECT column_name, data_type FROM svv_columns WHERE table_schema = %s AND table_name = %s"
        " ORDER BY ordinal_position",
        (schema, table),
    )
    columns = cursor.fetchall()
    # As text: Python's own dates and times have no year 10000, and SUPER comes as JSON.
    as_text = ("date", "time without time zone", "timestamp without time zone", "timestamp with time zone")
    selected = ", ".join(f'"{name}"::varchar' if kind in as_text else f'"{name}"' for name, kind in columns)
    cursor.execute(f'SELECT {selected} FROM "{schema}"."{table}"')
    rows = cursor.fetchall()
    connection.close()
    return [name for name, _ in columns], [kind for _, kind in columns], rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
