"""Whether a value of a table is the value of its source."""

import json
import math
from decimal import Decimal

from moments import date_count, instant_nanos, time_nanos
from source import Moment, Text, plain_json


def differs(sql_type, found, value):
    """Says why the two differ, or nothing if they are the same value, kept as the column's type says."""
    if value is None or found is None:
        return None if value is None and found is None else "null on one side"
    word = sql_type.split("(")[0]
    check = _CHECKS.get(word)
    if check is None:
        return f"an unknown type {sql_type}"
    try:
        return check(sql_type, found, value)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        return f"not a value of its type ({type(error).__name__}: {error})"


def _boolean(_, found, value):
    expected = {"true": True, "false": False}[value.letters.lower()] if isinstance(value, Text) else value
    return _same(type(found) is int and expected is bool(found) and found in (0, 1))


def _integer(_, found, value):
    expected = int(value.letters) if isinstance(value, Text) else value
    if isinstance(value, Text) and str(expected) != value.letters:
        return "a text that is not how the integer is written"
    return _same(type(found) is int and found == expected)


def _real(_, found, value):
    if type(found) is not float:
        return "not a floating point number"
    if isinstance(value, Text):
        if float(value.letters) != found:
            return "another number"
        # The file's digits, not only the nearest number.
        return _same(Decimal(repr(found)) == Decimal(value.letters))
    # -0.0 becomes 0.0: SQLite keeps it as the integer 0. The plan says so.
    return _same(found == value and math.isfinite(found))


def _decimal(sql_type, found, value):
    scale = int(sql_type.rstrip(")").split(",")[1])
    expected = Decimal(value.letters) if isinstance(value, Text) else Decimal(value)
    if type(found) is not str or -Decimal(found).as_tuple().exponent != scale:
        return f"not a text with {scale} digits behind the point"
    return _same(Decimal(found) == expected)


def _moment(kind, read):
    def check(_, found, value):
        if type(found) is not str:
            return "not a text"
        expected = read(value.letters) if isinstance(value, Text) else value.count
        if isinstance(value, Moment) and value.kind != kind:
            return f"a {value.kind} in a column for {kind}"
        return _same(read(found) == expected)

    return check


def _instant(is_zoned):
    def read(text):
        nanos, has_zone = instant_nanos(text)
        if has_zone != is_zoned:
            raise ValueError("the zone is missing, or there is one")
        return nanos

    return read


def _text(_, found, value):
    expected = value.letters if isinstance(value, Text) else value
    return _same(type(found) is str and found == expected)


def _blob(_, found, value):
    return _same(type(found) is bytes and found == value)


def _json(_, found, value):
    return _same(type(found) is str and _typed(json.loads(found)) == _typed(plain_json(value)))


def _typed(value):
    """Tells 1 from 1.0 and from true, which Python calls equal. Order of names does not count."""
    if isinstance(value, dict):
        return {name: _typed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_typed(part) for part in value]
    return type(value).__name__, value


def _same(is_same):
    return None if is_same else "another value"


_CHECKS = {
    "BOOLEAN": _boolean,
    "SMALLINT": _integer,
    "INTEGER": _integer,
    "BIGINT": _integer,
    "REAL": _real,
    "DOUBLE": _real,
    "DECIMAL TEXT": _decimal,
    "DATE TEXT": _moment("date", date_count),
    "TIME TEXT": _moment("time", time_nanos),
    "TIMESTAMP TEXT": _moment("local", _instant(False)),
    "TIMESTAMPTZ TEXT": _moment("zoned", _instant(True)),
    "VARCHAR": _text,
    "BLOB": _blob,
    "JSON TEXT": _json,
}
