#!/bin/sh
# Runs a Python test with Debian's interpreter, which is the one that has python3-grpcio.
exec env PYTHONPATH="$PWD/tests/support" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$@"
