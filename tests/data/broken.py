"""Files that a publish must refuse, each as a user might come to have it."""

import pyarrow

from columns import Column
from formats import WRITERS


def write_broken(folder, golden, orders):
    """Writes every broken file."""
    for ending in ("avro", "parquet"):
        whole = (orders / f"part-0.{ending}").read_bytes()
        (folder / f"truncated.{ending}").write_bytes(whole[: len(whole) * 2 // 3])
        (folder / f"text.{ending}").write_text("id,name\n1,one\n")
    for ending in WRITERS:
        (folder / f"empty.{ending}").touch()
    _write(folder / "ragged.csv", "id,name\n1,one\n2,two,and more\n3,three\n")
    _write(folder / "short.csv", "id,name\n1,one\n2\n3,three\n")
    _write(folder / "open_quote.csv", 'id,name\n1,"one\n2,two\n')
    _write(folder / "duplicate.csv", "id,name,ID\n1,one,1\n")
    _write(folder / "illegal.csv", "id,full name,2nd\n1,one,x\n")
    (folder / "latin.csv").write_bytes("id,name\n1,caf\xe9\n".encode("latin-1"))
    _write(folder / "cut.json", '{"id": 1, "name": "one"}\n{"id": 2, "na')
    _write(folder / "scalar.json", '{"id": 1}\n2\n')
    _write(folder / "duplicate.json", '{"id": 1, "id": 2}\n')
    mixed = folder / "mixed"
    mixed.mkdir()
    (mixed / "_SUCCESS").touch()
    one = [Column("id", pyarrow.int64(), "long", [1, 2]), Column("name", pyarrow.string(), "string", ["a", "b"])]
    other = [Column("id", pyarrow.int64(), "long", [3]), Column("name", pyarrow.bool_(), "boolean", [True])]
    third = [Column("id", pyarrow.int64(), "long", [4]), Column("city", pyarrow.string(), "string", ["c"])]
    for ending, write in WRITERS.items():
        write(mixed / f"part-0.{ending}", one)
        # Texts of any kind are texts, so a text format differs by its columns alone.
        write(mixed / f"part-1.{ending}", third if ending in ("csv", "json") else other)
    marker = folder / "only_marker"
    marker.mkdir()
    (marker / "_SUCCESS").touch()


def _write(path, text):
    path.write_text(text, encoding="utf-8", newline="")
