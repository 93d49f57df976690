#!/usr/bin/env python3
"""Looks at a table of Redshift again and again until the standard input ends, and prints a JSON object for each look.

    poll_redshift.py DSN SCHEMA TABLE

A look is one statement in a transaction of its own: how many rows there are, and the least and the greatest of the
column `generation`.
"""

import json
import select
import sys

import psycopg2


def main(arguments):
    """Looks until told to stop, and once more."""
    if len(arguments) != 3:
        sys.exit(__doc__)
    dsn, schema, table = arguments
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    cursor = connection.cursor()
    is_last = False
    while True:
        print(json.dumps(_look(cursor, f'"{schema}"."{table}"')), flush=True)
        if is_last:
            return
        is_last = bool(select.select([sys.stdin], [], [], 0.005)[0])


def _look(cursor, table):
    try:
        cursor.execute(f"SELECT count(*), min(generation), max(generation) FROM {table}")
        rows, least, most = cursor.fetchone()
    except psycopg2.Error as error:
        return {"rows": 0, "least": 0, "most": 0, "error": str(error)[:2000]}
    return {"rows": rows, "least": least or 0, "most": most or 0, "error": None}


if __name__ == "__main__":
    main(sys.argv[1:])
