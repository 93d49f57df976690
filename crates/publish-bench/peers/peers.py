"""Asks the peers to read files, or to write them in another format, and prints what it cost as one line of JSON.

    peers.py abilities
    peers.py decode LIBRARY FORMAT FOLDER
    peers.py reencode LIBRARY FROM TO FOLDER OUTPUT

Each library is used as its manual says for files that are larger than memory, where it has such a way: streams and
scans instead of whole tables. All cores of the machine are theirs. Time counts without imports. Compression is snappy
for Avro and Parquet, and none for text: as the engine stages. Rows are counted in what was read, and for files that
were written in these files, after the clock has stopped.
"""
import glob
import importlib
import json
import os
import resource
import sys
import time

FORMATS = {
    "duckdb": (["parquet", "csv", "json"], [("csv", "parquet"), ("json", "parquet"), ("parquet", "csv")]),
    "polars": (
        ["avro", "parquet", "csv", "json"],
        [("avro", "parquet"), ("csv", "parquet"), ("json", "parquet"), ("parquet", "csv"), ("parquet", "avro")],
    ),
    "pyarrow": (["parquet", "csv", "json"], [("csv", "parquet"), ("json", "parquet"), ("parquet", "csv")]),
    "fastavro": (["avro"], [("avro", "parquet"), ("parquet", "avro")]),
}

BATCH = 64 * 1024


def main():
    if sys.argv[1] == "abilities":
        found = []
        for name, (decode, reencode) in FORMATS.items():
            try:
                version = importlib.import_module(name).__version__
            except ImportError:
                continue
            found.append({"name": name, "version": version, "decode": decode, "reencode": reencode})
        print(json.dumps(found))
        return
    work, library, source = sys.argv[1:4]
    folder = sys.argv[4] if work == "decode" else sys.argv[5]
    files = sorted(glob.glob(os.path.join(folder, "*." + source)))
    ask = globals()[f"{library}_{work}"]
    # Imports are not what is measured.
    for module in [library, "pyarrow.parquet", "pyarrow.csv", "pyarrow.dataset"]:
        importlib.import_module(module)
    started, used = time.perf_counter(), cpu()
    if work == "decode":
        rows = ask(source, files)
        seconds, used = time.perf_counter() - started, cpu() - used
    else:
        target, output = sys.argv[4], sys.argv[6]
        ask(source, target, files, output)
        seconds, used = time.perf_counter() - started, cpu() - used
        rows = count(target, sorted(glob.glob(os.path.join(output, "*." + target))))
    print(json.dumps({"rows": rows, "seconds": seconds, "cpuSeconds": used}))


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def count(target, files):
    if target == "parquet":
        import pyarrow.parquet as pq

        return sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    if target == "avro":
        import fastavro

        rows = 0
        for file in files:
            with open(file, "rb") as stream:
                rows += sum(block.num_records for block in fastavro.block_reader(stream))
        return rows
    # Texts of these result sets have no line ends; each file has a line of names.
    rows = 0
    for file in files:
        with open(file, "rb") as stream:
            rows += sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b"")) - 1
    return rows


def beside(file, output, target):
    return os.path.join(output, os.path.basename(file).rsplit(".", 1)[0] + "." + target)


# duckdb


def duckdb_relation(source, files):
    import duckdb

    connection = duckdb.connect()
    quoted = "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"
    scan = {
        "parquet": f"read_parquet({quoted})",
        "csv": f"read_csv({quoted}, header = true)",
        "json": f"read_json({quoted}, format = 'newline_delimited')",
    }[source]
    return connection, scan


def duckdb_decode(source, files):
    connection, scan = duckdb_relation(source, files)
    answer = connection.execute(f"SELECT * FROM {scan}")
    # Its stream of Arrow batches has had several names.
    name = next(name for name in ["to_arrow_reader", "fetch_record_batch"] if hasattr(answer, name))
    return sum(batch.num_rows for batch in getattr(answer, name)(BATCH))


def duckdb_reencode(source, target, files, output):
    connection, scan = duckdb_relation(source, files)
    connection.execute("SET preserve_insertion_order = false")
    options = {"parquet": "FORMAT parquet, COMPRESSION snappy", "csv": "FORMAT csv, HEADER true"}[target]
    connection.execute(f"COPY (SELECT * FROM {scan}) TO '{output}/all.{target}' ({options})")


# polars


def polars_scan(source, files):
    import polars

    return {
        "parquet": polars.scan_parquet,
        "csv": lambda files: polars.scan_csv(files, try_parse_dates=True),
        "json": polars.scan_ndjson,
    }[source](files)


def polars_decode(source, files):
    import polars

    if source == "avro":
        return sum(polars.read_avro(file).height for file in files)
    # A file at a time, so that no more than one of them is in memory.
    return sum(polars_scan(source, [file]).collect(engine="streaming").height for file in files)


def polars_reencode(source, target, files, output):
    import polars

    for file in files:
        to = beside(file, output, target)
        if source == "avro":
            polars.read_avro(file).write_parquet(to, compression="snappy")
        elif target == "avro":
            polars.read_parquet(file).write_avro(to, compression="snappy")
        elif target == "parquet":
            polars_scan(source, [file]).sink_parquet(to, compression="snappy")
        else:
            polars_scan(source, [file]).sink_csv(to)


# pyarrow


def pyarrow_batches(source, files):
    import pyarrow.dataset

    return pyarrow.dataset.dataset(files, format=source).scanner(batch_size=BATCH)


def pyarrow_decode(source, files):
    return sum(batch.num_rows for batch in pyarrow_batches(source, files).to_batches())


def pyarrow_reencode(source, target, files, output):
    import pyarrow.csv
    import pyarrow.parquet

    for file in files:
        scanner = pyarrow_batches(source, [file])
        schema, to = scanner.projected_schema, beside(file, output, target)
        if target == "parquet":
            with pyarrow.parquet.ParquetWriter(to, schema, compression="snappy") as writer:
                for batch in scanner.to_batches():
                    writer.write_batch(batch, row_group_size=BATCH)
        else:
            with pyarrow.csv.CSVWriter(to, schema) as writer:
                for batch in scanner.to_batches():
                    writer.write_batch(batch)


# fastavro


def fastavro_decode(source, files):
    import fastavro

    rows = 0
    for file in files:
        with open(file, "rb") as stream:
            rows += sum(1 for _ in fastavro.reader(stream))
    return rows


def fastavro_reencode(source, target, files, output):
    for file in files:
        to = beside(file, output, target)
        if target == "parquet":
            fastavro_to_parquet(file, to)
        else:
            fastavro_from_parquet(file, to)


def fastavro_to_parquet(file, to):
    import fastavro
    import pyarrow
    import pyarrow.parquet

    writer, records = None, []

    def flush(writer):
        table = pyarrow.Table.from_pylist(records, schema=writer.schema if writer else None)
        writer = writer or pyarrow.parquet.ParquetWriter(to, table.schema, compression="snappy")
        writer.write_table(table)
        records.clear()
        return writer

    with open(file, "rb") as stream:
        for record in fastavro.reader(stream):
            records.append(record)
            if len(records) == BATCH:
                writer = flush(writer)
    if records or writer is None:
        writer = flush(writer)
    writer.close()


def fastavro_from_parquet(file, to):
    import fastavro
    import pyarrow
    import pyarrow.parquet

    source = pyarrow.parquet.ParquetFile(file)

    def avro_type(arrow):
        types = pyarrow.types
        if types.is_decimal(arrow):
            return {"type": "bytes", "logicalType": "decimal", "precision": arrow.precision, "scale": arrow.scale}
        if types.is_timestamp(arrow):
            return {"type": "long", "logicalType": "local-timestamp-micros"}
        if types.is_date(arrow):
            return {"type": "int", "logicalType": "date"}
        if types.is_boolean(arrow):
            return "boolean"
        if types.is_float64(arrow):
            return "double"
        if types.is_int32(arrow):
            return "int"
        return "long" if types.is_integer(arrow) else "string"

    fields = [{"name": field.name, "type": ["null", avro_type(field.type)]} for field in source.schema_arrow]
    schema = fastavro.parse_schema({"type": "record", "name": "row", "fields": fields})

    def records():
        for batch in source.iter_batches(batch_size=BATCH):
            yield from batch.to_pylist()

    with open(to, "wb") as stream:
        fastavro.writer(stream, schema, records(), codec="snappy")


if __name__ == "__main__":
    main()
