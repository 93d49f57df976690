#!/usr/bin/env python3
"""Makes result files of any size: the same arguments give the same rows, whatever the format.

    generate.py --rows 5000000 --format parquet --out DIR [--columns 12] [--files 1] [--seed 1] [--profile narrow]

Profiles: narrow (numbers, dates, short texts), wide (the same mix, 100 columns unless said), strings (texts alone).
Writes batch by batch, so that memory does not grow with the rows.
"""

import argparse
from pathlib import Path

import fastavro
import numpy
import pyarrow
import pyarrow.compute as compute
import pyarrow.csv
import pyarrow.parquet

BATCH_ROWS = 100_000
DAY_MICROS = 86_400_000_000
START_DAY = 18_262  # 2020-01-01
WORDS = ["amber", "basil", "cedar", "dune", "ember", "fjord", "grove", "harbour", "iris", "jade", "kelp", "lagoon",
         "meadow", "nectar", "ochre", "pine", "quartz", "river", "slate", "tundra", "größe", "naïve", "東京", "ночь"]


def main():
    """Writes the files."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    per_file = -(-arguments.rows // arguments.files)
    for number in range(arguments.files):
        first = min(number * per_file, arguments.rows)
        last = min(first + per_file, arguments.rows)
        path = arguments.out / f"part-{number:05}.{arguments.format}"
        _WRITERS[arguments.format](path, _batches(arguments, first, last), _schema(arguments))
    (arguments.out / "_SUCCESS").touch()


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=sorted(_WRITERS), required=True)
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--profile", choices=["narrow", "wide", "strings"], default="narrow")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.columns is None:
        arguments.columns = 100 if arguments.profile == "wide" else 12
    return arguments


def _integers(source, count):
    return pyarrow.array(source.integers(-(2**31), 2**31, count))


def _small(source, count):
    return pyarrow.array(source.integers(0, 1000, count, dtype=numpy.int32), mask=source.random(count) < 0.05)


def _amounts(source, count):
    # A decimal is 16 bytes, the lower half first.
    halves = numpy.zeros((count, 2), dtype=numpy.int64)
    halves[:, 0] = source.integers(0, 10_000_000, count)
    return pyarrow.Array.from_buffers(pyarrow.decimal128(12, 2), count, [None, pyarrow.py_buffer(halves)])


def _doubles(source, count):
    return pyarrow.array(numpy.round(source.normal(100, 30, count), 6), mask=source.random(count) < 0.05)


def _booleans(source, count):
    return pyarrow.array(source.random(count) < 0.5)


def _days(source, count):
    return pyarrow.array((START_DAY + source.integers(0, 2500, count)).astype(numpy.int32)).cast(pyarrow.date32())


def _instants(source, count):
    micros = START_DAY * DAY_MICROS + source.integers(0, 2500 * DAY_MICROS, count)
    return pyarrow.array(micros).cast(pyarrow.timestamp("us", "UTC"))


def _texts(source, count):
    words = pyarrow.array(WORDS)
    picks = [words.take(pyarrow.array(source.integers(0, len(WORDS), count))) for _ in range(3)]
    texts = compute.binary_join_element_wise(*picks, " ")
    return compute.if_else(pyarrow.array(source.random(count) < 0.05), pyarrow.scalar(None, pyarrow.string()), texts)


def _labels(source, count):
    return pyarrow.array(WORDS).take(pyarrow.array(source.integers(0, len(WORDS), count)))


# Name, maker, type in Avro.
_KINDS = [
    ("number", _integers, "long"),
    ("label", _labels, "string"),
    ("amount", _amounts, {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}),
    ("small", _small, "int"),
    ("text", _texts, "string"),
    ("at", _instants, {"type": "long", "logicalType": "timestamp-micros"}),
    ("ratio", _doubles, "double"),
    ("day", _days, {"type": "int", "logicalType": "date"}),
    ("flag", _booleans, "boolean"),
]


def _columns(arguments):
    """Name, maker and Avro type of each column after the id."""
    kinds = [_KINDS[4], _KINDS[1]] if arguments.profile == "strings" else _KINDS
    for number in range(arguments.columns - 1):
        word, make, avro = kinds[number % len(kinds)]
        yield f"{word}_{number + 1}", make, avro


def _batches(arguments, first, last):
    """Batches of the rows. Each has its own seed, so that a row does not depend on how many files there are."""
    start = first
    while start < last:
        block = start // BATCH_ROWS
        end = min(last, (block + 1) * BATCH_ROWS)
        source = numpy.random.default_rng([arguments.seed, block])
        whole = {"id": pyarrow.array(numpy.arange(block * BATCH_ROWS + 1, (block + 1) * BATCH_ROWS + 1))}
        for name, make, _ in _columns(arguments):
            whole[name] = make(source, BATCH_ROWS)
        batch = pyarrow.RecordBatch.from_pydict(whole)
        yield batch.slice(start - block * BATCH_ROWS, end - start)
        start = end


def _schema(arguments):
    """The Arrow schema and the Avro fields."""
    source = numpy.random.default_rng(0)
    fields, avro = [("id", pyarrow.int64())], [{"name": "id", "type": ["null", "long"]}]
    for name, make, kind in _columns(arguments):
        fields.append((name, make(source, 1).type))
        avro.append({"name": name, "type": ["null", kind]})
    return pyarrow.schema(fields), avro


def _write_parquet(path, batches, schema):
    with pyarrow.parquet.ParquetWriter(path, schema[0], compression="snappy") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_avro(path, batches, schema):
    parsed = fastavro.parse_schema({"type": "record", "name": "row", "fields": schema[1]})
    rows = (row for batch in batches for row in _avro_batch(batch).to_pylist())
    with open(path, "wb") as file:
        fastavro.writer(file, parsed, rows, codec="deflate", codec_compression_level=1, sync_marker=bytes(16))


def _avro_batch(batch):
    """Dates and instants as the counts that they are: Python's own objects would take most of the time."""
    columns = []
    for column in batch.columns:
        if pyarrow.types.is_date32(column.type):
            column = column.cast(pyarrow.int32())
        elif pyarrow.types.is_timestamp(column.type):
            column = column.cast(pyarrow.int64())
        columns.append(column)
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _as_text(column):
    """The column's values as text that every reader takes: instants with their zone."""
    if pyarrow.types.is_timestamp(column.type):
        return compute.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    return column.cast(pyarrow.string())


def _write_csv(path, batches, _):
    with open(path, "wb") as file:
        header = True
        for batch in batches:
            texts = [
                _as_text(column) if pyarrow.types.is_timestamp(column.type) else column for column in batch.columns
            ]
            texts = pyarrow.RecordBatch.from_arrays(texts, names=batch.schema.names)
            options = pyarrow.csv.WriteOptions(include_header=header, quoting_style="needed")
            pyarrow.csv.write_csv(texts, file, options)
            header = False


def _write_json(path, batches, _):
    with open(path, "wb") as file:
        for batch in batches:
            lines = compute.binary_join_element_wise(*_json_parts(batch), "")
            file.write("\n".join(lines.to_pylist()).encode())
            file.write(b"\n")


def _json_parts(batch):
    between = "{"
    for name, column in zip(batch.schema.names, batch.columns):
        plain = pyarrow.types.is_integer(column.type) or pyarrow.types.is_floating(column.type)
        plain = plain or pyarrow.types.is_boolean(column.type) or pyarrow.types.is_decimal(column.type)
        text = _as_text(column)
        if not plain:
            # The words hold nothing that JSON escapes.
            text = compute.binary_join_element_wise('"', text, '"', "")
        yield between + f'"{name}":'
        yield text.fill_null("null")
        between = ","
    yield "}"


_WRITERS = {"avro": _write_avro, "csv": _write_csv, "json": _write_json, "parquet": _write_parquet}

if __name__ == "__main__":
    main()
