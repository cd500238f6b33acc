#!/bin/sh
# Create .venv and install packages and system libraries; quick when nothing changed.
#   setup.sh        what running needs
#   setup.sh dev    what tests and checks need besides
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
what=${1:-run}
case $what in
run) requirements=requirements.txt ;;
dev) requirements=requirements-dev.txt ;;
*) echo "setup.sh: '$what' is unknown; say nothing or dev" >&2; exit 2 ;;
esac

fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# Install Debian packages if this user may, else say with which command.
debian() {
    command -v apt-get >/dev/null 2>&1 || fail "Please install: $*"
    if [ "$(id -u)" = 0 ]; then as=""
    elif sudo -n true 2>/dev/null; then as="sudo -n"
    else fail "System packages are missing and I may not install them. Run:
  sudo apt-get install -y --no-install-recommends $*"
    fi
    echo "Installing system packages: $*"
    log=$(mktemp)
    { $as apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        $as apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1 || {
        tail -5 "$log" >&2
        fail "That failed. Run it by hand to see why:
  apt-get update && apt-get install -y --no-install-recommends $*"
    }
    rm -f "$log"
}

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed. Install it, or name it: make $what PYTHON=python3.12"
if [ ! -x .venv/bin/python ]; then
    "$PYTHON" -c 'import ensurepip' 2>/dev/null || debian python3-venv
    echo "Creating .venv"
    "$PYTHON" -m venv .venv || fail "Creating .venv failed; see above."
fi

stamp=.venv/.installed-$what
want=$(cat requirements.txt "$requirements" | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
    echo "Installing Python packages ($requirements)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$requirements" || fail "Installing packages failed; see above. Is the network there?"
    printf '%s' "$want" >"$stamp"
fi

if [ ! -f .venv/.pango ]; then
    if ! .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1; then
        # Without Pango the portal runs and PDFs wait; that is no reason not to start.
        (debian libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0) ||
            echo "Going on without PDFs: they wait until Pango is installed."
    fi
    .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1 && touch .venv/.pango || true
fi

if [ "$what" = dev ]; then
    missing=""
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
    command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
    command -v qpdf >/dev/null 2>&1 || missing="$missing qpdf"
    [ -z "$missing" ] || debian $missing
fi
