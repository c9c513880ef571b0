"""A PostgreSQL server of our own: in a temporary folder, on a UNIX socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import psycopg

_UNPRIVILEGED = ("postgres", "nobody")


def program(name: str) -> str:
    """Path of a program of PostgreSQL; Debian keeps the server's out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name) or (str(versions[-1]) if versions else None)
    if found is None:
        raise RuntimeError(f"{name} is missing: install a PostgreSQL server (Debian: apt-get install postgresql)")
    return found


class PostgresServer:
    """Started on entering, removed on leaving; may be stopped, killed and started again in between."""

    def __enter__(self) -> Self:
        # Not below pytest's folder: that one is closed to other users, and its name is too long for a socket.
        self.folder = Path(tempfile.mkdtemp(prefix="futurepark-pg-"))
        # The server refuses to run as root.
        self._user = None
        if os.geteuid() == 0:
            self._user = next(pwd.getpwnam(name) for name in _UNPRIVILEGED if _exists(name))
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--auth=trust", "--username=tester", "--no-sync", "--encoding=UTF8", "--locale=C")
        # The machine does not lose its power in a test, so nothing has to reach its disk.
        settings = f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nfsync = off\n"
        with (self.folder / "cluster" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Where a journal is found on this server."""
        return f"postgresql://tester@/postgres?host={self.folder}"

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--timeout=120", f"--log={self.folder}/log")

    def stop(self) -> None:
        """Stop as if the server had crashed; nothing if it does not run."""
        if (self.folder / "cluster" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--wait", "--timeout=120", "--mode=immediate")

    def suspend(self, backend: int) -> None:
        os.kill(backend, signal.SIGSTOP)

    def resume(self, backend: int) -> None:
        os.kill(backend, signal.SIGCONT)

    def execute(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run something as an administrator; its rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def clear(self) -> None:
        """Forget the journal."""
        self.execute("DROP SCHEMA IF EXISTS futurepark CASCADE")

    def _run(self, name: str, *arguments: str) -> None:
        user = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        command = [program(name), f"--pgdata={self.folder}/cluster", *arguments]
        # Not through pipes: the server would keep them open.
        with (self.folder / "output").open("w", encoding="utf-8") as output:
            done = subprocess.run(
                command, stdout=output, stderr=output, cwd=self.folder, check=False, timeout=180, **user
            )
        if done.returncode:
            raise RuntimeError(f"{name} failed: {(self.folder / 'output').read_text(encoding='utf-8')}")


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
