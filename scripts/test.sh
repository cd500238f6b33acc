#!/bin/sh
# The whole suite on the embedded defaults, then again on PostgreSQL and Redis.
#   test.sh [PYTEST ARGUMENT …]
set -eu
cd "$(dirname "$0")/.."
unset DATABASE_URL REDIS_URL BROKER_URL PORTAL_ENV DEBUG DATA_DIR LOG_LEVEL || true
pytest=".venv/bin/python -m pytest"
services=".venv/bin/python scripts/with_services.py"

echo "── on SQLite and the embedded broker"
$pytest tests --ignore=tests/browser --numprocesses=2 "$@"
echo "── in a browser, on SQLite and the embedded broker"
$pytest tests/browser "$@"
# What no database or broker has a part in has run: terms, conventions, accessibility.
echo "── on PostgreSQL and Redis"
$services $pytest tests --ignore=tests/browser --ignore=tests/terms --ignore=tests/architecture \
    --numprocesses=2 "$@"
echo "── in a browser, on PostgreSQL and Redis"
$services $pytest tests/browser/test_main_job.py tests/browser/test_people.py "$@"
