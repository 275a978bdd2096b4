"""A database file that is replaced under the running server: the schema is checked against the new one, and compiled for it."""

import json
import os
import threading
import unittest

import grpc

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
message Owner {
  option (.relations.v1.model) = { table: "owners" };
  string id = 1 [(.relations.v1.column).uuid = true];
  repeated Pet pets = 10 [(.relations.v1.has_many).foreign_key = "owner"];
}
message Pet {
  option (.relations.v1.model) = { table: "pets" };
  int64 id = 1;
  string owner = 2 [(.relations.v1.column).uuid = true];
}
"""
OWNER = "shop.v1.Owner"
ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
MIXED = "6Ba7b810-9dAD-11d1-80b4-00C04fd430c8"
TABLES = """
CREATE TABLE owners (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE pets (id INTEGER PRIMARY KEY, owner TEXT NOT NULL %s);
CREATE INDEX pets_owner ON pets (owner);
INSERT INTO owners VALUES ('%s');
INSERT INTO pets VALUES (%d, '%s');
"""


class ReplacedTest(unittest.TestCase):
    def setUp(self):
        self.dir = rt.temp_dir()
        with open(os.path.join(self.dir, "shop.proto"), "w") as file:
            file.write(SCHEMA)
        schema = rt.descriptor_set(self.dir, ["shop.proto"], os.path.join(self.dir, "shop.binpb"))
        self.database = os.path.join(self.dir, "shop.db")
        rt.make_database(self.database, TABLES % ("COLLATE NOCASE", ID, 1, ID), "delete")
        self.server = rt.Server(schema, self.database, ["--allow-apply"])
        self.addCleanup(self.server.stop)
        self.assertEqual(self.pets(), 1)

    def pets(self):
        return len(self.server.load(OWNER, "pets", [ID]).results[0].records)

    def logged(self, event):
        return [line for line in list(self.server.log) if json.loads(line)["event"] == event]

    def replace(self, sql, event):
        """Replaces the file, and waits until the server has said so."""
        new = self.database + ".new"
        if os.path.exists(new):
            os.remove(new)
        rt.make_database(new, sql, "delete")
        before = len(self.logged(event))
        os.rename(new, self.database)
        while len(self.logged(event)) == before:
            try:
                self.pets()
            except grpc.RpcError:
                pass
            threading.Event().wait(0.02)

    def failure(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.load(OWNER, "pets", [ID])
        return caught.exception

    def test_what_does_not_fit_is_logged_and_fails_clearly_until_it_is_mended(self):
        self.replace("CREATE TABLE owners (id TEXT PRIMARY KEY NOT NULL); CREATE TABLE pets (id INTEGER PRIMARY KEY);"
                     "INSERT INTO owners VALUES ('%s');" % ID, "schema_does_not_fit")
        findings = [json.loads(line)["finding"] for line in self.logged("schema_error")]
        self.assertTrue(any("table pets has no column owner" in finding for finding in findings), findings)
        error = self.failure()
        self.assertEqual(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("the database has changed and no longer fits the schema", error.details())
        self.assertEqual(self.server.get(OWNER, [ID]).results[0].state, rt.LOADED, "what fits is served")
        self.replace(TABLES % ("", ID, 2, ID), "schema_applied")
        self.assertEqual(self.pets(), 1)

    # The statements of the first file's NOCASE column find nothing but lower case in another.
    def test_statements_are_compiled_for_the_new_file(self):
        self.replace(TABLES % ("", MIXED, 2, MIXED), "schema_applied")
        self.assertEqual(self.pets(), 1)
        self.assertEqual(self.server.get(OWNER, [ID]).results[0].state, rt.LOADED)

    def test_a_warning_that_is_new_is_logged(self):
        self.replace((TABLES % ("", ID, 2, ID)).replace("CREATE INDEX pets_owner ON pets (owner);", ""), "schema_applied")
        self.assertTrue(any("no index of table pets begins with (owner)" in line for line in self.logged("schema_warning")))


if __name__ == "__main__":
    rt.main()
