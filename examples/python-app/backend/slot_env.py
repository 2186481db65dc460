"""What the runtime tells a previewed backend about the slot it runs in."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import parse_dsn

NAMES = ("SLOT_ID", "SLOT_BACKEND_PORT", "SLOT_DB_NAME", "SLOT_COMMIT_SHA", "DATABASE_URL")


class WrongEnvironment(Exception):
    """The process was started with variables it can not work with; the message names all of them."""


@dataclass(frozen=True)
class SlotEnv:
    slot_id: str
    port: int
    commit_sha: str
    database_url: str


def read_slot_env(environment: Mapping[str, str]) -> SlotEnv:
    """Refuses missing variables, and a DATABASE_URL that leads to another database than the slot's."""
    missing = [name for name in NAMES if not environment.get(name)]
    if missing:
        raise WrongEnvironment(f"missing: {', '.join(missing)}")
    port = environment["SLOT_BACKEND_PORT"]
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise WrongEnvironment(f"SLOT_BACKEND_PORT is {port!r}, which is no port")
    url, expected = environment["DATABASE_URL"], environment["SLOT_DB_NAME"]
    database = database_of(url)
    if database != expected:
        raise WrongEnvironment(f"DATABASE_URL leads to {database!r}, but SLOT_DB_NAME is {expected!r}")
    return SlotEnv(environment["SLOT_ID"], int(port), environment["SLOT_COMMIT_SHA"], url)


def database_of(url: str) -> str | None:
    """The URL as the driver itself reads it: no second parser can disagree with it."""
    try:
        return parse_dsn(url).get("dbname")
    except psycopg2.ProgrammingError:
        # Its message may quote the URL, which has the password in it.
        raise WrongEnvironment("DATABASE_URL is no postgresql:// URL") from None
