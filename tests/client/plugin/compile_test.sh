#!/usr/bin/env bash
# Compiles generated code as a strict user would, and checks that what mixes models up does not compile.
set -euo pipefail
here=tests/client/plugin
includes=(-I. -Iclient/include -Iproto "-I$here/shop_c.relations" "-I$here/odd_c.relations" "-I$here/wall_c.relations")
# The clean run of each compiler is what makes the failure below mean something.
for source in "$here"/{shop,wall}_c.relations/tests/client/plugin/*.relations.c "$here"/odd_c.relations/*.relations.c; do
  gcc -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Werror "${includes[@]}" -fsyntax-only "$source"
  g++ -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror "${includes[@]}" -fsyntax-only "$source"
done
gcc -std=c11 "${includes[@]}" -fsyntax-only "$here/typed_right.c"
g++ -x c++ -std=c++17 "${includes[@]}" -fsyntax-only "$here/typed_right.c"

refused() { # FILE WORD COMPILER…
  local file=$1 word=$2
  shift 2
  if "$@" "${includes[@]}" -fsyntax-only "$here/$file" 2>"$TEST_TMPDIR/said"; then
    echo "FAILED: $file compiled, with: $*" >&2
    exit 1
  fi
  grep -q "$word" "$TEST_TMPDIR/said" || { cat "$TEST_TMPDIR/said" >&2; exit 1; }
}
for wrong in "typed_wrong.c customer" "query_wrong.c shop_v1_order_query" "callback_wrong.c Shop__V1__Order" \
  "term_wrong.c rel_text_term"; do
  read -r file word <<<"$wrong"
  refused "$file" "$word" gcc -std=c11
  refused "$file" "$word" g++ -x c++ -std=c++17
done
