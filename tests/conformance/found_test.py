"""What tests/difference found: each by itself, so that it stays mended."""

import unittest

import grpc

import relations_testing as rt
from relations_testing import EMPTY, LOADED

PROTO = """
syntax = "proto3"; package found.v1;
import "relations/v1/options.proto"; import "relations/v1/types.proto";
enum Kind { KIND_OTHER = 0; KIND_CAR = 1; KIND_AUTO = 1; KIND_BOAT = 2; option allow_alias = true; }
message Thing {
  option (.relations.v1.model) = { table: "things" discriminator: { field: "kind" } };
  int64 id = 1; Kind kind = 2;
}
message Car { option (.relations.v1.model) = { extends: "Thing" discriminator: { value: "KIND_CAR" } }; int64 id = 1; Kind kind = 2; }
message Boat { option (.relations.v1.model) = { extends: "Thing" discriminator: { value: "2" } }; int64 id = 1; Kind kind = 2; }
message Owner {
  option (.relations.v1.model) = { table: "owners" };
  int64 id = 1; optional string code = 2; optional int64 parent_id = 3;
  repeated Item items = 10 [(.relations.v1.has_many) = { foreign_key: "owner_code" references: "code" }];
  repeated Owner children = 11 [(.relations.v1.has_many) = { foreign_key: "parent_id" }];
  Item only = 12 [(.relations.v1.has_one) = { foreign_key: "owner_code" references: "code" strict: true }];
  relations.v1.LoadInfo info = 15;
}
message Item {
  option (.relations.v1.model) = { table: "items" };
  int64 id = 1; optional string owner_code = 2;
}
message Shelf {
  option (.relations.v1.model) = { table: "shelves" };
  string id = 1;
  repeated Label labels = 10 [(.relations.v1.has_many) = { foreign_key: "shelf" }];
}
message Label { option (.relations.v1.model) = { table: "labels" }; int64 id = 1; string shelf = 2; }
message Node {
  option (.relations.v1.model) = { table: "nodes" };
  bytes id = 1 [(.relations.v1.column) = { uuid: true }];
  optional bytes up_id = 2 [(.relations.v1.column) = { uuid: true }];
  Node up = 10 [(.relations.v1.belongs_to) = { foreign_key: "up_id" }];
  repeated Node few = 11 [(.relations.v1.has_many) = {
    foreign_key: "up_id" order_by: "id desc" limit: 3 where: "up : * OR is_null(up_id)" }];
  repeated Node below = 12 [(.relations.v1.has_many) = { through: "few" source: "few" }];
}
"""

SQL = """
CREATE TABLE things (id INTEGER PRIMARY KEY, kind);
INSERT INTO things VALUES (1, 1), (2, 'KIND_CAR'), (3, 'KIND_AUTO'), (4, 2), (5, 'KIND_BOAT'), (6, 0), (7, 'KIND_OTHER');
CREATE TABLE owners (id INTEGER PRIMARY KEY, code TEXT, parent_id INTEGER);
INSERT INTO owners VALUES (1, 'a', NULL), (2, 'b', 1), (3, NULL, 2), (4, 'd', 3);
CREATE TABLE items (id INTEGER PRIMARY KEY, owner_code TEXT);
INSERT INTO items VALUES (1, 'a'), (2, 'a'), (3, 'a'), (4, 'b');
CREATE TABLE shelves (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, shelf TEXT COLLATE RTRIM NOT NULL);
INSERT INTO labels VALUES (1, 'a '), (2, 'b'), (3, 'a'), (4, 'c');
CREATE TABLE nodes (id PRIMARY KEY NOT NULL, up_id);
CREATE INDEX nodes_up ON nodes (up_id);
"""

OWNER = "found.v1.Owner"


def setUpModule():
    global server, found
    world = rt.World("found", PROTO, SQL)
    server, found = world.server, world.messages


def tearDownModule():
    server.stop()


def query(**fields):
    """The parts of a Query's answer, put together."""
    parts = list(server.stream(rt.relation_pb.QueryRequest(**fields)))
    return [r for part in parts for r in part.records.records], parts[-1].records


def statements(count):
    return rt.relation_pb.Budget(max_statements=count)


class Found(unittest.TestCase):
    def refused(self, code, fragment, call):
        with self.assertRaisesRegex(grpc.RpcError, fragment) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())

    def test_a_discriminator_over_an_enum_finds_rows_that_hold_a_name_or_a_number(self):
        for model, ids in (("Car", [1, 2, 3]), ("Boat", [4, 5]), ("Thing", range(1, 8))):
            states = [r.state for r in server.get("found.v1." + model, list(range(1, 8))).results]
            self.assertEqual(states, [LOADED if i in ids else EMPTY for i in range(1, 8)], model)
            self.assertEqual(server.count("found.v1." + model), len(ids))

    def test_what_is_cut_off_goes_on_by_the_owners_key_where_the_relation_joins_on_another(self):
        include = {"path": "items", "limit": 1}
        record = server.get(OWNER, [1], includes=[include]).results[0].records[0]
        load = server.load(OWNER, "items", ["a"], by="reference_keys").results[0].records
        token = found.Owner.FromString(record).info.relations[0].next_page_token
        for key in ({"owner_key": [1]}, {"reference_key": ["a"]}):
            got, last = query(target=rt.query_target(OWNER, relation="items", **key), page_token=token, page_size=1)
            self.assertEqual(got, load[1:2])
            got, last = query(target=rt.query_target(OWNER, relation="items", **key), page_token=last.next_page_token, page_size=5)
            self.assertEqual((got, last.next_page_token), (load[2:], ""))
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, "no token of this query",
                     lambda: query(target=rt.query_target(OWNER, relation="items", owner_key=[2]), page_token=token))

    def test_statements_of_a_repeated_relation_are_counted_alike_cold_and_warm(self):
        request = rt.relation_pb.GetRequest(model=OWNER, keys=rt.make_keys([1]), includes=rt.includes_of(["children*"]))
        server.clear()
        for _ in range(3):  # the second time the whole tree is kept
            self.assertEqual(server.explain(get=request)[1].counted_statements, 5)
            server.get(OWNER, [1], includes=["children*"])
            refused = rt.relation_pb.GetRequest()
            refused.CopyFrom(request)
            refused.budget.max_statements = 4
            self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "more than 4 statements",
                         lambda: server.call("RelationService", "Get", refused, rt.relation_pb.GetResponse))

    def test_statements_of_a_query_are_known_before_it_runs(self):
        strict = rt.query_target(OWNER, relation="only", owner_key=[2])  # the owner, how many there are, and the record
        missing = rt.query_target(OWNER, relation="items", owner_key=[77])
        for target, count in ((strict, 3), (missing, 2)):
            self.assertEqual(server.explain(query=rt.relation_pb.QueryRequest(target=target))[1].counted_statements, count)
            query(target=target, budget=statements(count))
            before = server.stats().total.statements
            self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "more than %d statements" % (count - 1),
                         lambda: query(target=target, budget=statements(count - 1)))
            self.assertEqual(server.stats().total.statements, before)
        last_page = rt.relation_pb.QueryRequest(target=rt.query_target(OWNER), page_size=2, from_end=True)
        self.assertEqual(server.explain(query=last_page)[1].counted_statements, 2)

    def test_15_texts_that_differ_in_spaces_at_their_end_are_joined_for_many_keys_as_for_one(self):
        server.clear()
        for keys in (["a  "], ["a  ", "0"], ["a  ", "a", "b"]):
            results = server.load("found.v1.Shelf", "labels", keys, by="reference_keys").results
            ids = [[found.Label.FromString(r).id for r in result.records] for result in results]
            self.assertEqual(ids, [{"a": [1, 3], "b": [2]}.get(key.rstrip(), []) for key in keys])
            server.clear()

    def test_what_the_database_cannot_nest_is_refused_by_name(self):
        filter = "is_null(up_id)"
        for _ in range(3):
            filter = "id != \"0d5f6a1e-8c1b-4d7e-9f00-aabbccddeeff\" AND (is_null(up_id) OR count(below, %s) > 1)" % filter
        self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "nested too deeply for the database",
                     lambda: server.count("found.v1.Node", where=filter))


if __name__ == "__main__":
    rt.main()
