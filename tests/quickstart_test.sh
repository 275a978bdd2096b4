#!/usr/bin/env bash
# Runs //:quickstart and compares what it prints.
set -euo pipefail
export TMPDIR=$TEST_TMPDIR
./quickstart >"$TEST_TMPDIR/said"
diff -u - <(sed 's/127\.0\.0\.1:[0-9]*/TARGET/' "$TEST_TMPDIR/said") <<'EXPECTED'
relationsd serves library.db on TARGET

From C, with generated accessors (examples/library/main.c):
Ursula K. Le Guin, born 1929
  The Dispossessed: 10 reviews, 3.9 stars
  The Left Hand of Darkness: 10 reviews, 4.1 stars
  A Wizard of Earthsea: 10 reviews, 4.0 stars

From Python, with typed services (examples/library/library_client.py):
Ursula K. Le Guin: The Dispossessed, The Left Hand of Darkness, A Wizard of Earthsea
Stanisław Lem: The Cyberiad, Solaris
Octavia E. Butler: Kindred
After 1968: The Left Hand of Darkness, The Dispossessed
EXPECTED
left=$(find "$TEST_TMPDIR" -mindepth 1 ! -name said)
[ -z "$left" ] || {
  echo "FAILED: left behind: $left" >&2
  exit 1
}
