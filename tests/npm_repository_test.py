"""bazelw and bazel/npm.bzl with a bazel of their own, and an npm that does as the test says: its failure ends no build, and the next
command tries again."""

import os
import shutil
import subprocess
import unittest

import relations_testing as rt

NPM = '''echo "$*" >>"$CALLS"
[ "$1" = ci ] || exit 0
mkdir -p node_modules/grpc
[ -z "${NPM_FAILS-}" ] || { echo half >node_modules/grpc/half.js; echo "npm ERR! code $NPM_FAILS"; exit 1; }
cp package-lock.json node_modules/grpc/lock.js'''

WORKSPACE = '''workspace(name = "here")
load("//bazel:npm.bzl", "npm_packages")
npm_packages(
    name = "npm",
    build_file = "//tools/npm:npm.BUILD",
    install = "//tools/npm:install.sh",
    lock = "//tools/npm:package-lock.json",
    package = "//tools/npm:package.json",
)
'''


class NpmRepository(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bazel_root = rt.temp_dir()

    def setUp(self):
        self.scratch = rt.temp_dir()
        self.root = os.path.join(self.scratch, "here")
        for file in ["bazelw", "bazel/npm.bzl", "tools/npm/BUILD", "tools/npm/install.sh", "tools/npm/npm.BUILD"]:
            os.makedirs(os.path.dirname(os.path.join(self.root, file)), exist_ok=True)
            shutil.copy(file, os.path.join(self.root, file))
        for file, text in [("WORKSPACE", WORKSPACE), ("bazel/BUILD", ""), ("bazel/packages.txt", ""), ("bazel/packages-test.txt", ""),
                           ("tools/npm/package.json", "{}"), ("tools/npm/package-lock.json", "{}")]:
            self.write(os.path.join(self.root, file), text)
        self.calls = os.path.join(self.scratch, "calls")
        os.mkdir(os.path.join(self.scratch, "bin"))
        for name, script in [("node", "echo v18.20.4"), ("npm", NPM)]:
            self.write(os.path.join(self.scratch, "bin", name), "#!/bin/bash\n%s\n" % script)
            os.chmod(os.path.join(self.scratch, "bin", name), 0o755)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def sources(self, target, **environment):
        """The files of a target, how often npm ci was run to know them, and what was said."""
        self.write(self.calls, "")
        done = subprocess.run(
            # Without the JVM's files in /tmp: another one of the same number, in another sandbox, makes it warn on stdout.
            ["./bazelw", "--batch", "--nohome_rc", "--host_jvm_args=-XX:-UsePerfData", "--output_user_root=" + self.bazel_root, "query", "labels(srcs, %s)" % target],
            cwd=self.root, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            env={"PATH": "%s/bin:/usr/local/bin:/usr/bin:/bin" % self.scratch, "HOME": self.scratch, "CALLS": self.calls, **environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.calls, encoding="utf-8") as file:
            tries = sum(line.startswith("ci ") for line in file)
        return sorted(done.stdout.splitlines()), tries, done.stderr

    def test_failures_are_files_and_are_not_remembered(self):
        for _ in range(2):
            files, tries, said = self.sources("@npm//:grpc", NPM_FAILS="ENOTFOUND")
            self.assertEqual((files, tries), (["@npm//:failed.txt"], 1))
            self.assertIn("the tests that need npm packages will fail.", said)
            self.assertIn("npm ERR! code ENOTFOUND", said)
        installed = ["@npm//:bin/node", "@npm//:node_modules/grpc/lock.js"]
        self.assertEqual(self.sources("@npm//:grpc")[:2], (installed, 1))
        self.assertEqual(self.sources("@npm//:grpc", NPM_FAILS="ENOTFOUND")[:2], (installed, 0))

    def test_what_needs_none_of_it_runs_no_npm(self):
        self.write(os.path.join(self.root, "BUILD"), 'filegroup(name = "other", srcs = ["WORKSPACE"])')
        self.assertEqual(self.sources("//:other", NPM_FAILS="ENOTFOUND")[:2], (["//:WORKSPACE"], 0))

    def test_another_lock_is_installed(self):
        self.assertEqual(self.sources("@npm//:grpc")[1], 1)
        self.write(os.path.join(self.root, "tools/npm/package-lock.json"), '{"lockfileVersion": 3}')
        self.assertEqual(self.sources("@npm//:grpc")[1], 1)


if __name__ == "__main__":
    rt.main()
