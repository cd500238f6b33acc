"""Run a command beside a PostgreSQL and a Redis of its own, on free ports, and stop them after.

    with_services.py COMMAND ARGUMENT …

The command finds them in DATABASE_URL and REDIS_URL.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


def main(command: list[str]) -> int:
    """Run the command and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="portal-services-") as folder:
        # The postgres user has to pass through it.
        Path(folder).chmod(0o711)
        with _postgres(Path(folder)) as database, _redis(Path(folder)) as redis:
            env = os.environ | {"DATABASE_URL": database, "REDIS_URL": redis, "BROKER_URL": redis}
            return subprocess.call(command, env=env)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    sys.exit("PostgreSQL is missing. Run: apt-get install -y postgresql")


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """A cluster without durability; as root, which it refuses, it runs as the postgres user."""
    tools, data, port = _postgres_bin(), folder / "postgres", _free_port()
    data.mkdir()
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    drop = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
    prefix = drop if os.geteuid() == 0 else []
    shutil.chown(data, owner)
    settings = (
        f"-p {port} -k {data} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c synchronous_commit=off -c full_page_writes=off -c max_connections=60 "
        # Small tables, for minutes: compiling a query or tidying up costs more than it gives.
        "-c jit=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0"
    )
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        [
            *prefix,
            tools / "initdb",
            "-D",
            data,
            "-U",
            "portal",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        check=True,
        **quiet,
    )
    control = [*prefix, tools / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-l", data / "log", "-o", settings, "start"], check=True, **quiet)
    try:
        yield f"postgres://portal@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    if not shutil.which("redis-server"):
        sys.exit("Redis is missing. Run: apt-get install -y redis-server")
    port = _free_port()
    server = subprocess.Popen(
        [
            "redis-server",
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            folder,
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
