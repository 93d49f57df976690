"""Whether a value that HiveServer2 gave is the value of its source."""

import json
import math
import struct
from decimal import Decimal

from moments import date_count, instant_nanos, time_nanos
from source import Moment, Text


def differs(hive_type, found, value):
    """Says why the two differ, or nothing if they are the same value, kept as the column's type says."""
    if value is None or found is None:
        return None if value is None and found is None else "null on one side"
    word = hive_type.split("(")[0].split("<")[0]
    check = _CHECKS.get(word)
    if check is None:
        return f"an unknown type {hive_type}"
    try:
        return check(hive_type, found, value)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return f"not a value of its type ({type(error).__name__}: {error})"


def _boolean(_, found, value):
    expected = {"true": True, "false": False}[value.letters.lower()] if isinstance(value, Text) else value
    return _same(type(found) is bool and found is expected)


def _integer(_, found, value):
    expected = int(value.letters) if isinstance(value, Text) else value
    return _same(type(found) is int and type(expected) is int and found == expected)


def _double(_, found, value):
    if type(found) is not float:
        return "not a floating point number"
    if isinstance(value, Text):
        return _same(Decimal(repr(found)) == Decimal(value.letters))
    return _same(_same_float(found, value))


def _float(_, found, value):
    if type(found) is not float:
        return "not a floating point number"
    return _same(_same_float(_single(found), _single(value)))


def _single(number):
    """HiveServer2 sends a single as the double of its shortest digits."""
    return struct.unpack("f", struct.pack("f", number))[0]


def _same_float(found, value):
    if math.isnan(value):
        return math.isnan(found)
    return found == value and math.copysign(1, found) == math.copysign(1, value)


def _decimal(hive_type, found, value):
    scale = int(hive_type.rstrip(")").split(",")[1])
    expected = Decimal(value.letters) if isinstance(value, Text) else Decimal(value)
    if type(found) is not Decimal or -found.as_tuple().exponent > scale:
        return f"not a decimal with {scale} digits behind the point"
    return _same(found == expected)


def _date(_, found, value):
    expected = date_count(value.letters) if isinstance(value, Text) else _count(value, "date")
    return _same(date_count(found) == expected)


def _timestamp(_, found, value):
    """The local time; of a value with a zone the time in UTC."""
    expected = instant_nanos(value.letters)[0] if isinstance(value, Text) else _count(value, "local", "zoned")
    nanos, has_zone = instant_nanos(found)
    return "a zone" if has_zone else _same(nanos == expected)


def _string(_, found, value):
    if type(found) is not str:
        return "not a text"
    if isinstance(value, Moment):
        return _same(time_nanos(found) == _count(value, "time"))
    return _same(found == (value.letters if isinstance(value, Text) else value))


def _binary(_, found, value):
    return _same(type(found) is bytes and found == value)


def _count(value, *kinds):
    if value.kind not in kinds:
        raise TypeError(f"a {value.kind}")
    return value.count


def _nested(_, found, value):
    text = found.decode() if isinstance(found, bytes) else found
    number = lambda letters: Text(letters, is_number=True)
    return _same(_same_part(json.loads(text, parse_int=number, parse_float=number, strict=False), value))


def _same_part(found, value):
    if isinstance(value, dict):
        return isinstance(found, dict) and found.keys() == value.keys() and all(
            _same_part(found[name], value[name]) for name in value
        )
    if isinstance(value, (list, tuple)):
        return isinstance(found, list) and len(found) == len(value) and all(map(_same_part, found, value))
    if value is None or isinstance(value, (bool, str)):
        return type(found) is type(value) and found == value
    if isinstance(value, Text):
        # Digits of a double differ by who writes them; its value does not.
        is_whole = value.letters.lstrip("-").isdigit()
        kind = Decimal if is_whole else float
        return kind(found.letters) == kind(value.letters)
    if isinstance(value, float):
        return _same_float(float(found.letters), value)
    return Decimal(found.letters) == value


def _same(is_same):
    return None if is_same else "another value"


_CHECKS = {
    "boolean": _boolean,
    "tinyint": _integer,
    "smallint": _integer,
    "int": _integer,
    "bigint": _integer,
    "float": _float,
    "double": _double,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "string": _string,
    "binary": _binary,
    "array": _nested,
    "map": _nested,
    "struct": _nested,
}
