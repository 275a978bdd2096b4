#!/usr/bin/env bash
# ./bazelw run //:quickstart: serves the example's database, and asks it from C and from Python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." # of the runfiles
example=examples/library
scratch=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$scratch"
}
trap stop EXIT

cp "$example/library.db" "$scratch/library.db"
chmod u+w "$scratch/library.db"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
target=127.0.0.1:$port
echo "relationsd serves library.db on $target"
server/relationsd "--schema=$example/library.binpb" "--database=sqlite:$scratch/library.db" "--listen=$target" \
  2>"$scratch/log" &
server=$!

ask() {
  echo && echo "\$ $1 $target"
  "${@:2}" "$target" || { cat "$scratch/log" >&2; exit 1; }
}
ask "library_client        # C" "$example/library_client"
ask "library_client.py     # Python" env "PYTHONPATH=$example/python" /usr/bin/python3 "$example/library_client.py"
