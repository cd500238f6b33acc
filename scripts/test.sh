#!/bin/sh
# The suite in three lengths. A part that fails stops no other; the end names them all.
#   test.sh           what `make test` and CI run
#   test.sh quick     while working: SQLite alone, no browser, no services
#   test.sh long      before something is called done: both databases whole, new random seeds,
#                     every width and theme, kills and loads
set -u
cd "$(dirname "$0")/.."
unset DATABASE_URL REDIS_URL BROKER_URL PORTAL_ENV DEBUG DATA_DIR LOG_LEVEL || true
length=${1:-usual}
[ $# -gt 0 ] && shift
pytest=".venv/bin/python -m pytest"
services=".venv/bin/python scripts/with_services.py"
shared="--ignore=tests/browser --numprocesses=2 --dist=worksteal"
failed=""
began=$(date +%s)

part() {
    name=$1; shift
    echo "── $name"
    since=$(date +%s)
    "$@"
    status=$?
    echo "   ($(($(date +%s) - since)) s)"
    [ $status = 0 ] || failed="$failed
  $name"
}

# Run two parts side by side: the second waits for its worker and its browser most of the time.
beside() {
    second=$1
    log=$(mktemp)
    sh -c "$2" >"$log" 2>&1 &
    running=$!
    shift 2
    part "$@"
    wait $running || failed="$failed
  $second"
    echo "── $second"
    cat "$log"
    rm -f "$log"
}

case $length in
quick)
    part "without services" $pytest tests $shared -m "not slow" "$@"
    ;;
usual)
    part "everything, on PostgreSQL and Redis" $services $pytest tests $shared "$@"
    beside "the main job in a browser, on SQLite and the embedded broker" \
        "$pytest tests/browser/test_main_job.py $*" \
        "what depends on the database, on SQLite and the embedded broker" \
        $pytest tests $shared -m "portable and not hypothesis" "$@"
    part "in a browser, on PostgreSQL and Redis" $services $pytest tests/browser "$@"
    ;;
long)
    part "everything, on PostgreSQL and Redis" $services $pytest tests $shared --long "$@"
    part "everything, on SQLite and the embedded broker" $pytest tests $shared --long "$@"
    part "in a browser, on PostgreSQL and Redis" $services $pytest tests/browser --long "$@"
    part "in a browser, on SQLite and the embedded broker" $pytest tests/browser --long "$@"
    ;;
*)
    echo "test.sh: '$length' is unknown; say nothing, quick or long" >&2
    exit 2
    ;;
esac

minutes=$((($(date +%s) - began) / 60))
[ -z "$failed" ] || { printf 'After %s minutes, these parts failed:%s\n' "$minutes" "$failed"; exit 1; }
echo "All parts passed, in $minutes minutes."
