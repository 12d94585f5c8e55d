"""Bring a database's schema up to date: ``DATABASE_URL=… python -m infra.migrate``.

The plain SQL files in ``infra/migrations`` are applied in order of name, each in a transaction of its own;
what is applied already is left alone. Any number of processes may call this at once, and one that is killed
in the middle leaves nothing that stops the next.
"""

import os
import sys
from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations

MIGRATIONS = Path(__file__).parent / "migrations"

#: Any number will do, as long as every migrator of this database asks for the same one.
ADVISORY_LOCK = 0x0CA26A


def migrate(database_url: str, migrations: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and return the names of the migrations applied now, in order.

    Raises ``psycopg.Error`` when the database cannot be reached or a migration does not apply.
    """
    with psycopg.connect(database_url, autocommit=True) as guard:
        # The server frees this lock when a migrator dies. yoyo's own lock is a row that would stay for ever;
        # whoever holds ours may therefore remove it.
        guard.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        return _apply(database_url, migrations)


def pending(database_url: str, migrations: Path = MIGRATIONS) -> list[str]:
    """Return the names of the migrations that are not applied yet, and change nothing.

    Raises ``psycopg.Error`` when the database cannot be reached.
    """
    names = sorted(file.stem for file in migrations.glob("*.sql"))
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        found = connection.execute("SELECT to_regclass('_yoyo_migration') IS NOT NULL").fetchone()
        if found != (True,):
            return names
        applied = connection.execute("SELECT migration_id FROM _yoyo_migration").fetchall()
    return [name for name in names if (name,) not in applied]


def _apply(database_url: str, migrations: Path) -> list[str]:
    scheme, _, rest = database_url.partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise psycopg.ProgrammingError(f"not a postgresql:// URL: its scheme is {scheme!r}")
    backend = get_backend(f"postgresql+psycopg://{rest}")
    try:
        backend.break_lock()
        with backend.lock():
            pending = backend.to_apply(read_migrations(str(migrations)))
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return [migration.id for migration in pending]


def main() -> int:
    """Migrate the database of the environment; 1 when that failed, 2 when there is none to migrate."""
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        sys.stderr.write("DATABASE_URL is not set: it says which database to migrate\n")
        return 2
    try:
        applied = migrate(database_url)
    except psycopg.Error as error:
        sys.stderr.write(f"Not migrated: {error}\n")
        return 1
    for name in applied:
        sys.stdout.write(f"applied {name}\n")
    sys.stdout.write("The schema is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
