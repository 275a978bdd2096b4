"""bazelw and tools/npm/install.sh, among commands that only say what they were called with: what is installed, when, and what is
said and done where it cannot be."""

import json
import os
import shutil
import subprocess
import unittest

import relations_testing as rt

# What the two scripts may use of this machine.
TOOLS = ["bash", "cat", "date", "dirname", "env", "grep", "id", "mktemp", "rm"]

APT_GET = 'echo "apt-get $*" >>"$CALLS"; case "$*" in *${APT_FAILS:-nothing}*) echo "E: no such luck"; exit 100 ;; esac'
DPKG_QUERY = 'for last; do :; done; case " $ABSENT " in *" $last "*) exit 1 ;; esac; echo "install ok installed"'
BAZEL = 'echo "bazel $*" >>"$CALLS"; echo "${RELATIONS_NPM_LAST_FAILURE-none}" >last-failure'
NPM = '''echo "npm $* trusting ${NODE_EXTRA_CA_CERTS-}" >>"$CALLS"
[ "$1" = ci ] || exit 0
case "$*" in *--strict-ssl=false*) [ -z "${HASHES_DO-}" ] || exit 0 ;; esac
[ -z "${NPM_FAILS-}" ] || { echo "npm ERR! code $NPM_FAILS" >&2; exit 1; }'''


class Setup(unittest.TestCase):
    def setUp(self):
        """A checkout with the two scripts and what they read, and a PATH with nothing else than what is put there."""
        self.root = rt.temp_dir()
        for file in ["bazelw", "bazel/packages.txt", "bazel/packages-test.txt", "tools/npm/install.sh"]:
            os.makedirs(os.path.dirname(os.path.join(self.root, file)), exist_ok=True)
            shutil.copy(file, os.path.join(self.root, file))
        self.bin = os.path.join(self.root, "bin")
        os.mkdir(self.bin)
        for tool in TOOLS:
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.command("sudo", 'exec "$@"')
        self.command("apt-get", APT_GET)
        self.command("dpkg-query", DPKG_QUERY)
        self.command("bazel", BAZEL)
        self.calls = os.path.join(self.root, "calls")

    def command(self, name, script):
        with open(os.path.join(self.bin, name), "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n%s\n" % script)
        os.chmod(file.name, 0o755)

    def node(self, version="v18.20.4"):
        self.command("node", "echo " + version)
        self.command("npm", NPM)

    def run_script(self, script, *args, **environment):
        """Exit code, what was called, and what was said."""
        open(self.calls, "w", encoding="utf-8").close()
        done = subprocess.run([os.path.join(self.root, script), *args], cwd=self.root, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, env={"PATH": self.bin, "CALLS": self.calls, **environment})
        with open(self.calls, encoding="utf-8") as calls:
            return done.returncode, calls.read().splitlines(), done.stdout

    def bazelw(self, *args, **environment):
        return self.run_script("bazelw", *args, **environment)

    def install(self, **environment):
        return self.run_script("tools/npm/install.sh", **environment)


class Bazelw(Setup):
    def test_nothing_is_absent(self):
        self.node()
        self.assertEqual(self.bazelw("test", "//..."), (0, ["bazel test //..."], ""))

    def test_absent_packages_are_installed_first(self):
        code, calls, said = self.bazelw("run", "//:quickstart", ABSENT="gcc uthash-dev")
        self.assertEqual((code, calls), (0, ["apt-get update -qq", "apt-get install -y -qq --no-install-recommends gcc uthash-dev",
                                             "bazel run //:quickstart"]))
        self.assertEqual(said, "bazelw: installing 2 Debian packages: gcc uthash-dev\n")

    def test_without_them_there_is_nothing_to_be_done(self):
        code, calls, said = self.bazelw("build", "//...", ABSENT="gcc", APT_FAILS="install")
        self.assertNotEqual(code, 0)
        self.assertNotIn("bazel build", " ".join(calls))
        self.assertIn("E: no such luck", said)

    def test_node_is_only_for_tests(self):
        for command in ["run", "build", "query"]:
            code, calls, said = self.bazelw(command, "//...", ABSENT="nodejs npm")
            self.assertEqual((code, len(calls), said), (0, 1, ""))
        code, calls, said = self.bazelw("--nohome_rc", "test", "//...", ABSENT="nodejs npm")
        self.assertEqual((code, calls[1]), (0, "apt-get install -y -qq --no-install-recommends nodejs npm"))

    def test_a_node_that_is_no_package_stays(self):
        self.node()
        self.assertEqual(self.bazelw("test", "//...", ABSENT="nodejs npm")[1], ["bazel test //..."])

    def test_without_node_the_other_tests_run(self):
        code, calls, said = self.bazelw("test", "//...", ABSENT="nodejs npm", APT_FAILS="nodejs")
        self.assertEqual((code, calls[-1]), (0, "bazel test //..."))
        self.assertIn("E: no such luck", said)
        self.assertIn("bazelw: the tests that need them will fail.", said)

    def test_a_failure_of_npm_is_not_remembered(self):
        self.node()
        self.assertEqual(self.last_failure_of_bazelw(), "none")
        self.install(NPM_FAILS="ENOTFOUND")
        first = self.last_failure_of_bazelw()
        self.assertNotEqual(first, "none")
        self.install(NPM_FAILS="ENOTFOUND")
        second = self.last_failure_of_bazelw()
        self.assertNotIn(second, ["none", first])
        self.install()
        self.assertEqual(self.last_failure_of_bazelw(), second)

    def last_failure_of_bazelw(self):
        """What bazel's repository rule depends on."""
        self.bazelw("build")
        with open(os.path.join(self.root, "last-failure"), encoding="utf-8") as file:
            return file.read().strip()


class Install(Setup):
    NPM_CI = "npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries=1 --fetch-timeout=60000"

    def test_npm_ci(self):
        self.node()
        self.assertEqual(self.install(NODE_EXTRA_CA_CERTS="mine.crt"),
                         (0, ["npm --version trusting mine.crt", self.NPM_CI + " trusting mine.crt"], ""))

    def test_the_machines_certificates_are_trusted(self):
        self.node()
        trusted = "/etc/ssl/certs/ca-certificates.crt"
        self.assertEqual(self.install()[1][1], "%s trusting %s" % (self.NPM_CI, trusted if os.path.exists(trusted) else ""))

    def test_what_npm_said_and_what_to_do(self):
        self.node()
        code, _, said = self.install(NPM_FAILS="SELF_SIGNED_CERT_IN_CHAIN")
        self.assertNotEqual(code, 0)
        self.assertIn("'npm ci' of %s/tools/npm/package-lock.json failed" % self.root, said)
        self.assertIn("npm ERR! code SELF_SIGNED_CERT_IN_CHAIN", said)
        self.assertIn("run ./bazelw again", said)

    def test_a_certificate_that_is_not_trusted_is_done_without(self):
        self.node()
        self.command("node", 'case "$1" in --version) echo v18.20.4 ;; esac')
        code, calls, said = self.install(NPM_FAILS="SELF_SIGNED_CERT_IN_CHAIN", HASHES_DO="1", NODE_EXTRA_CA_CERTS="mine.crt")
        self.assertEqual((code, said), (0, ""))
        self.assertEqual(calls[1:], [self.NPM_CI + " trusting mine.crt",
                                     self.NPM_CI + " --strict-ssl=false --userconfig=/dev/null trusting mine.crt"])

    def test_any_other_failure_is_none_of_trust(self):
        self.node()
        code, calls, _ = self.install(NPM_FAILS="ENOTFOUND", HASHES_DO="1")
        self.assertNotEqual(code, 0)
        self.assertEqual(len(calls), 2)

    def test_a_lock_without_hashes_is_not_done_without_trust(self):
        self.node()
        self.command("node", 'case "$1" in --version) echo v18.20.4 ;; *) echo "x has no SHA-512"; exit 1 ;; esac')
        code, calls, _ = self.install(NPM_FAILS="SELF_SIGNED_CERT_IN_CHAIN", HASHES_DO="1")
        self.assertNotEqual(code, 0)
        self.assertEqual(len(calls), 2)

    def test_the_lock_has_the_hash_of_every_package(self):
        with open("tools/npm/package-lock.json", encoding="utf-8") as file:
            packages = json.load(file)["packages"]
        self.assertEqual([name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")], [])

    def test_a_tree_that_cannot_be_written_to(self):
        self.node()
        os.mkdir(os.path.join(self.root, "tools/npm/.last-failure"))
        code, _, said = self.install(NPM_FAILS="ENOTFOUND")
        self.assertNotEqual(code, 0)
        self.assertTrue(said.endswith("it tries again each time.\n"), said)

    def test_without_node(self):
        code, _, said = self.install()
        self.assertNotEqual(code, 0)
        self.assertIn("Node.js 18 or newer with npm is not on the PATH. './bazelw test' installs", said)

    def test_node_without_npm(self):
        self.command("node", "echo v20.0.0")
        self.assertIn("Node.js 18 or newer with npm is not on the PATH", self.install()[2])

    def test_a_node_that_is_too_old(self):
        self.node("v16.20.2")
        code, calls, said = self.install()
        self.assertNotEqual(code, 0)
        self.assertEqual(len(calls), 1)
        self.assertIn(self.bin + "/node is Node.js 16.20.2, and 18 or newer is needed", said)


if __name__ == "__main__":
    rt.main()
