"""Loaders within the running server: loaded when a schema is applied, refused by name, and stuck at nobody's cost but theirs."""

import os
import shutil
import subprocess
import threading
import unittest

import grpc

import relations_testing as rt
from fake_plugin import FakePlugin

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  repeated Note notes = 10 [(.relations.v1.has_many) = {
    foreign_key: "book_id" loader: "so:LOADER" cache { ttl { seconds: 3600 } } }];
  repeated Note marks = 11 [(.relations.v1.has_many) = { foreign_key: "book_id" loader: "so:other" }];
  Book self = 12 [(.relations.v1.has_one).foreign_key = "id"];
}
message Note { option (.relations.v1.model) = { abstract: true }; int64 book_id = 1; }
"""
BOOK = "shop.v1.Book"
PLUGINS = os.path.abspath("tests/support/plugins")


def wait_until(true):
    while not true():
        threading.Event().wait(0.01)


class PluginTest(unittest.TestCase):
    def setUp(self):
        self.dir = rt.temp_dir()
        self.database = os.path.join(self.dir, "shop.db")
        rt.make_database(self.database, "CREATE TABLE books (id INTEGER PRIMARY KEY); INSERT INTO books VALUES (1), (2);")
        self.loader = FakePlugin("notes", "other")

    def schema(self, loader="notes"):
        with open(os.path.join(self.dir, loader + ".proto"), "w") as file:
            file.write(SCHEMA.replace("LOADER", loader))
        return rt.descriptor_set(self.dir, [loader + ".proto"], os.path.join(self.dir, loader + ".binpb"))

    def start(self, *flags):
        server = rt.Server(self.schema(), self.database, [*self.loader.flags, *flags], self.loader.env)
        self.addCleanup(server.stop)
        return server

    def put(self, plugin, name):
        path = os.path.join(self.loader.directory, name + ".so")
        os.chmod(shutil.copyfile(os.path.join(PLUGINS, plugin + ".so"), path), 0o755)
        return path

    def fails(self, server, relation, **kwargs):
        with self.assertRaises(grpc.RpcError) as caught:
            server.load(BOOK, relation, [1], **kwargs)
        return caught.exception

    def test_it_is_opened_once_and_closed_at_the_end(self):
        with rt.Server(self.schema(), self.database, self.loader.flags, self.loader.env) as server:
            self.assertEqual(self.loader.log(), ["open notes", "open other"])
            self.loader.set("record %s 0801" % b"1".hex())
            for _ in range(2):
                self.assertEqual([len(r.records) for r in server.load(BOOK, "notes", [1, 2]).results], [1, 0])
            self.assertEqual(self.loader.keys(), [["1", "2"]])
        self.assertEqual(self.loader.log()[-2:], ["close", "close"])

    def test_a_server_whose_loader_cannot_be_loaded_does_not_start(self):
        for plugin, reason in [("no_entry", "has no symbol rel_loader_plugin"), ("other_abi", "has version 2 of the ABI"),
                               ("no_load", "has no load_batch"), ("no_table", "returns no table"),
                               ("undefined", "undefined symbol"), ("open_fails", "the index is missing")]:
            path = self.put(plugin, "notes")
            with self.assertRaises(RuntimeError) as caught:
                self.start()
            self.assertIn("Book.notes: loader: ", str(caught.exception))
            self.assertIn(path, str(caught.exception))
            self.assertIn(reason, str(caught.exception))

    def test_without_a_directory_the_server_says_which_setting_is_missing(self):
        with self.assertRaises(RuntimeError) as caught:
            rt.Server(self.schema(), self.database)
        self.assertIn("--loader-dir DIR, where notes.so is", str(caught.exception))

    def test_validating_runs_nothing_and_applying_does(self):
        server = self.start("--allow-apply")
        path = self.put("scripted", "third")
        with open(self.schema("third"), "rb") as file:
            third = file.read()
        answer = server.call("RegistryService", "Validate", rt.registry_pb.ValidateRequest(descriptor_set=third),
                             rt.registry_pb.ValidateResponse)
        self.assertEqual([f.message for f in answer.findings if f.severity == rt.registry_pb.SEVERITY_ERROR], [])
        self.assertNotIn("open third", self.loader.log())
        os.chmod(path, 0o777)
        answer = server.call("RegistryService", "Validate", rt.registry_pb.ValidateRequest(descriptor_set=third),
                             rt.registry_pb.ValidateResponse)
        self.assertTrue(any("third.so is writable" in finding.message for finding in answer.findings))
        with self.assertRaises(grpc.RpcError) as caught:
            server.call("RegistryService", "Apply", rt.registry_pb.ApplyRequest(descriptor_set=third),
                        rt.registry_pb.ApplyResponse)
        self.assertIn("third.so is writable", caught.exception.details())
        self.assertEqual(server.describe(BOOK).relations[0].loader, "so:notes", "the running schema stays")
        os.chmod(path, 0o755)
        server.call("RegistryService", "Apply", rt.registry_pb.ApplyRequest(descriptor_set=third),
                    rt.registry_pb.ApplyResponse)
        self.assertIn("open third", self.loader.log())
        self.assertEqual(server.load(BOOK, "notes", [1]).results[0].state, rt.EMPTY)

    def test_one_that_stalls_is_cancelled_at_the_deadline(self):
        server = self.start()
        self.loader.set("stall")
        self.assertEqual(self.fails(server, "notes", timeout=0.2).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        wait_until(lambda: "cancelled" in self.loader.log() or not self.loader.keys())
        self.loader.set()
        self.assertEqual(server.load(BOOK, "notes", [1]).results[0].state, rt.EMPTY, "the failure was not cached")

    def test_one_that_hangs_holds_up_nobody_else(self):
        server = self.start("--loader-calls=1", "--default-deadline=2s")
        self.loader.set("hang")
        error = self.fails(server, "notes", timeout=None)  # the server ends it, by its own deadline
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertIn("loader notes: the deadline passed", error.details())
        wait_until(lambda: "hangs" in self.loader.log())
        self.loader.set()
        self.assertEqual(server.load(BOOK, "marks", [1]).results[0].state, rt.EMPTY, "another loader")
        self.assertEqual(server.load(BOOK, "self", [1]).results[0].state, rt.LOADED, "the database")
        self.assertEqual(self.fails(server, "notes", timeout=0.2).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.loader.release()
        self.assertEqual(server.load(BOOK, "notes", [1]).results[0].state, rt.EMPTY)

    def test_one_that_hangs_does_not_keep_the_server_from_ending(self):
        server = self.start("--grace=100ms")
        self.loader.set("hang")
        self.fails(server, "notes", timeout=3)
        wait_until(lambda: "hangs" in self.loader.log())
        server.process.terminate()
        self.assertEqual(server.process.wait(300), 0)
        server.reader.join()
        self.assertTrue(any('"loader_stuck","loader":"notes"' in line for line in server.log))
        self.assertEqual(self.loader.log().count("close"), 1, "the other one's")

    def test_a_relative_name_is_refused_by_the_schema_itself(self):
        with open(os.path.join(self.dir, "bad.proto"), "w") as file:
            file.write(SCHEMA.replace("so:LOADER", "so:../notes"))
        schema = rt.descriptor_set(self.dir, ["bad.proto"], os.path.join(self.dir, "bad.binpb"))
        ended = subprocess.run([rt.RELATIONSD, "--listen=127.0.0.1:0", "--database=sqlite:" + self.database,
                                "--schema=" + schema, *self.loader.flags], capture_output=True, text=True)
        self.assertEqual(ended.returncode, 1)
        self.assertIn('loader: "so:../notes" names no loader', ended.stderr)


if __name__ == "__main__":
    rt.main()
