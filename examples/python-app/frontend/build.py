"""Builds the page: `python3 build.py` writes dist/ from src/, every asset named after its content."""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE, DIST = HERE / "src", HERE / "dist"
PAGE = "index.html"
PLACEHOLDER = re.compile(r"\{\{ (\S+) \}\}")


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    (DIST / "assets").mkdir(parents=True)
    values = {path.name: publish(path) for path in sorted(SOURCE.iterdir()) if path.name != PAGE}
    values["VITE_API_BASE_URL"] = os.environ.get("VITE_API_BASE_URL", "/api")
    page = PLACEHOLDER.sub(lambda found: value_of(values, found[1]), (SOURCE / PAGE).read_text("utf-8"))
    (DIST / PAGE).write_text(page, "utf-8")
    print(f"built {PAGE} and {len(values) - 1} assets for the API at {values['VITE_API_BASE_URL']}")


def publish(path: Path) -> str:
    """Copies an asset under the name of its content, which a browser may keep for good; returns its URL."""
    content = path.read_bytes()
    name = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"
    (DIST / "assets" / name).write_bytes(content)
    return f"/assets/{name}"


def value_of(values: dict[str, str], name: str) -> str:
    if name not in values:
        sys.exit(f"build.py: {PAGE} asks for {name}, which is not in {SOURCE.name}/")
    return values[name]


if __name__ == "__main__":
    main()
