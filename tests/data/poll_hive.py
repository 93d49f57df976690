#!/usr/bin/env python3
"""Looks at a table of Hive again and again until the standard input ends, and prints a JSON object for each look.

    poll_hive.py HOST:PORT DATABASE TABLE

A look reads every row (a fetch of the rows themselves, no job): how many there are, and the least and the greatest of
the column `generation`.
"""

import json
import select
import sys

from impala.dbapi import connect


def main(arguments):
    """Looks until told to stop, and once more."""
    if len(arguments) != 3:
        sys.exit(__doc__)
    address, database, table = arguments
    host, port = address.rsplit(":", 1)
    cursor = connect(host=host, port=int(port), auth_mechanism="PLAIN", user="reader", password="x").cursor()
    is_last = False
    while True:
        print(json.dumps(_look(cursor, f"`{database}`.`{table}`")), flush=True)
        if is_last:
            return
        is_last = bool(select.select([sys.stdin], [], [], 0.05)[0])


def _look(cursor, table):
    try:
        cursor.execute(f"SELECT * FROM {table}")
        names = [column[0].split(".")[-1] for column in cursor.description]
        place = names.index("generation")
        generations = [row[place] for row in cursor.fetchall()]
    except Exception as error:  # whatever a reader gets to see is what is looked for
        return {"rows": 0, "least": 0, "most": 0, "error": str(error)[:2000]}
    if not generations:
        return {"rows": 0, "least": 0, "most": 0, "error": None}
    if None in generations:
        return {"rows": len(generations), "least": -1, "most": -2, "error": None}
    return {"rows": len(generations), "least": min(generations), "most": max(generations), "error": None}


if __name__ == "__main__":
    main(sys.argv[1:])
