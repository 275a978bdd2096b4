"""Every kind of relation against plain SQL, over random data: asked for one key and for many, cold and warm, by
primary key and by reference, through Query in one stream and in pages, counted, and filtered.

What is expected is said for each relation as SQL that nobody else has written. The number in a test's name is the
case's in docs/conformance.md.
"""

import importlib
import os
import random
import sqlite3
import sys
import unittest

import grpc

import relations_testing as rt
from relations_testing import DANGLING, EMPTY, LOADED, NULL

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION

PROTO = """
syntax = "proto3";
package kinds.v1;
import "relations/v1/options.proto";

message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  optional int64 mentor_id = 2;
  repeated Book cheap = 10 [(.relations.v1.has_many) = {
    foreign_key: "author_id" where: "price < 30 OR price = 77" order_by: "price desc" }];
  repeated Book top = 11 [(.relations.v1.has_many) = {
    foreign_key: "author_id" order_by: "price desc, title" limit: 3 }];
  repeated Book cheapest = 12 [(.relations.v1.has_many) = {
    foreign_key: "author_id" where: "price : *" order_by: "price" limit: 2 }];
  Book latest = 13 [(.relations.v1.has_one) = { foreign_key: "author_id" order_by: "published desc" }];
  Book latest_cheap = 14 [(.relations.v1.has_one) = {
    foreign_key: "author_id" where: "price <= 40" order_by: "published desc" }];
  Book bargain = 15 [(.relations.v1.has_one) = { foreign_key: "author_id" where: "price = 1" strict: true }];
  Author even_mentor = 16 [(.relations.v1.belongs_to) = { foreign_key: "mentor_id" where: "in(id, 2, 4, 6, 8)" }];
  Author strict_mentor = 17 [(.relations.v1.belongs_to) = {
    foreign_key: "mentor_id" where: "in(id, 2, 4, 6, 8)" strict: true }];
  repeated Author pupils = 18 [(.relations.v1.has_many) = { foreign_key: "mentor_id" limit: 2 order_by: "id desc" }];
}

// Its scope is one's own, and so is its limit.
message Poet {
  option (.relations.v1.model) = { table: "authors" extends: "Author" };
  int64 id = 1;
  optional int64 mentor_id = 2;
  repeated Book cheap = 10 [(.relations.v1.has_many) = { where: "price < 10" }];
  repeated Book top = 11 [(.relations.v1.has_many) = { limit: 1 }];
  repeated Book cheapest = 12 [(.relations.v1.has_many) = { where: "" limit: 0 }];
}

message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  optional int64 author_id = 2;
  string title = 3;
  optional int32 price = 4;
  int32 published = 5;
}

message Shelf {
  option (.relations.v1.model) = { table: "shelves" primary_key: "room" primary_key: "number" };
  string room = 1;
  int32 number = 2;
  repeated Place places = 10 [(.relations.v1.has_many) = {
    foreign_key: "room" foreign_key: "shelf" where: "prefix(label, 'a')" limit: 2 order_by: "label desc" }];
}

message Place {
  option (.relations.v1.model) = { table: "places" };
  int64 id = 1;
  string room = 2;
  optional int32 shelf = 3;
  string label = 4;
}
"""

TABLES = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, mentor_id INTEGER);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT NOT NULL, price INTEGER,
                    published INTEGER NOT NULL);
CREATE INDEX books_author ON books(author_id, price);
CREATE TABLE shelves (room TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (room, number));
CREATE TABLE places (id INTEGER PRIMARY KEY, room TEXT COLLATE NOCASE, shelf INTEGER, label TEXT NOT NULL);
"""

# Relation -> what plain SQL finds for an owner's primary key.
EXPECTED = {
    "Author.cheap": "SELECT id FROM books WHERE author_id = ? AND (price < 30 OR price = 77) ORDER BY price DESC, id",
    "Author.top": "SELECT id FROM books WHERE author_id = ? ORDER BY price DESC NULLS LAST, title, id LIMIT 3",
    "Author.cheapest": "SELECT id FROM books WHERE author_id = ? AND price IS NOT NULL ORDER BY price, id LIMIT 2",
    "Author.latest": "SELECT id FROM books WHERE author_id = ? ORDER BY published DESC, id LIMIT 1",
    "Author.latest_cheap":
        "SELECT id FROM books WHERE author_id = ? AND price <= 40 ORDER BY published DESC, id LIMIT 1",
    "Author.even_mentor":
        "SELECT m.id FROM authors a JOIN authors m ON m.id = a.mentor_id WHERE a.id = ? AND m.id IN (2, 4, 6, 8)",
    "Author.pupils": "SELECT id FROM authors WHERE mentor_id = ? ORDER BY id DESC LIMIT 2",
    "Poet.cheap": "SELECT id FROM books WHERE author_id = ? AND price < 10 ORDER BY price DESC, id",
    "Poet.top": "SELECT id FROM books WHERE author_id = ? ORDER BY price DESC NULLS LAST, title, id LIMIT 1",
    "Poet.cheapest": "SELECT id FROM books WHERE author_id = ? ORDER BY price NULLS LAST, id",
    "Poet.latest": "SELECT id FROM books WHERE author_id = ? ORDER BY published DESC, id LIMIT 1",
    "Shelf.places": "SELECT id FROM places WHERE room = ? AND shelf = ? AND substr(label, 1, 1) = 'a' "
                    "ORDER BY label DESC, id LIMIT 2",
}


def fill(connection, rng):
    def rows(table, count, make):
        for i in range(count):
            values = make(i + 1)
            connection.execute("INSERT OR IGNORE INTO %s VALUES (%s)" % (table, ",".join("?" * len(values))), values)

    def maybe(value):
        return None if rng.random() < 0.15 else value

    rows("authors", 40, lambda i: (i, maybe(rng.randint(0, 12))))
    rows("books", 400, lambda i: (i, maybe(rng.randint(1, 45)), rng.choice("abc"), maybe(rng.randint(2, 80)),
                                  rng.randint(2000, 2010)))
    rows("shelves", 20, lambda i: (rng.choice(["a", "A", "b", "ab", ""]), rng.randint(0, 4)))
    rows("places", 150, lambda i: (i, rng.choice(["a", "A", "b", "ab", ""]), maybe(rng.randint(0, 4)),
                                   rng.choice("abc") + rng.choice("ab")))


def setUpModule():
    global server, kinds, directory, connection
    print("SEED=%d" % SEED, file=sys.stderr)
    directory = rt.temp_dir()
    with open(os.path.join(directory, "kinds.proto"), "w") as file:
        file.write(PROTO)
    database = os.path.join(directory, "kinds.db")
    rt.make_database(database, TABLES)
    connection = sqlite3.connect(database)
    fill(connection, random.Random(SEED))
    connection.commit()
    rt.descriptor_set(directory, ["kinds.proto"], os.path.join(directory, "kinds.binpb"))
    out = os.path.join(directory, "python")
    os.mkdir(out)
    sys.path.insert(0, out)
    rt.generate(out, directory, "kinds.proto")
    kinds = importlib.import_module("kinds_pb2")
    server = rt.Server(os.path.join(directory, "kinds.binpb"), database)


def tearDownModule():
    connection.close()
    server.stop()


class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception.details()


class Relation:
    """A relation with its answers in plain SQL, by the owner's primary key."""

    def __init__(self, name, sql):
        self.name = name
        model, self.relation = name.split(".")
        self.model = "kinds.v1." + model
        owner = server.describe(self.model)
        target = next(r.model for r in owner.relations if r.name == self.relation)
        self.message = getattr(kinds, target.split(".")[-1])
        self.view = server.describe(target).primary_key
        fields = ",".join(owner.primary_key)
        self.keys = [row if len(row) > 1 else row[0] for row in
                     connection.execute("SELECT %s FROM %s" % (fields, owner.table))]
        self.expected = {key: [row if len(row) > 1 else row[0] for row in
                               connection.execute(sql, key if isinstance(key, tuple) else (key,))]
                         for key in self.keys}

    def ids(self, records):
        messages = [self.message.FromString(r) for r in records]
        values = [tuple(getattr(m, field) for field in self.view) for m in messages]
        return [value if len(value) > 1 else value[0] for value in values]


class AgainstSql(Case):
    def each(self, check):
        for name, sql in EXPECTED.items():
            with self.subTest(name):
                check(Relation(name, sql))

    def load(self, r, keys):
        response = server.load(r.model, r.relation, keys)
        for result in response.results:
            self.assertEqual(result.error.code, 0, result.error.message)
            self.assertEqual(result.state == LOADED, len(result.records) > 0)
        return [r.ids(result.records) for result in response.results]

    def test_38_load_of_one_key(self):
        def check(r):
            server.clear()
            for temperature in ["cold", "warm"]:
                for key in r.keys:
                    self.assertEqual(self.load(r, [key]), [r.expected[key]], "%s %r" % (temperature, key))

        self.each(check)

    def test_38_load_of_many_keys(self):
        def check(r):
            keys = r.keys + r.keys[::-1]
            server.clear()
            for temperature in ["cold", "warm"]:
                self.assertEqual(self.load(r, keys), [r.expected[key] for key in keys], temperature)

        self.each(check)

    def test_38_query_in_a_stream_and_in_pages(self):
        def check(r):
            for key in r.keys:
                target = {"relation": r.relation, "owner_key": [key]}
                self.assertEqual(r.ids(server.query(r.model, **target)[0]), r.expected[key], key)
                self.assertEqual(r.ids(server.pages(r.model, 2, **target)), r.expected[key], key)
                self.assertEqual(server.count(r.model, **target), len(r.expected[key]))
                self.assertEqual(server.exists(r.model, **target), bool(r.expected[key]))

        self.each(check)

    def test_38_conditions_decide_about_what_the_relation_has(self):
        def check(r):
            for key in r.keys[:20]:
                wanted = [i for i in r.expected[key] if i > 100]
                target = {"relation": r.relation, "owner_key": [key], "where": "id > 100"}
                self.assertEqual(r.ids(server.query(r.model, **target)[0]), wanted, key)
                self.assertEqual(r.ids(server.query(r.model, order="id desc", **target)[0]),
                                 sorted(wanted, reverse=True), key)
                self.assertEqual(server.count(r.model, **target), len(wanted))

        self.each(check)


class States(Case):
    def states(self, relation, keys, by="owner_keys"):
        return [r.state for r in server.load("kinds.v1.Author", relation, keys, by=by).results]

    def test_32_a_record_that_the_scope_rules_out_is_not_dangling(self):
        self.assertEqual(self.states("even_mentor", [2, 3, 8], by="reference_keys"), [LOADED, EMPTY, LOADED])
        self.assertEqual(self.states("even_mentor", [1000], by="reference_keys"), [EMPTY])
        _, _, state = server.query("kinds.v1.Author", relation="even_mentor", reference_key=[3])
        self.assertEqual(state, EMPTY)
        self.assertEqual(self.states("even_mentor", [(None,)], by="reference_keys"), [NULL])

    def test_07_strict_says_that_there_is_a_record_in_the_scope(self):
        self.assertEqual(self.states("strict_mentor", [2], by="reference_keys"), [LOADED])
        result = server.load("kinds.v1.Author", "strict_mentor", [3], by="reference_keys").results[0]
        self.assertIn("strict", result.error.message)
        self.refused(FAILED_PRECONDITION, lambda: server.query("kinds.v1.Author", relation="strict_mentor",
                                                               reference_key=[3]))

    def test_08_strict_has_one_looks_at_its_scope_only(self):
        with connection:
            connection.execute("INSERT INTO authors VALUES (900, NULL)")
            connection.executemany("INSERT INTO books VALUES (?, 900, 't', ?, 2000)", [(9001, 1), (9002, 2)])
        self.assertEqual(self.states("bargain", [900]), [LOADED])
        with connection:
            connection.execute("INSERT INTO books VALUES (9003, 900, 't', 1, 2000)")
        result = server.load("kinds.v1.Author", "bargain", [900]).results[0]
        self.assertIn("more than one", result.error.message)

    def test_30_another_scope_and_another_limit_have_their_own_entries(self):
        server.clear()
        for relation in ["cheap", "top", "cheapest"]:
            for model in ["Author", "Poet"]:
                r = Relation("%s.%s" % (model, relation), EXPECTED["%s.%s" % (model, relation)])
                got = [r.ids(result.records) for result in server.load(r.model, relation, r.keys).results]
                self.assertEqual(got, [r.expected[key] for key in r.keys])
        before = server.stats().total.statements
        server.load("kinds.v1.Author", "latest", [1, 2, 3])
        server.load("kinds.v1.Poet", "latest", [3, 2, 1])  # inherited as it is: the same entries
        self.assertEqual(server.stats().total.statements, before + 1)


class Metadata(Case):
    def test_26_scope_and_limit_are_told(self):
        def told(model, name):
            return next((r.where, r.limit) for r in server.describe(model).relations if r.name == name)

        self.assertEqual(told("kinds.v1.Author", "cheap"), ("price < 30 OR price = 77", 0))
        self.assertEqual(told("kinds.v1.Poet", "top"), ("", 1))
        self.assertEqual(told("kinds.v1.Poet", "cheapest"), ("", 0))
        self.assertEqual(told("kinds.v1.Poet", "latest_cheap"), ("price <= 40", 0))


if __name__ == "__main__":
    rt.main()
