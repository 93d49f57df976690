"""Writes columns as Avro, Parquet, CSV and JSON lines, by libraries that are not this project's."""

import fastavro
import pyarrow
import pyarrow.parquet

from text_csv import write_csv

SYNC_MARKER = bytes(range(16))


def write_avro(path, columns, codec="deflate", name="row"):
    """Writes an Avro object container file with logical types."""
    schema = {"type": "record", "name": name, "fields": [column.avro_field() for column in columns]}
    names = [column.name for column in columns]
    rows = (dict(zip(names, row)) for row in zip(*(column.avro_values() for column in columns)))
    with open(path, "wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), rows, codec=codec, sync_marker=SYNC_MARKER)


def write_parquet(path, columns, compression="zstd"):
    """Writes a Parquet file."""
    fields = [pyarrow.field(column.name, column.arrow, column.nullable) for column in columns]
    arrays = [column.arrow_array() for column in columns]
    table = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields))
    pyarrow.parquet.write_table(table, path, compression=compression)


def write_csv_file(path, columns):
    """Writes CSV with a header."""
    write_csv(path, [column.name for column in columns], zip(*(column.texts() for column in columns)))


def write_json(path, columns):
    """Writes one JSON object a line."""
    names = [column.name for column in columns]
    with open(path, "w", encoding="utf-8", newline="") as file:
        for row in zip(*(column.json_values() for column in columns)):
            pairs = (f'"{name}": {value}' for name, value in zip(names, row))
            file.write("{" + ", ".join(pairs) + "}\n")


WRITERS = {"avro": write_avro, "parquet": write_parquet, "csv": write_csv_file, "json": write_json}
