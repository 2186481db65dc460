"""The backend's process: starts, serves, and ends cleanly."""

import os
import signal
import sys
from http.server import ThreadingHTTPServer
from threading import Thread

import psycopg2

from database import Database
from request_handler import handler_for
from slot_env import SlotEnv, WrongEnvironment, read_slot_env

DRAIN_S = 5.0


class Server(ThreadingHTTPServer):
    # An idle keep-alive connection must not hold up the end of the process.
    daemon_threads = True
    request_queue_size = 128


def main() -> int:
    try:
        slot = read_slot_env(os.environ)
        database = Database(slot.database_url)
    except (WrongEnvironment, psycopg2.OperationalError) as error:
        print(f"pond-log can not start: {error}", file=sys.stderr)
        return 1
    serve(slot, database)
    return 0


def serve(slot: SlotEnv, database: Database) -> None:
    with Server(("127.0.0.1", slot.port), handler_for(slot, database)) as server:
        # shutdown() waits for the loop that this handler interrupts, so it needs a thread of its own.
        signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.shutdown).start())
        print(f"{slot.slot_id} listens on {slot.port}", flush=True)
        server.serve_forever(poll_interval=0.1)
    database.close(DRAIN_S)
    print(f"{slot.slot_id} has stopped", flush=True)


if __name__ == "__main__":
    sys.exit(main())
