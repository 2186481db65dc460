"""A few connections for many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from psycopg2.extras import RealDictCursor
from psycopg2.pool import ThreadedConnectionPool

CONNECTIONS = 4


class Database:
    def __init__(self, url: str) -> None:
        # The pool keeps only its minimum open, and raises where it should wait: the semaphore does the waiting.
        self._pool = ThreadedConnectionPool(CONNECTIONS, CONNECTIONS, url, connect_timeout=5)
        self._free = BoundedSemaphore(CONNECTIONS)

    @contextmanager
    def transaction(self) -> Iterator[RealDictCursor]:
        """A cursor whose statements are committed together, or rolled back where the block raises."""
        with self._free:
            connection = self._pool.getconn()
            try:
                with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
                    yield cursor
            finally:
                self._pool.putconn(connection)

    def close(self, timeout_s: float) -> None:
        """Waits for the statements under way, then disconnects."""
        for _ in range(CONNECTIONS):
            self._free.acquire(timeout=timeout_s / CONNECTIONS)
        self._pool.closeall()
