#!/bin/sh
# Makes the Python in which the peers are measured: setup.sh [FOLDER]. Default: target/bench-peers.
# publish-bench finds it there; another one is named with --peers FOLDER/bin/python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../../target/bench-peers}
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
echo "$folder/bin/python"
