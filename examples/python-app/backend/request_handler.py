"""HTTP in, JSON out."""

import json
import sys
import traceback
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from database import Database
from problem import Problem, invalid, not_found
from sightings import add_sighting, list_sightings, remove_sighting
from slot_env import SlotEnv

MAX_BODY_BYTES = 65_536
MAX_DROPPED_BYTES = 1_048_576


class RequestHandler(BaseHTTPRequestHandler):
    """One connection; `slot` and `database` are set by handler_for."""

    slot: SlotEnv
    database: Database

    protocol_version = "HTTP/1.1"
    server_version = "pond-log"
    sys_version = ""
    # Idle connections end by themselves; the surface in front keeps its own for less.
    timeout = 75
    # Headers and body leave together.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def answer(self) -> None:
        try:
            status, body = self.route(self.read_body())
        except Problem as problem:
            status, body = problem.status, problem.body
        except Exception:
            traceback.print_exc()
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body = Problem(status, "internal_error", "The backend failed to answer. Its log says why.").body
        self.reply(status, body)

    def route(self, raw: bytes) -> tuple[HTTPStatus, object]:
        path = unquote(urlsplit(self.path).path)
        match (self.command, *path.strip("/").split("/")):
            case ("GET", "health") | ("GET", "api", "health"):
                return HTTPStatus.OK, self.health()
            case ("GET", "api", "sightings"):
                return HTTPStatus.OK, list_sightings(self.database)
            case ("POST", "api", "sightings"):
                return HTTPStatus.CREATED, add_sighting(self.database, parse_json(raw))
            case ("DELETE", "api", "sightings", sighting):
                remove_sighting(self.database, sighting)
                return HTTPStatus.NO_CONTENT, None
        raise not_found(f"Nothing answers {self.command} {path}.")

    def health(self) -> dict:
        """Healthy means that the database answers, and says which one it is."""
        with self.database.transaction() as cursor:
            cursor.execute("select current_database() as name")
            name = cursor.fetchone()["name"]
        slot = self.slot
        return {"status": "ok", "slot_id": slot.slot_id, "commit_sha": slot.commit_sha, "database": name}

    def read_body(self) -> bytes:
        """All of the body: what stays unread would be taken for the connection's next request."""
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            raise Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", "Send the body with a Content-Length.")
        if int(length) > MAX_BODY_BYTES:
            # Closed on what is still being sent, the connection would tell the client of a reset and not of this.
            self.rfile.read(min(int(length), MAX_DROPPED_BYTES))
            self.close_connection = True
            detail = f"Send at most {MAX_BODY_BYTES} bytes."
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)
        return self.rfile.read(int(length))

    def reply(self, status: HTTPStatus, body: object) -> None:
        content = b"" if body is None else json.dumps(body, default=as_json).encode()
        self.send_response(status)
        if body is not None:
            kind = "application/json" if status < 400 else "application/problem+json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
        self.send_header("cache-control", "no-store")
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server refuses by itself, such as an unknown method, is a problem as well."""
        self.close_connection = True
        status = HTTPStatus(code)
        self.reply(status, Problem(status, status.name.lower(), message or status.description).body)

    def log_message(self, format: str, *values: object) -> None:
        print(format % values, file=sys.stderr)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Answers are not logged; failures are, where they happen."""


def handler_for(slot_env: SlotEnv, opened: Database) -> type[RequestHandler]:
    """http.server makes a handler for each connection, from its class: this one knows its slot and database."""

    class SlotRequestHandler(RequestHandler):
        slot = slot_env
        database = opened

    return SlotRequestHandler


def parse_json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise invalid(["the body must be JSON, and not nested too deeply"]) from None


def as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no JSON")
