"""Case 13: unsigned numbers beyond 2^63-1. A column of SQLite holds what is below exactly; what is beyond is never taken for another
number, whichever way it is asked."""


import grpc

import relations_testing as rt
from relations_testing import EMPTY, LOADED

PROTO = """
syntax = "proto3"; package u.v1;
import "relations/v1/options.proto";
message Owner {
  option (.relations.v1.model) = {
    table: "owners" query_methods: { name: "over" params: { name: "least" type: TYPE_UINT64 } filter: "size > $least" } };
  uint64 id = 1;
  optional uint64 size = 2;
  optional fixed64 fixed = 3;
  repeated Part parts = 10 [(.relations.v1.has_many) = { foreign_key: "owner_id" where: "weight < 18446744073709551615" }];
}
message Part {
  option (.relations.v1.model) = { table: "parts" };
  int64 id = 1;
  optional uint64 owner_id = 2;
  optional uint64 weight = 3;
  Owner owner = 10 [(.relations.v1.belongs_to) = { foreign_key: "owner_id" }];
}
message Wide { option (.relations.v1.model) = { table: "wide" }; int64 id = 1; string number = 2 [(.relations.v1.column) = { decimal: true }]; }
"""

# The last three owners and parts hold what no uint64 is: a negative number, and what SQLite made of larger ones.
SQL = """
CREATE TABLE owners (id INTEGER PRIMARY KEY, size INTEGER, fixed INTEGER);
INSERT INTO owners VALUES (0, 9223372036854775807, 0), (1, 0, 9223372036854775807), (9223372036854775807, NULL, NULL),
  (5, -1, 1), (6, 18446744073709551615, 1), (7, 9223372036854775808, 1);
CREATE TABLE parts (id INTEGER PRIMARY KEY, owner_id INTEGER, weight INTEGER);
CREATE INDEX parts_owner ON parts (owner_id);
INSERT INTO parts VALUES (1, 9223372036854775807, 9223372036854775807), (2, 9223372036854775807, 1), (3, 0, 0),
  (4, -1, 1), (5, 18446744073709551615, 2), (6, 9223372036854775808, 3);
CREATE TABLE wide (id INTEGER PRIMARY KEY, number TEXT NOT NULL);
INSERT INTO wide VALUES (1, '18446744073709551615'), (2, '9223372036854775808'), (3, '9223372036854775807');
"""

OWNER, PART = "u.v1.Owner", "u.v1.Part"
MOST, HALF = 2**64 - 1, 2**63
GOOD = "in(id, 0, 1, 9223372036854775807)"


def setUpModule():
    global u
    world = rt.World("u", PROTO, SQL)
    u, rt.Case.server = world.messages, world.server


def tearDownModule():
    rt.Case.server.stop()


class Case13(rt.Case):
    def refused_data(self, results):
        for result in results:
            self.assertEqual(result.error.code, grpc.StatusCode.DATA_LOSS.value[0], result)
            self.assertIn("does not fit uint64", result.error.message)

    def test_as_keys(self):
        self.check(OWNER, "", u.Owner, {0: (LOADED, [HALF - 1]), 1: (LOADED, [0]), HALF - 1: (LOADED, [0]), HALF: (EMPTY, []), MOST: (EMPTY, [])},
                   view=lambda m: m.size)
        self.check(OWNER, "parts", u.Part, {0: (LOADED, [3]), HALF - 1: (LOADED, [1, 2]), HALF: (EMPTY, []), MOST: (EMPTY, [])},
                   by="reference_keys")
        self.check(PART, "owner", u.Owner, {1: (LOADED, [HALF - 1]), 2: (LOADED, [HALF - 1]), 3: (LOADED, [0])})
        self.assertEqual(self.server.count(OWNER, relation="parts", reference_key=[MOST]), 0)

    def test_rows_that_hold_another_number_are_refused(self):
        self.refused_data(self.server.get(OWNER, [5, 6, 7]).results)
        self.refused_data(self.server.load(PART, "owner", [4, 5, 6]).results)
        self.refused_data(self.server.get(PART, [4, 5, 6], includes=["owner"]).results)
        self.refused(grpc.StatusCode.DATA_LOSS, lambda: self.server.query(OWNER))

    def test_in_filters(self):
        for where, count in [("size = %d" % MOST, 0), ("size < %d" % MOST, 2), ("size != %d" % MOST, 2), ("size > %d" % (HALF - 1), 0),
                             ("size >= %d" % (HALF - 1), 1), ("size < %d" % HALF, 2), ("in(size, %d, 0)" % MOST, 1),
                             ("NOT size > %d" % HALF, 3), ("some(parts, weight >= %d)" % (HALF - 1), 1)]:
            self.assertEqual(self.server.count(OWNER, where="%s AND (%s)" % (GOOD, where)), count, where)
        self.assertEqual(self.server.count(OWNER, where=GOOD, methods=[("over", MOST)]), 0)
        self.assertEqual(self.server.count(OWNER, where=GOOD, methods=[("over", HALF - 2)]), 1)
        for where in ("size = %d" % (MOST + 1), "size > -1"):
            self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.server.count(OWNER, where=where))

    def test_in_orders_and_pages(self):
        for order, ids in (("size", [1, 0, HALF - 1]), ("size desc nulls first", [HALF - 1, 0, 1]), ("id desc", [HALF - 1, 1, 0])):
            for records in (self.server.query(OWNER, where=GOOD, order=order)[0],
                            self.server.pages(OWNER, 1, where=GOOD, order=order),
                            self.server.pages_backwards(OWNER, 2, where=GOOD, order=order)):
                self.assertEqual([u.Owner.FromString(r).id for r in records], ids, order)

    def test_in_aggregates(self):
        terms = ["sum size", "min size", "max fixed", "avg size", "count_distinct size"]
        self.assertEqual(self.server.aggregate(OWNER, terms, where=GOOD)[0], [([], [HALF - 1, 0, HALF - 1, "4611686018427387903.5", 2])])
        groups, _ = self.server.aggregate(OWNER, ["count"], ["size"], where=GOOD, having="size < %d" % MOST, order="size desc")
        self.assertEqual(groups, [([HALF - 1], [1]), ([0], [1])])
        self.refused(grpc.StatusCode.OUT_OF_RANGE, lambda: self.server.aggregate(PART, ["sum owner_id"], where="in(id, 1, 2)"))
        for term in ("min size", "max size", "avg size", "count_distinct size"):
            self.refused(grpc.StatusCode.DATA_LOSS, lambda: self.server.aggregate(OWNER, [term]))

    def test_larger_ones_are_exact_as_decimals(self):
        self.check("u.v1.Wide", "", u.Wide, {1: (LOADED, [str(MOST)]), 2: (LOADED, [str(HALF)])}, view=lambda m: m.number)
        self.assertEqual(self.server.count("u.v1.Wide", where="number > %d" % (HALF - 1)), 2)
        self.assertEqual(self.server.count("u.v1.Wide", where="number = %d" % MOST), 1)
        self.assertEqual(self.server.aggregate("u.v1.Wide", ["max number", "sum number"])[0], [([], [str(MOST), str(MOST + HALF + HALF - 1)])])

    def test_schemas_are_refused(self):
        findings = self.findings("""
            message A { option (.relations.v1.model) = { table: "wide" }; int64 id = 1; uint64 number = 2; }
            message B { option (.relations.v1.model) = { table: "parts" discriminator: { field: "weight" value: "9223372036854775808" } };
              int64 id = 1; uint64 weight = 2; }""")
        self.assertFinding(findings, "", "no uint64 below 2^63")
        findings = self.findings("""
            message A { option (.relations.v1.model) = { table: "wide" }; int64 id = 1; uint64 number = 2; }""")
        self.assertFinding(findings, "number", "wide.number is declared TEXT", "decimal")


if __name__ == "__main__":
    rt.main()
