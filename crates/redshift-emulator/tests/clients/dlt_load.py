"""dlt loads, replaces and merges a table, by INSERT and by way of S3, as its users write it."""

import sys

import dlt
from dlt.destinations import filesystem, redshift

port, endpoint, key_id, secret, scratch = sys.argv[1:6]
# As a table: a string must begin with postgresql://, for dlt hands it on to libpq, which knows no redshift://.
server = dict(host="127.0.0.1", port=int(port), database="dev", username="awsuser", password="Passw0rd")
keys = dict(aws_access_key_id=key_id, aws_secret_access_key=secret, endpoint_url=endpoint, region_name="us-east-1")


def rows(first, count):
    for number in range(first, first + count):
        yield {"id": number, "name": f"row {number}", "price": number / 4, "parts": [{"size": number}]}


def check(staging, file_format):
    name = f"lake_{file_format or 'insert'}"
    pipeline = dlt.pipeline(
        name, destination=redshift(credentials=server), staging=staging, dataset_name=name, pipelines_dir=scratch
    )

    def run(first, count, disposition):
        extra = dict(loader_file_format=file_format) if file_format else {}
        info = pipeline.run(
            rows(first, count), table_name="things", write_disposition=disposition, primary_key="id", **extra
        )
        info.raise_on_failed_jobs()
        with pipeline.sql_client() as client:
            return client.execute_sql("SELECT count(*), min(id), max(id), sum(price) FROM things")[0]

    assert tuple(run(0, 10, "merge")) == (10, 0, 9, 11.25), name
    assert tuple(run(5, 10, "merge")) == (15, 0, 14, 26.25), name
    assert tuple(run(15, 1, "append")) == (16, 0, 15, 30), name
    assert tuple(run(100, 4, "replace")) == (4, 100, 103, 101.5), name


check(None, None)
lake = filesystem(bucket_url="s3://lake/dlt", credentials=keys)
for file_format in ["jsonl", "parquet"]:
    check(lake, file_format)
