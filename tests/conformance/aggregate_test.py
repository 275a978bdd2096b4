"""The semantic cases asked through Aggregate, and what is refused.

The number in a test's name is the case's in docs/conformance.md.
"""

import sqlite3
import unittest

import grpc

import cases
import query_test
import relations_testing as rt
from query_test import INVALID_ARGUMENT, Case

setUpModule = query_test.setUpModule
tearDownModule = query_test.tearDownModule


def aggregate(*args, **kwargs):
    return query_test.server.aggregate(*args, **kwargs)[0]


class Aggregates(Case):
    def test_01_02_null_key_is_the_empty_set(self):
        for target in ({"owner_key": [5]}, {"reference_key": [None]}):
            got = aggregate("conf.v1.Book", ["count", "max id"], relation="author", **target)
            self.assertEqual(got, [([], [0, None])])
            self.assertEqual(aggregate("conf.v1.Book", ["count"], ["name"], relation="author", **target), [])
            self.assertEqual(aggregate("conf.v1.Book", ["count"], relation="author", having="count > 0", **target), [])

    def test_04_relations_of_an_owner(self):
        self.assertEqual(aggregate("conf.v1.Author", ["count", "min title", "max published"], relation="books", owner_key=[1]),
                         [([], [3, "A", 2003])])
        self.assertEqual(aggregate("conf.v1.Author", ["count"], relation="books", owner_key=[0]), [([], [1])])
        self.assertEqual(aggregate("conf.v1.Author", ["count"], ["published"], relation="books", owner_key=[1]),
                         [([2001], [1]), ([2003], [2])])

    def test_08_has_one_is_its_first_record(self):
        for where, count in (("", 1), ("title = 'B'", 1), ("title = 'C'", 0)):
            self.assertEqual(aggregate("conf.v1.Author", ["count"], relation="latest", owner_key=[1], where=where), [([], [count])])

    def test_07_08_strict_relations(self):
        self.refused(grpc.StatusCode.FAILED_PRECONDITION,
                     lambda: aggregate("conf.v1.Author", ["count"], relation="only", owner_key=[1]))

    def test_12_large_integers(self):
        connection = sqlite3.connect(query_test.database)
        for function in ("min", "max"):
            for field in ("author_id", "published"):
                sql = "SELECT %s(%s) FROM books" % (function, field)
                self.assertEqual(aggregate("conf.v1.Book", ["%s %s" % (function, field)])[0][1], list(connection.execute(sql).fetchone()))
        connection.close()
        self.assertEqual(aggregate("conf.v1.Book", ["sum author_id"], where="in(author_id, %d, %d)" % (cases.BIG, cases.BIG - 1)),
                         [([], [2 * cases.BIG - 1])])
        self.assertEqual(aggregate("conf.v1.Book", ["avg author_id"], where="author_id = %d" % cases.BIG), [([], [str(cases.BIG)])])
        error = self.refused(grpc.StatusCode.OUT_OF_RANGE, lambda: aggregate("conf.v1.Book", ["sum author_id"]))
        self.assertIn("author_id", error.details())

    def test_15_collations_group_as_the_database_compares(self):
        self.assertEqual(aggregate("conf.v1.Paper", ["count"], ["folder"]), [(["ALPHA"], [2]), (["beta"], [1]), (["gamma"], [1])])
        self.assertEqual(aggregate("conf.v1.Paper", ["count_distinct folder"]), [([], [3])])

    def test_15_a_views_column_compares_as_what_it_shows(self):
        self.assertEqual(aggregate("bulk.v1.Shown", ["count"], ["label"]), [(["A"], [2]), (["B"], [1]), (["c"], [1])])
        groups = aggregate("bulk.v1.Shown", ["max label last"], ["number"], order="last desc")
        self.assertEqual([values for _, values in groups][:2], [["c"], ["B"]])
        token, pages = "", []
        while token or not pages:
            page, token = query_test.server.aggregate("bulk.v1.Shown", [], ["label"], page_size=1, page_token=token)
            pages += page
        self.assertEqual([keys for keys, _ in pages], [["A"], ["B"], ["c"]])

    def test_16_uuids_are_one_identity(self):
        groups = aggregate("conf.v1.Reading", ["count"], ["device_id"])
        self.assertEqual([values for _, values in groups], [[1], [3]])
        self.assertEqual(aggregate("conf.v1.Reading", ["count_distinct device_id"]), [([], [2])])

    def same(self, sql, *args, **kwargs):
        connection = sqlite3.connect(query_test.database)
        width = len(args[1]) if len(args) > 1 else len(kwargs.get("group_by", []))
        expected = [(list(row[len(row) - width:]), list(row[:len(row) - width])) for row in connection.execute(sql)]
        connection.close()
        self.assertTrue(expected)
        self.assertEqual([(values, keys) for keys, values in aggregate("conf.v1.Book", *args, **kwargs)],
                         [(values, keys) for keys, values in expected])

    def test_39_by_fields_of_related_records(self):
        joined = " FROM books b LEFT JOIN authors a ON a.id = b.author_id LEFT JOIN authors m ON m.id = a.mentor_id "
        self.same("SELECT count(*), max(b.published), a.name" + joined + "GROUP BY 3 ORDER BY 3 NULLS LAST",
                  ["count", "max published"], ["author.name"])
        self.same("SELECT count(*), m.name, a.id" + joined + "GROUP BY 2, 3 ORDER BY 1 DESC, 2 NULLS LAST, 3 NULLS LAST",
                  ["count"], ["author.mentor.name", "author.id"], order="count desc")
        self.same("SELECT count(*), a.name" + joined + "GROUP BY 2 HAVING count(*) > 1 AND a.name IS NOT NULL ORDER BY 2 DESC",
                  ["count"], ["author.name"], having="count > 1 AND author_name : *", order="author_name desc")
        self.same("SELECT min(a.name), max(m.name), count(a.name), count(DISTINCT a.name), sum(m.id)" + joined +
                  "WHERE b.published > 0", ["min author.name", "max author.mentor.name", "count author.name",
                                            "count_distinct author.name", "sum author.mentor.id"], [], where="published > 0")
        self.same("SELECT a.name" + joined + "GROUP BY 1 ORDER BY 1 NULLS LAST", [], ["author.name"])

    def test_08_39_by_the_first_of_many(self):
        connection = sqlite3.connect(query_test.database)
        expected = connection.execute(
            "SELECT (SELECT title FROM books WHERE author_id = a.id ORDER BY published DESC, id LIMIT 1) AS t, count(*) FROM authors a "
            "GROUP BY t ORDER BY t NULLS LAST").fetchall()
        connection.close()
        self.assertEqual(aggregate("conf.v1.Author", ["count"], ["latest.title"]), [([t], [n]) for t, n in expected])

    def test_39_by_fields_of_tables_without_row_numbers(self):
        connection = sqlite3.connect(query_test.database)
        expected = connection.execute("SELECT u.a, u.b, count(*), max(u.a) FROM cells c LEFT JOIN cells u ON (u.a, u.b) = (c.up_a, c.up_b) "
                                      "GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2 NULLS LAST").fetchall()
        connection.close()
        self.assertGreater(len(expected), 2)
        self.assertEqual(aggregate("conf.v1.Cell", ["count", "max up.a"], ["up.a", "up.b"]), [([a, b], [n, m]) for a, b, n, m in expected])

    def test_43_pages_of_groups_of_related_fields(self):
        everything, token, pages = aggregate("conf.v1.Book", ["count"], ["author.name"]), "", []
        while token or not pages:
            page, token = query_test.server.aggregate("conf.v1.Book", ["count"], ["author.name"], page_size=1, page_token=token)
            pages += page
        self.assertEqual(pages, everything)

    def test_40_over_nothing(self):
        functions = ["count", "count id", "count_distinct id", "sum id", "avg id", "min id", "max title"]
        self.assertEqual(aggregate("conf.v1.Book", functions, where="id < 0"), [([], [0, 0, 0, None, None, None, None])])
        self.assertEqual(aggregate("conf.v1.Book", functions, ["title"], where="id < 0"), [])
        self.assertEqual(aggregate("conf.v1.Book", ["count editor_id", "sum editor_id"], where="is_null(editor_id)"), [([], [0, None])])

    def test_41_nulls_are_a_group(self):
        connection = sqlite3.connect(query_test.database)
        for order, sql in (("editor_id", "editor_id NULLS LAST"), ("editor_id desc nulls first", "editor_id DESC NULLS FIRST"),
                           ("count desc", "count(*) DESC, editor_id NULLS LAST")):
            expected = [([k], [n]) for k, n in connection.execute(
                "SELECT editor_id, count(*) FROM books GROUP BY editor_id ORDER BY " + sql)]
            self.assertEqual(aggregate("conf.v1.Book", ["count"], ["editor_id"], order=order), expected)
            token, pages = "", []
            while token or not pages:
                page, token = query_test.server.aggregate("conf.v1.Book", ["count"], ["editor_id"], order=order, page_size=1,
                                                          page_token=token)
                pages += page
            self.assertEqual(pages, expected)
        connection.close()

    def test_43_tokens_of_others(self):
        ask = {"terms": ["count"], "group_by": ["owner"], "page_size": 1}
        token = query_test.server.aggregate("bulk.v1.Bulk", **ask)[1]
        self.assertTrue(query_test.server.aggregate("bulk.v1.Bulk", page_token=token, **dict(ask, page_size=2))[0])
        for other in (dict(ask, terms=["count id"]), dict(ask, group_by=["rank"]), dict(ask, having="count > 1"),
                      dict(ask, order="count"), dict(ask, where="id > 1")):
            self.refused_field("page_token", lambda: aggregate("bulk.v1.Bulk", page_token=token, **other))
        self.refused_field("page_token", lambda: query_test.server.query("bulk.v1.Bulk", page_token=token, page_size=1))

    def test_45_46_values_that_do_not_fit(self):
        for terms, keys in ((["sum small"], []), (["avg small"], []), (["min small"], []), (["count_distinct small"], []),
                            ([], ["small"]), (["count"], ["small"])):
            error = self.refused(grpc.StatusCode.DATA_LOSS,
                                 lambda: aggregate("conf.v1.Thing", terms, keys, where="box = 2"))
            self.assertIn('things.small of the row with key 20: TEXT "five" does not fit int32', error.details(), (terms, keys))
        self.refused(grpc.StatusCode.DATA_LOSS, lambda: aggregate("conf.v1.Thing", ["max small"], where="box = 3"))
        for box in (4, 5):
            self.refused(grpc.StatusCode.DATA_LOSS, lambda: aggregate("conf.v1.Thing", ["min label"], where="box = %d" % box))
        self.refused(grpc.StatusCode.DATA_LOSS, lambda: aggregate("conf.v1.Thing", ["max at"], where="box = 6"))
        self.assertEqual(aggregate("conf.v1.Thing", ["count", "count small"], where="box = 2"), [([], [2, 2])])


class Refused(Case):
    def test_what_is_wrong_names_its_place(self):
        for field, terms, keys, more in [
                ("terms", [], [], {}), ("terms", ["count id a%d" % i for i in range(33)], [], {}),
                ("group_by", [], ["id"] * 17, {}), ("group_by[1]", [], ["id", "id"], {}), ("group_by[0]", [], ["nothing"], {}),
                ("group_by[0]", [], ["author"], {}), ("group_by[0]", [], ["author.books.title"], {}),
                ("group_by[0]", [], ["author.nme"], {}), ("group_by[0]", [], ["nobody.name"], {}), ("group_by[0]", [], [".name"], {}),
                ("terms[0].field", ["sum author.books.id"], [], {}), ("terms[0].function", ["sum author.name"], [], {}),
                ("having_text", ["count"], ["author.name"], {"having": "author.name = 'x'"}),
                ("terms[0].field", ["sum"], [], {}), ("terms[1].field", ["count", "sum idd"], [], {}),
                ("terms[0].function", ["sum title"], [], {}), ("terms[0].function", ["unspecified id"], [], {}),
                ("terms[1].name", ["count", "count"], [], {}), ("terms[0].name", ["count id id"], ["id"], {}),
                ("terms[0].name", ["count id a-b"], [], {}), ("having_text", ["count"], [], {"having": "id = 1"}),
                ("having_text", ["count"], [], {"having": "count = x"}), ("order_by[0].field", ["count"], ["id"], {"order": "title"}),
                ("page_size", ["count"], [], {"page_size": -1}), ("target.filter_text", ["count"], [], {"where": "x"})]:
            with self.subTest(field=field, terms=terms, keys=keys, **more):
                self.refused_field(field, lambda: aggregate("conf.v1.Book", terms, keys, **more))
        error = self.refused(INVALID_ARGUMENT, lambda: aggregate("conf.v1.Book", ["sum id"], having="sum_idd > 1"))
        self.assertIn("column 1: a group of conf.v1.Book has no field \"sum_idd\"; did you mean sum_id?", error.details())

    def test_too_many_groups_are_asked_for_in_pages(self):
        connection = sqlite3.connect(query_test.database)
        connection.execute("DELETE FROM bulk")
        connection.execute("""WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
                              INSERT INTO bulk SELECT i, i, 'x', i FROM n""")
        connection.commit()
        connection.close()
        error = self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: aggregate("bulk.v1.Bulk", ["count"], ["owner"]))
        self.assertIn("page_size", error.details())
        groups, token = query_test.server.aggregate("bulk.v1.Bulk", ["count"], ["owner"], page_size=50000)
        self.assertEqual(len(groups), 10000)
        rest, end = query_test.server.aggregate("bulk.v1.Bulk", ["count"], ["owner"], page_size=50000, page_token=token)
        self.assertEqual((rest, end), ([([10001], [1])], ""))
        self.assertEqual(len(aggregate("bulk.v1.Bulk", ["count"], ["owner"], where="owner <= 10000")), 10000)

    def test_names_and_values_are_never_sql(self):
        for name in ('id"; DROP TABLE books; --', "id) FROM books --", "*", "rowid", "k0", "v0"):
            self.refused_field("group_by[0]", lambda: aggregate("conf.v1.Book", ["count"], [name]))
            self.refused_field("terms[0].field", lambda: aggregate("conf.v1.Book", ["min " + name.replace(" ", "\t")]))


if __name__ == "__main__":
    rt.main()
