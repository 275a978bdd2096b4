#!/usr/bin/env bash
# ./bazelw run //proto:renew_baseline: makes the contract, as it is now, what buf breaking compares later ones with.
set -euo pipefail
npm=$0.runfiles/npm
if [ -e "$npm/failed.txt" ]; then
  cat "$npm/failed.txt" >&2
  exit 1
fi
buf=$(realpath "$npm"/node_modules/@bufbuild/buf-*/bin/buf)
cd "$BUILD_WORKSPACE_DIRECTORY"
exec "$buf" build --exclude-source-info -o proto/baseline.binpb
