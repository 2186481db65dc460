"""Brings a database to the newest version: plain SQL files, each applied once, in the order of their names."""

import os
import sys
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

MIGRATIONS = Path(__file__).resolve().parent.parent / "database" / "migrations"
# Any number that nothing else in this database takes: of two that migrate at once, the second waits and finds nothing to do.
LOCK = 7_046_101


def main() -> int:
    url = os.environ.get("DATABASE_URL")
    if not url:
        print("pond-log can not migrate: missing: DATABASE_URL", file=sys.stderr)
        return 1
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.Error as error:
        print(f"pond-log can not migrate: {error}", file=sys.stderr)
        return 1
    try:
        return migrate(connection)
    finally:
        connection.close()


def migrate(connection: Connection) -> int:
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        cursor.execute("create table if not exists pond_log_migrations (name text primary key)")
        cursor.execute("select name from pond_log_migrations")
        applied = {name for (name,) in cursor.fetchall()}
    for file in sorted(MIGRATIONS.glob("*.sql")):
        if file.name in applied:
            continue
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(file.read_text(encoding="utf-8"))
                cursor.execute("insert into pond_log_migrations values (%s)", [file.name])
        except psycopg2.Error as error:
            print(f"{file.name} failed (SQLSTATE {error.pgcode}): {error}", file=sys.stderr)
            return 1
        print(f"applied {file.name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
