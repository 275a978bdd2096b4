#!/usr/bin/env bash
# Builds and tests tests/external_workspace, a user's workspace, with a bazel of its own. Not sandboxed: it needs the whole
# checkout, which it finds behind its own symlink.
set -euo pipefail
checkout=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
[ -f "$checkout/tests/external_workspace/WORKSPACE" ] || {
  echo "FAILED: $checkout is not the checkout" >&2
  exit 1
}
cd "$checkout/tests/external_workspace"
scratch=$TEST_TMPDIR
export HOME=$scratch
unset TEST_TMPDIR TEST_SHARD_INDEX TEST_TOTAL_SHARDS # what an outer test tells a bazel inside would mislead it
# --batch leaves no server behind. Debian's bazelrc says where bazel itself lies; the user's shall not matter.
exec bazel --batch --nohome_rc "--output_user_root=$scratch/bazel" \
  test //... --symlink_prefix=/ --sandbox_debug=false --test_output=errors --noshow_progress --color=no --jobs=2
