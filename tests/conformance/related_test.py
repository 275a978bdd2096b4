"""Filters and orders along relations: the largest ones that there may be, and what is refused. What they mean is asked at random by
tests/difference."""

import sqlite3
import unittest

import grpc

import relations_testing as rt

PROTO = """
syntax = "proto3"; package w.v1;
import "relations/v1/options.proto";
message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  string name = 2;
  optional int64 mentor_id = 3;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" order_by: "stars desc" }];
  Book latest = 11 [(.relations.v1.has_one) = { foreign_key: "author_id" order_by: "year desc" }];
  repeated Book good = 12 [(.relations.v1.has_many) = { foreign_key: "author_id" where: "stars >= 3" }];
  Author mentor = 15 [(.relations.v1.belongs_to) = { foreign_key: "mentor_id" }];
}
message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  optional int64 author_id = 2;
  optional int32 stars = 3;
  int32 year = 4;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" }];
  repeated Review reviews = 11 [(.relations.v1.has_many) = { foreign_key: "book_id" }];
}
message Review {
  option (.relations.v1.model) = { table: "reviews" };
  int64 id = 1;
  int64 book_id = 2;
}
"""

SQL = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mentor_id INTEGER);
INSERT INTO authors VALUES (1, 'Ann', NULL), (2, 'Ben', 1), (3, 'Cid', 2), (4, 'Dan', 2);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, stars INTEGER, year INTEGER NOT NULL);
INSERT INTO books VALUES (1, 1, 3, 2001), (2, 1, 0, 2002), (3, 2, NULL, 2003), (4, 3, 5, 2001), (5, NULL, 5, 2004), (6, 77, 1, 2004);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL);
INSERT INTO reviews VALUES (1, 1), (2, 1), (3, 4);
"""

AUTHOR = "w.v1.Author"


def setUpModule():
    global server, database
    world = rt.World("w", PROTO, SQL)
    server, database = world.server, world.database


def tearDownModule():
    server.stop()


class Largest(unittest.TestCase):
    def refused(self, column, where):
        with self.assertRaises(grpc.RpcError) as caught:
            server.count(AUTHOR, where=where)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT, caught.exception.details())
        self.assertIn("column %d: " % column, caught.exception.details())

    def test_as_many_relations_as_there_may_be(self):
        several = " OR ".join(["some(books, stars > %d)" % i for i in range(31)])
        connection = sqlite3.connect(database)
        expected, = connection.execute("SELECT count(DISTINCT author_id) FROM books JOIN authors a ON a.id = author_id WHERE stars > 0").fetchone()
        connection.close()
        self.assertEqual(server.count(AUTHOR, where="%s OR some(books, stars > 0)" % several), expected)
        self.refused(len(several) + 5 + len("some(") + len("some(books, stars > 0) OR "),
                     several + " OR some(books, stars > 0) OR some(books, stars > 1)")

    def test_as_deep_as_it_goes(self):
        """With the parentheses at every place; a has_one of many is the widest in SQL."""
        for place in range(4):
            for count in range(12):
                deep = "NOT id < 0"
                for number, relation in enumerate(("latest", "author", "latest", "mentor")):
                    for _ in range(count if number == place else 0):
                        deep = "id > 0 AND id < 0 OR NOT (%s)" % deep
                    deep = "NOT none(%s, %s)" % (relation, deep)
                if count <= 7:
                    server.count(AUTHOR, where=deep)
                    server.aggregate(AUTHOR, ["count"], ["name"], relation="mentor", owner_key=[4], where=deep)
                else:
                    with self.assertRaisesRegex(grpc.RpcError, "nested too deeply"):
                        server.count(AUTHOR, where=deep)
        self.assertEqual(server.count(AUTHOR, where="%sid > 0" % ("mentor." * 8)), 0)
        server.count(AUTHOR, where="some(mentor.latest.author.latest.author.latest.author, NOT id < 0)")
        self.refused(62, "some(mentor.latest.author.latest.author.latest.author.latest.author, id = 1)")


class Orders(unittest.TestCase):
    def test_what_is_wrong_is_named(self):
        for field, order in [("field", "books.stars"), ("field", "mentor.nothing"), ("field", "nobody.id"), ("field", "mentor"),
                             ("count_of", "count(name)"), ("count_of", "count(books.reviews)"),
                             ("field", "%sid" % ("mentor." * 9))]:
            with self.assertRaises(grpc.RpcError) as caught:
                server.query(AUTHOR, order="id, " + order)
            self.assertEqual(rt.violations_of(rt.error_of(caught.exception))[0][0], "order_by[1]." + field, order)
        for order in ("mentor.id, mentor.id desc", "count(books), count(books)"):
            with self.assertRaisesRegex(grpc.RpcError, "stands there twice"):
                server.query(AUTHOR, order=order)

    def test_43_tokens_of_other_orders(self):
        token = server.query(AUTHOR, order="count(books)", page_size=1)[1]
        for other in ("count(good)", "mentor.id", "id"):
            with self.assertRaisesRegex(grpc.RpcError, "no token of this query"):
                server.query(AUTHOR, order=other, page_size=1, page_token=token)


if __name__ == "__main__":
    rt.main()
