#!/bin/sh
# Everything that can be said of the code without running it.
set -u
cd "$(dirname "$0")/.."
failed=""
step() {
    name=$1; shift
    echo "── $name"
    "$@" || failed="$failed, $name"
}
step "lint" .venv/bin/ruff check .
step "format" .venv/bin/ruff format --check .
step "types" .venv/bin/mypy
step "import contracts" .venv/bin/lint-imports
step "templates" .venv/bin/djlint templates --lint --quiet
step "missing migrations" .venv/bin/python manage.py makemigrations --check --dry-run
step "deployment" env PORTAL_ENV=production SECRET_KEY="$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    DATABASE_URL=postgres://portal@localhost/portal REDIS_URL=redis://localhost:6379/0 \
    SITE_URL=https://portal.example.com ALLOWED_HOSTS=portal.example.com DATA_DIR="${TMPDIR:-/tmp}/portal-check" \
    .venv/bin/python manage.py check --deploy --fail-level WARNING
step "other Pythons" sh scripts/pythons.sh
[ -z "$failed" ] || { echo "Not well:${failed#,}"; exit 1; }
echo "All well."
