#!/usr/bin/env bash
# ./bazelw run //:quickstart: serves the example's database on a free port, asks it from C and from Python, and stops.
set -euo pipefail
if [ -d "$0.runfiles" ]; then cd "$0.runfiles/relations"; fi
example=examples/library
scratch=$(mktemp -d)
log=$scratch/log
server=

stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  rm -rf "$scratch"
}
trap stop EXIT

give_up() {
  echo "quickstart: $1; the server's log:" >&2
  cat "$log" >&2
  exit 1
}

# The port that the server has taken, as its log says.
port_of_server() {
  for _ in $(seq 600); do
    sed -n 's/.*"event":"listening".*"port":\([0-9]*\).*/\1/p' "$log" | grep . && return
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}

ask() {
  printf '\n%s\n' "$1"
  shift
  "$@" "$target" || give_up "$1 failed"
}

cp "$example/library.db" "$scratch/library.db"
chmod u+w "$scratch/library.db"
server/relationsd "--schema=$example/library.binpb" "--database=sqlite:$scratch/library.db" --listen=127.0.0.1:0 \
  2>"$log" &
server=$!
port=$(port_of_server) || give_up "the server did not start"
target=127.0.0.1:$port
echo "relationsd serves library.db on $target"

ask "From C, with generated accessors (examples/library/main.c):" "$example/library_client"
ask "From Python, with typed services (examples/library/library_client.py):" \
  env "PYTHONPATH=$example/python" /usr/bin/python3 "$example/library_client.py"
