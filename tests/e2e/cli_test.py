"""The program `relations` against a running server."""

import base64
import json
import os
import re
import subprocess
import unittest

import relations_testing as rt

RELATIONS = os.path.abspath("client/cli/relations")

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "relations/v1/options.proto";
import "relations/v1/types.proto";
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
message Party {
  option (.relations.v1.model) = { abstract: true };
  int64 id = 1;
  repeated Order orders = 20 [(.relations.v1.has_many) = { foreign_key: "customer_id" }];
}
message Customer {
  option (.relations.v1.model) = { table: "customers" extends: "Party" };
  relations.v1.LoadInfo load_info = 30;
  optional int64 orders_count = 31 [(.relations.v1.column) = { count_of: "orders" }];
  int64 id = 1;
  string full_name = 2;
  google.protobuf.Timestamp since = 3;
  optional bytes badge = 4;
  Color color = 5;
  optional double rating = 6;
  repeated Order orders = 20 [(.relations.v1.has_many) = { order_by: "nr desc" }];
}
message Order {
  option (.relations.v1.model) = {
    table: "orders" primary_key: "shop" primary_key: "nr"
    query_methods: { name: "beyond" params: { name: "shop" type: TYPE_STRING } params: { name: "nr" type: TYPE_INT64 }
                     filter: "shop = $shop AND nr > $nr" }
  };
  string shop = 1;
  int64 nr = 2;
  optional int64 customer_id = 3;
  Customer customer = 20 [(.relations.v1.belongs_to) = { foreign_key: "customer_id" }];
}
message Note {
  option (.relations.v1.model) = { table: "notes" };
  int64 id = 1;
  Color kind = 2;
  int64 about_id = 3;
  oneof about {
    Customer customer = 20 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "kind" type_tag: "COLOR_RED" }];
    Note note = 21 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "kind" type_tag: "COLOR_UNSPECIFIED" }];
  }
}
"""

SQL = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, since DATETIME, badge BLOB, color INT NOT NULL, rating REAL);
CREATE TABLE orders (shop TEXT, nr INTEGER, customer_id INTEGER, PRIMARY KEY (shop, nr));
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE notes (id INTEGER PRIMARY KEY, kind NOT NULL, about_id INTEGER NOT NULL);
INSERT INTO notes VALUES (1, 'COLOR_RED', 1), (2, 0, 1), (3, 7, 1);
INSERT INTO customers VALUES (1, 'Ada', '2020-01-02 03:04:05.5', x'00ff', 1, 0.1), (9007199254740993, 'Big', NULL, NULL, 0, NULL),
  (3, x'00', NULL, NULL, 0, NULL);
INSERT INTO orders VALUES ('a,b', 1, 1), ('a,b', 2, 1), ('x', 1, NULL), ('x', 2, 77), ('x', 3, 3);
"""


class Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = rt.temp_dir()
        with open(os.path.join(directory, "shop.proto"), "w") as file:
            file.write(SCHEMA)
        database = os.path.join(directory, "shop.db")
        rt.make_database(database, SQL)
        schema = rt.descriptor_set(directory, ["shop.proto"], os.path.join(directory, "shop.binpb"))
        cls.schema, cls.database = schema, database
        cls.server = rt.Server(schema, database)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def run_cli(self, *arguments, status=0):
        """What the program prints: errors when it printed nothing else."""
        environment = dict(os.environ, RELATIONS_SERVER="127.0.0.1:%d" % self.server.port)
        done = subprocess.run([RELATIONS, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout or done.stderr

    def rows(self, *arguments, **kwargs):
        return [line.split() for line in self.run_cli("query", *arguments, **kwargs).splitlines()]

    def test_query_as_a_table(self):
        heading = ["shop", "nr", "customer_id"]
        self.assertEqual(self.rows("Order", "--filter", "nr >= 2 AND shop = 'x'", "--order", "nr desc"),
                         [heading, ["x", "3", "3"], ["x", "2", "77"]])
        self.assertEqual(self.rows("Order", "--order", "customer_id nulls first, nr desc", "--limit", "2"),
                         [heading, ["x", "1", "NULL"], ["a,b", "2", "1"]])
        self.assertEqual(self.rows("Order", "--method", "beyond('a,b', 1)"), [heading, ["a,b", "2", "1"]])
        self.assertEqual(self.rows("Order", "-m", "beyond(x, 1)", "-m", "beyond(x,2)"), [heading, ["x", "3", "3"]])
        self.assertEqual(self.rows("Customer", "orders", "1"), [heading, ["a,b", "2", "1"], ["a,b", "1", "1"]])
        self.assertEqual(self.rows("Order", "customer", "77", "--reference")[1:], [])

    def test_query_as_json_and_counted(self):
        lines = self.run_cli("query", "shop.v1.Order", "--filter", "is_null(customer_id)", "--json").splitlines()
        self.assertEqual([json.loads(line) for line in lines], [{"shop": "x", "nr": "1", "customerId": None}])
        self.assertEqual(self.run_cli("query", "Order", "--count"), "5\n")
        self.assertEqual(json.loads(self.run_cli("query", "Order", "--count", "--json", "-f", "nr = 1")), {"count": "2"})

    def test_fields_and_the_last(self):
        self.assertEqual(self.rows("Order", "--fields", "customer_id", "--order", "nr", "--last", "2"),
                         [["shop", "nr", "customer_id"], ["x", "2", "77"], ["x", "3", "3"]])
        self.assertEqual(self.rows("Order", "--fields", "nr", "-f", "nr = 3"), [["shop", "nr"], ["x", "3"]])
        self.assertEqual(json.loads(self.run_cli("query", "Order", "--fields", "shop", "-f", "nr = 3", "--json")), {"shop": "x", "nr": "3"})
        self.assertIn("no field", self.run_cli("query", "Order", "--fields", "nr, nope", status=2))
        self.assertIn("not both", self.run_cli("query", "Order", "--last", "1", "--limit", "1", status=2))
        self.assertEqual(self.rows("Customer", "-f", "count(orders) > 1", "--fields", "id"), [["id"], ["1"]])
        self.assertEqual([row[1] for row in self.rows("Order", "--order", "customer.id desc, nr")[1:3]], ["3", "1"])

    def test_aggregates(self):
        self.assertEqual(self.rows("Order", "-g", "shop", "-a", "count, max(nr) as last, sum(nr)", "-o", "count desc"),
                         [["shop", "count", "last", "sum_nr"], ["x", "3", "3", "6"], ["a,b", "2", "2", "3"]])
        self.assertEqual(self.rows("Customer", "orders", "1", "-a", "count", "-f", "nr > 1"), [["count"], ["1"]])
        self.assertEqual(self.rows("Order", "-g", "shop, nr", "--having", "nr > 2"), [["shop", "nr"], ["x", "3"]])
        self.assertEqual(self.rows("Order", "-g", "nr", "--limit", "1"), [["nr"], ["1"]])
        lines = self.run_cli("query", "Order", "-g", "customer_id", "-a", "count", "-f", "nr = 1", "--json").splitlines()
        self.assertEqual([json.loads(line) for line in lines],
                         [{"customer_id": "1", "count": "1"}, {"customer_id": None, "count": "1"}])
        for terms in ("total(nr)", "sum(nr", "sum(nr) total", "count,", ""):
            self.assertIn("--aggregate", self.run_cli("query", "Order", "-a", terms, status=2))
        self.assertIn("sum does not fit shop", self.run_cli("query", "Order", "-a", "sum(shop)", status=2))

    def test_queries_that_are_wrong(self):
        self.assertIn("column 1: shop.v1.Order has no field", self.run_cli("query", "Order", "-f", "nrr = 1", status=2))
        self.assertIn("of which owner", self.run_cli("query", "Customer", "orders", status=2))
        self.assertIn('"nr down" is no field or count(relation)', self.run_cli("query", "Order", "-o", "nr down", status=2))
        self.assertIn("--method", self.run_cli("query", "Order", "-m", "beyond(", status=2))
        self.assertIn("beyond takes 2 arguments", self.run_cli("query", "Order", "-m", "beyond", status=2))
        self.assertIn("customers.full_name", self.run_cli("query", "Customer", "-f", "id = 3", status=1))

    def test_get_as_a_table(self):
        out = self.run_cli("get", "Customer", "1")
        heading, row = out.splitlines()
        self.assertEqual(heading.split(), ["KEY", "STATE", "id", "full_name", "since", "badge", "color", "rating"])
        self.assertEqual(row.split(), ["1", "LOADED", "1", "Ada", "2020-01-02T03:04:05.500Z", "0x00ff", "COLOR_RED", "0.1"])
        self.assertEqual(heading.index("full_name"), row.index("Ada"))

    def test_get_as_json(self):
        answer = json.loads(self.run_cli("get", "shop.v1.Customer", "1", "9007199254740993", "--json"))
        self.assertEqual(answer["recordType"], "shop.v1.Customer")
        ada, big = answer["results"]
        self.assertEqual(ada, {"key": "1", "state": "LOADED", "records": [
            {"id": "1", "fullName": "Ada", "since": "2020-01-02T03:04:05.500Z",
             "badge": base64.b64encode(b"\0\xff").decode(), "color": "COLOR_RED", "rating": 0.1}]})
        self.assertEqual(big["records"][0]["id"], "9007199254740993")
        self.assertIsNone(big["records"][0]["rating"])

    def test_a_key_without_a_record(self):
        self.assertIn("EMPTY", self.run_cli("get", "Customer", "1", "5", status=1))

    def test_a_row_that_does_not_fit_spoils_its_own_result_only(self):
        answer = json.loads(self.run_cli("get", "Customer", "3", "1", "--json", status=1))
        self.assertEqual(answer["results"][0]["error"]["code"], "DATA_LOSS")
        self.assertIn("customers.full_name", answer["results"][0]["error"]["message"])
        self.assertEqual(answer["results"][1]["state"], "LOADED")
        self.assertIn("3    ERROR  DATA_LOSS: customers.full_name", self.run_cli("get", "Customer", "3", status=1))

    def test_load_of_many_owners(self):
        lines = self.run_cli("load", "Customer", "orders", "1", "5").splitlines()
        self.assertEqual([line.split() for line in lines],
                         [["KEY", "STATE", "shop", "nr", "customer_id"], ["1", "LOADED", "a,b", "2", "1"],
                          ["1", "LOADED", "a,b", "1", "1"], ["5", "EMPTY"]])

    def test_load_by_composite_keys_tells_the_states_apart(self):
        lines = self.run_cli("load", "Order", "customer", "a\\,b,1", "x,1", "x,2", "y,1").splitlines()
        self.assertEqual([line.split()[:2] for line in lines[1:]],
                         [["a\\,b,1", "LOADED"], ["x,1", "NULL"], ["x,2", "DANGLING"], ["y,1", "EMPTY"]])

    def test_load_by_reference(self):
        lines = self.run_cli("load", "Order", "customer", "--reference", "1", "77").splitlines()
        self.assertEqual([line.split()[:2] for line in lines[1:]], [["1", "LOADED"], ["77", "DANGLING"]])

    def test_wrong_keys_and_names_are_explained(self):
        self.assertEqual(self.run_cli("get", "Customer", "one", status=2),
                         'relations: "one" is no int64, which the key\'s field id is\n')
        self.assertIn("did you mean orders?", self.run_cli("load", "Customer", "order", "1", status=1))
        self.assertIn("Customer", self.run_cli("get", "Custoner", "1", status=1))

    def test_includes(self):
        answer = json.loads(self.run_cli("get", "Customer", "1", "--include", "orders.customer"))
        record = answer["results"][0]["records"][0]
        self.assertEqual([o["nr"] for o in record["orders"]], ["2", "1"])
        self.assertEqual(record["orders"][0]["customer"]["fullName"], "Ada")
        answer = json.loads(self.run_cli("load", "Order", "customer", "x,1", "x,2", "--include", "orders"))
        self.assertEqual([r["state"] for r in answer["results"]], ["NULL", "DANGLING"])
        lines = self.run_cli("query", "Order", "--order", "shop, nr", "--filter", "nr < 3", "--include", "customer").splitlines()
        self.assertEqual([json.loads(line)["customer"] is None for line in lines[:4]], [False, False, True, True])

    def included(self, include, *arguments):
        """The customer 1 with that."""
        return json.loads(self.run_cli("get", "Customer", "1", "--include", include, *arguments))["results"][0]["records"][0]

    def test_which_records_an_include_has(self):
        self.assertEqual([o["nr"] for o in self.included("orders; filter: nr < 2 OR shop = ';'")["orders"]], ["1"])
        self.assertEqual([o["nr"] for o in self.included("orders; order: nr")["orders"]], ["1", "2"])
        self.assertEqual([o["nr"] for o in self.included("orders; method: beyond('a,b', 1); method: beyond(a, 0)")["orders"]], [])
        self.assertEqual([o["nr"] for o in self.included("orders;method:beyond('a,b', 1)")["orders"]], ["2"])
        cut = self.included("orders; limit: 1; order: nr")
        self.assertEqual([o["nr"] for o in cut["orders"]], ["1"])
        (info,) = cut["loadInfo"]["relations"]
        self.assertEqual((info["relation"], info["state"]), ("orders", "LOAD_STATE_LOADED"))
        rest = self.rows("Customer", "orders", "1", "--order", "nr", "--page", info["nextPageToken"])
        self.assertEqual(rest[1:], [["a,b", "2", "1"]])
        page = self.included("orders; limit: 1; order: nr; page: " + info["nextPageToken"])
        self.assertEqual([o["nr"] for o in page["orders"]], ["2"])
        self.assertIn("next_page_token", self.run_cli("get", "Customer", "1", "--include", "orders; page: x; page: y", status=2))
        self.assertEqual(self.included("orders; fields: customer_id; filter: nr = 1")["orders"], [{"shop": "a,b", "nr": "1", "customerId": "1"}])
        self.assertEqual(self.included("orders; fields: nr; filter: nr = 1")["orders"], [{"shop": "a,b", "nr": "1"}])
        counted = self.included("orders; count; filter: nr = 1")
        self.assertNotIn("orders", counted)
        self.assertEqual((counted["ordersCount"], counted["loadInfo"]["relations"][0]["count"]), ("1", "1"))
        both = self.included("orders; limit: 1; order: nr", "--include", "orders; count")
        self.assertEqual(([o["nr"] for o in both["orders"]], both["loadInfo"]["relations"][0]["count"]), (["1"], "2"))
        self.assertEqual(len(self.included("orders.customer.orders; limit: 1")["orders"][0]["customer"]["orders"]), 1)

    def test_pages(self):
        def page(*arguments):
            environment = dict(os.environ, RELATIONS_SERVER="127.0.0.1:%d" % self.server.port)
            done = subprocess.run([RELATIONS, "query", "Order", "--order", "shop, nr", "--tokens", *arguments], env=environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
            return [line.split()[1] for line in done.stdout.splitlines()[1:]], dict(re.findall("the page (.*): --page (.*)", done.stderr))
        first, tokens = page("--limit", "2")
        self.assertEqual((first, list(tokens)), (["1", "2"], ["behind"]))
        second, tokens = page("--limit", "2", "--page", tokens["behind"])
        self.assertEqual((second, sorted(tokens)), (["1", "2"], ["before", "behind"]))
        self.assertEqual(page("--limit", "2", "--page", tokens["before"])[0], first)
        last, tokens = page("--last", "2")
        self.assertEqual((last, list(tokens)), (["2", "3"], ["before"]))
        groups = ("--group-by", "shop, nr", "--limit", "3")
        done, tokens = page(*groups)
        self.assertEqual(done, ["1", "2", "1"])
        self.assertEqual(page(*groups, "--page", tokens["behind"]), (["2", "3"], {}))
        self.assertIn("no token of this query", self.run_cli("query", "Order", "--limit", "2", "--page", "forged", status=2))

    def test_budgets(self):
        self.assertIn("orders", self.run_cli("get", "Customer", "1", "-i", "orders", "-b", "statements=1", status=1))
        self.assertEqual(len(self.included("orders", "-b", "statements=2, records=3,bytes=10000, relations=1, depth=1, ms=60000")["orders"]), 2)
        self.run_cli("load", "Customer", "orders", "1", "--budget", "records=1", status=1)
        self.run_cli("query", "Order", "--budget", "records=4", status=1)
        self.run_cli("query", "Order", "--group-by", "shop, nr", "--budget", "records=4", status=1)
        self.assertEqual(self.run_cli("query", "Order", "--count", "--budget", "statements=1"), "5\n")
        for wrong in ("statements", "statements=", "statements=x", "hope=3", "statements=3,,", "records=-1", "ms=99999999999"):
            self.assertIn("--budget", self.run_cli("get", "Customer", "1", "-b", wrong, status=2))

    def test_a_oneof_is_included_by_its_name(self):
        answer = json.loads(self.run_cli("get", "Note", "1", "2", "--include", "about; fields: id", "--include", "customer.orders"))
        red, plain = [result["records"][0] for result in answer["results"]]
        self.assertEqual((red["customer"]["id"], len(red["customer"]["orders"]), red["note"]), ("1", 2, None))
        self.assertEqual((plain["note"]["id"], plain["customer"]), ("1", None))
        self.assertIn("the way goes on at one of its relations", self.run_cli("get", "Note", "1", "--include", "about.orders", status=2))
        for wrong in ("--filter=about.id = 1", "--filter=about:*", "--order=about"):
            self.assertIn("is a oneof: name one of its relations", self.run_cli("query", "Note", wrong, status=2))

    def test_enums_have_names_where_they_have_one(self):
        kinds = [json.loads(line)["kind"] for line in self.run_cli("query", "Note", "--json").splitlines()]
        self.assertEqual(kinds, ["COLOR_RED", "COLOR_UNSPECIFIED", 7])
        groups = ("query", "Note", "--group-by", "kind, customer.color", "--aggregate", "count, max(kind) as last")
        self.assertEqual([line.split() for line in self.run_cli(*groups).splitlines()[1:]],
                         [["COLOR_UNSPECIFIED", "NULL", "1", "COLOR_UNSPECIFIED"], ["COLOR_RED", "COLOR_RED", "1", "COLOR_RED"],
                          ["7", "NULL", "1", "7"]])

    def test_a_group_says_what_its_fields_are_called(self):
        self.assertIn("author_name for author.name",
                      self.run_cli("query", "Order", "--group-by", "customer.color", "--order", "customer.color", status=2))
        self.assertEqual(len(self.run_cli("query", "Order", "--group-by", "customer.color", "--order", "customer_color").splitlines()), 4)

    def test_includes_that_are_wrong(self):
        for wrong in ("orders; sort: nr", "orders; limit: few", "orders; limit: 99999999999", "orders; count: 3"):
            self.assertIn("--include orders", self.run_cli("get", "Customer", "1", "--include", wrong, status=2))
        self.assertIn('"nr down" is no field', self.run_cli("get", "Customer", "1", "--include", "orders; order: nr down", status=2))
        self.assertIn("--method", self.run_cli("get", "Customer", "1", "--include", "orders; method: beyond(", status=2))
        self.assertIn("did you mean orders", self.run_cli("get", "Customer", "1", "--include", "order", status=1))
        self.assertIn("has no relation title", self.run_cli("query", "Order", "--include", "customer.title", status=1))

    def test_explain(self):
        self.run_cli("cache", "clear", "--all")
        table = self.run_cli("get", "Customer", "1", "--include", "orders", "--explain")
        self.assertIn("shop.v1.Order by customer_id order by nr desc, shop", table)
        self.assertIn("2 statements; a budget must allow 2", table)
        steps = json.loads(self.run_cli("load", "Order", "customer", "x,2", "--explain", "--json"))["steps"]
        self.assertEqual([s["path"] for s in steps], ["owners", "request"])
        self.assertIn("limit 2 a page", self.run_cli("query", "Order", "--limit", "2", "--explain"))
        self.assertIn("how many", self.run_cli("query", "Order", "--count", "--explain"))
        self.assertIn("1 statements", self.run_cli("query", "Order", "--aggregate", "count", "--explain"))

    def test_groups_along_relations(self):
        table = self.run_cli("query", "Order", "--group-by", "customer.id", "--aggregate", "count, max(customer.id)",
                             "--order", "max_customer_id desc")
        self.assertEqual(table.splitlines()[0].split(), ["customer.id", "count", "max_customer_id"])
        self.assertGreater(len(table.splitlines()), 1)

    def test_describe(self):
        listed = self.run_cli("describe").splitlines()
        self.assertEqual([line.split() for line in listed],
                         [["MODEL", "TABLE", "EXTENDS", "RELATIONS"],
                          ["shop.v1.Customer", "customers", "shop.v1.Party", "orders"],
                          ["shop.v1.Note", "notes", "customer,", "note"], ["shop.v1.Order", "orders", "customer"], ["shop.v1.Party", "orders"]])
        one = self.run_cli("describe", "Customer")
        self.assertIn("primary key  id\n", one)
        self.assertIn("nr desc, shop asc", one)
        self.assertNotIn("QUERY METHOD", one)
        methods = self.run_cli("describe", "Order").split("\n\n")[-1].splitlines()
        self.assertEqual([re.split("  +", line) for line in methods],
                         [["QUERY METHOD", "FILTER", "DECLARED IN"],
                          ["beyond(shop string, nr int64)", "shop = $shop AND nr > $nr", "shop.v1.Order"]])
        described = json.loads(self.run_cli("describe", "Customer", "--json"))
        self.assertEqual(described["relations"][0]["declaredIn"], "shop.v1.Customer")
        self.assertEqual(described["relations"][0]["overrides"], ["shop.v1.Party"])

    def test_a_diagram_of_the_server_is_that_of_its_schema(self):
        for form in ("mermaid", "dot", "svg"):
            drawn = self.run_cli("diagram", "--format", form)
            self.assertEqual(drawn, self.run_cli("diagram", self.schema, "--format", form))
        self.assertIn('"Customer"', self.run_cli("diagram"))
        self.assertIn("there is no model Nothing", self.run_cli("diagram", "--model", "Nothing", status=2))

    def test_cache(self):
        self.run_cli("cache", "clear", "--all")
        self.run_cli("load", "Customer", "orders", "1", "5")
        before = json.loads(self.run_cli("cache", "stats", "--json"))["total"]
        self.run_cli("load", "Customer", "orders", "1", "5")
        after = json.loads(self.run_cli("cache", "stats", "--json"))["total"]
        self.assertEqual(int(after["hits"]) - int(before["hits"]), 2)
        self.assertEqual(self.run_cli("cache", "clear", "Customer", "orders", "5"), "1 entry cleared\n")
        self.assertEqual(json.loads(self.run_cli("cache", "clear", "Customer", "orders", "--json")), {"cleared": "1"})
        self.assertEqual(self.run_cli("cache", "clear", "Customer", "orders"), "0 entries cleared\n")
        self.assertIn("TOTAL", self.run_cli("cache", "stats"))

    def test_cache_configure(self):
        self.run_cli("cache", "configure", "Order", "customer", "--enabled", "off")
        self.run_cli("cache", "clear", "--all")
        before = json.loads(self.run_cli("cache", "stats", "--json"))["total"]
        for _ in range(2):
            self.run_cli("load", "Order", "customer", "--reference", "1")
        after = json.loads(self.run_cli("cache", "stats", "--json"))["total"]
        self.assertEqual(after["hits"], before["hits"])
        self.run_cli("cache", "configure", "Order", "customer", "--enabled", "on", "--ttl", "never", "--max-entries", "10")
        for _ in range(2):
            self.run_cli("load", "Order", "customer", "--reference", "1")
        warm = json.loads(self.run_cli("cache", "stats", "--json"))["total"]
        self.assertEqual(int(warm["hits"]), int(before["hits"]) + 1)

    def test_check_agrees_with_the_server(self):
        self.assertIn("0 errors", self.run_cli("check", self.schema, "--database", "sqlite:" + self.database))


if __name__ == "__main__":
    rt.main()
