"""buf lint and buf breaking, as buf.yaml configures them, over the contract and over emitted services."""

import glob
import os
import shutil
import subprocess
import unittest

import npm_packages
import relations_testing as rt

BUF = npm_packages.buf()
BASELINE = os.path.abspath("proto/baseline.binpb")


def edit(file, old, new):
    with open(file, encoding="utf-8") as opened:
        text = opened.read()
    assert text.count(old) == 1, "%r is in %s %d times" % (old, file, text.count(old))
    os.remove(file)
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(text.replace(old, new))


class Buf(unittest.TestCase):
    def setUp(self):
        """A checkout's buf.yaml and .proto files, as copies that a test may change."""
        self.root = rt.temp_dir()
        shutil.copyfile("buf.yaml", os.path.join(self.root, "buf.yaml"))
        for file in glob.glob("proto/**/*.proto", recursive=True):
            copy = os.path.join(self.root, file)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(file, copy)

    def buf(self, *args):
        """Exit code and what buf said. It is without a network, and needs none."""
        done = subprocess.run([BUF, *args], cwd=self.root, env=dict(os.environ, HOME=rt.temp_dir()), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def contract(self, name):
        return os.path.join(self.root, "proto/relations/v1", name)

    def test_the_contract_is_clean(self):
        self.assertEqual(self.buf("lint"), (0, ""))

    def test_what_has_no_comment_is_found(self):
        with open(self.contract("types.proto"), "a", encoding="utf-8") as file:
            file.write("\nmessage Silent {}\n")
        code, said = self.buf("lint")
        self.assertEqual(code, 100, said)
        self.assertIn('Message "Silent" should have a non-empty comment', said)

    def test_nothing_of_the_baseline_is_broken(self):
        self.assertEqual(self.buf("breaking", "--against", BASELINE), (0, ""))

    def test_a_renumbered_field_is_found(self):
        edit(self.contract("relation_service.proto"), "google.rpc.Status error = 4;", "google.rpc.Status error = 400;")
        code, said = self.buf("breaking", "--against", BASELINE)
        self.assertEqual(code, 100, said)
        self.assertIn('Previously present field "4" with name "error"', said)

    def emit(self):
        """The example in a module of its own, in the folder of its package, with its services."""
        folder = os.path.join(self.root, "mine/library/v1")
        os.makedirs(folder)
        shutil.copyfile("examples/library/library.proto", os.path.join(folder, "library.proto"))
        mine = os.path.join(self.root, "mine")
        rt.protoc("-I", mine, "--plugin=protoc-gen-relations=" + rt.PLUGIN, "--relations_out=services=proto:" + mine,
                  "library/v1/library.proto")
        edit(os.path.join(self.root, "buf.yaml"), "  - path: proto\n", "  - path: proto\n  - path: mine\n")
        return os.path.join(folder, "library_services.proto")

    def test_emitted_services_are_clean(self):
        self.emit()
        self.assertEqual(self.buf("lint", "--path", "mine/library/v1/library_services.proto"), (0, ""))

    def test_an_emitted_service_without_its_comment_is_found(self):
        emitted = self.emit()
        edit(emitted, "// Records of library.v1.Author and what they are related to.\n", "")
        code, said = self.buf("lint", "--path", "mine/library/v1/library_services.proto")
        self.assertEqual(code, 100, said)
        self.assertIn('Service "AuthorService" should have a non-empty comment', said)

    def test_a_removed_relation_breaks_its_services(self):
        emitted = self.emit()
        self.assertEqual(self.buf("build", "-o", "before.binpb"), (0, ""))
        edit(emitted, "  rpc BatchBooks(AuthorServiceBatchBooksRequest) returns (AuthorServiceBatchBooksResponse);\n", "")
        code, said = self.buf("breaking", "--against", "before.binpb")
        self.assertEqual(code, 100, said)
        self.assertIn('Previously present RPC "BatchBooks" on service "AuthorService" was deleted', said)


if __name__ == "__main__":
    rt.main()
