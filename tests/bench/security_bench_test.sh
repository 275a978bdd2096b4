#!/usr/bin/env bash
# The benchmark of TLS and tokens runs and prints its table. No figure is judged.
set -euo pipefail
out=$(tests/bench/security_bench --rounds 1 --seconds 0.2 --authors 200)
echo "$out"
for row in 'plaintext  ' 'token  ' 'TLS  ' 'TLS and token  '; do
  grep -Eq -- "^ *$row" <<<"$out" || { echo "no row \"$row\"" >&2; exit 1; }
done
! grep -Eq ' 0\.00 ' <<<"$out"
