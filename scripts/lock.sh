#!/bin/sh
# Pin requirements*.in with hashes for Python 3.11 to 3.13, then install each lock in an empty
# environment, by uv and by plain pip: a lock that only installs where it was made is none.
set -eu
cd "$(dirname "$0")/.."
for name in requirements-uv requirements requirements-dev; do
    # Extras are kept: pip asks for coverage[toml] by that name, and looks for the newest without it.
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
        --no-strip-extras $name.in -o $name.txt
done
# The test below reads what the packages themselves ask for, so the new ones must be here.
.venv/bin/uv pip sync -q --require-hashes --python .venv/bin/python requirements-dev.txt
.venv/bin/python -m pytest -q tests/architecture/test_lock.py

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for lock in requirements.txt requirements-dev.txt; do
    echo "── $lock by uv"
    .venv/bin/python -m venv --clear "$folder/venv"
    "$folder/venv/bin/python" -m pip install -q --require-hashes -r requirements-uv.txt
    "$folder/venv/bin/uv" pip sync -q --require-hashes --python "$folder/venv/bin/python" $lock
    "$folder/venv/bin/uv" pip check -q --python "$folder/venv/bin/python"
    echo "── $lock by pip"
    .venv/bin/python -m venv --clear "$folder/venv"
    "$folder/venv/bin/python" -m pip install -q --require-hashes -r $lock
    "$folder/venv/bin/python" -m pip check
done
echo "Both locks install in an empty environment."
