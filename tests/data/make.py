#!/usr/bin/env python3
"""Writes the sample and test files of this folder again: golden/, orders/ and broken/.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python make.py
"""

import shutil
from pathlib import Path

from broken import write_broken
from formats import WRITERS
from golden_columns import golden_columns, nan_columns, redshift_columns, unsigned_columns, without_map
from orders import order_parts

HERE = Path(__file__).parent


def main():
    """Writes everything."""
    golden = _fresh("golden")
    sets = {"golden": golden_columns(), "redshift": redshift_columns(), "unsigned": unsigned_columns()}
    for name, columns in sets.items():
        for ending, write in WRITERS.items():
            write(golden / f"{name}.{ending}", columns)
    WRITERS["json"](golden / "hive.json", without_map(golden_columns()))
    WRITERS["json"](golden / "redshift.json", without_map(redshift_columns()))
    for ending in ("avro", "parquet"):
        WRITERS[ending](golden / f"nan.{ending}", nan_columns())
    orders = _fresh("orders")
    for number, columns in enumerate(order_parts()):
        for ending, write in WRITERS.items():
            write(orders / f"part-{number}.{ending}", columns)
    (orders / "_SUCCESS").touch()
    write_broken(_fresh("broken"), golden, orders)


def _fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
