"""Makes files to join, and compares the joined one with them, by fastavro and pyarrow.

python join_outside.py make FOLDER
python join_outside.py check FOLDER
"""

import datetime
import decimal
import glob
import sys

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

AVRO = fastavro.parse_schema(
    {
        "type": "record",
        "name": "row",
        "namespace": "test",
        "fields": [
            {"name": "id", "type": "long"},
            {"name": "text", "type": ["null", "string"]},
            {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}},
            {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["a", "b"]}},
            {"name": "tags", "type": {"type": "array", "items": "string"}},
        ],
    }
)
SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "text": pa.string(),
        "kind": pa.string(),
        "at": pa.timestamp("us"),
        "amount": pa.decimal128(12, 2),
        "tags": pa.list_(pa.struct({"k": pa.int64(), "v": pa.string()})),
    }
)


def rows(start, count):
    for i in range(start, start + count):
        yield {
            "id": i,
            "text": None if i % 5 == 0 else f"text {i}" * (i % 7),
            "amount": decimal.Decimal(i * 7 - 1000).scaleb(-3),
            "kind": "ab"[i % 2],
            "tags": [str(n) for n in range(i % 4)],
        }


def table(start, count):
    ids = list(range(start, start + count))
    columns = {
        "id": ids,
        "text": [None if i % 5 == 0 else f"text {i % 11}" for i in ids],
        "kind": [f"kind {i % 3}" for i in ids],
        "at": [datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=i) for i in ids],
        "amount": [decimal.Decimal(i).scaleb(-2) for i in ids],
        "tags": [[{"k": i, "v": str(n)} for n in range(i % 3)] for i in ids],
    }
    return pa.table(columns, schema=SCHEMA)


def make(folder):
    for codec in ["null", "deflate", "bzip2", "xz"]:
        for part, (start, count) in enumerate([(0, 5000), (5000, 0), (5000, 1), (5001, 12345)]):
            with open(f"{folder}/{codec}-{part}.avro", "wb") as file:
                notes = {"writer.time.zone": "UTC"}
                fastavro.writer(file, AVRO, rows(start, count), codec, sync_interval=3000, metadata=notes)
    for compression in ["none", "snappy", "gzip", "zstd"]:
        for part, (start, count) in enumerate([(0, 5000), (5000, 0), (5000, 1), (5001, 12345)]):
            pq.write_table(
                table(start, count),
                f"{folder}/{compression}-{part}.parquet",
                compression=compression,
                row_group_size=2000,
                data_page_size=4096,
                write_page_index=True,
                data_page_version="2.0" if part == 3 else "1.0",
            )


def check(folder):
    joined = sorted(glob.glob(f"{folder}/joined-*"))
    assert len(joined) == 8, joined
    for path in joined:
        name, ending = path.rsplit("/joined-", 1)[1].split(".")
        if ending == "avro":
            with open(path, "rb") as file:
                reader = fastavro.reader(file)
                assert reader.codec == name, reader.codec
                assert reader.metadata["writer.time.zone"] == "UTC"
                found = list(reader)
            assert found == list(rows(0, 17346)), path
        else:
            found = pq.read_table(path)
            assert found.equals(table(0, 17346)), path
            file = pq.ParquetFile(path)
            assert file.metadata.num_row_groups == 3 + 1 + 7, file.metadata
            statistics = file.metadata.row_group(4).column(0).statistics
            assert (statistics.min, statistics.max) == (5001, 7000), statistics
            assert pq.read_table(path, filters=[("id", "=", 6000)]).num_rows == 1, path
    print(len(joined), "files are right")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2])
