#!/bin/sh
# Run the worked terms and Django's checks on each Python that the portal holds on and this
# machine has, in environments made from the same lock (.venv-3.12 and so on, kept for next time).
set -u
cd "$(dirname "$0")/.."
failed=""
want="$PWD $(cat requirements.txt requirements-dev.txt | cksum)"
for version in 3.11 3.12 3.13; do
    # A shim whose version is not chosen is on the path and is not a Python; what it stands for
    # may lie among pyenv's own.
    python=""
    for candidate in python$version "${PYENV_ROOT:-$HOME/.pyenv}"/versions/$version.*/bin/python; do
        found=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
        if [ "$found" = "$version" ]; then python=$candidate; fi
    done
    if [ -z "$python" ]; then
        echo "── Python $version: not on this machine"
        continue
    fi
    echo "── Python $version"
    home=.venv-$version
    if [ "$(cat "$home/.installed" 2>/dev/null)" != "$want" ]; then
        rm -rf "$home"
        "$python" -m venv "$home" &&
            .venv/bin/uv pip sync -q --require-hashes --python "$home/bin/python" requirements-dev.txt &&
            printf '%s' "$want" >"$home/.installed" ||
            { failed="$failed $version"; continue; }
    fi
    "$home/bin/python" -m pytest tests/terms --numprocesses=2 -q || failed="$failed $version"
    PORTAL_ENV=local "$home/bin/python" manage.py check || failed="$failed $version"
done
[ -z "$failed" ] || { echo "Not well on Python$failed"; exit 1; }
