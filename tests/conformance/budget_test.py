"""Budgets and explanations: what a call may take, and what it took, are counted alike."""

import sqlite3
import unittest

import grpc
from google.protobuf import duration_pb2

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package plan.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";
message Team {
  option (.relations.v1.model) = { table: "teams" };
  int64 id = 1;
  optional int64 parent_id = 2;
  repeated Person people = 10 [(.relations.v1.has_many) = { foreign_key: "team_id" order_by: "name desc" }];
  repeated Team parts = 11 [(.relations.v1.has_many) = { foreign_key: "parent_id" }];
  Team parent = 12 [(.relations.v1.belongs_to) = { foreign_key: "parent_id" }];
  relations.v1.LoadInfo load_info = 15;
}
message Person {
  option (.relations.v1.model) = { table: "people" };
  int64 id = 1;
  int64 team_id = 2;
  string name = 3;
  Team team = 10 [(.relations.v1.belongs_to) = { foreign_key: "team_id" }];
}
"""

SQL = """
CREATE TABLE teams (id INTEGER PRIMARY KEY, parent_id INTEGER);
CREATE TABLE people (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL, name TEXT NOT NULL);
CREATE INDEX t ON teams (parent_id); CREATE INDEX p ON people (team_id);
INSERT INTO teams VALUES (1, NULL), (2, 1), (3, 2), (4, 3);
INSERT INTO people SELECT value, 1 + value % 4, 'name' || value FROM (
  WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 40) SELECT value FROM n);
"""

TEAM, PERSON = "plan.v1.Team", "plan.v1.Person"
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def setUpModule():
    global server, database
    world = rt.World("plan", SCHEMA, SQL, flags=["--max-include-depth=5", "--max-statements=50"])
    server, database = world.server, world.database


def tearDownModule():
    server.stop()


def get(keys=(1,), includes=(), **budget):
    request = rt.relation_pb.GetRequest(model=TEAM, keys=rt.make_keys(list(keys)), includes=rt.includes_of(includes))
    if budget:
        request.budget.CopyFrom(rt.relation_pb.Budget(**budget))
    return request


def load(keys, by="owner_keys", relation="people", model=TEAM, includes=(), **budget):
    request = rt.relation_pb.LoadRequest(model=model, relation=relation, includes=rt.includes_of(includes))
    getattr(request, by).CopyFrom(rt.make_keys(keys))
    if budget:
        request.budget.CopyFrom(rt.relation_pb.Budget(**budget))
    return request


def query(page_size=0, includes=(), target=None, **budget):
    request = rt.relation_pb.QueryRequest(target=target or rt.query_target(TEAM), page_size=page_size,
                                          includes=rt.includes_of(includes))
    if budget:
        request.budget.CopyFrom(rt.relation_pb.Budget(**budget))
    return request


def ask(request):
    if isinstance(request, rt.relation_pb.QueryRequest):
        return list(server.stream(request))
    kind = type(request).__name__[:-len("Request")]
    return server.call("RelationService", kind, request, getattr(rt.relation_pb, kind + "Response"))


class Case(unittest.TestCase):
    def refused(self, request, *fragments, code=EXHAUSTED):
        before = server.stats().total.statements
        with self.assertRaises(grpc.RpcError) as caught:
            ask(request)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for fragment in fragments:
            self.assertIn(fragment, caught.exception.details())
        return server.stats().total.statements - before


class Statements(Case):
    def test_one_for_the_request_and_one_for_each_relation(self):
        includes = ["people.team", "parent"]
        for _ in range(2):  # cold and warm alike
            ask(get(includes=includes, max_statements=4))
            self.assertEqual(self.refused(get(includes=includes, max_statements=3), '"parent"', "3 statements"), 0)

    def test_owners_are_found_by_one_more(self):
        ask(load([2], relation="parent", max_statements=2))
        self.refused(load([2], relation="parent", max_statements=1), "1 statements")
        ask(load([2], relation="parent", by="reference_keys", max_statements=1))
        ask(load([2], max_statements=1))

    def test_rounds_of_what_is_repeated_are_counted_as_they_come(self):
        ask(get(includes=["parts*"], max_statements=5))
        server.clear()
        self.assertGreater(self.refused(get(includes=["parts*"], max_statements=3), '"parts"', "3 statements"), 0)

    def test_pages_of_a_query(self):
        ask(query(includes=["people"], max_statements=2))
        self.refused(query(includes=["people"], max_statements=1), '"people"', "1 statements")
        target = rt.query_target(PERSON, relation="team", owner_key=[1])
        ask(query(target=target, max_statements=2))
        self.refused(query(target=target, max_statements=1), "1 statements")


class Others(Case):
    def test_relations_and_depth(self):
        self.assertEqual(self.refused(get(includes=["people.team", "parent"], max_relations=2), '"parent"', "2 relations"), 0)
        self.assertEqual(self.refused(get(includes=["people.team"], max_depth=1), "people.team"), 0)
        ask(get(includes=["people.team"], max_depth=2, max_relations=2))

    def test_a_callers_limit_is_never_above_the_servers(self):
        self.refused(get(includes=["people.team.people.team.people.team"], max_depth=50), "5 relations")

    def test_records_cold_and_warm(self):
        for _ in range(2):
            ask(get(keys=[1, 2], includes=["people"], max_records=22))
            ask(get(keys=[1, 2], includes=["people"]))  # which keeps the tree
            self.refused(get(keys=[1, 2], includes=["people"], max_records=21), '"people"', "21 records")
            self.refused(get(keys=[1, 2], max_records=1), '"request"', "1 records")
            self.refused(query(includes=["people"], max_records=43), "43 records")
            ask(query(includes=["people"], max_records=44))

    def test_bytes_that_include_what_came_before(self):
        server.clear()
        self.refused(get(keys=[1, 2], includes=["people"], max_bytes=153), "larger than 153 bytes")

    def test_bytes(self):
        self.refused(get(keys=[1, 2], includes=["people"], max_bytes=100), "100 bytes")
        self.refused(query(includes=["people"], max_bytes=100), "100 bytes")

    def test_bytes_of_trees_that_are_put_together_already(self):
        """They were put together once more where they had no room, out of what was not there, and the server fell over."""
        for includes in (["people"], ["people.team", "parts"]):
            for ask_for in (lambda **budget: get(keys=[1, 1, 2], includes=includes, **budget),
                            lambda **budget: load([2, 2], relation="parent", includes=["people"], **budget)):
                size = sum(len(r.records[0]) for r in ask(ask_for()).results)
                for most in (1, size // 3, size // 2, size - 1):
                    self.refused(ask_for(max_bytes=most), "bytes")
                    server.clear()  # a tree that has just been put together
                    self.refused(ask_for(max_bytes=most), "bytes")
            ask(query(includes=includes))
            self.refused(query(includes=includes, max_bytes=60), "60 bytes")

    def test_time(self):
        # A nanosecond is used up by whatever is asked first.
        server.clear()
        self.refused(get(includes=["people"], max_database_time=duration_pb2.Duration(nanos=1)), "ms of the database")
        self.refused(query(max_database_time=duration_pb2.Duration(nanos=1)), "ms of the database")
        ask(get(includes=["people"], max_database_time=duration_pb2.Duration(seconds=20)))
        # As long as a Duration may be, and the first that nanoseconds in 64 bits cannot hold.
        for seconds in (9223372036, 9223372037, 315576000000):
            ask(get(includes=["people"], max_database_time=duration_pb2.Duration(seconds=seconds, nanos=999999999)))
        self.refused(get(max_database_time=duration_pb2.Duration(nanos=-1)), "no duration",
                     code=grpc.StatusCode.INVALID_ARGUMENT)


    def test_what_is_counted_and_gathered(self):
        target = rt.query_target(PERSON)
        nothing = rt.relation_pb.Budget(max_database_time=duration_pb2.Duration(nanos=1))
        self.refused(rt.relation_pb.CountRequest(target=target, budget=nothing), "ms of the database")
        self.refused(rt.relation_pb.ExistsRequest(target=target, budget=nothing), "ms of the database")
        groups = {"target": target, "group_by": ["team_id"]}
        self.refused(rt.relation_pb.AggregateRequest(budget=nothing, **groups), "ms of the database")
        self.refused(rt.relation_pb.AggregateRequest(budget=rt.relation_pb.Budget(max_records=3), **groups), "3 records")
        self.refused(rt.relation_pb.AggregateRequest(budget=rt.relation_pb.Budget(max_bytes=20), **groups), "20 bytes")
        self.assertEqual(len(ask(rt.relation_pb.AggregateRequest(budget=rt.relation_pb.Budget(max_records=4), **groups)).groups), 4)

    def test_a_page_token_is_of_any_budget(self):
        request = rt.relation_pb.AggregateRequest(target=rt.query_target(PERSON), group_by=["team_id"], page_size=3)
        request.page_token = ask(request).next_page_token
        request.budget.max_statements = 1
        self.assertEqual(len(ask(request).groups), 1)


class Explain(Case):
    def test_a_get(self):
        server.clear()
        steps, answer = server.explain(get=get([1, 2, 1], ["people", "parent"]))
        self.assertEqual(list(steps), ["request", "people", "parent"])
        self.assertEqual([(s.keys, s.cached, s.statements, s.records) for s in answer.steps],
                         [(2, 0, 1, 2), (2, 0, 1, 20), (1, 0, 1, 1)])
        self.assertEqual(steps["people"].shape, "plan.v1.Person by team_id order by name desc, id")
        self.assertEqual((answer.statements, answer.counted_statements), (3, 3))
        expected = ask(get([1, 2, 1], ["people", "parent"]))
        self.assertEqual(answer.bytes, sum(r.ByteSize() for r in expected.results))

    def test_what_the_cache_has(self):
        server.clear()
        ask(get([1, 2]))
        steps, answer = server.explain(get=get([1, 2, 3], ["people"]))
        self.assertEqual((steps["request"].keys, steps["request"].cached, steps["request"].statements), (3, 2, 1))
        steps, answer = server.explain(get=get([1, 2, 3], ["people"]))
        self.assertEqual((steps["request"].assembled, answer.statements, list(steps)), (3, 0, ["request"]))
        self.assertEqual(answer.counted_statements, 2, "as if nothing were cached")

    def test_the_first_tree_after_a_commit_is_kept(self):
        for name in ("one", "two"):
            connection = sqlite3.connect(database)
            connection.execute("UPDATE people SET name = ? WHERE id = 1", (name,))
            connection.commit()
            connection.close()
            ask(get([2], ["people"]))
            steps, _ = server.explain(get=get([2], ["people"]))
            self.assertEqual((steps["request"].assembled, list(steps)), (1, ["request"]))

    def test_a_load_by_owner(self):
        server.clear()
        steps, _ = server.explain(load=load([2, 3], relation="parent"))
        self.assertEqual({p: (s.keys, s.statements) for p, s in steps.items()}, {"owners": (2, 1), "request": (2, 1)})

    def test_arguments_and_rounds(self):
        server.clear()
        include = {"path": "people", "filter_text": 'name > "a" OR NOT id = 3', "limit": 2, "order": "id desc"}
        steps, _ = server.explain(get=get([1], [include, "parts*"]))
        self.assertEqual(steps["people"].shape, "plan.v1.Person by team_id where name > ? or (not (id = ?)) "
                                                "order by id desc limit 3 each")
        self.assertEqual((steps["parts"].rounds, steps["parts"].records), (4, 3))

    def test_a_query(self):
        steps, answer = server.explain(query=query(page_size=2, includes=["people"], target=rt.query_target(TEAM, where="id > 0")))
        self.assertEqual((steps["request"].statements, steps["request"].records, steps["people"].records), (1, 2, 20))
        self.assertEqual(steps["request"].shape, "plan.v1.Team where id > ? order by id limit 2 a page")
        self.assertGreater(answer.bytes, 200)

    def test_what_is_counted_and_gathered(self):
        target = rt.query_target(TEAM, "people", [1], where='name != "x"')
        count, answer = server.explain(count=rt.relation_pb.CountRequest(target=target))
        self.assertEqual((count["request"].statements, count["request"].records, answer.bytes), (1, 0, 2))
        self.assertEqual(count["request"].shape, "how many plan.v1.Person by team_id where name != ?")
        _, answer = server.explain(exists=rt.relation_pb.ExistsRequest(target=target))
        self.assertEqual((answer.statements, answer.bytes), (1, 2))
        request = rt.relation_pb.AggregateRequest(target=rt.query_target(PERSON), group_by=["team_id"])
        groups, answer = server.explain(aggregate=request)
        self.assertEqual((groups["request"].statements, groups["request"].records), (1, 4))
        told = server.call("RelationService", "Aggregate", request, rt.relation_pb.AggregateResponse)
        self.assertEqual(answer.bytes, told.ByteSize())
        request = rt.relation_pb.AggregateRequest(target=rt.query_target(PERSON, where="id > 0"), group_by=["team.id"],
                                                  terms=[rt.relation_pb.AggregateTerm(function="AGGREGATE_FUNCTION_COUNT")],
                                                  having_text="count > 1", page_size=3, order_by=rt.order_terms("count desc"))
        shape = server.explain(aggregate=request)[0]["request"].shape
        self.assertEqual(shape, "plan.v1.Person where id > ? grouped by team_id: count having count > ? "
                                "order by count desc, team_id limit 3 a page")

    def test_values_are_not_told(self):
        steps, _ = server.explain(query=query(target=rt.query_target(PERSON, where='name = "secret"')))
        self.assertNotIn("secret", steps["request"].shape)

    def test_errors_are_those_of_the_request(self):
        with self.assertRaises(grpc.RpcError) as caught:
            server.explain(get=get([1], ["peple"]))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        with self.assertRaises(grpc.RpcError) as caught:
            server.explain()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        with self.assertRaises(grpc.RpcError) as caught:
            server.explain(get=get([1], ["people"], max_statements=1))
        self.assertEqual(caught.exception.code(), EXHAUSTED)


if __name__ == "__main__":
    rt.main()
