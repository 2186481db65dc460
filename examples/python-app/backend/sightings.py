"""The log itself: who was seen, how many, where."""

from database import Database
from problem import invalid, not_found

PLACES = ("open water", "reeds", "island", "shore", "overhead")
LATEST = 50
MAX_ID = 2_147_483_647
COLUMNS = "id, species, birds, place, seen_at"


def list_sightings(database: Database) -> dict:
    with database.transaction() as cursor:
        cursor.execute(f"select {COLUMNS} from sightings order by seen_at desc, id desc limit %s", [LATEST])
        latest = cursor.fetchall()
        cursor.execute(
            "select species, sum(birds)::integer as birds, count(*)::integer as sightings"
            " from sightings group by species order by sum(birds) desc, species"
        )
        return {"sightings": latest, "tally": cursor.fetchall()}


def add_sighting(database: Database, body: object) -> dict:
    sighting = checked(body)
    with database.transaction() as cursor:
        cursor.execute(
            "insert into sightings (species, birds, place) values (%(species)s, %(birds)s, %(place)s)"
            f" returning {COLUMNS}",
            sighting,
        )
        return cursor.fetchone()


def remove_sighting(database: Database, text: str) -> None:
    sighting = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    with database.transaction() as cursor:
        cursor.execute("delete from sightings where id = %s", [sighting if sighting <= MAX_ID else 0])
        if cursor.rowcount == 0:
            raise not_found(f"There is no sighting {text}.")


def checked(body: object) -> dict:
    """The body as a sighting; every mistake in it is named at once."""
    if not isinstance(body, dict):
        raise invalid(["the body must be a JSON object"])
    species, birds, place = body.get("species"), body.get("birds"), body.get("place", PLACES[0])
    problems = [f"{name}: unknown" for name in sorted(set(body) - {"species", "birds", "place"})]
    # Not printable are also NUL and halves of a character, which JSON can write and PostgreSQL's text can not hold.
    if not isinstance(species, str) or not species.isprintable() or not 1 <= len(species.strip()) <= 80:
        problems.append("species: must be 1 to 80 printable characters")
    # A JSON true is an int in Python.
    if type(birds) is not int or not 1 <= birds <= 9999:
        problems.append("birds: must be a whole number from 1 to 9999")
    if place not in PLACES:
        problems.append(f"place: must be one of {', '.join(PLACES)}")
    if problems:
        raise invalid(problems)
    return {"species": species.strip(), "birds": birds, "place": place}
