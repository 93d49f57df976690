"""A client of the server as people write one: requests, json, and a loop that polls.

Usage: client.py URL CONNECTION GROUP
"""

import sys
import time

import requests


def main(url, connection, group):
    session = requests.Session()
    body = {"connection": {"id": int(connection)}, "path": ["main"], "table": "from_python", "action": "createAndLoad",
            "inputFormat": "avro", "flowNodeId": 10}
    answer = session.put(f"{url}/v3/jobGroups/{group}/publish", json=body, timeout=60)
    answer.raise_for_status()
    assert answer.headers["content-type"] == "application/json", answer.headers
    started = answer.json()
    assert set(started) == {"jobgroupId", "jobIds", "reason", "sessionId"}, started
    assert started["jobgroupId"] == int(group) and started["reason"] == "JobStarted", started
    [job] = started["jobIds"]
    # Some clients take everything but InProgress for the end.
    deadline = time.monotonic() + 60
    while session.get(f"{url}/v4/jobs/{job}/status", timeout=60).json() == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    done = session.get(f"{url}/v4/jobs/{job}", timeout=60).json()
    assert done["status"] == "Complete" and done["errorMessage"] is None, done
    assert session.get(f"{url}/v4/jobGroups/{group}/status", timeout=60).json() == "Complete"
    published = session.get(f"{url}/v4/jobGroups/{group}/publications", timeout=60).json()["data"]
    assert [one["table"] for one in published] == [done["table"]], published
    wrong = session.put(f"{url}/v3/jobGroups/{group}/publish", data=body, timeout=60)
    assert wrong.status_code == 415 and wrong.json()["exception"]["name"] == "UnsupportedMediaType", wrong.text
    print(done["table"], done["rowCount"])


main(*sys.argv[1:])
