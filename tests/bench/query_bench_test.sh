#!/usr/bin/env bash
# The benchmark of queries and custom loaders runs and prints its table. No figure is judged.
set -euo pipefail
out=$(tests/bench/query_bench --rounds 1 --seconds 0.2 --sensors 200)
echo "$out"
for row in 'page of 20' 'by hand' 'stream of every record' 'read by the C SDK' 'hit, 1 key' 'miss, 100 keys' \
           'asked directly'; do
  grep -q -- "$row" <<<"$out" || { echo "no row \"$row\"" >&2; exit 1; }
done
# Something was measured: no figure of the summary is zero.
grep -Eq '^summary: ' <<<"$out"
! grep -E '^summary: ' <<<"$out" | grep -Eq ' -?(0(\.00)?|nan|inf)( |;|$)'
