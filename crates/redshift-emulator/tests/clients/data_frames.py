"""Loads data frames with awswrangler: port, endpoint, key and secret are its arguments."""

import sys

import awswrangler as wr
import boto3
import pandas as pd
import redshift_connector

port, endpoint, key, secret = sys.argv[1:]
session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1")
wr.config.s3_endpoint_url = endpoint
connection = redshift_connector.connect(
    host="127.0.0.1", port=int(port), user="awsuser", password="Passw0rd", database="dev", ssl=False
)
frame = pd.DataFrame(
    {
        "id": pd.array([1, 2, None], dtype="Int32"),
        "big": [1, 2, 3],
        "name": ["a", None, "é"],
        "at": pd.to_datetime(["2024-01-02 03:04:05.678901"] * 3),
        "x": [0.5, None, 2.0],
        "ok": [True, False, True],
    }
)
keys = dict(aws_access_key_id=key, aws_secret_access_key=secret, boto3_session=session)
for mode, expected in (("overwrite", 3), ("append", 6), ("overwrite", 3), ("upsert", 3)):
    wr.redshift.copy(
        df=frame,
        path="s3://data/stage/",
        con=connection,
        schema="public",
        table="wrangled",
        mode=mode,
        primary_keys=["big"] if mode == "upsert" else None,
        **keys,
    )
    with connection.cursor() as cursor:
        cursor.execute("select count(*), count(name), min(at)::varchar from wrangled")
        count, names, at = cursor.fetchall()[0]
    assert (count, names) == (expected, expected * 2 // 3), (mode, count, names)
    assert at.startswith("2024-01-02 03:04:05.678901"), at
    connection.commit()
found = wr.redshift.read_sql_query("select id, big, name from public.wrangled order by big", con=connection)
assert found["big"].tolist() == [1, 2, 3], found

# What doesn't agree with the table is refused, and the table stays as it was.
try:
    wrong = frame.assign(big=["x", "y", "z"])
    wr.redshift.copy(
        df=wrong, path="s3://data/wrong/", con=connection, schema="public", table="wrangled", mode="append", **keys
    )
    raise SystemExit("text was loaded into a number")
except redshift_connector.ProgrammingError as error:
    assert "Spectrum Scan Error" in str(error), error
connection.rollback()
found = wr.redshift.read_sql_query("select count(*) as n from public.wrangled", con=connection)
assert found["n"].tolist() == [3], found
