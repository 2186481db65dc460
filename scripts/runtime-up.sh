#!/usr/bin/env bash
exec "$(dirname -- "$0")/bootstrap.sh" --exec oroboros host up "$@"
