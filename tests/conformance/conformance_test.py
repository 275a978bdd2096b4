"""The semantic cases, each asked for one key and for many, cold and warm, by primary key and by reference.

The number in a test's name is the case's in docs/conformance.md.
"""

import importlib
import os
import sys
import unittest
import uuid

import grpc

import cases
import relations_testing as rt
from relations_testing import DANGLING, EMPTY, LOADED, NULL

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


def setUpModule():
    global server, conf, shop_product, shop_review, directory
    directory = rt.temp_dir()
    for name, text in cases.FILES.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    rt.make_database(os.path.join(directory, "conf.db"), cases.SQL)
    rt.descriptor_set(directory, list(cases.FILES), os.path.join(directory, "conf.binpb"))
    out = os.path.join(directory, "python")
    os.mkdir(out)
    sys.path.insert(0, out)
    rt.generate(out, directory, *cases.FILES)
    conf = importlib.import_module("conf.v1.conf_pb2")
    shop_product = importlib.import_module("shop.v1.product_pb2")
    shop_review = importlib.import_module("shop.v1.review_pb2")
    server = rt.Server(os.path.join(directory, "conf.binpb"), os.path.join(directory, "conf.db"),
                       flags=["--max-keys=400000", "--max-message-bytes=64MiB", "--max-answer-bytes=64MiB"])
    rt.Case.server = server


def tearDownModule():
    server.stop()


Case = rt.Case


class Keys(Case):
    def test_01_null_foreign_key_is_null_and_runs_no_sql(self):
        self.check("conf.v1.Book", "author", conf.Author, {5: (NULL, [])})
        server.clear()
        before = self.statements()
        for keys in ([None], [None, None, None]):
            response = server.load("conf.v1.Book", "author", keys, by="reference_keys")
            self.assertEqual([r.state for r in response.results], [NULL] * len(keys))
        self.assertEqual(self.statements(), before)

    def test_03_missing_key_names_the_field(self):
        request = rt.relation_pb.LoadRequest(model="conf.v1.Author", relation="books")
        error = self.refused(INVALID_ARGUMENT, lambda: server.call("RelationService", "Load", request, rt.relation_pb.LoadResponse))
        self.assertIn("owner_keys", rt.violations_of(rt.error_of(error))[0][0])
        request.owner_keys.SetInParent()
        error = self.refused(INVALID_ARGUMENT, lambda: server.call("RelationService", "Load", request, rt.relation_pb.LoadResponse))
        self.assertIn("owner_keys", rt.violations_of(rt.error_of(error))[0][0])
        request = rt.relation_pb.GetRequest(model="conf.v1.Author")
        error = self.refused(INVALID_ARGUMENT, lambda: server.call("RelationService", "Get", request, rt.relation_pb.GetResponse))
        self.assertEqual(rt.violations_of(rt.error_of(error))[0][0], "keys")
        part = rt.relation_pb.GetRequest(model="conf.v1.Cell")
        part.keys.composites.keys.add().parts.add()
        self.refused(INVALID_ARGUMENT, lambda: server.call("RelationService", "Get", part, rt.relation_pb.GetResponse))

    def test_03_key_of_the_wrong_kind_is_refused(self):
        for keys in (["one"], [b"1"], [(1, 2)]):
            self.refused(INVALID_ARGUMENT, lambda: server.get("conf.v1.Author", keys))
        self.refused(INVALID_ARGUMENT, lambda: server.get("conf.v1.Tag", [1]))
        self.refused(INVALID_ARGUMENT, lambda: server.get("conf.v1.Cell", [("a",)]))

    def test_04_zero_and_the_empty_text_are_keys(self):
        self.check("conf.v1.Author", "", conf.Author, {0: (LOADED, ["Zero"]), 12: (EMPTY, [])}, view=lambda m: m.name)
        self.check("conf.v1.Author", "books", conf.Book, {0: (LOADED, [4])})
        self.check("conf.v1.Tag", "children", conf.Tag, {"": (LOADED, ["a", "b"]), "a": (EMPTY, [])}, view=lambda m: m.name)
        self.check("conf.v1.Tag", "up", conf.Tag, {"a": (LOADED, [""]), "": (LOADED, ["root"])}, view=lambda m: m.name)
        self.check("conf.v1.Book", "author", conf.Author, {0: (LOADED, ["Zero"])}, by="reference_keys", view=lambda m: m.name)

    def test_05_composite_key_with_a_null_part_refers_to_nothing(self):
        view = lambda m: (m.a, m.b)
        self.check("conf.v1.Cell", "up", conf.Cell, {("x", "3"): (NULL, []), ("x", "4"): (NULL, [])}, view=view)
        before = self.statements()
        response = server.load("conf.v1.Cell", "up", [("a", None), (None, "c"), (None, None)], by="reference_keys")
        self.assertEqual([r.state for r in response.results], [NULL] * 3)
        self.assertEqual(self.statements(), before)

    def test_05_an_owner_key_that_is_null_refers_to_nothing_whatever_the_relation_joins_on(self):
        for model, relation, key in [("conf.v1.Cell", "up", ("x", None)), ("conf.v1.Cell", "downs", ("x", None)),
                                     ("conf.v1.Book", "author", None), ("conf.v1.Author", "books", None)]:
            server.clear()
            for keys in ([key], [key, key]):
                response = server.load(model, relation, keys)
                self.assertEqual([(r.state, len(r.records)) for r in response.results], [(NULL, 0)] * len(keys), (model, relation))

    def test_06_composite_keys_never_collide(self):
        view = lambda m: (m.a, m.b)
        self.check("conf.v1.Cell", "", conf.Cell, {("a", "bc"): (LOADED, [("a", "bc")]), ("ab", "c"): (LOADED, [("ab", "c")]),
                                                   ("abc", ""): (EMPTY, [])}, view=view)
        self.check("conf.v1.Cell", "downs", conf.Cell, {("a", "bc"): (LOADED, [("x", "1")]), ("ab", "c"): (LOADED, [("x", "2")]),
                                                        ("a", "c"): (LOADED, [("x", "5")])}, view=view)
        self.check("conf.v1.Cell", "up", conf.Cell, {("x", "1"): (LOADED, [("a", "bc")]), ("x", "2"): (LOADED, [("ab", "c")]),
                                                     ("x", "5"): (DANGLING, [])}, view=view)

    def test_10_answers_come_in_the_order_of_the_request(self):
        response = server.load("conf.v1.Author", "books", [2, 1, 0, 1, 2])
        ids = [[conf.Book.FromString(b).id for b in r.records] for r in response.results]
        self.assertEqual(ids, [[], [2, 3, 1], [4], [2, 3, 1], []])

    def test_11_more_keys_than_the_database_binds(self):
        keys = list(range(300000))
        server.clear()
        for _ in ("cold", "warm"):
            response = server.load("conf.v1.Author", "books", keys, timeout=120)
            self.assertEqual(len(response.results), len(keys))
            self.assertEqual([len(r.records) for r in response.results[:3]], [1, 3, 0])

    def test_12_integers_beyond_two_to_the_53_are_exact(self):
        view = lambda m: (m.id, m.published)
        self.check("conf.v1.Author", "books", conf.Book, {
            cases.BIG: (LOADED, [(7, cases.BIG)]), cases.BIG - 1: (LOADED, [(8, 0)]), cases.BIG + 1: (EMPTY, []),
            2**63 - 1: (LOADED, [(9, -2**63)])}, view=view)
        self.check("conf.v1.Author", "", conf.Author, {cases.BIG: (LOADED, ["Big"]), 2**63 - 1: (LOADED, ["Max"])},
                   view=lambda m: m.name)

    def test_13_a_key_that_no_column_holds_names_nothing(self):
        response = server.get("conf.v1.Author", [2**63, 2**64 - 1])
        self.assertEqual([r.state for r in response.results], [EMPTY, EMPTY])

    def test_15_text_keys_are_grouped_as_the_database_compares_them(self):
        expected = {"alpha": (LOADED, [1, 2]), "ALPHA": (LOADED, [1, 2]), "Alpha": (LOADED, [1, 2]), "Beta": (LOADED, [3]),
                    "gamma": (LOADED, [4]), "delta": (EMPTY, [])}
        self.check("conf.v1.Folder", "papers", conf.Paper, expected)

    def test_16_uuids_are_one_identity(self):
        first = uuid.UUID("0d5f6a1e-8c1b-4d7e-9f00-aabbccddeeff")
        second = uuid.UUID("0d5f6a1e-8c1b-4d7e-9f00-000000000001")
        for spell in (str, lambda u: str(u).upper(), lambda u: u.bytes):
            self.check("conf.v1.Device", "readings", conf.Reading, {spell(first): (LOADED, [1, 2, 3]), spell(second): (LOADED, [4])})
            self.check("conf.v1.Reading", "device", conf.Device, {spell(first): (LOADED, [str(first)]), spell(second): (LOADED, [str(second)])},
                       by="reference_keys")
        server.clear()
        before = self.statements()
        server.load("conf.v1.Device", "readings", [str(first)])
        server.load("conf.v1.Device", "readings", [str(first).upper()])
        server.load("conf.v1.Device", "readings", [first.bytes])
        self.assertEqual(self.statements(), before + 1, "one entry for every spelling")

    def test_17_bytes_keys_with_nul_are_exact(self):
        self.check("conf.v1.File", "chunks", conf.Chunk, {b"\0": (LOADED, [1]), b"\0\0": (LOADED, [2]), b"a\0b": (LOADED, [3]),
                                                          b"a": (LOADED, [4]), b"": (LOADED, [5]), b"a\0": (EMPTY, [])})


class Records(Case):
    def test_08_has_one_of_several_is_the_first_in_order(self):
        self.check("conf.v1.Author", "latest", conf.Book, {1: (LOADED, [2]), 0: (LOADED, [4]), 2: (EMPTY, [])})

    def test_08_strict_has_one_of_several_is_refused(self):
        for keys in ([1], [0, 1, 2]):
            for _ in ("first", "again"):
                response = server.load("conf.v1.Author", "only", keys)
                by_key = dict(zip(keys, response.results))
                self.assertEqual(by_key[1].error.code, grpc.StatusCode.FAILED_PRECONDITION.value[0])
                if 0 in by_key:
                    self.assertEqual((by_key[0].state, by_key[2].state), (LOADED, EMPTY))

    def test_07_strict_belongs_to_refuses_a_dangling_key(self):
        response = server.load("conf.v1.Book", "strict_author", [6, 1])
        self.assertEqual(response.results[0].error.code, grpc.StatusCode.FAILED_PRECONDITION.value[0])
        self.assertIn("77", response.results[0].error.message)
        self.assertEqual(response.results[1].state, LOADED)

    def test_07_dangling_is_counted(self):
        server.clear()
        before = server.stats().total.dangling
        server.load("conf.v1.Book", "author", [6])
        self.assertEqual(server.stats().total.dangling, before + 1)

    def test_09_without_a_declared_order_it_is_the_primary_key(self):
        self.check("conf.v1.Author", "edited", conf.Book, {1: (LOADED, [3, 4, 6]), 2: (LOADED, [1])})

    def test_09_equal_rows_of_a_declared_order_are_in_primary_key_order(self):
        self.check("conf.v1.Author", "books", conf.Book, {1: (LOADED, [2, 3, 1])})

    def test_21_self_relation_is_two_relations(self):
        view = lambda m: m.id
        self.check("conf.v1.Author", "mentor", conf.Author, {1: (LOADED, [0]), 2: (LOADED, [1]), 3: (LOADED, [3]), 0: (NULL, []),
                                                             4: (DANGLING, [])}, view=view)
        self.check("conf.v1.Author", "pupils", conf.Author, {0: (LOADED, [1]), 1: (LOADED, [2]), 3: (LOADED, [3]), 2: (EMPTY, [])}, view=view)

    def test_23_files_that_refer_to_each_other(self):
        self.check("shop.v1.Product", "reviews", shop_review.Review, {1: (LOADED, [2, 1]), 2: (EMPTY, [])})
        self.check("shop.v1.Review", "product", shop_product.Product, {1: (LOADED, [1]), 2: (LOADED, [1])})

    def test_24_several_relations_to_one_target(self):
        self.check("conf.v1.Book", "author", conf.Author, {1: (LOADED, [1]), 4: (LOADED, [0])})
        self.check("conf.v1.Book", "editor", conf.Author, {1: (LOADED, [2]), 4: (LOADED, [1]), 2: (NULL, [])})

    def test_32_every_kind_of_empty_is_told_apart_and_cached(self):
        expected = {1: (LOADED, [1]), 5: (NULL, []), 6: (DANGLING, []), 99: (EMPTY, [])}
        self.check("conf.v1.Book", "author", conf.Author, expected)
        server.clear()
        server.load("conf.v1.Book", "author", [1, 5, 6, 99])
        server.load("conf.v1.Author", "books", [2])
        before = self.statements()
        server.load("conf.v1.Book", "author", [99, 6, 5, 1])
        server.load("conf.v1.Author", "books", [2])
        self.assertEqual(self.statements(), before)

    def test_37_ttl_zero_and_limit_zero_are_off(self):
        for relation in ("uncached", "unlimited"):
            before = self.statements()
            for _ in range(3):
                response = server.load("conf.v1.Author", relation, [1])
                self.assertEqual(len(response.results[0].records), 3)
            self.assertEqual(self.statements(), before + 3, relation)

    def spoiled(self, box, *fragments):
        for keys in ([box], [1, box, 1]):
            for _ in ("cold", "again"):
                response = server.load("conf.v1.Box", "things", keys)
                for key, result in zip(keys, response.results):
                    if key == 1:
                        self.assertEqual((result.state, len(result.records)), (LOADED, 1))
                        continue
                    self.assertEqual(result.error.code, grpc.StatusCode.DATA_LOSS.value[0])
                    self.assertEqual(len(result.records), 0)
                    for fragment in fragments:
                        self.assertIn(fragment, result.error.message)

    def test_45_a_foreign_key_that_does_not_fit_is_an_error_of_its_owner(self):
        for _ in range(2):
            for keys in ([2], [1, 2, 3, 4]):
                by_key = dict(zip(keys, server.load("conf.v1.Stray", "box", keys).results))
                self.assertEqual(by_key[2].error.code, 15)
                self.assertIn('strays.box_id of the row with key 2: TEXT "two" does not fit int64', by_key[2].error.message)
            self.assertEqual([by_key[k].state for k in (1, 3)], [LOADED, NULL])
            self.assertIn("REAL 3.5 does not fit int64", by_key[4].error.message)

    def test_45_value_that_does_not_fit(self):
        self.spoiled(2, "things.small", "20", "TEXT", "int32")
        self.spoiled(3, "things.small", "30", "INTEGER", "int32")
        self.spoiled(6, "things.at", "60", "Timestamp")

    def test_46_text_with_nul_or_bad_utf8(self):
        self.spoiled(4, "things.label", "40")
        self.spoiled(5, "things.label", "50")

    def test_47_unknown_method(self):
        error = self.refused(UNIMPLEMENTED, lambda: server.call("RelationService", "Laod", rt.relation_pb.LoadRequest(), rt.relation_pb.LoadResponse, timeout=20))
        self.assertIn("Laod", error.details())

    def test_wrong_record_type_is_refused(self):
        request = rt.relation_pb.LoadRequest(model="conf.v1.Author", relation="books", record_type="conf.v1.Author")
        request.owner_keys.int64s.values.append(1)
        error = self.refused(INVALID_ARGUMENT, lambda: server.call("RelationService", "Load", request, rt.relation_pb.LoadResponse))
        self.assertEqual(rt.reason_of(rt.error_of(error)), "WRONG_RECORD_TYPE")

    def test_unknown_names_suggest_near_ones(self):
        error = self.refused(grpc.StatusCode.NOT_FOUND, lambda: server.load("conf.v1.Autor", "books", [1]))
        self.assertIn("conf.v1.Author", error.details())
        error = self.refused(grpc.StatusCode.NOT_FOUND, lambda: server.load("conf.v1.Author", "boks", [1]))
        self.assertIn("books", error.details())


class Inheritance(Case):
    def test_26_child_overrides_one_aspect(self):
        text = lambda m: m.text
        self.check("conf.v1.Person", "notes", conf.Note, {1: (LOADED, ["a", "b", "c"])}, view=text)
        self.check("conf.v1.Employee", "notes", conf.Note, {1: (LOADED, ["c", "b", "a"])}, view=text)
        self.check("conf.v1.Guest", "notes", conf.Note, {1: (LOADED, ["a", "b", "c"])}, view=text)
        relation = server.describe("conf.v1.Employee").relations[0]
        self.assertEqual((relation.declared_in, list(relation.overrides)), ("conf.v1.Employee", ["conf.v1.Person"]))
        self.assertEqual(list(relation.foreign_key), ["person_id"])

    def test_27_grandchild_has_the_nearest_ancestors_relation(self):
        self.check("conf.v1.Manager", "notes", conf.Note, {1: (LOADED, ["c", "b", "a"])}, view=lambda m: m.text)
        relation = server.describe("conf.v1.Manager").relations[0]
        self.assertEqual(relation.declared_in, "conf.v1.Employee")
        server.clear()
        server.load("conf.v1.Employee", "notes", [1])
        before = self.statements()
        server.load("conf.v1.Manager", "notes", [1])
        self.assertEqual(self.statements(), before, "the entry is the ancestor's")
        scope = rt.cache_pb.OwnerScope(model="conf.v1.Manager", relation="notes", owner_keys=rt.make_keys([1]))
        self.assertEqual(server.clear(owners=scope), 1)

    def test_28_override_may_change_kind_and_target(self):
        self.check("conf.v1.Visitor", "notes", conf.Badge, {1: (LOADED, [7])})
        relation = server.describe("conf.v1.Visitor").relations[0]
        self.assertEqual((relation.kind, relation.model), (rt.registry_pb.RELATION_KIND_HAS_ONE, "conf.v1.Badge"))
        self.assertEqual(list(relation.overrides), ["conf.v1.Person"])

    def test_29_the_child_of_a_diamond_decides(self):
        self.check("conf.v1.Boss", "notes", conf.Note, {1: (LOADED, ["c", "b"])}, view=lambda m: m.text)
        boss = server.describe("conf.v1.Boss")
        self.assertEqual((boss.extends, list(boss.also_extends)), ("conf.v1.Employee", ["conf.v1.Guest"]))
        self.assertEqual(list(boss.relations[0].overrides), ["conf.v1.Employee", "conf.v1.Person"])
        self.check("conf.v1.Chief", "notes", conf.Note, {1: (LOADED, ["c", "b", "a"])}, view=lambda m: m.text)
        self.assertEqual(server.describe("conf.v1.Chief").relations[0].declared_in, "conf.v1.Employee")

    def test_30_override_of_cache_settings_has_its_own_entries(self):
        server.clear()
        server.load("conf.v1.Person", "notes", [1])
        before = self.statements()
        server.load("conf.v1.Guest", "notes", [1])
        self.assertEqual(self.statements(), before + 1)
        self.assertEqual(server.describe("conf.v1.Guest").relations[0].cache.ttl.seconds, 60)
        self.assertFalse(server.describe("conf.v1.Person").relations[0].cache.HasField("ttl"))


class Refusals(Case):
    def test_14_integer_key_against_text_foreign_key(self):
        findings = self.findings("""
message A { option (.relations.v1.model) = { table: "authors" }; int64 id = 1;
  repeated B bs = 2 [(.relations.v1.has_many) = { foreign_key: "a_id" }]; }
message B { option (.relations.v1.model) = { table: "books" }; int64 id = 1;
  string a_id = 2 [(.relations.v1.column) = { name: "author_id" }]; }""")
        self.assertFinding(findings, "bs", "a_id", "id")

    def test_query_methods_are_compiled(self):
        findings = self.findings("""
            message A {
              option (.relations.v1.model) = {
                table: "authors"
                query_methods: { name: "bad" params: { name: "x" type: TYPE_BOOL } filter: "id > $x" }
                query_methods: { name: "worse" filter: "id = 1 AND nmae = 'x'" }
              };
              int64 id = 1; string name = 2;
            }""")
        self.assertEqual(len(findings), 2)
        self.assertFinding(findings, "bad", "column 6", "TYPE_BOOL does not fit")
        self.assertFinding(findings, "worse", "column 12", "did you mean name?")

    def test_29_diamonds_are_refused(self):
        findings = self.findings("""
message A { option (.relations.v1.model) = { table: "authors" }; int64 id = 1;
  repeated B bs = 2 [(.relations.v1.has_many) = { foreign_key: "author_id" }]; }
message L { option (.relations.v1.model) = { table: "authors" extends: "A" }; int64 id = 1;
  repeated B bs = 2 [(.relations.v1.has_many) = { order_by: "id desc" }]; }
message R { option (.relations.v1.model) = { table: "authors" extends: "A" }; int64 id = 1; }
message D { option (.relations.v1.model) = { table: "authors" extends: ["L", "R"] }; int64 id = 1; }
message B { option (.relations.v1.model) = { table: "books" }; int64 id = 1; int64 author_id = 2; }""")
        self.assertEqual([(f.model, "declare it again here, to decide" in f.message) for f in findings], [("bad.v1.D", True)])

    def test_17_float_keys(self):
        findings = self.findings("""
message A { option (.relations.v1.model) = { table: "authors" primary_key: "score" }; double score = 1; }""")
        self.assertFinding(findings, "score", "double")

    def test_24_ambiguous_inverse(self):
        findings = self.findings("""
message A { option (.relations.v1.model) = { table: "authors" }; int64 id = 1;
  repeated B written = 2 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "editor" }]; }
message B { option (.relations.v1.model) = { table: "books" }; int64 id = 1; int64 author_id = 2; int64 editor_id = 3;
  A author = 4 [(.relations.v1.belongs_to) = { foreign_key: "author_id" }];
  A editor = 5 [(.relations.v1.belongs_to) = { foreign_key: "editor_id" inverse_of: "written" }]; }""")
        self.assertFinding(findings, "written", "editor")

    def test_25_all_errors_in_one_answer(self):
        findings = self.findings("""
message A { option (.relations.v1.model) = { table: "authors" }; int64 id = 1;
  repeated B kind = 2 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "others" }];
  repeated B lost = 3 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "nowhere" }];
  repeated B key = 4 [(.relations.v1.has_many) = { foreign_key: "autor_id" }]; }
message B { option (.relations.v1.model) = { table: "books" }; int64 id = 1; int64 author_id = 2;
  repeated A others = 4 [(.relations.v1.has_many) = { foreign_key: "id" inverse_of: "kind" }]; }""")
        self.assertFinding(findings, "kind", "others")
        self.assertFinding(findings, "lost", "nowhere")
        self.assertFinding(findings, "key", "autor_id", "author_id")


if __name__ == "__main__":
    rt.main()
