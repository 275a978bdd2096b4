"""The cases of docs/conformance.md that custom loaders have a part in, through a service and through a shared object. The
number in a test's name is the case's."""

import importlib
import os
import unittest

import grpc

import relations_testing as rt
from fake_loader import FakeLoader, loader_pb, records_of
from fake_plugin import FakePlugin, texts

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
    foreign_key: "item_id" loader: "KIND:fake" cache { ttl { seconds: 3600 } } }];
  Maker maker = 11 [(.relations.v1.belongs_to) = {
    foreign_key: "maker_id" loader: "KIND:fake" cache { enabled: true } }];
  Spot spot = 12 [(.relations.v1.has_one) = { foreign_key: "shelf" foreign_key: "place"
    references: "shelf" references: "place" loader: "KIND:fake" }];
  Tag tag = 13 [(.relations.v1.has_one) = { foreign_key: "item_id" loader: "KIND:fake" cache { ttl {} } }];
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


def setUpModule():
    directory = rt.temp_dir()
    with open(os.path.join(directory, "items.proto"), "w") as file:
        file.write(SCHEMA)
    rt.generate(rt._generated, directory, "items.proto")
    Cases.pb = importlib.import_module("items_pb2")


class Service(FakeLoader):
    """A LoaderService with what FakePlugin can be told."""

    def __init__(self):
        super().__init__(records_of({}))
        self.flags = ["--loader=fake=127.0.0.1:%d" % self.port]
        self.env = {}

    def records(self, by_key):
        self.answer = records_of(by_key)

    def fail(self, status, message):
        self.answer = lambda request, context: context.abort(status, message)

    def garbage(self):
        self.answer = lambda request, context: b"\xff"

    def fail_keys(self, status, message):
        def answer(request, context):
            response = loader_pb.LoadBatchResponse()
            for _ in super(Service, self).keys()[-1]:
                error = response.results.add().error
                error.code, error.message = status.value[0], message
            return response

        self.answer = answer

    def keys(self):
        return texts(super().keys())

    def forget(self):
        self.requests.clear()


class Cases:
    """The cases; subclasses say the kind of loader, and make one."""

    @classmethod
    def setUpClass(cls):
        directory = rt.temp_dir()
        with open(os.path.join(directory, "items.proto"), "w") as file:
            file.write(SCHEMA.replace("KIND:", cls.kind + ":"))
        schema = rt.descriptor_set(directory, ["items.proto"], os.path.join(directory, "items.binpb"))
        rt.make_database(os.path.join(directory, "items.db"), SQL)
        cls.loader = cls.make_loader()
        cls.server = rt.Server(schema, os.path.join(directory, "items.db"), cls.loader.flags, cls.loader.env)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.loader.stop()

    def setUp(self):
        self.server.clear()
        self.loader.records({})
        self.loader.forget()

    def keys(self, *batches):
        """The batches that the loader was asked for."""
        self.assertEqual(self.loader.keys(), texts(batches))

    def states(self, relation, keys, **kwargs):
        return [r.state for r in self.server.load(ITEM, relation, keys, **kwargs).results]

    def test_01_a_null_key_is_never_sent(self):
        self.assertEqual(self.states("maker", [1]), [rt.NULL])
        self.keys()

    def test_04_and_12_key_0_and_large_keys_are_real_and_exact(self):
        big = 9007199254740993
        self.loader.records({k: [self.pb.Note(item_id=k)] for k in (0, big)})
        results = self.server.load(ITEM, "notes", [0, big]).results
        self.assertEqual([self.pb.Note.FromString(r.records[0]).item_id for r in results], [0, big])

    def test_06_composite_keys_come_in_parts(self):
        self.loader.records({("a", 1): [self.pb.Spot(shelf="a", place=1, size=2**64 - 1)],
                                         ("", 0): [self.pb.Spot()]})
        results = self.server.load(ITEM, "spot", [0, 1, 2]).results
        self.assertEqual([r.state for r in results], [rt.LOADED, rt.EMPTY, rt.LOADED])
        self.assertEqual(self.pb.Spot.FromString(results[0].records[0]).size, 2**64 - 1)
        self.keys([("a", 1), ("ab", 2), ("", 0)])

    def test_07_and_32_every_state_is_told_apart_and_cached(self):
        self.loader.records({7: [self.pb.Maker(id=7)]})
        for _ in range(2):
            self.assertEqual(self.states("maker", [0, 1, 2]), [rt.LOADED, rt.NULL, rt.DANGLING])
            self.assertEqual(self.states("notes", [0]), [rt.EMPTY])
        self.keys([7, 8], [0])

    def test_10_a_key_asked_twice_is_answered_twice_and_sent_once(self):
        self.loader.records({2: [self.pb.Note(item_id=2, text=t) for t in "zax"]})
        results = self.server.load(ITEM, "notes", [2, 0, 2]).results
        texts = [[self.pb.Note.FromString(b).text for b in r.records] for r in results]
        self.assertEqual(texts, [["z", "a", "x"], [], ["z", "a", "x"]])
        self.keys([2, 0])

    def test_33_a_failing_loader_is_told_and_forgotten(self):
        def fail():
            self.loader.fail(grpc.StatusCode.FAILED_PRECONDITION, "the index is being built")

        for fails, code in [(fail, grpc.StatusCode.FAILED_PRECONDITION), (self.loader.garbage, grpc.StatusCode.DATA_LOSS)]:
            for by in ("owner_keys", "reference_keys"):
                for keys in ([0], [0, 2]):
                    fails()
                    self.assert_fails(keys, by, code)
                    self.loader.records({0: [self.pb.Note(item_id=0)]})
                    self.assertEqual(self.states("notes", keys, by=by), [rt.LOADED, rt.EMPTY][:len(keys)])
                    self.server.clear()

    def assert_fails(self, keys, by, code):
        """The call, or each of its keys."""
        try:
            errors = [(r.error.code, r.error.message) for r in self.server.load(ITEM, "notes", keys, by=by).results]
        except grpc.RpcError as error:
            errors = [(error.code().value[0], error.details())]
        for got, message in errors:
            self.assertEqual(got, code.value[0])
            self.assertIn("conf.v1.Item.notes: loader fake: ", message)

    def test_33_one_keys_error_is_not_cached(self):
        self.loader.fail_keys(grpc.StatusCode.NOT_FOUND, "not this one")
        error = self.server.load(ITEM, "notes", [0]).results[0].error
        self.assertEqual((error.code, error.message), (5, "conf.v1.Item.notes: loader fake: not this one"))
        self.loader.records({})
        self.assertEqual(self.states("notes", [0]), [rt.EMPTY])

    def test_37_ttl_0_is_off(self):
        for _ in range(2):
            self.assertEqual(self.states("tag", [0]), [rt.EMPTY])
        self.keys([0], [0])


class ServiceConformance(Cases, unittest.TestCase):
    kind, make_loader = "grpc", Service


class SharedObjectConformance(Cases, unittest.TestCase):
    kind = "so"

    @staticmethod
    def make_loader():
        return FakePlugin("fake")


if __name__ == "__main__":
    rt.main()
