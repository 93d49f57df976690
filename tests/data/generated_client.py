"""A client that openapi-python-client makes of the server's own document, used as its makers mean it.

Usage: generated_client.py URL CONNECTION GROUP FOLDER
"""

import subprocess
import sys
import time
from pathlib import Path


def main(url, connection, group, folder):
    folder = Path(folder)
    config = folder / "config.yaml"
    config.write_text("package_name_override: publish_client\npost_hooks: []\n")
    made = subprocess.run([Path(sys.executable).with_name("openapi-python-client"), "generate", "--url", f"{url}/openapi.json",
                           "--meta", "none", "--config", config, "--output-path", folder / "publish_client",
                           "--fail-on-warning"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    from publish_client import Client
    from publish_client.api.jobs import get_job, list_job_group_jobs
    from publish_client.api.job_groups import get_job_group, get_job_group_status
    from publish_client.api.publish import publish, publish_v3
    from publish_client.models import ExceptionAnswer, PublishRequest, Reference, Status

    client = Client(base_url=url, raise_on_unexpected_status=True)
    request = PublishRequest.from_dict({
        "connection": {"id": int(connection)}, "path": ["main"], "table": "from_generated", "action": "createAndLoad",
        "inputFormat": "avro", "flowNodeId": 10})
    assert request.connection == Reference(id=int(connection))
    started = publish_v3.sync(int(group), client=client, body=request)
    [job] = started.job_ids
    deadline = time.monotonic() + 60
    while (done := get_job.sync(job, client=client)).status == Status.INPROGRESS:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert done.status == Status.COMPLETE and done.percent_complete == 100 and done.error_message is None, done
    assert get_job_group_status.sync(int(group), client=client) == Status.COMPLETE
    assert get_job_group.sync(int(group), client=client).jobs.data is None
    [listed] = list_job_group_jobs.sync(int(group), client=client, limit=1).data
    assert listed == done, (listed, done)
    request.table = "a b"
    refused = publish.sync(int(group), client=client, body=request)
    assert isinstance(refused, ExceptionAnswer) and refused.exception.name == "ValidationFailed", refused
    print(done.table, done.row_count)


main(*sys.argv[1:])
