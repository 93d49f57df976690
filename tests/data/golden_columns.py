"""The golden result set: every type, with nulls and extremes.

Rows: an ordinary one, the least values, the greatest, zeros and empty ones, nulls alone, and two odd ones.
"""

from decimal import Decimal

import pyarrow

from columns import Column
from moments import DAY_SECONDS, PER_SECOND

FIRST_DAY = -719_162  # 0001-01-01
LAST_DAY = 2_932_896  # 9999-12-31
LONG_TEXT = "é" * 32_767 + "x"  # 65,535 bytes


def _instants(unit):
    per_day = DAY_SECONDS * PER_SECOND[unit]
    if unit == "ns":
        first, last = -(2**63) + 1, 2**63 - 1
    else:
        first, last = FIRST_DAY * per_day, (LAST_DAY + 1) * per_day - 1
    return [1_708_210_805 * PER_SECOND[unit] + 7, first, last, 0, None, -1, 951_782_399 * PER_SECOND[unit]]


def _times(unit):
    day = DAY_SECONDS * PER_SECOND[unit]
    return [45_296 * PER_SECOND[unit] + 5, 0, day - 1, 1, None, day // 2, 3_600 * PER_SECOND[unit]]


def _integers(least, greatest):
    return [42, least, greatest, 0, None, 1, 7]


def _decimals(precision, scale):
    most = 10**precision - 1
    counts = [5, -most, most, 0, None, -1, 10 ** (precision - 1)]
    return [None if count is None else _decimal(count, scale) for count in counts]


def _decimal(count, scale):
    """A decimal by its digits; arithmetic would round to the context's 28."""
    digits = tuple(map(int, str(abs(count))))
    return Decimal((int(count < 0), digits, -scale))


def _avro_decimal(precision, scale):
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def _logical(kind, logical):
    return {"type": kind, "logicalType": logical}


def golden_columns():
    """Every column in order."""
    return [*_numbers(), *_moments(), *_texts(), *_nested()]


def _numbers():
    ints = [Column("id", pyarrow.int64(), "long", list(range(1, 8)), nullable=False)]
    for bits in (8, 16, 32, 64):
        avro = "int" if bits <= 32 else "long"
        limit = 2 ** (bits - 1)
        arrow = getattr(pyarrow, f"int{bits}")()
        ints.append(Column(f"i{bits}", arrow, avro, _integers(-limit, limit - 1)))
    for bits in (8, 16, 32, 64):
        avro = "int" if bits <= 16 else "long"
        arrow = getattr(pyarrow, f"uint{bits}")()
        ints.append(Column(f"u{bits}", arrow, avro, _integers(0, min(2**bits, 2**63) - 1)))
    return [
        Column("flag", pyarrow.bool_(), "boolean", [True, False, True, False, None, True, False]),
        *ints,
        Column("f32", pyarrow.float32(), "float", _floats(3.4028234663852886e38, 2.0**-149)),
        Column("f64", pyarrow.float64(), "double", _floats(1.7976931348623157e308, 5e-324)),
        Column("d38_10", pyarrow.decimal128(38, 10), _avro_decimal(38, 10), _decimals(38, 10)),
        Column("d38_38", pyarrow.decimal128(38, 38), _avro_decimal(38, 38), _decimals(38, 38)),
        Column("d10_2", pyarrow.decimal128(10, 2), _avro_decimal(10, 2), _decimals(10, 2)),
    ]


def _floats(greatest, least_above_zero):
    return [0.5, -greatest, greatest, -0.0, None, least_above_zero, -least_above_zero]


def _moments():
    days = [19_782, FIRST_DAY, LAST_DAY, 0, None, -1, 11_016]
    columns = [Column("day", pyarrow.date32(), _logical("int", "date"), days)]
    columns.append(Column("time_ms", pyarrow.time32("ms"), _logical("int", "time-millis"), _times("ms")))
    columns.append(Column("time_us", pyarrow.time64("us"), _logical("long", "time-micros"), _times("us")))
    for unit, word in (("ms", "millis"), ("us", "micros"), ("ns", "nanos")):
        local = _logical("long", f"local-timestamp-{word}")
        zoned = _logical("long", f"timestamp-{word}")
        columns.append(Column(f"ts_{unit}", pyarrow.timestamp(unit), local, _instants(unit)))
        columns.append(Column(f"tsz_{unit}", pyarrow.timestamp(unit, "UTC"), zoned, _instants(unit)))
    return columns


def _texts():
    plain = ["plain", " spaces ", "日本語 🦀 é", "", None, "NUL\0 inside", "it's; DROP TABLE x; --"]
    odd = ['quote " and ""', "comma, semicolon;", "line\nline\r\nline\rtab\t", "\\ \\n \\N", None, '"', "\ufeffbom"]
    looks = ["007", "NULL", "null", "NaN", None, "1e5", "2024-02-30"]
    long = [LONG_TEXT, "", "short", "é", None, "x", "xx"]
    blobs = [b"\x01\x02", b"\x00", b"\xff" * 5, b"", None, b"text", b"\x00\xff\x00"]
    fixed = [b"abcd", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0", None, b"\0\0\0\x01", b"    "]
    uuids = [bytes(range(16)), bytes(16), b"\xff" * 16, bytes(15) + b"\x01", None, b"\x12" * 16, b"\xab" * 16]
    colours = ["red", "green", "blue", "red", None, "red", "green"]
    names = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())
    return [
        Column("text", pyarrow.string(), "string", plain),
        Column("odd_text", pyarrow.string(), "string", odd),
        Column("looks_like", pyarrow.large_string(), "string", looks),
        Column("long_text", pyarrow.string(), "string", long),
        Column("bytes", pyarrow.binary(), "bytes", blobs),
        Column("fixed", pyarrow.binary(4), {"type": "fixed", "name": "four", "size": 4}, fixed),
        Column("uuid", pyarrow.uuid(), _logical("string", "uuid"), uuids),
        Column("colour", names, {"type": "enum", "name": "colour", "symbols": ["red", "green", "blue"]}, colours),
        Column("no_text", pyarrow.string(), "string", [None] * 7),
        Column("no_type", pyarrow.null(), "null", [None] * 7),
    ]


def _nested():
    lists = [[1, 2, 3], [-(2**63)], [2**63 - 1, None], [], None, [None], [0]]
    texts = [["a", "b"], ['"', "\n"], ["é", None], [], None, [""], ["NUL\0"]]
    maps = [{"a": 1}, {"": -1}, {"é \"": 2, "b": None}, {}, None, {"x": 0}, {"y": 1, "x": 2}]
    records = [
        {"name": "one", "amount": Decimal("1.50"), "parts": [0.5], "inner": {"yes": True}},
        {"name": "", "amount": Decimal("-99999999.99"), "parts": [], "inner": {"yes": False}},
        {"name": None, "amount": None, "parts": None, "inner": None},
        {"name": "\\", "amount": Decimal("0.00"), "parts": [None, -0.0], "inner": {"yes": None}},
        None,
        {"name": "\u2028", "amount": Decimal("0.01"), "parts": [1e300], "inner": {"yes": True}},
        {"name": "x", "amount": Decimal("99999999.99"), "parts": [5e-324], "inner": None},
    ]
    record = pyarrow.struct([
        ("name", pyarrow.string()),
        ("amount", pyarrow.decimal128(10, 2)),
        ("parts", pyarrow.list_(pyarrow.float64())),
        ("inner", pyarrow.struct([("yes", pyarrow.bool_())])),
    ])
    avro_inner = {"type": "record", "name": "inner", "fields": [{"name": "yes", "type": ["null", "boolean"]}]}
    avro_record = {
        "type": "record",
        "name": "item",
        "fields": [
            {"name": "name", "type": ["null", "string"]},
            {"name": "amount", "type": ["null", _avro_decimal(10, 2)]},
            {"name": "parts", "type": ["null", {"type": "array", "items": ["null", "double"]}]},
            {"name": "inner", "type": ["null", avro_inner]},
        ],
    }
    longs = {"type": "array", "items": ["null", "long"]}
    strings = {"type": "array", "items": ["null", "string"]}
    numbers = {"type": "map", "values": ["null", "int"]}
    return [
        Column("list_int", pyarrow.list_(pyarrow.int64()), longs, lists),
        Column("list_text", pyarrow.large_list(pyarrow.string()), strings, texts),
        Column("map_int", pyarrow.map_(pyarrow.string(), pyarrow.int32()), numbers, maps),
        Column("record", record, avro_record, records),
    ]


def unsigned_columns():
    """64-bit integers without a sign, beyond what one with a sign holds."""
    return [
        Column("id", pyarrow.int64(), "long", [1, 2, 3, 4], nullable=False),
        Column("u64", pyarrow.uint64(), _avro_decimal(20, 0), [0, 2**63, 2**64 - 1, None]),
    ]


def nan_columns():
    """Numbers that are none."""
    values = [0.5, float("nan"), float("inf"), float("-inf"), None]
    return [
        Column("id", pyarrow.int64(), "long", list(range(1, 6)), nullable=False),
        Column("f64", pyarrow.float64(), "double", values),
    ]


def without_map(columns):
    """Without the map, which JSON writes as objects of other fields each time: they are read as one struct of all fields."""
    return [column for column in columns if column.name != "map_int"]


def redshift_columns():
    """What Redshift can hold: no nanoseconds, 37 digits behind the point, no NUL in texts, no bytes of no length."""
    left_out = ("ts_ns", "tsz_ns", "d38_38")
    columns = [column for column in golden_columns() if column.name not in left_out]
    for column in columns:
        column.values = [_without_nul(value) if value != b"" else b"?" for value in column.values]
    return columns


def _without_nul(value):
    if isinstance(value, list):
        return [_without_nul(part) for part in value]
    return value.replace("\0", "?") if isinstance(value, str) else value
