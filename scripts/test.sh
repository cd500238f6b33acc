#!/bin/sh
# The whole suite on the embedded defaults, then again on PostgreSQL and Redis.
set -eu
cd "$(dirname "$0")/.."
unset DATABASE_URL REDIS_URL BROKER_URL PORTAL_ENV DEBUG || true
echo "── on SQLite and the embedded broker"
.venv/bin/python -m pytest tests "$@"
echo "── on PostgreSQL and Redis"
# What no database or broker has a part in has run already: terms, conventions, accessibility.
.venv/bin/python scripts/with_services.py .venv/bin/python -m pytest tests \
    --ignore=tests/terms --ignore=tests/architecture \
    --ignore=tests/browser/test_accessibility.py --ignore=tests/browser/test_terms.py "$@"
