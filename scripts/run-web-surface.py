#!/usr/bin/env python3
"""Serves one surface: python3 scripts/run-web-surface.py --root PATH --port PORT --api-target URL

Becomes the web surface of this release or, after preparing it, of this clone.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    os.environ.update({**installation(), **os.environ})
    node, app = released() if (ROOT / "release.json").exists() else built()
    os.execv(node, [node, app, *with_absolute_root(sys.argv[1:])])


def installation():
    """What an env file says on a host, from the contract of this tree; a variable that is set already counts."""
    contract = json.loads((ROOT / "infra/contract.json").read_text())
    slots = ",".join(f"preview-{number + 1}" for number in range(contract["slotCount"]))
    return {"SLOT_IDS_CSV": slots, "OROBOROS_PORT_OFFSET": str(contract["portOffset"])}


def released():
    return str(ROOT / "bin/node"), str(ROOT / "apps/web-surface.js")


def built():
    prepared = subprocess.run([ROOT / "scripts/bootstrap.sh"], stdout=sys.stderr)
    if prepared.returncode != 0:
        sys.exit(prepared.returncode)
    node = next(ROOT.glob("node_modules/node-linux-*/bin/node"))
    return str(node), str(ROOT / "dist/release/apps/web-surface.js")


def with_absolute_root(arguments):
    before = [None, *arguments]
    return [os.path.abspath(value) if flag == "--root" else value for flag, value in zip(before, arguments)]


main()
