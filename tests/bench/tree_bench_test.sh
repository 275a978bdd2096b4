#!/usr/bin/env bash
# The benchmark of trees runs, its answers are those by hand, and it prints its table. No figure is judged.
set -euo pipefail
out=$(tests/bench/tree_bench --rounds 1 --seconds 0.2 --authors 200)
echo "$out"
for row in 'everything cached' 'cache off' 'by hand, in process' 'as a stream'; do
  grep -q -- "$row" <<<"$out" || { echo "no row \"$row\"" >&2; exit 1; }
done
# Something was measured: no figure of the summary is zero.
grep -Eq '^summary: ' <<<"$out"
! grep -E '^summary: ' <<<"$out" | grep -Eq ' -?(0(\.0+)?|nan|inf)( |;|$)'
