#!/bin/sh
# The suite in three lengths. A part that fails stops no other; the end names them all.
#   test.sh           what `make test` and CI run
#   test.sh quick     while working: SQLite alone, no browser, no services; of a table of cases that
#                     needs the database its first, and no property that does
#   test.sh long      before something is called done: both databases whole, new random seeds,
#                     every width and theme, kills and loads
set -u
cd "$(dirname "$0")/.."
length=${1:-usual}
case $length in
usual | long)
    # One PostgreSQL and one Redis serve all parts.
    [ -n "${TEST_SERVICES:-}" ] || {
        export TEST_SERVICES=running
        exec .venv/bin/python scripts/with_services.py sh scripts/test.sh "$@"
    }
    ;;
quick) unset DATABASE_URL REDIS_URL BROKER_URL || true ;;
*)
    echo "test.sh: '$length' is unknown; say nothing, quick or long" >&2
    exit 2
    ;;
esac
unset PORTAL_ENV DEBUG DATA_DIR LOG_LEVEL TEST_SERVICES TEST_TEMPLATE || true
[ $# -gt 0 ] && shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
embedded="env -u DATABASE_URL -u REDIS_URL -u BROKER_URL"
pytest=".venv/bin/python -m pytest"
shared="--ignore=tests/browser --numprocesses=2 --dist=worksteal"
failed=""
began=$(date +%s)

# A part that stands still is interrupted, so that the others run and the end names it.
case $length in
long) bound=90m ;;
*) bound=30m ;;
esac
part() {
    name=$1; shift
    echo "── $name"
    since=$(date +%s)
    timeout --foreground --signal=INT --kill-after=60 $bound "$@"
    status=$?
    echo "   ($(($(date +%s) - since)) s)"
    [ $status = 0 ] || failed="$failed
  $name"
}

# The parts in a browser, one after the other: two browsers side by side have stood still.
in_browsers() {
    part "in a browser, on PostgreSQL and Redis" $on_postgres $pytest tests/browser "$@"
    part "the main job in a browser, on SQLite and the embedded broker" \
        $embedded $pytest tests/browser/test_main_job.py "$@"
    [ -z "$failed" ]
}

# The tables, migrated once for each database; the processes of a part copy them. The browser's own
# portal on SQLite migrates its database as an operator does.
on_sqlite="$embedded env TEST_TEMPLATE=$($embedded .venv/bin/python -m tests.template "$folder")"
[ "$length" = quick ] ||
    on_postgres="env TEST_TEMPLATE=$(.venv/bin/python -m tests.template "$folder")"

case $length in
quick)
    part "without services" $on_sqlite $pytest tests $shared --quick "$@"
    ;;
usual)
    # A browser waits for its worker and its pages most of the time: the rest runs beside it.
    in_browsers "$@" >"$folder/browsers.log" 2>&1 &
    browsers=$!
    part "everything, on PostgreSQL and Redis" $on_postgres $pytest tests $shared "$@"
    part "what depends on the database, on SQLite and the embedded broker" \
        $on_sqlite $pytest $(grep -rl --include="test_*.py" portable tests) $shared \
        -m "portable and not hypothesis" "$@"
    wait $browsers || failed="$failed
  in a browser"
    cat "$folder/browsers.log"
    ;;
long)
    part "everything, on PostgreSQL and Redis" $on_postgres $pytest tests $shared --long "$@"
    part "everything, on SQLite and the embedded broker" \
        $on_sqlite $pytest tests $shared --long "$@"
    part "in a browser, on PostgreSQL and Redis" $on_postgres $pytest tests/browser --long "$@"
    part "in a browser, on SQLite and the embedded broker" \
        $embedded $pytest tests/browser --long "$@"
    ;;
esac

minutes=$((($(date +%s) - began) / 60))
[ -z "$failed" ] || { printf 'After %s minutes, these parts failed:%s\n' "$minutes" "$failed"; exit 1; }
echo "All parts passed, in $minutes minutes."
