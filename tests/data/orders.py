"""The sample for newcomers: some hundred orders of a shop, in three parts."""

import random
from decimal import Decimal

import pyarrow

from columns import Column

CITIES = ["Lisboa", "Kraków", "Zürich", "Osaka", "Montréal", "Nairobi", "São Paulo", "Aarhus"]
PRODUCTS = [("Teapot", "24.90"), ("Desk lamp", "59.00"), ("Notebook", "4.75"), ("Bicycle bell", "11.20"),
            ("Garden chair", "89.95"), ("Umbrella", "18.40"), ("Kettle", "39.99")]
GIVEN = ["Ana", "Bao", "Chloé", "Dmitri", "Esi", "Farah", "Goran", "Hana", "Iker", "Jun"]
FAMILY = ["Silva", "Nguyễn", "Dubois", "Ivanov", "Mensah", "Haddad", "Kovač", "Sato", "Etxeberria", "O'Neill"]
NOTES = [None, None, None, "Leave at the door", "Ring twice, please", 'Engrave "For Mum"', "Call before\nyou come", ""]
PARTS, ROWS = 3, 80
START = 1_767_225_600_000_000  # 2026-01-01 00:00:00 UTC


def order_parts():
    """The columns of each part."""
    source = random.Random(7)
    return [_part(source, part * ROWS) for part in range(PARTS)]


def _part(source, first):
    ids = list(range(first + 1, first + ROWS + 1))
    products = [source.choice(PRODUCTS) for _ in ids]
    ordered = [START + order * 5_400_000_000 + source.randrange(5_000_000_000) for order in ids]
    shipped = [None if source.random() < 0.15 else at // 86_400_000_000 + source.randint(1, 4) for at in ordered]
    discounts = [source.choice([None, None, 0.05, 0.1, 0.25]) for _ in ids]
    price = {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}
    instant = {"type": "long", "logicalType": "timestamp-micros"}
    day = {"type": "int", "logicalType": "date"}
    return [
        Column("order_id", pyarrow.int64(), "long", ids, nullable=False),
        Column("customer", pyarrow.string(), "string",
               [f"{source.choice(GIVEN)} {source.choice(FAMILY)}" for _ in ids]),
        Column("city", pyarrow.string(), "string", [source.choice(CITIES) for _ in ids]),
        Column("product", pyarrow.string(), "string", [name for name, _ in products]),
        Column("quantity", pyarrow.int32(), "int", [source.randint(1, 6) for _ in ids]),
        Column("unit_price", pyarrow.decimal128(10, 2), price, [Decimal(price) for _, price in products]),
        Column("discount", pyarrow.float64(), "double", discounts),
        Column("ordered_at", pyarrow.timestamp("us", "UTC"), instant, ordered),
        Column("shipped_on", pyarrow.date32(), day, shipped),
        Column("is_gift", pyarrow.bool_(), "boolean", [source.random() < 0.2 for _ in ids]),
        Column("note", pyarrow.string(), "string", [source.choice(NOTES) for _ in ids]),
    ]
