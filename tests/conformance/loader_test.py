"""The cases of docs/conformance.md that custom loaders have a part in. The number in a test's name is the case's."""

import importlib
import os
import unittest

import grpc

import fake_loader
import relations_testing as rt
from fake_loader import FakeLoader, loader_pb, records_of

SCHEMA = """
syntax = "proto3";
package conf.v1;
import "relations/v1/options.proto";
message Item {
  option (.relations.v1.model) = { table: "items" };
  int64 id = 1;
  optional int64 maker_id = 2;
  string shelf = 3;
  int64 place = 4;
  repeated Note notes = 10 [(.relations.v1.has_many) = {
    foreign_key: "item_id" loader: "grpc:fake" cache { ttl { seconds: 3600 } } }];
  Maker maker = 11 [(.relations.v1.belongs_to) = {
    foreign_key: "maker_id" loader: "grpc:fake" cache { enabled: true } }];
  Spot spot = 12 [(.relations.v1.has_one) = { foreign_key: "shelf" foreign_key: "place"
    references: "shelf" references: "place" loader: "grpc:fake" }];
  Tag tag = 13 [(.relations.v1.has_one) = { foreign_key: "item_id" loader: "grpc:fake" cache { ttl {} } }];
}
message Note { option (.relations.v1.model) = { abstract: true }; int64 item_id = 1; string text = 2; }
message Maker { option (.relations.v1.model) = { abstract: true primary_key: "id" }; int64 id = 1; }
message Spot { option (.relations.v1.model) = { abstract: true }; string shelf = 1; int64 place = 2; uint64 size = 3; }
message Tag { option (.relations.v1.model) = { abstract: true }; int64 item_id = 1; }
"""

SQL = """
CREATE TABLE items (id INTEGER PRIMARY KEY, maker_id INTEGER, shelf TEXT NOT NULL, place INTEGER NOT NULL);
INSERT INTO items VALUES (0, 7, 'a', 1), (1, NULL, 'ab', 2), (2, 8, '', 0), (9007199254740993, 7, 'c', 3);
"""

ITEM = "conf.v1.Item"


class LoaderConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = rt.temp_dir()
        with open(os.path.join(directory, "items.proto"), "w") as file:
            file.write(SCHEMA)
        schema = rt.descriptor_set(directory, ["items.proto"], os.path.join(directory, "items.binpb"))
        rt.make_database(os.path.join(directory, "items.db"), SQL)
        rt.generate(rt._generated, directory, "items.proto")
        cls.pb = importlib.import_module("items_pb2")
        cls.loader = FakeLoader(records_of({}))
        cls.server = rt.Server(schema, os.path.join(directory, "items.db"),
                               ["--loader=fake=127.0.0.1:%d" % cls.loader.port])

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.loader.stop()

    def setUp(self):
        self.server.clear()
        self.loader.requests.clear()

    def states(self, relation, keys, **kwargs):
        return [r.state for r in self.server.load(ITEM, relation, keys, **kwargs).results]

    def test_01_a_null_key_is_never_sent(self):
        self.assertEqual(self.states("maker", [1]), [rt.NULL])
        self.assertEqual(self.loader.keys(), [])

    def test_04_and_12_key_0_and_large_keys_are_real_and_exact(self):
        big = 9007199254740993
        self.loader.answer = records_of({k: [self.pb.Note(item_id=k)] for k in (0, big)})
        results = self.server.load(ITEM, "notes", [0, big]).results
        self.assertEqual([self.pb.Note.FromString(r.records[0]).item_id for r in results], [0, big])

    def test_06_composite_keys_come_in_parts(self):
        self.loader.answer = records_of({("a", 1): [self.pb.Spot(shelf="a", place=1, size=2**64 - 1)],
                                         ("", 0): [self.pb.Spot()]})
        results = self.server.load(ITEM, "spot", [0, 1, 2]).results
        self.assertEqual([r.state for r in results], [rt.LOADED, rt.EMPTY, rt.LOADED])
        self.assertEqual(self.pb.Spot.FromString(results[0].records[0]).size, 2**64 - 1)
        self.assertEqual(self.loader.keys(), [[("a", 1), ("ab", 2), ("", 0)]])

    def test_07_and_32_every_state_is_told_apart_and_cached(self):
        self.loader.answer = records_of({7: [self.pb.Maker(id=7)]})
        for _ in range(2):
            self.assertEqual(self.states("maker", [0, 1, 2]), [rt.LOADED, rt.NULL, rt.DANGLING])
            self.assertEqual(self.states("notes", [0]), [rt.EMPTY])
        self.assertEqual(self.loader.keys(), [[7, 8], [0]])

    def test_10_a_key_asked_twice_is_answered_twice_and_sent_once(self):
        self.loader.answer = records_of({2: [self.pb.Note(item_id=2, text=t) for t in "zax"]})
        results = self.server.load(ITEM, "notes", [2, 0, 2]).results
        texts = [[self.pb.Note.FromString(b).text for b in r.records] for r in results]
        self.assertEqual(texts, [["z", "a", "x"], [], ["z", "a", "x"]])
        self.assertEqual(self.loader.keys(), [[2, 0]])

    def test_33_a_failing_loader_is_told_and_forgotten(self):
        def fail(request, context):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the index is being built")

        for answer, code in [(fail, grpc.StatusCode.FAILED_PRECONDITION),
                             (lambda request, context: b"\xff", grpc.StatusCode.DATA_LOSS)]:
            for by in ("owner_keys", "reference_keys"):
                for keys in ([0], [0, 2]):
                    self.loader.answer = answer
                    with self.assertRaises(grpc.RpcError) as caught:
                        self.server.load(ITEM, "notes", keys, by=by)
                    self.assertEqual(caught.exception.code(), code)
                    self.assertIn("conf.v1.Item.notes: loader fake: ", caught.exception.details())
                    self.loader.answer = records_of({0: [self.pb.Note(item_id=0)]})
                    self.assertEqual(self.states("notes", keys, by=by), [rt.LOADED, rt.EMPTY][:len(keys)])
                    self.server.clear()

    def test_33_one_keys_error_is_not_cached(self):
        def answer(request, context):
            response = loader_pb.LoadBatchResponse()
            response.results.add().error.code = 5
            return response

        self.loader.answer = answer
        self.assertEqual(self.server.load(ITEM, "notes", [0]).results[0].error.code, 5)
        self.loader.answer = records_of({})
        self.assertEqual(self.states("notes", [0]), [rt.EMPTY])

    def test_37_ttl_0_is_off(self):
        for _ in range(2):
            self.assertEqual(self.states("tag", [0]), [rt.EMPTY])
        self.assertEqual(self.loader.keys(), [[0], [0]])


if __name__ == "__main__":
    rt.main()
