"""The semantic cases asked through Query, Count and Exists: real time, in pages and in one stream.

The number in a test's name is the case's in docs/conformance.md.
"""

import importlib
import os
import random
import sqlite3
import sys
import threading
import unittest
import uuid

import grpc

import cases
import relations_testing as rt
from relations_testing import DANGLING, EMPTY, FILTERED, LOADED, NULL

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
FLAGS = ["--connections=2"]


def setUpModule():
    global server, conf, directory, database
    directory = rt.temp_dir()
    for name, text in cases.FILES.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    database = os.path.join(directory, "conf.db")
    rt.make_database(database, cases.SQL + """
        CREATE TABLE boards (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE NOT NULL, bulk_id INTEGER);
        INSERT INTO boards VALUES (1, 'B', 1), (2, 'a', 2), (3, 'A', 3), (4, 'c', 4);
        CREATE VIEW shown AS SELECT id AS number, name AS label, bulk_id FROM boards;
        CREATE TABLE hours (id INTEGER PRIMARY KEY, at TIME NOT NULL, note STRING);
        INSERT INTO hours VALUES (1, '03:19:40', 'a'), (2, '05:13', '7 days'), (3, '12:00', 'a');
        CREATE INDEX hours_at ON hours (at);
        CREATE VIEW seen_hours AS SELECT id, at, note FROM hours;
        CREATE TABLE bulk (id INTEGER PRIMARY KEY, owner INTEGER, text TEXT NOT NULL, rank INTEGER);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO bulk SELECT i, i % 3, printf('%01000d', i), nullif(i % 7, 0) FROM n;
        CREATE TABLE uneven (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
        INSERT INTO uneven SELECT i, iif(i BETWEEN 8000 AND 8040, printf('%050000d', i), i) FROM n;
        INSERT INTO uneven VALUES (40001, printf('%0600000d', 1)), (40002, 'last');
    """)
    with open(os.path.join(directory, "bulk.proto"), "w") as file:
        file.write("""
            syntax = "proto3"; package bulk.v1; import "relations/v1/options.proto";
            message Bulk {
              option (.relations.v1.model) = {
                table: "bulk"
                query_methods: { name: "below" params: { name: "most" type: TYPE_INT64 } filter: "id < $most" }
                query_methods: { name: "of" params: { name: "owner" type: TYPE_INT64 } filter: "owner = $owner" }
              };
              int64 id = 1; optional int64 owner = 2; string text = 3; optional int32 rank = 4;
            }
            message Shown {
              option (.relations.v1.model) = { table: "shown" primary_key: "number" };
              int64 number = 1; string label = 2; int64 bulk_id = 3;
            }
            message Hour {
              option (.relations.v1.model) = { table: "hours" };
              int64 id = 1; string at = 2; optional string note = 3;
            }
            message SeenHour {
              option (.relations.v1.model) = { table: "seen_hours" };
              int64 id = 1; string at = 2; optional string note = 3;
            }
            message Small {
              option (.relations.v1.model) = {
                table: "bulk" extends: "Bulk"
                query_methods: { name: "below" params: { name: "most" type: TYPE_INT64 } filter: "id <= $most" }
              };
              int64 id = 1;
            }
            message Uneven {
              option (.relations.v1.model) = { table: "uneven" };
              int64 id = 1; string text = 2;
            }""")
    files = list(cases.FILES) + ["bulk.proto"]
    rt.descriptor_set(directory, files, os.path.join(directory, "conf.binpb"))
    out = os.path.join(directory, "python")
    os.mkdir(out)
    sys.path.insert(0, out)
    rt.generate(out, directory, *files)
    conf = importlib.import_module("conf.v1.conf_pb2")
    server = rt.Server(os.path.join(directory, "conf.binpb"), database, flags=FLAGS)


def tearDownModule():
    server.stop()


class Case(unittest.TestCase):
    maxDiff = None

    def ids(self, records, message, view=lambda m: m.id):
        return [view(message.FromString(r)) for r in records]

    def check(self, model, relation, message, expected, by="owner_key", view=lambda m: m.id):
        """expected: {key: (state, [what `view` says of each record])}, as Load answers it."""
        for key, (state, values) in expected.items():
            target = {"relation": relation, by: [key]}
            records, token, got = server.query(model, **target)
            self.assertEqual((got, self.ids(records, message, view)), (state, values), key)
            self.assertEqual(token, "")
            self.assertEqual(server.count(model, **target), len(values))
            self.assertEqual(server.exists(model, **target), len(values) > 0)
            self.assertEqual(self.ids(server.pages(model, 1, **target), message, view), values)

    def refused(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception

    def refused_field(self, field, call):
        error = self.refused(INVALID_ARGUMENT, call)
        self.assertEqual(rt.violations_of(rt.error_of(error))[0][0], field, error.details())


class Relations(Case):
    def test_01_02_null_key_is_the_empty_set(self):
        self.check("conf.v1.Book", "author", conf.Author, {5: (NULL, [])})
        self.check("conf.v1.Book", "author", conf.Author, {None: (NULL, [])}, by="reference_key")
        self.check("conf.v1.Author", "books", conf.Book, {None: (NULL, [])})
        self.check("conf.v1.Cell", "up", conf.Cell, {("x", "3"): (NULL, []), ("x", "4"): (NULL, [])},
                   view=lambda m: (m.a, m.b))
        self.assertEqual(server.count("conf.v1.Book", relation="author", owner_key=[5], where="NOT name = 'x'"), 0)

    def test_03_key_missing(self):
        self.refused_field("target.owner_key", lambda: server.query("conf.v1.Author", relation="books"))
        self.refused_field("target.owner_key", lambda: server.query("conf.v1.Author", relation="books", owner_key=["a"]))
        self.refused_field("target.owner_key", lambda: server.count("conf.v1.Cell", relation="up", owner_key=["x"]))
        self.refused_field("target.relation", lambda: server.query("conf.v1.Author", owner_key=[1]))
        self.refused_field("target.model", lambda: server.query(""))

    def test_04_zero_and_empty_are_keys(self):
        self.check("conf.v1.Author", "books", conf.Book, {0: (LOADED, [4])})
        self.check("conf.v1.Tag", "children", conf.Tag, {"": (LOADED, ["a", "b"])}, view=lambda m: m.name)

    def test_06_composite_keys(self):
        self.check("conf.v1.Cell", "downs", conf.Cell,
                   {("a", "bc"): (LOADED, [("x", "1")]), ("ab", "c"): (LOADED, [("x", "2")]), ("a", "c"): (LOADED, [("x", "5")])},
                   view=lambda m: (m.a, m.b))

    def test_07_dangling(self):
        self.check("conf.v1.Book", "author", conf.Author, {6: (DANGLING, []), 999: (EMPTY, [])})
        self.assertEqual(server.query("conf.v1.Book", relation="author", owner_key=[6], where="id > 0")[2], DANGLING)

    def test_32_a_filter_that_does_not_hold_for_the_one_record(self):
        for order in ("", "title desc"):
            asked = server.query("conf.v1.Author", relation="latest", owner_key=[1], where="title = 'C'", order=order)
            self.assertEqual(asked, ([], "", FILTERED))
        self.assertEqual(server.query("conf.v1.Author", relation="latest", owner_key=[2], where="title = 'C'")[2], EMPTY)
        self.assertEqual(server.page("conf.v1.Author", 3, relation="latest", owner_key=[1], where="title = 'C'", from_end=True),
                         ([], "", ""))

    def test_08_has_one_is_its_first_record_whatever_the_filter(self):
        self.check("conf.v1.Author", "latest", conf.Book, {1: (LOADED, [2])})
        self.assertEqual(server.count("conf.v1.Author", relation="latest", owner_key=[1], where="title = 'B'"), 1)
        self.assertEqual(server.count("conf.v1.Author", relation="latest", owner_key=[1], where="title = 'C'"), 0)

    def test_07_08_strict_relations(self):
        failed = grpc.StatusCode.FAILED_PRECONDITION
        for ask in (server.query, server.count):
            self.refused(failed, lambda: ask("conf.v1.Book", relation="strict_author", owner_key=[6]))
            self.refused(failed, lambda: ask("conf.v1.Author", relation="only", owner_key=[1], where="title = 'A'"))
        self.check("conf.v1.Book", "strict_author", conf.Author, {1: (LOADED, [1]), 5: (NULL, [])})
        self.check("conf.v1.Author", "only", conf.Book, {0: (LOADED, [4]), 2: (EMPTY, [])})

    def test_09_orders(self):
        self.check("conf.v1.Author", "books", conf.Book, {1: (LOADED, [2, 3, 1])})
        self.check("conf.v1.Author", "edited", conf.Book, {1: (LOADED, [3, 4, 6])})
        records = server.query("conf.v1.Author", relation="books", owner_key=[1], order="title desc")[0]
        self.assertEqual(self.ids(records, conf.Book), [3, 2, 1])

    def test_12_13_large_integers(self):
        self.check("conf.v1.Author", "books", conf.Book, {cases.BIG: (LOADED, [7]), 2**63 - 1: (LOADED, [9])})
        self.assertEqual(self.ids(server.query("conf.v1.Book", where="author_id = %d" % cases.BIG)[0], conf.Book), [7])
        self.check("conf.v1.Author", "books", conf.Book, {2**63 + 5: (EMPTY, [])}, by="reference_key")

    def test_15_collations(self):
        self.check("conf.v1.Folder", "papers", conf.Paper, {"ALPHA": (LOADED, [1, 2]), "Beta": (LOADED, [3])})

    def test_16_uuids(self):
        first = "0d5f6a1e-8c1b-4d7e-9f00-aabbccddeeff"
        for key in (first, first.upper(), uuid.UUID(first).bytes):
            self.check("conf.v1.Device", "readings", conf.Reading, {key: (LOADED, [1, 2, 3])})
        self.check("conf.v1.Reading", "device", conf.Device, {4: (LOADED, ["0d5f6a1e-8c1b-4d7e-9f00-000000000001"])})

    def test_17_bytes(self):
        self.check("conf.v1.File", "chunks", conf.Chunk, {b"\0": (LOADED, [1]), b"a\0b": (LOADED, [3]), b"": (LOADED, [5])})

    def test_21_self_relations(self):
        self.check("conf.v1.Author", "pupils", conf.Author, {0: (LOADED, [1]), 3: (LOADED, [3])})
        self.check("conf.v1.Author", "mentor", conf.Author, {1: (LOADED, [0]), 0: (NULL, []), 4: (DANGLING, [])})

    def test_26_27_inheritance(self):
        self.check("conf.v1.Person", "notes", conf.Note, {1: (LOADED, [1, 3, 2])})
        self.check("conf.v1.Manager", "notes", conf.Note, {1: (LOADED, [2, 3, 1])})

    def test_45_46_values_that_do_not_fit(self):
        error = self.refused(grpc.StatusCode.DATA_LOSS, lambda: server.query("conf.v1.Thing", where="box = 2"))
        self.assertIn("things.small", error.details())
        self.assertEqual(server.count("conf.v1.Thing", where="box = 2"), 2)
        self.refused(grpc.StatusCode.DATA_LOSS, lambda: server.query("conf.v1.Thing", where="box = 4"))


class Pages(Case):
    def test_41_nulls_in_orders_and_cursors(self):
        connection = sqlite3.connect(database)
        for order, sql in [("editor_id", "editor_id NULLS LAST"), ("editor_id desc", "editor_id DESC NULLS LAST"),
                           ("editor_id nulls first", "editor_id NULLS FIRST"),
                           ("editor_id desc nulls first, published", "editor_id DESC NULLS FIRST, published")]:
            expected = [i for i, in connection.execute("SELECT id FROM books ORDER BY %s, id" % sql)]
            for size in range(1, 8):
                got = self.ids(server.pages("conf.v1.Book", size, order=order), conf.Book)
                self.assertEqual(got, expected, (order, size))
        connection.close()

    def test_42_the_row_under_the_cursor_goes_away(self):
        connection = sqlite3.connect(database)
        first, token, _ = server.query("bulk.v1.Bulk", page_size=10, order="rank, id desc")
        expected = server.query("bulk.v1.Bulk", page_size=20, order="rank, id desc")[0][10:]
        bulk = importlib.import_module("bulk_pb2").Bulk
        row = bulk.FromString(first[-1])
        connection.execute("DELETE FROM bulk WHERE id = ?", (row.id,))
        connection.commit()
        got = server.query("bulk.v1.Bulk", page_size=10, order="rank, id desc", page_token=token)[0]
        connection.execute("INSERT INTO bulk VALUES (?, ?, ?, ?)", (row.id, row.owner, row.text, row.rank))
        connection.commit()
        connection.close()
        self.assertEqual(got, expected)

    def refused_token(self, token, **query):
        self.refused_field("page_token", lambda: server.query("bulk.v1.Bulk", page_size=2, page_token=token, **query))

    def test_43_altered_tokens(self):
        token = server.query("bulk.v1.Bulk", page_size=2, where="id > 5")[1]
        self.assertTrue(server.query("bulk.v1.Bulk", page_size=2, where="id > 5", page_token=token)[0])
        self.assertTrue(server.query("bulk.v1.Bulk", page_size=9, where="id > 5", page_token=token)[0])
        for i in range(len(token)):
            for bit in range(7):
                altered = token[:i] + chr(ord(token[i]) ^ 1 << bit) + token[i + 1:]
                if "\0" not in altered:
                    self.refused_token(altered, where="id > 5")
        for altered in (token[:-1], token + "A", token + "=", " " + token, "A" * 100000, "\u00e9"):
            self.refused_token(altered, where="id > 5")

    def test_43_tokens_of_other_queries(self):
        token = server.query("bulk.v1.Bulk", page_size=2, where="id > 5")[1]
        for other in ({}, {"where": "id > 6"}, {"where": "id > 5", "order": "id desc"}, {"where": "id > 5", "methods": [("of", 1)]}):
            self.refused_token(token, **other)
        self.refused_field("page_token", lambda: server.query("bulk.v1.Small", page_size=2, where="id > 5", page_token=token))
        a = server.query("conf.v1.Author", relation="books", owner_key=[1], page_size=1)[1]
        self.refused_field("page_token", lambda: server.query("conf.v1.Author", relation="books", owner_key=[0], page_size=1,
                                                              page_token=a))
        with rt.Server(os.path.join(directory, "conf.binpb"), database) as other:
            self.refused_field("page_token", lambda: other.query("bulk.v1.Bulk", page_size=2, where="id > 5", page_token=token))

    def test_43_a_key_file_makes_tokens_outlive_the_process(self):
        key = os.path.join(directory, "key")
        with open(key, "wb") as file:
            file.write(os.urandom(32))
        flags = ["--page-token-key-file=" + key]
        with rt.Server(os.path.join(directory, "conf.binpb"), database, flags=flags) as one:
            first, token, _ = one.query("bulk.v1.Bulk", page_size=2)
        with rt.Server(os.path.join(directory, "conf.binpb"), database, flags=flags) as two:
            self.assertEqual(first + two.query("bulk.v1.Bulk", page_size=2, page_token=token)[0],
                             two.query("bulk.v1.Bulk", page_size=4)[0])
        with open(key, "wb") as file:
            file.write(b"short")
        with self.assertRaisesRegex(RuntimeError, "at least 32 bytes"):
            rt.Server(os.path.join(directory, "conf.binpb"), database, flags=flags)

    def test_41_nulls_in_pages_before_others(self):
        for order in ("editor_id", "editor_id desc", "editor_id nulls first", "editor_id desc nulls first, published"):
            expected = self.ids(server.query("conf.v1.Book", order=order)[0], conf.Book)
            for size in range(1, 11):
                got = self.ids(server.pages_backwards("conf.v1.Book", size, order=order), conf.Book)
                self.assertEqual(got, expected, (order, size))

    def test_42_the_row_at_a_pages_begin_goes_away(self):
        bulk = importlib.import_module("bulk_pb2").Bulk
        connection = sqlite3.connect(database)
        page, before, _ = server.page("bulk.v1.Bulk", 10, order="rank, id desc", from_end=True)
        first = bulk.FromString(page[0])
        expected = server.page("bulk.v1.Bulk", 10, order="rank, id desc", page_token=before)[0]
        connection.execute("DELETE FROM bulk WHERE id = ?", (first.id,))
        connection.commit()
        self.assertEqual(server.page("bulk.v1.Bulk", 10, order="rank, id desc", page_token=before)[0], expected)
        connection.execute("INSERT INTO bulk VALUES (?, ?, ?, ?)",
                           (first.id, first.owner, first.text, first.rank if first.HasField("rank") else None))
        connection.commit()
        connection.close()

    def test_43_tokens_of_pages_before(self):
        _, before, following = server.page("bulk.v1.Bulk", 5, where="id < 100", from_end=True)
        self.assertEqual(following, "")
        self.assertEqual(len(server.page("bulk.v1.Bulk", 7, where="id < 100", page_token=before)[0]), 7)
        for other in ({"where": "id < 101"}, {"where": "id < 100", "order": "id desc"}):
            self.refused_field("page_token", lambda: server.page("bulk.v1.Bulk", 5, page_token=before, **other))
        for i in range(0, len(before), 3):
            altered = before[:i] + ("A" if before[i] != "A" else "B") + before[i + 1:]
            self.refused_field("page_token", lambda: server.page("bulk.v1.Bulk", 5, where="id < 100", page_token=altered))
        self.refused_field("page_size", lambda: server.page("bulk.v1.Bulk", 0, where="id < 100", page_token=before))
        self.refused_field("page_size", lambda: server.page("bulk.v1.Bulk", 0, from_end=True))
        self.refused_field("from_end", lambda: server.page("bulk.v1.Bulk", 5, where="id < 100", page_token=before, from_end=True))
        self.refused_field("page_token", lambda: server.aggregate("bulk.v1.Bulk", ["count"], ["id"], page_size=1, page_token=before))

    def test_pages_before_others_may_be_many_messages(self):
        bulk = importlib.import_module("bulk_pb2").Bulk
        page, before, following = server.page("bulk.v1.Bulk", 3000, from_end=True)
        self.assertEqual((self.ids(page, bulk), following), (list(range(2001, 5001)), ""))
        page, before, following = server.page("bulk.v1.Bulk", 3000, page_token=before)
        self.assertEqual((self.ids(page, bulk), before), (list(range(1, 2001)), ""))
        page, before, following = server.page("bulk.v1.Bulk", 3000, page_token=following)
        self.assertEqual((self.ids(page, bulk), following), (list(range(2001, 5001)), ""))

    def test_the_last_page_of_little(self):
        for target, expected in (({"relation": "books", "owner_key": [1]}, [2, 3, 1]), ({"relation": "latest", "owner_key": [1]}, [2]),
                                 ({"relation": "books", "owner_key": [2]}, []), ({"relation": "books", "owner_key": [None]}, [])):
            page, before, following = server.page("conf.v1.Author", 5, from_end=True, **target)
            self.assertEqual((self.ids(page, conf.Book), before, following), (expected, "", ""))

    def test_fields(self):
        page = server.page("conf.v1.Book", 100, fields=["title"], where="id = 1")[0]
        self.assertEqual([conf.Book.FromString(r) for r in page], [conf.Book(id=1, title="A")])
        page = server.page("conf.v1.Thing", 100, fields=["label"], where="box = 2")[0]  # small would not fit
        self.assertEqual(self.ids(page, conf.Thing), [20, 21])
        page = server.page("conf.v1.Cell", 100, fields=["up_a", "up_a"], where="b = '1'")[0]
        self.assertEqual([conf.Cell.FromString(r) for r in page], [conf.Cell(a="x", b="1", up_a="a")])
        for field in ("nothing", "author", "books.id", "", "*"):
            self.refused_field("fields[1]", lambda: server.page("conf.v1.Book", 1, fields=["id", field]))
        self.refused_field("fields", lambda: server.page("conf.v1.Book", 1, fields=["id"] * 1000))

    def test_includes_join_on_fields_that_are_left_out(self):
        request = rt.relation_pb.QueryRequest(target=rt.query_target("conf.v1.Book", where="id = 1"), fields=["title"],
                                              includes=[rt.relation_pb.Include(path="author")])
        book = conf.Book.FromString(list(server.stream(request))[0].records.records[0])
        self.assertEqual((book.id, book.title, book.author_id, book.author.name, book.published), (1, "A", 1, "One", 0))

    def test_page_sizes(self):
        self.refused_field("page_size", lambda: server.query("bulk.v1.Bulk", page_size=-1))
        records, token, _ = server.query("bulk.v1.Bulk", page_size=5000)
        self.assertEqual((len(records), token), (5000, ""))
        records, token, _ = server.query("bulk.v1.Bulk", page_size=4999)
        self.assertEqual(len(records), 4999)
        self.assertEqual(len(server.query("bulk.v1.Bulk", page_size=4999, page_token=token)[0]), 1)


class Streams(Case):
    def request(self, **target):
        return rt.relation_pb.QueryRequest(target=rt.query_target("bulk.v1.Bulk", **target))

    def test_messages_are_bounded_and_in_order(self):
        parts = list(server.stream(self.request()))
        self.assertGreater(len(parts), 10)
        for part in parts:
            self.assertLessEqual(sum(map(len, part.records.records)), 256 * 1024)
            self.assertEqual(part.records.state, LOADED)
        self.assertLessEqual(len(parts[0].records.records), 1000)
        self.assertEqual([p.record_type for p in parts], ["bulk.v1.Bulk"] + [""] * (len(parts) - 1))
        bulk = importlib.import_module("bulk_pb2").Bulk
        self.assertEqual(self.ids([r for p in parts for r in p.records.records], bulk), list(range(1, 5001)))

    def test_messages_hold_as_many_records_as_fit(self):
        parts = list(server.stream(rt.relation_pb.QueryRequest(target=rt.query_target("bulk.v1.Uneven"))))
        uneven = importlib.import_module("bulk_pb2").Uneven
        self.assertEqual(self.ids([r for p in parts for r in p.records.records], uneven), list(range(1, 40003)))
        self.assertLess(len(parts), 30)
        for part in parts:
            if len(part.records.records) > 1:
                self.assertLessEqual(sum(map(len, part.records.records)), 256 * 1024)

    def sorted_request(self, **target):
        request = self.request(**target)
        request.order_by.add(field="rank", descending=True)
        return request

    def statements(self, request):
        return server.explain(query=request)[1].statements

    def test_an_order_that_is_sorted_for_is_read_ahead(self):
        parts = list(server.stream(self.sorted_request()))
        bulk = importlib.import_module("bulk_pb2").Bulk
        with sqlite3.connect(database) as connection:
            expected = [i for i, in connection.execute("SELECT id FROM bulk ORDER BY rank DESC NULLS LAST, id")]
        self.assertEqual(self.ids([r for p in parts for r in p.records.records], bulk), expected)
        for part in parts:
            self.assertLessEqual(sum(map(len, part.records.records)), 256 * 1024)
            self.assertEqual(part.records.state, LOADED)
        self.assertEqual([p.record_type for p in parts], ["bulk.v1.Bulk"] + [""] * (len(parts) - 1))
        self.assertLess(self.statements(self.sorted_request()), len(parts) / 2)
        self.assertEqual(self.statements(self.request()), len(list(server.stream(self.request()))))

    def test_pages_of_an_order_that_is_sorted_for(self):
        expected = [r for p in server.stream(self.sorted_request()) for r in p.records.records]
        request, found = self.sorted_request(), []
        request.page_size = 1300  # several messages
        while True:
            parts = list(server.stream(request))
            self.assertEqual([bool(p.records.next_page_token) for p in parts[:-1]], [False] * (len(parts) - 1))
            found += [r for p in parts for r in p.records.records]
            request.page_token = parts[-1].records.next_page_token
            if not request.page_token:
                break
        self.assertEqual(found, expected)

    def test_rows_that_go_away_under_a_sorted_stream(self):
        bulk = importlib.import_module("bulk_pb2").Bulk
        connection = sqlite3.connect(database, timeout=30)
        rows = connection.execute("SELECT * FROM bulk WHERE id % 3 = 0").fetchall()
        stream = server.stream(self.sorted_request())
        found = self.ids(next(iter(stream)).records.records, bulk)
        connection.execute("DELETE FROM bulk WHERE id % 3 = 0")
        connection.commit()
        found += [i for part in stream for i in self.ids(part.records.records, bulk)]
        expected = [i for i, in connection.execute("SELECT id FROM bulk ORDER BY rank DESC NULLS LAST, id")]
        connection.executemany("INSERT INTO bulk VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        self.assertEqual(len(set(found)), len(found))
        self.assertEqual([i for i in found if i % 3], expected)

    def test_clients_that_stall_hold_nothing(self):
        stalled = [server.stream(self.sorted_request() if i % 2 else self.request()) for i in range(20)]
        for stream in stalled:
            next(iter(stream))
        # With two connections only, every other call is served, and a writer is not held up.
        for _ in range(5):
            self.assertEqual(server.count("bulk.v1.Bulk", where="id <= 10"), 10)
            self.assertEqual(len(server.get("conf.v1.Author", [1], timeout=30).results), 1)
        connection = sqlite3.connect(database, timeout=30)
        connection.execute("UPDATE bulk SET rank = rank WHERE id = 1")
        connection.commit()
        self.assertEqual(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0], 0)
        connection.close()
        for stream in stalled:
            stream.cancel()
        self.assertEqual(server.count("bulk.v1.Bulk"), 5000)

    def test_many_at_once(self):
        counts = []

        def read(owner):
            counts.append(sum(len(p.records.records) for p in server.stream(self.request(where="owner = %d" % owner))))

        threads = [threading.Thread(target=read, args=(i % 3,)) for i in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(counts), 4 * 5000)

    def test_the_cache_is_neither_read_nor_filled(self):
        server.clear()
        before = server.stats().total
        server.query("conf.v1.Book", relation="author", owner_key=[1])
        server.query("conf.v1.Author")
        after = server.stats().total
        self.assertEqual((after.entries, after.hits, after.misses), (before.entries, before.hits, before.misses))


class Filters(Case):
    def test_methods_compose_with_filters_and_each_other(self):
        for methods, where, sql in [
                ([("below", 100)], "", "id < 100"), ([("below", 100), ("of", 1)], "", "id < 100 AND owner = 1"),
                ([("below", 100), ("below", 50), ("of", 2)], "rank > 3 OR is_null(rank)",
                 "id < 50 AND owner = 2 AND (rank > 3 OR rank IS NULL)")]:
            connection = sqlite3.connect(database)
            expected = connection.execute("SELECT count(*) FROM bulk WHERE " + sql).fetchone()[0]
            connection.close()
            self.assertEqual(server.count("bulk.v1.Bulk", methods=methods, where=where), expected)

    def test_a_child_overrides_a_method_and_inherits_another(self):
        self.assertEqual(server.count("bulk.v1.Bulk", methods=[("below", 10)]), 9)
        self.assertEqual(server.count("bulk.v1.Small", methods=[("below", 10)]), 10)
        self.assertEqual(server.count("bulk.v1.Small", methods=[("of", 0)]), 1666)

    def test_mistakes_name_their_place(self):
        for field, target in [
                ("target.filter_text", {"where": "idd = 1"}),
                ("target.methods[0].name", {"methods": [("belo", 1)]}),
                ("target.methods[0]", {"methods": [("below",)]}),
                ("target.methods[1].arguments[0]", {"methods": [("of", 1), ("below", "x")]})]:
            self.refused_field(field, lambda: server.count("bulk.v1.Bulk", **target))
        comparison = rt.query_pb.Comparison(field="id", operator=rt.query_pb.OPERATOR_EQ, values=[rt.make_value("x")])
        tree = rt.query_pb.Filter(all=rt.query_pb.FilterList(filters=[rt.query_pb.Filter(comparison=comparison)]))
        self.refused_field("target.filter.all.filters[0].comparison.values[0]",
                           lambda: server.count("bulk.v1.Bulk", filter=tree))
        error = self.refused(INVALID_ARGUMENT, lambda: server.count("bulk.v1.Bulk", where="id = 1 AND text > 5"))
        self.assertIn("column 19: text is string", error.details())
        self.refused_field("order_by[1].field", lambda: server.query("bulk.v1.Bulk", order="id, nothing"))
        self.refused_field("order_by[1].field", lambda: server.query("bulk.v1.Bulk", order="id, id desc"))
        self.refused_field("record_type", lambda: server.query("bulk.v1.Bulk", record_type="conf.v1.Book"))

    def test_not_is_two_valued(self):
        self.assertEqual(server.count("bulk.v1.Bulk", where="rank != 1"), 5000 - 714 - 715)
        self.assertEqual(server.count("bulk.v1.Bulk", where="NOT rank = 1"), 5000 - 715)
        self.assertEqual(server.count("bulk.v1.Bulk", where="NOT (NOT rank = 1)"), 715)

    def test_texts_in_a_column_of_numbers(self):
        """A column declared TIME made a number of "03", and every text is behind every number."""
        for model in ("bulk.v1.Hour", "bulk.v1.SeenHour"):
            for where, expected in [('prefix(at, "03")', 1), ('prefix(at, "1")', 1), ('at < "05"', 1), ('at <= "12"', 2),
                                    ('at > "05"', 2), ('at >= "12"', 1), ('at = "12:00"', 1), ('in(at, "05:13", "12")', 1),
                                    ('at : "1"', 3), ('note < "8"', 1), ('note > "8"', 2), ('prefix(note, "7")', 1)]:
                self.assertEqual(server.count(model, where=where), expected, where)
            self.assertEqual(server.aggregate(model, ["count"], ["at"], having='at > "05"')[0],
                             [(["05:13"], [1]), (["12:00"], [1])])

    def test_values_are_never_sql(self):
        for text in ("'; DROP TABLE bulk; --", "\" OR 1=1", "%", "_", "*", "?1", ":x", "x' OR 'a'='a"):
            quoted = '"%s"' % text.replace('"', '\\"')
            self.assertEqual(server.count("bulk.v1.Bulk", where="text = " + quoted), 0)
            self.assertEqual(server.count("bulk.v1.Bulk", where="prefix(text, %s)" % quoted), 0)
            self.assertEqual(server.count("bulk.v1.Bulk", where="contains(text, %s)" % quoted), 0)
        self.assertEqual(server.count("bulk.v1.Bulk"), 5000)

    def test_the_largest_filters(self):
        nested = "id > 2500"
        for _ in range(15):  # as deep as it goes, each level of three kinds
            nested = "id > 0 AND id < 0 OR NOT (%s)" % nested
        self.assertEqual(server.count("bulk.v1.Bulk", where=nested), 2500)
        self.assertEqual(server.count("bulk.v1.Bulk", where="id > 2 AND NOT (%s)" % " AND (".join(["id > 2500"] * 15) + ")" * 14),
                         2498)
        doubled = "id > 2500"
        for _ in range(7):
            doubled = "NOT (%s) OR id < 0 AND NOT (%s)" % (doubled, doubled)
        self.assertEqual(server.count("bulk.v1.Bulk", where=doubled), 2500)
        self.assertEqual(server.count("bulk.v1.Bulk", where=" OR ".join("id = %d" % i for i in range(1, 501))), 500)
        self.assertEqual(server.count("bulk.v1.Bulk", where="in(id%s)" % "".join(",%d" % i for i in range(10000))), 5000)
        for where in ("(" * 60000, "-(" * 20000, "in(id%s)" % (",1" * 10001), "id = 1 OR " * 600 + "id = 1", "x" * 65537,
                      "id = " + "9" * 60000):
            self.refused_field("target.filter_text", lambda: server.count("bulk.v1.Bulk", where=where))
        self.assertEqual(server.count("bulk.v1.Bulk"), 5000)

    def test_random_texts_never_harm(self):
        seed = int(os.environ.get("SEED", random.randrange(2**32)))
        print("SEED=%d" % seed, file=sys.stderr)
        source = random.Random(seed)
        pieces = ["id", "text", "rank", "=", "!=", "<", ">=", ":", "*", "(", ")", "'a'", "1", "-", "NOT", "AND", "OR",
                  "in(id", ",", "is_null(rank)", "$x", "prefix(text,'0')", "null", "\\", '"']
        for _ in range(300):
            where = " ".join(source.choice(pieces) for _ in range(source.randrange(12)))
            try:
                server.count("bulk.v1.Bulk", where=where)
            except grpc.RpcError as error:
                self.assertEqual(error.code(), INVALID_ARGUMENT, "SEED=%d %s: %s" % (seed, where, error.details()))


if __name__ == "__main__":
    unittest.main()
