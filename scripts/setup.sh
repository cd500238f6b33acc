#!/bin/sh
# Create .venv and install packages and system libraries; quick when nothing changed.
#   setup.sh        what running needs
#   setup.sh dev    what tests and checks need besides
# Nothing is resolved here: the lock names every package with its hash, uv included.
set -eu
cd "$(dirname "$0")/.."
what=${1:-run}
case $what in
run) make="make run" ;;
dev) make="make test" ;;
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

# A shim whose version is not installed, or a Python that went away, is not one.
suits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

python=""
for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13}; do
    if suits "$candidate"; then python=$candidate; break; fi
done

stamp=.venv/.installed
if [ -L .venv ]; then
    suits .venv/bin/python || fail ".venv is a link to $(readlink .venv), where there is no Python 3.11 to 3.13.
Delete the link, and I make an environment here."
elif [ -e .venv ]; then
    # What is installed carries its own path: a folder that was moved or copied is made anew.
    suits .venv/bin/python && [ "$(sed -n 1p "$stamp" 2>/dev/null || true)" = "$PWD" ] ||
        rm -rf .venv
fi
if [ ! -e .venv ]; then
    [ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed. Install one, or name it:
  $make PYTHON=/path/to/python3.12"
    "$python" -c 'import ensurepip' 2>/dev/null || debian python3-venv
    echo "Creating .venv"
    "$python" -m venv .venv || { rm -rf .venv; fail "Creating .venv failed; see above."; }
    printf '%s\n' "$PWD" >"$stamp"
fi

# An environment that tests were run in keeps their packages.
requirements=requirements.txt
if [ "$what" = dev ] || grep -qs '^dev ' "$stamp"; then requirements=requirements-dev.txt; fi
level=$([ $requirements = requirements.txt ] && echo run || echo dev)
want="$level $(cat requirements-uv.txt requirements.txt requirements-dev.txt | cksum)"
if [ "$(sed -n 2p "$stamp" 2>/dev/null || true)" != "$want" ]; then
    echo "Installing Python packages ($requirements)"
    pip=".venv/bin/python -m pip --quiet --disable-pip-version-check"
    # A linked environment may serve others, too: what is missing is added, nothing is removed.
    if [ -L .venv ]; then how="install -r"; else how="sync"; fi
    { $pip install --require-hashes -r requirements-uv.txt &&
        .venv/bin/uv pip $how $requirements --quiet --require-hashes --python .venv/bin/python; } ||
        # The same lock suits pip, which may know another way out of this network.
        $pip install --require-hashes -r $requirements ||
        fail "Installing packages failed; see above. Is the network there?"
    printf '%s\n%s\n' "$PWD" "$want" >"$stamp"
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
