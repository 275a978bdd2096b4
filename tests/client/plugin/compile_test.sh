#!/usr/bin/env bash
# Compiles generated code as a strict user would, and checks that what mixes models up does not compile.
set -euo pipefail
here=tests/client/plugin
includes=(-I. -Iclient/include -Iproto "-I$here/shop_c.relations" "-I$here/odd_c.relations")
# The clean run of each compiler is what makes the failure below mean something.
for source in "$here"/shop_c.relations/tests/client/plugin/*.relations.c "$here"/odd_c.relations/*.relations.c; do
  gcc -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Werror "${includes[@]}" -fsyntax-only "$source"
  g++ -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror "${includes[@]}" -fsyntax-only "$source"
done
gcc -std=c11 "${includes[@]}" -fsyntax-only "$here/typed_right.c"
g++ -x c++ -std=c++17 "${includes[@]}" -fsyntax-only "$here/typed_right.c"

refused() {
  if "$@" "${includes[@]}" -fsyntax-only "$here/typed_wrong.c" 2>"$TEST_TMPDIR/said"; then
    echo "FAILED: compiled, with: $*" >&2
    exit 1
  fi
  grep -q "customer" "$TEST_TMPDIR/said" || { cat "$TEST_TMPDIR/said" >&2; exit 1; }
}
refused gcc -std=c11
refused g++ -x c++ -std=c++17
