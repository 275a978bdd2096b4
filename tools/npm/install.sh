#!/usr/bin/env bash
# Runs npm ci where it is called, a folder with package.json and its lock; bazel/npm.bzl does, when a target needs the packages.
# What it prints on failing is the message of every test that needs them: what is wrong, and what to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Both are asked for their versions: what is found may be for another machine, or not be what it is called.
node_is_there() {
  local version
  version=$(node --version 2>&1) && npm --version >/dev/null 2>&1 || {
    echo "Node.js 18 or newer with npm is not on the PATH. './bazelw test' installs Debian's nodejs and npm where there are none;"
    echo "or install it yourself and run ./bazelw again."
    return 1
  }
  version=${version#v}
  [ "${version%%.*}" -ge 18 ] || {
    echo "$(type -P node) is Node.js $version, and 18 or newer is needed: put a newer one before it on the PATH, or remove it and let"
    echo "'./bazelw test' install Debian's."
    return 1
  }
}

# The lock says the SHA-512 of each package, and npm ci takes nothing else.
lock_is_complete() {
  node -e 'const {packages} = require(process.argv[1]);
    for (const [name, {integrity}] of Object.entries(packages))
      if (name !== "" && !/^sha512-/.test(integrity)) { console.log(`${name} has no SHA-512 in package-lock.json`); process.exit(1); }' \
    "$here/package-lock.json"
}

ask_npm() {
  # No package runs a script of its own; none of these needs to.
  npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries=1 --fetch-timeout=60000 "$@" 2>&1 </dev/null
}

npm_ci() {
  # The certificates that this machine trusts, a company's proxy among them: not only those that Node brings.
  local trusted=/etc/ssl/certs/ca-certificates.crt log
  if [ -z "${NODE_EXTRA_CA_CERTS-}" ] && [ -e "$trusted" ]; then export NODE_EXTRA_CA_CERTS=$trusted; fi
  log=$(ask_npm) && return
  # Behind a proxy whose certificate this machine does not trust: what comes is known by its hash, so whoever brings it cannot
  # change it; and without the user's .npmrc no token is sent.
  case "$log" in *CERT* | *VERIFY*LEAF*)
    lock_is_complete && log=$(ask_npm --strict-ssl=false --userconfig=/dev/null) && return
    ;;
  esac
  printf "'npm ci' of %s failed. It said:\n\n%s\n\n" "$here/package-lock.json" "$log"
  echo "It needs the registry that 'npm config get registry' names, by way of https_proxy if that is set, and nothing else."
  echo "Mend that and run ./bazelw again: it tries again each time."
  return 1
}

if ! { node_is_there && npm_ci; }; then
  # bazelw shows this to bazel, so that its next run does not remember the failure. A tree that is not ours to write to has to do without.
  { date +%s%N >"$here/.last-failure"; } 2>/dev/null || true
  exit 1
fi
