"""A column that can be written in each of the four formats."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy
import pyarrow

from moments import date_text, instant_text, time_text


@dataclass
class Column:
    """Values of one column: None, or bool, int, float, Decimal, str, bytes, list, dict.

    Dates, times and instants are counts of the type's unit.
    """

    name: str
    arrow: pyarrow.DataType
    avro: Any
    values: list
    nullable: bool = True

    def arrow_array(self):
        """The values as Arrow holds them."""
        kind = self.arrow
        if isinstance(kind, pyarrow.BaseExtensionType):
            storage = pyarrow.array(self.values, kind.storage_type)
            return pyarrow.ExtensionArray.from_storage(kind, storage)
        if pyarrow.types.is_dictionary(kind):
            return pyarrow.array(self.values, kind.value_type).dictionary_encode().cast(kind)
        if pyarrow.types.is_temporal(kind):
            width = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
            return pyarrow.array(self.values, width).cast(kind)
        return pyarrow.array(self.values, kind)

    def avro_field(self):
        """The column as a field of an Avro record."""
        if self.avro == "null":
            return {"name": self.name, "type": "null"}
        kind = ["null", self.avro] if self.nullable else self.avro
        return {"name": self.name, "type": kind}

    def avro_values(self):
        """The values as fastavro takes them."""
        logical = self.avro.get("logicalType") if isinstance(self.avro, dict) else None
        if logical == "uuid":
            return [None if value is None else uuid_text(value) for value in self.values]
        if logical == "decimal":
            return [None if value is None else Decimal(value) for value in self.values]
        return self.values

    def texts(self):
        """The values as texts of a CSV file."""
        return [None if value is None else self._text(value) for value in self.values]

    def json_values(self):
        """The values as texts of JSON."""
        return ["null" if value is None else self._json(value) for value in self.values]

    def _text(self, value):
        kind = self.arrow
        if isinstance(kind, pyarrow.BaseExtensionType):
            return uuid_text(value)
        if pyarrow.types.is_timestamp(kind):
            zoned = kind.tz is not None
            return instant_text(value, kind.unit, "Z" if zoned else "", "T" if zoned else " ")
        if pyarrow.types.is_time(kind):
            return time_text(value, kind.unit)
        if pyarrow.types.is_date(kind):
            return date_text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, float):
            return str(numpy.float32(value)) if kind == pyarrow.float32() else repr(value)
        if isinstance(value, Decimal):
            return f"{value:f}"
        if isinstance(value, (list, dict)):
            return self._json(value)
        return str(value)

    def _json(self, value):
        if isinstance(value, (list, dict)):
            return json.dumps(value, ensure_ascii=False, default=_part)
        text = self._text(value)
        return text if isinstance(value, (bool, int, float, Decimal)) and self._is_plain() else json.dumps(
            text, ensure_ascii=False
        )

    def _is_plain(self):
        return not pyarrow.types.is_temporal(self.arrow)


def uuid_text(value):
    """The 16 bytes in groups of hexadecimal digits."""
    text = value.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def _part(value):
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(type(value))
