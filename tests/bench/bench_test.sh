#!/usr/bin/env bash
# The benchmark runs and prints its table. No figure is judged: this is so that it does not rot.
set -euo pipefail
out=$(tests/bench/bench --rounds 1 --seconds 0.2 --authors 200 --concurrency 4)
echo "$out"
for row in 'hit, 1 key ' 'hit, 10 keys ' 'hit, 100 keys ' 'bare echo' 'miss, 100 keys' 'in process'; do
  grep -q -- "$row" <<<"$out" || { echo "no row \"$row\"" >&2; exit 1; }
done
# Something was measured: no figure of the summary is zero.
grep -Eq '^summary: ' <<<"$out"
! grep -E '^summary: ' <<<"$out" | grep -Eq ' -?0\.00 '
