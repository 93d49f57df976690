"""Whether a value that psycopg2 gave is the value of its source."""

import json
import math
import struct
from decimal import Decimal

from moments import date_count, instant_nanos, time_nanos
from source import Moment, Text


def differs(sql_type, found, value):
    """Says why the two differ, or nothing if they are the same value, kept as the column's type says."""
    if value is None or found is None:
        return None if value is None and found is None else "null on one side"
    check = _CHECKS.get(sql_type)
    if check is None:
        return f"an unknown type {sql_type}"
    try:
        return check(found, value)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return f"not a value of its type ({type(error).__name__}: {error})"


def _boolean(found, value):
    expected = {"true": True, "false": False}[value.letters.lower()] if isinstance(value, Text) else value
    return _same(type(found) is bool and found is expected)


def _integer(found, value):
    expected = int(value.letters) if isinstance(value, Text) else value
    return _same(type(found) is int and found == expected)


def _double(found, value):
    if isinstance(value, Text):
        return _same(Decimal(repr(found)) == Decimal(value.letters))
    return _same(_same_float(found, value))


def _real(found, value):
    single = lambda number: struct.unpack("f", struct.pack("f", number))[0]
    return _same(_same_float(single(found), single(value)))


def _same_float(found, value):
    if math.isnan(value):
        return math.isnan(found)
    return found == value and math.copysign(1, found) == math.copysign(1, value)


def _decimal(found, value):
    expected = Decimal(value.letters) if isinstance(value, Text) else Decimal(value)
    return _same(type(found) is Decimal and found == expected)


def _date(found, value):
    return _same(date_count(found) == (date_count(value.letters) if isinstance(value, Text) else value.count))


def _time(found, value):
    return _same(time_nanos(found) == (time_nanos(value.letters) if isinstance(value, Text) else value.count))


def _instant(kind):
    def check(found, value):
        nanos, is_zoned = instant_nanos(found.removesuffix("+00") + ("Z" if found.endswith("+00") else ""))
        if is_zoned != (kind == "zoned"):
            return "the zone is missing, or there is one"
        if isinstance(value, Text):
            return _same(nanos == instant_nanos(value.letters)[0])
        return _same(value.kind == kind and nanos == value.count)

    return check


def _text(found, value):
    if isinstance(value, Moment):
        return "a moment as text"
    return _same(type(found) is str and found == (value.letters if isinstance(value, Text) else value))


def _bytes(found, value):
    return _same(bytes.fromhex(found) == value)


def _nested(found, value):
    number = lambda letters: Text(letters, is_number=True)
    return _same(_same_part(json.loads(found, parse_int=number, parse_float=number), value))


def _same_part(found, value):
    if isinstance(value, dict):
        return isinstance(found, dict) and found.keys() == value.keys() and all(
            _same_part(found[name], value[name]) for name in value
        )
    if isinstance(value, (list, tuple)):
        return isinstance(found, list) and len(found) == len(value) and all(map(_same_part, found, value))
    if value is None or isinstance(value, (bool, str)):
        return type(found) is type(value) and found == value
    letters = found.letters if isinstance(found, Text) else found
    if isinstance(value, float):
        return float(letters) == value
    return Decimal(letters) == Decimal(value.letters if isinstance(value, Text) else value)


def _same(is_same):
    return None if is_same else "another value"


_CHECKS = {
    "boolean": _boolean,
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "real": _real,
    "double precision": _double,
    "numeric": _decimal,
    "date": _date,
    "time without time zone": _time,
    "timestamp without time zone": _instant("local"),
    "timestamp with time zone": _instant("zoned"),
    "character varying": _text,
    "binary varying": _bytes,
    "super": _nested,
}
