"""Nested includes: related records within records, told apart by LoadInfo, cold and warm, whoever asks.

The number in a test's name is the case's in docs/conformance.md.
"""

import sqlite3
import threading
import unittest

import grpc

import relations_testing as rt
from relations_testing import DANGLING, EMPTY, LOADED, NULL

SCHEMA = """
syntax = "proto3";
package tree.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Author {
  option (.relations.v1.model) = {
    table: "authors"
    relations: { name: "unnested" model: "Book" has_many { foreign_key: "author_id" } }
  };
  int64 id = 1;
  string name = 2;
  optional int64 boss_id = 3;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "author" order_by: "title desc" }];
  Book first = 11 [(.relations.v1.has_one) = { foreign_key: "author_id" order_by: "title" }];
  Author boss = 12 [(.relations.v1.belongs_to) = { foreign_key: "boss_id" inverse_of: "reports" }];
  repeated Author reports = 13 [(.relations.v1.has_many) = { foreign_key: "boss_id" inverse_of: "boss" }];
  Book only = 14 [(.relations.v1.has_one) = { foreign_key: "author_id" strict: true }];
  relations.v1.LoadInfo load_info = 15;
}

message Book {
  option (.relations.v1.model) = {
    table: "books"
    query_methods: { name: "titled" params: { name: "title" type: TYPE_STRING } filter: "title = $title" }
  };
  int64 id = 1;
  optional int64 author_id = 2;
  string title = 3;
  optional int32 rank = 4;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" inverse_of: "books" }];
  repeated Review reviews = 11 [(.relations.v1.has_many) = { foreign_key: "book_id" inverse_of: "book" }];
  relations.v1.LoadInfo loaded = 20;
}

// Without a LoadInfo.
message Review {
  option (.relations.v1.model) = { table: "reviews" };
  int64 id = 1;
  int64 book_id = 2;
  string text = 3;
  Book book = 10 [(.relations.v1.belongs_to) = { foreign_key: "book_id" inverse_of: "reviews" }];
  optional int64 note_count = 12 [(.relations.v1.column) = { count_of: "notes" }];
  repeated Note notes = 11 [(.relations.v1.has_many) = { foreign_key: "review_id" }];
  repeated Note remarks = 13 [(.relations.v1.has_many) = { foreign_key: "review_id" }];
}

message Note {
  option (.relations.v1.model) = { table: "notes" };
  int64 id = 1;
  int64 review_id = 2;
}
"""

SQL = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, boss_id INTEGER);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT NOT NULL, rank INTEGER);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX a ON authors (boss_id); CREATE INDEX b ON books (author_id); CREATE INDEX r ON reviews (book_id);
INSERT INTO authors VALUES (0, 'zero', NULL), (1, 'one', 0), (2, 'two', 0), (3, 'three', 1), (4, 'four', 5), (5, 'five', 4),
  (6, 'six', 6), (7, 'seven', 99), (8, 'eight', NULL);
INSERT INTO books (id, author_id, title, rank) VALUES (21, 8, 'x', 9), (22, 8, 'y', NULL), (23, 8, 'z', 1), (24, 8, 'z', NULL);
INSERT INTO books (id, author_id, title) VALUES (10, 0, 'a'), (11, 0, 'b'), (12, 1, 'c'), (13, NULL, 'd'), (14, 77, 'e');
CREATE TABLE notes (id INTEGER PRIMARY KEY, review_id INTEGER NOT NULL);
INSERT INTO notes VALUES (1, 100), (2, 100);
INSERT INTO reviews VALUES (100, 10, 'x'), (101, 10, 'y'), (102, 12, 'z'), (103, 55, 'lost');
"""

AUTHOR, BOOK, REVIEW = "tree.v1.Author", "tree.v1.Book", "tree.v1.Review"


def setUpModule():
    global server, tree, database
    world = rt.World("tree", SCHEMA, SQL,
                     flags=["--max-include-depth=6", "--max-include-relations=10", "--max-include-records=160"])
    server, tree, database = world.server, world.messages, world.database


def tearDownModule():
    server.stop()


def states(info):
    return {r.relation: r.state for r in info.relations}


def shape(author):
    """An author and the reports below as [id, [reports]]; None where they were not loaded."""
    if "reports" not in states(author.load_info):
        return [author.id, None]
    return [author.id, [shape(a) for a in author.reports]]


class Case(unittest.TestCase):
    maxDiff = None

    def both(self, ask):
        """What is answered cold; it must be the same warm."""
        server.clear()
        cold = ask()
        self.assertEqual(ask(), cold, "warm is not as cold")
        return cold

    def get(self, model, message, keys, includes):
        def ask():
            response = server.get(model, keys, includes=includes)
            for result in response.results:
                self.assertEqual(result.error.code, 0, result.error.message)
            return [[message.FromString(b) for b in r.records] for r in response.results]
        return self.both(ask)

    def author(self, key, *includes):
        return self.get(AUTHOR, tree.Author, [key], includes)[0][0]

    def refused(self, code, includes, model=AUTHOR, keys=(0,)):
        with self.assertRaises(grpc.RpcError) as caught:
            server.get(model, list(keys), includes=includes)
        error = caught.exception
        self.assertEqual(error.code(), code, error.details())
        return error.details(), [field for field, _ in rt.violations_of(rt.error_of(error))]


class Trees(Case):
    def test_records_stand_in_their_parents_fields(self):
        author = self.author(0, "books.reviews", "boss")
        self.assertEqual([(b.id, [r.text for r in b.reviews]) for b in author.books], [(11, []), (10, ["x", "y"])])
        self.assertEqual(author.name, "zero")
        self.assertFalse(author.HasField("boss"))

    def test_many_parents_are_one_statement_for_each_relation(self):
        server.clear()
        before = server.stats().total.statements
        response = server.get(AUTHOR, list(range(8)), includes=["books.reviews.book.author", "boss"])
        self.assertEqual(len(response.results), 8)
        self.assertEqual(server.stats().total.statements - before, 6)

    def test_a_record_that_occurs_often_is_loaded_once(self):
        server.clear()
        before = server.stats().total.rows
        response = server.get(BOOK, [10, 11, 10], includes=["author"])
        books = [tree.Book.FromString(r.records[0]) for r in response.results]
        self.assertEqual([b.author.name for b in books], ["zero"] * 3)
        self.assertEqual(server.stats().total.rows - before, 3)

    def test_load_takes_includes_too(self):
        def ask():
            response = server.load(AUTHOR, "books", [0, 1, 2], includes=["reviews", "author.boss"])
            return [[tree.Book.FromString(b) for b in r.records] for r in response.results]
        books = self.both(ask)
        self.assertEqual([[b.id for b in of] for of in books], [[11, 10], [12], []])
        self.assertEqual(books[1][0].author.boss.name, "zero")
        self.assertEqual([r.id for r in books[0][1].reviews], [100, 101])

    def test_single_relations_hold_one_record(self):
        author = self.author(0, "first.reviews")
        self.assertEqual((author.first.id, len(author.first.reviews)), (10, 2))

    def test_a_path_is_implied_by_a_longer_one_and_may_be_asked_for_besides(self):
        self.assertEqual(self.author(0, "books", "books.reviews"), self.author(0, "books.reviews"))
        self.assertEqual(self.author(0, "books.reviews", "books"), self.author(0, "books.reviews"))

    def test_an_owner_that_does_not_exist_has_no_tree(self):
        response = server.get(AUTHOR, [42], includes=["books"])
        self.assertEqual((response.results[0].state, len(response.results[0].records)), (EMPTY, 0))


class Arguments(Case):
    """A node with a filter, an order, a limit or a count of its own."""

    def info(self, author, relation):
        return [r for r in author.load_info.relations if r.relation == relation][0]

    def test_a_filter(self):
        authors = [r[0] for r in self.get(AUTHOR, tree.Author, [0, 1, 2], [{"path": "books", "filter_text": 'title > "a"'}])]
        self.assertEqual([[b.id for b in a.books] for a in authors], [[11], [12], []])
        self.assertEqual([states(a.load_info)["books"] for a in authors], [LOADED, LOADED, EMPTY])

    def test_39_a_filter_on_an_include_leaves_the_root_whole(self):
        records, _, _ = server.query(AUTHOR, includes=[{"path": "books", "filter_text": 'title = "a"'}])
        self.assertEqual([len(tree.Author.FromString(r).books) for r in records], [1] + [0] * 8)

    def test_a_filter_and_methods_as_messages(self):
        value = rt.query_pb.Comparison(field="title", operator=rt.query_pb.OPERATOR_EQ, values=[rt.make_value("b")])
        author = self.author(0, {"path": "books", "filter": rt.query_pb.Filter(comparison=value)})
        self.assertEqual([b.id for b in author.books], [11])
        author = self.author(0, {"path": "books", "methods": [rt.query_pb.MethodCall(name="titled", arguments=[rt.make_value("a")])]})
        self.assertEqual([b.id for b in author.books], [10])

    def test_an_order(self):
        self.assertEqual([b.id for b in self.author(0, {"path": "books", "order": "title"}).books], [10, 11])
        self.assertEqual([b.id for b in self.author(0, {"path": "books", "order": "id desc"}).books], [11, 10])

    def test_an_order_with_nulls_first_and_last(self):
        for order, ids in [("rank", [23, 21, 22]), ("rank nulls first", [22, 23, 21]), ("rank desc", [21, 23, 22]),
                           ("rank desc nulls first", [22, 21, 23])]:
            author = self.author(8, {"path": "books", "order": order, "filter_text": "id < 24"})
            self.assertEqual([b.id for b in author.books], ids, order)

    def test_38_a_limit_is_for_each_owner(self):
        includes = [{"path": "books", "limit": 1, "order": "title"}]
        authors = [r[0] for r in self.get(AUTHOR, tree.Author, [0, 1, 2], includes)]
        self.assertEqual([[b.id for b in a.books] for a in authors], [[10], [12], []])
        self.assertEqual([bool(self.info(a, "books").next_page_token) for a in authors], [True, False, False])

    def test_what_is_cut_off_goes_on_in_a_query(self):
        for order in ("", "rank", "rank desc nulls first", "title desc"):
            include = {"path": "books", "limit": 2, "order": order, "filter_text": "id > 20"}
            author = self.author(8, include)
            ids = [b.id for b in author.books]
            token = self.info(author, "books").next_page_token
            for by in ("owner_key", "reference_key"):
                rest, end, _ = server.query(AUTHOR, relation="books", where="id > 20", order=order, page_size=10, page_token=token,
                                            **{by: [8]})
                whole, _, _ = server.query(AUTHOR, relation="books", where="id > 20", order=order, **{by: [8]})
                self.assertEqual(ids + [tree.Book.FromString(r).id for r in rest],
                                 [tree.Book.FromString(r).id for r in whole])
                self.assertEqual(end, "")
            with self.assertRaises(grpc.RpcError) as caught:
                server.query(AUTHOR, relation="books", where="id > 19", order=order, page_token=token, owner_key=[8])
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            with self.assertRaises(grpc.RpcError) as caught:
                server.query(AUTHOR, relation="books", where="id > 20", order=order, page_token=token, owner_key=[0])
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_limit_that_is_just_enough_cuts_nothing_off(self):
        author = self.author(0, {"path": "books", "limit": 2})
        self.assertEqual((len(author.books), self.info(author, "books").next_page_token), (2, ""))

    def test_a_count_has_no_records(self):
        authors = [r[0] for r in self.get(AUTHOR, tree.Author, [0, 1, 2], [{"path": "books", "count_only": True}])]
        self.assertEqual([(len(a.books), self.info(a, "books").count) for a in authors], [(0, 2), (0, 1), (0, 0)])
        self.assertEqual([states(a.load_info)["books"] for a in authors], [LOADED, LOADED, EMPTY])
        author = self.author(0, {"path": "books", "count_only": True, "filter_text": 'title = "a"'})
        self.assertEqual(self.info(author, "books").count, 1)

    def test_a_count_in_a_field_of_the_model(self):
        counted = [r[0] for r in self.get(REVIEW, tree.Review, [100, 101], [{"path": "notes", "count_only": True}])]
        self.assertEqual([(r.HasField("note_count"), r.note_count, len(r.notes)) for r in counted], [(True, 2, 0), (True, 0, 0)])
        plain = self.get(REVIEW, tree.Review, [100], ["notes"])[0][0]
        self.assertEqual((plain.HasField("note_count"), len(plain.notes)), (False, 2))

    def test_below_and_above_others(self):
        author = self.author(0, {"path": "books", "limit": 1, "order": "id"}, {"path": "books.reviews", "filter_text": 'text = "y"'})
        self.assertEqual([(b.id, [r.id for r in b.reviews]) for b in author.books], [(10, [101])])

    def test_of_a_repeated_relation(self):
        author = self.author(0, {"path": "reports*", "filter_text": "id != 2"})
        self.assertEqual(shape(author), [0, [[1, [[3, []]]]]])
        author = self.author(0, {"path": "reports*", "limit": 1})
        self.assertEqual(shape(author), [0, [[1, [[3, []]]]]])
        self.assertNotEqual(self.info(author, "reports").next_page_token, "")

    def test_one_statement_for_all_owners(self):
        server.get(AUTHOR, list(range(8)))
        before = server.stats().total.statements
        self.get(AUTHOR, tree.Author, list(range(8)), [{"path": "books", "limit": 1}])
        self.assertLessEqual(server.stats().total.statements - before, 3)

    def test_what_makes_no_sense_is_refused(self):
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        for include, fragment, field, model in [
                ({"path": "boss", "order": "id"}, "one record at most", "includes[0].order_by", AUTHOR),
                ({"path": "first", "limit": 1}, "one record at most", "includes[0].limit", AUTHOR),
                ({"path": "books", "filter_text": "titel = 1"}, "titel", "includes[0].filter_text", AUTHOR),
                ({"path": "books", "order": "nothing"}, "nothing", "includes[0].order_by[0].field", AUTHOR),
                ({"path": "books", "count_only": True, "limit": 3}, "no limit", "includes[0].count_only", AUTHOR),
                ({"path": "book.reviews", "filter_text": "id = "}, "", "includes[0].filter_text", REVIEW),
                ({"path": "books", "methods": [rt.query_pb.MethodCall(name="titled")] * 33}, "at most 32", "includes[0].methods", AUTHOR),
                ({"path": "notes", "limit": 3}, "LoadInfo", "includes", REVIEW),
                ({"path": "remarks", "count_only": True}, "LoadInfo", "includes", REVIEW)]:
            details, fields = self.refused(invalid, [include], model=model)
            self.assertIn(fragment, details)
            self.assertEqual(fields, [field], details)


class Queries(Case):
    """What Query streams is what Get has, however large."""

    def query(self, model, message, includes, **kwargs):
        """The records of a query with their trees, and how many messages and pieces they came in."""
        request = rt.relation_pb.QueryRequest(target=rt.query_target(model, **kwargs), includes=rt.includes_of(includes))
        records, messages, pieces, more = [], 0, 0, False
        for part in server.stream(request):
            for record in part.records.records:
                if more:
                    records[-1] += record
                else:
                    records.append(record)
                more = False
            more = part.continues
            messages += 1
            pieces += part.continues
        return [message.FromString(r) for r in records], messages, pieces

    def test_a_query_has_the_trees_of_get(self):
        includes = ["books.reviews", "boss", "reports*"]
        asked = [r[0] for r in self.get(AUTHOR, tree.Author, list(range(9)), includes)]
        self.assertEqual(self.query(AUTHOR, tree.Author, includes)[0], asked)

    def test_39_a_filter_on_the_root_leaves_the_trees_whole(self):
        found, _, _ = self.query(BOOK, tree.Book, ["author.books"], where='title = "a"')
        self.assertEqual([[b.id for b in book.author.books] for book in found], [[11, 10]])

    def test_a_relation_of_an_owner(self):
        found, _, _ = self.query(AUTHOR, tree.Book, ["reviews"], relation="books", owner_key=[0])
        self.assertEqual([len(b.reviews) for b in found], [0, 2])

    def test_pages_have_trees_and_go_on(self):
        token, ids = "", []
        while True:
            page, token, _ = server.query(AUTHOR, page_size=3, page_token=token, includes=["books"])
            ids += [(a.id, len(a.books)) for a in map(tree.Author.FromString, page)]
            if not token:
                break
        self.assertEqual(ids, [(0, 2), (1, 1)] + [(i, 0) for i in range(2, 8)] + [(8, 4)])

    def test_nothing_found(self):
        self.assertEqual(self.query(AUTHOR, tree.Author, ["books"], where="id = 99"), ([], 1, 0))

    def test_a_failing_record_below_fails_the_query(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.query(AUTHOR, tree.Author, ["only"])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)

    def test_unknown_paths_are_refused(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.query(AUTHOR, tree.Author, ["bookz"])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)


class Assembled(Case):
    """What is kept with everything below it is never older than what it was made of."""

    def setUp(self):
        self.write("DELETE FROM reviews WHERE id >= 200")

    def write(self, sql):
        connection = sqlite3.connect(database)
        connection.execute(sql)
        connection.commit()
        connection.close()

    def texts(self):
        author = tree.Author.FromString(server.get(AUTHOR, [0], includes=["books.reviews"]).results[0].records[0])
        return [r.text for b in author.books for r in b.reviews]

    def queried(self):
        records, _, _ = server.query(AUTHOR, where="id = 0", includes=["books.reviews"])
        return [r.text for b in tree.Author.FromString(records[0]).books for r in b.reviews]

    def test_a_warm_tree_needs_no_statement(self):
        self.texts()
        before = server.stats().total
        self.assertEqual(self.texts(), ["x", "y"])
        after = server.stats().total
        self.assertEqual((after.statements, after.rows), (before.statements, before.rows))

    def test_a_commit_below_is_seen_at_once(self):
        for number in range(200, 220):
            self.assertEqual((len(self.texts()), len(self.queried())), (number - 198, number - 198))
            self.write("INSERT INTO reviews VALUES (%d, 10, 'new')" % number)

    def test_clearing_a_relation_below_clears_the_trees_above(self):
        for clear in ({"relation": {"model": BOOK, "relation": "reviews"}}, {"model": AUTHOR}, {"all": True}):
            self.texts(), self.texts()
            before = server.stats().total.statements
            self.texts()
            self.assertEqual(server.stats().total.statements, before)
            server.clear(**clear)
            self.assertEqual((self.texts(), self.queried()), (["x", "y"], ["x", "y"]))
            self.assertGreater(server.stats().total.statements, before, clear)


class Concurrency(Case):
    def test_trees_are_never_older_than_the_call_while_others_write_and_clear(self):
        written, failures, over = [0], [], threading.Event()  # rows whose commit has returned

        def write():
            connection = sqlite3.connect(database, timeout=60)
            for number in range(1, 121):
                connection.execute("INSERT INTO reviews VALUES (?, 11, 'more')", (1000 + number,))
                connection.commit()
                written[0] = number
            connection.close()
            over.set()

        def read(ask):
            try:
                while not over.is_set():
                    before = written[0]
                    seen = ask()
                    if seen < before:
                        failures.append((before, seen))
            except Exception as error:  # reported below, on the test's own thread
                failures.append(error)

        def of(records):
            return sum(len(b.reviews) for b in tree.Author.FromString(records[0]).books if b.id == 11)

        asks = [lambda: of(server.get(AUTHOR, [0], includes=["books.reviews"]).results[0].records),
                lambda: of(server.query(AUTHOR, where="id = 0", includes=["books.reviews"])[0]),
                lambda: of(server.get(AUTHOR, [0, 1, 8], includes=["boss", "books", "books.reviews"]).results[0].records),
                lambda: of(server.get(AUTHOR, [0], includes=["books", {"path": "books.reviews", "filter_text": "id > 0"}]).results[0].records),
                lambda: (server.clear(), 200)[1]]
        threads = [threading.Thread(target=read, args=(ask,)) for ask in asks] + [threading.Thread(target=write)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection = sqlite3.connect(database, timeout=60)
        connection.execute("DELETE FROM reviews WHERE id >= 1000")
        connection.commit()
        connection.close()
        self.assertEqual(failures, [])


class Info(Case):
    def test_32_not_loaded_empty_null_and_dangling_are_told_apart(self):
        authors = [r[0] for r in self.get(AUTHOR, tree.Author, [0, 1, 2, 7], ["books", "boss"])]
        self.assertEqual([states(a.load_info) for a in authors], [
            {"books": LOADED, "boss": NULL}, {"books": LOADED, "boss": LOADED},
            {"books": EMPTY, "boss": LOADED}, {"books": EMPTY, "boss": DANGLING}])
        self.assertEqual(states(authors[0].books[0].loaded), {}, "nothing was asked for below")
        books = [r[0] for r in self.get(BOOK, tree.Book, [13, 14], ["author"])]
        self.assertEqual([states(b.loaded) for b in books], [{"author": NULL}, {"author": DANGLING}])

    def test_a_model_without_load_info_has_its_records_all_the_same(self):
        review = self.get(REVIEW, tree.Review, [100], ["book.author"])[0][0]
        self.assertEqual((review.book.author.name, states(review.book.loaded)), ("zero", {"author": LOADED}))


class Recursion(Case):
    def test_reports_of_reports(self):
        self.assertEqual(shape(self.author(0, "reports*")), [0, [[1, [[3, []]]], [2, []]]])

    def test_22_a_circle_ends_where_it_closes(self):
        self.assertEqual(shape(self.author(4, "reports*")), [4, [[5, [[4, None]]]]])
        self.assertEqual(shape(self.author(6, "reports*")), [6, [[6, None]]])
        both = [shape(r[0]) for r in self.get(AUTHOR, tree.Author, [4, 5], ["reports*"])]
        self.assertEqual(both, [[4, [[5, [[4, None]]]]], [5, [[4, [[5, None]]]]]])

    def test_the_depth_that_was_asked_for(self):
        self.assertEqual(shape(self.author(0, {"path": "reports*", "depth": 1})), [0, [[1, None], [2, None]]])
        deep = [shape(r[0]) for r in self.get(AUTHOR, tree.Author, [0, 1], [{"path": "reports*", "depth": 1}])]
        self.assertEqual(deep, [[0, [[1, None], [2, None]]], [1, [[3, None]]]])

    def test_upwards(self):
        author = self.author(3, "boss*")
        self.assertEqual((author.boss.id, author.boss.boss.id), (1, 0))
        self.assertEqual(states(author.boss.boss.load_info), {"boss": NULL})

    def test_more_below_a_repeated_relation(self):
        author = self.author(0, "reports*", "reports.books")
        self.assertEqual([b.id for b in author.reports[0].books], [12])
        self.assertEqual(states(author.reports[0].reports[0].load_info), {"reports": EMPTY, "books": EMPTY})


class Errors(Case):
    def test_a_strict_relation_below_fails_its_owner_alone(self):
        response = server.get(AUTHOR, [0, 1], includes=["only"])
        self.assertEqual(response.results[0].error.code, 9)
        self.assertIn("tree.v1.Author.only is strict", response.results[0].error.message)
        self.assertEqual(len(response.results[0].records), 0)
        self.assertEqual(tree.Author.FromString(response.results[1].records[0]).only.id, 12)

    def test_paths_that_name_nothing(self):
        for path, fragment in [("bookz", "did you mean books"), ("books.rewiews", "did you mean reviews"), ("", "empty"),
                               (".books", "relation is empty"), ("books..reviews", "relation is empty"), ("books.", "ends in a dot"),
                               ("books*", "cannot be repeated"), ("*", "relation is empty"), ("books.title", "no relation title"),
                               ("unnested", "no field")]:
            details, fields = self.refused(grpc.StatusCode.NOT_FOUND if "did you mean" in fragment or "no relation" in fragment
                                           else grpc.StatusCode.INVALID_ARGUMENT, ["boss", path])
            self.assertIn(fragment, details, path)
            self.assertEqual(fields, ["includes[1].path"], path)

    def test_twice(self):
        details, _ = self.refused(grpc.StatusCode.INVALID_ARGUMENT, ["books", "books"])
        self.assertIn("twice", details)

    def test_depth_of_what_is_not_repeated(self):
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, [{"path": "books", "depth": 2}])

    def test_budgets_are_named(self):
        exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
        self.assertIn("6", self.refused(exhausted, ["boss.boss.boss.boss.boss.boss.boss"])[0])
        self.assertIn("6", self.refused(exhausted, [{"path": "reports*", "depth": 7}])[0])
        self.assertIn("10", self.refused(exhausted, ["books.author.books.author.books", "boss.boss.boss.boss.boss.boss"])[0])
        before = server.stats().total.statements
        self.refused(exhausted, ["boss.boss.boss.boss.boss.boss.boss"])
        self.assertEqual(server.stats().total.statements, before)

    def test_records_are_bounded_although_they_are_few(self):
        # 4 books, their author, the author's 4 books: four times as many at each step.
        for _ in range(2):
            self.assertIn("160", self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, ["books.author.books.author.books.author"], keys=[8])[0])


if __name__ == "__main__":
    rt.main()
