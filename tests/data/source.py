"""Reads source files into one plain form.

A value is None, bool, int, float, Decimal, str, bytes, list, dict, a `Moment` of nanoseconds, or a `Text` of which only
the letters are known.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import fastavro
import pyarrow
import pyarrow.parquet

from moments import PER_SECOND
from text_csv import read_csv


@dataclass(frozen=True)
class Moment:
    """A date (days), or a time of day or an instant (nanoseconds)."""

    kind: str
    count: int


@dataclass(frozen=True)
class Text:
    """What a text file says, whose type is left to the table: letters of a CSV field or a JSON number."""

    letters: str
    is_number: bool = False


def read_source(files):
    """The names of the columns, and the rows of all files in order."""
    readers = {".avro": _read_avro, ".parquet": _read_parquet, ".csv": _read_csv, ".json": _read_json}
    names, rows = None, []
    for file in sorted(files):
        found, more = readers[Path(file).suffix](file)
        if names is not None and names != found:
            raise SystemExit(f"{file} has other columns than the files before it")
        names = found
        rows.extend(more)
    return names, rows


def _read_parquet(file):
    table = pyarrow.parquet.read_table(file)
    columns = [_arrow_values(column.combine_chunks()) for column in table.columns]
    return table.column_names, list(zip(*columns))


def _arrow_values(array):
    kind = array.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        return [None if value is None else str(value) for value in array.to_pylist()]
    if pyarrow.types.is_date32(kind):
        return _moments("date", array.cast(pyarrow.int32()).to_pylist(), 1)
    if pyarrow.types.is_time(kind):
        width = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
        return _moments("time", array.cast(width).to_pylist(), 10**9 // PER_SECOND[kind.unit])
    if pyarrow.types.is_timestamp(kind):
        word = "local" if kind.tz is None else "zoned"
        return _moments(word, array.cast(pyarrow.int64()).to_pylist(), 10**9 // PER_SECOND[kind.unit])
    if pyarrow.types.is_map(kind):
        return [None if entries is None else dict(entries) for entries in array.to_pylist()]
    return array.to_pylist()


def _moments(kind, counts, factor):
    return [None if count is None else Moment(kind, count * factor) for count in counts]


def _read_avro(file):
    with open(file, "rb") as opened:
        # Without fastavro's own logical types for moments: Python's datetime has no nanoseconds.
        reader = fastavro.reader(opened)
        fields = [(field["name"], _logical_type(field["type"])) for field in reader.writer_schema["fields"]]
        rows = [[_avro_value(logical, record[name]) for name, logical in fields] for record in reader]
    return [name for name, _ in fields], rows


def _logical_type(kind):
    if isinstance(kind, list):
        kind = next((other for other in kind if other != "null"), "null")
    return kind.get("logicalType") if isinstance(kind, dict) else None


def _avro_value(logical, value):
    if value is None or logical is None:
        return value
    if logical == "uuid":
        return str(value)
    if logical == "date":
        return Moment("date", value)
    unit = {"millis": 10**6, "micros": 10**3, "nanos": 1}.get(logical.rsplit("-", 1)[-1])
    if unit is None:
        return value
    kind = "time" if logical.startswith("time-") else "local" if logical.startswith("local-") else "zoned"
    return Moment(kind, value * unit)


def _keep_count(data, *_):
    return data


for _name in [
    "int-date", "int-time-millis", "long-time-micros",
    *(f"long-{local}timestamp-{unit}" for local in ("", "local-") for unit in ("millis", "micros", "nanos")),
]:
    fastavro.read.LOGICAL_READERS[_name] = _keep_count


def _read_csv(file):
    names, records = read_csv(file)
    return names, [[None if text is None else Text(text) for text in record] for record in records]


def _read_json(file):
    names, rows = {}, []
    with open(file, encoding="utf-8") as opened:
        for line in opened:
            number = lambda letters: Text(letters, is_number=True)
            record = json.loads(line, parse_int=number, parse_float=number)
            names.update(dict.fromkeys(record))
            rows.append(record)
    return list(names), [[_json_value(row.get(name)) for name in names] for row in rows]


def _json_value(value):
    return Text(value) if isinstance(value, str) else value


def plain_json(value):
    """A nested value as the JSON text of a table shows it: decimals and bytes are texts there."""
    if isinstance(value, dict):
        return {name: plain_json(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(part) for part in value]
    if isinstance(value, Text):
        return _exact_number(value.letters)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.hex() if isinstance(value, bytes) else value


def _exact_number(letters):
    return int(letters) if letters.lstrip("-").isdigit() else float(letters)
