#!/usr/bin/env bash
# Compares the plugin's output with the golden files. When a change is meant, copy the new file over the golden one.
set -euo pipefail
here=tests/client/plugin
failed=0
compare() {
  if ! diff -u "$here/golden/$1" "$here/$2"; then
    echo "FAILED: golden/$1; if this is meant: cp bazel-bin/$here/$2 $here/golden/$1" >&2
    failed=1
  fi
}
compare shop.relations.h shop_c.relations/tests/client/plugin/shop.relations.h
compare shop.relations.c shop_c.relations/tests/client/plugin/shop.relations.c
compare odd.relations.h odd_c.relations/odd.relations.h
compare shop_services.proto shop_services.relations/tests/client/plugin/shop_services.proto
compare wall.relations.c wall_c.relations/tests/client/plugin/wall.relations.c
exit $failed
