"""Polymorphic relations: the type field decides whose a foreign key is, whoever asks and however.

The number in a test's name is the case's in docs/conformance.md.
"""

import os
import random
import sqlite3

import grpc

import relations_testing as rt
from polymorphic_world import BIG, DEVICE, SCHEMA, SQL
from relations_testing import DANGLING, EMPTY, LOADED, NULL

DATA_LOSS = 15
COMMENT, POST, PHOTO = "poly.v1.Comment", "poly.v1.Post", "poly.v1.Photo"


def setUpModule():
    global server, poly, database
    world = rt.World("poly", SCHEMA, SQL)
    poly, database = world.messages, world.database
    rt.Case.server = server = world.server


def tearDownModule():
    server.stop()


def write(sql):
    connection = sqlite3.connect(database)
    connection.executescript(sql)
    connection.commit()
    connection.close()


class Case(rt.Case):
    def errors(self, model, relation, keys, **kwargs):
        """(code, message) of each key's RecordSet, asked one by one and together, cold and warm."""
        answers = []
        for each in ([[key] for key in keys], [keys]):
            for again in (False, True):
                if not again:
                    server.clear()
                answers.append([(r.error.code, r.error.message) for ask in each
                                for r in server.load(model, relation, ask, **kwargs).results])
        for answer in answers[1:]:
            self.assertEqual(answer, answers[0])
        return answers[0]


class Owners(Case):
    def test_18_only_the_owner_with_the_tag_has_the_record(self):
        self.check(COMMENT, "post", poly.Post, {1: (LOADED, [1]), 2: (NULL, []), 13: (NULL, []), 16: (LOADED, [0])})
        self.check(COMMENT, "photo", poly.Photo, {1: (NULL, []), 2: (LOADED, [1]), 13: (NULL, []), 4: (LOADED, [2])})
        self.check(COMMENT, "parent", poly.Comment, {1: (NULL, []), 2: (NULL, []), 13: (LOADED, [1]), 15: (LOADED, [13])})

    def test_18_the_tag_is_part_of_the_cache_key(self):
        server.clear()
        for _ in range(2):  # cold, then warm
            for id, state in ((1, (LOADED, NULL)), (2, (NULL, LOADED))):
                states = tuple(server.load(COMMENT, r, [id]).results[0].state for r in ("post", "photo"))
                self.assertEqual(states, state, id)

    def test_18_a_reference_key_is_the_foreign_key_alone(self):
        self.check(COMMENT, "post", poly.Post, {1: (LOADED, [1]), 99: (DANGLING, [])}, by="reference_keys")
        self.check(COMMENT, "photo", poly.Photo, {1: (LOADED, [1]), 4: (DANGLING, [])}, by="reference_keys")
        self.check(POST, "comments", poly.Comment, {1: (LOADED, [3, 1])}, by="reference_keys")

    def test_19_one_id_in_two_owner_types_is_never_mixed(self):
        self.check(POST, "comments", poly.Comment, {1: (LOADED, [3, 1]), 2: (LOADED, [20]), 0: (LOADED, [16]), 3: (EMPTY, [])})
        self.check(PHOTO, "comments", poly.Comment, {1: (LOADED, [2]), 2: (LOADED, [4]), 0: (EMPTY, []), 3: (LOADED, [23])})
        self.check(COMMENT, "replies", poly.Comment, {1: (LOADED, [13]), 2: (LOADED, [14]), 13: (LOADED, [15]), 3: (EMPTY, [])})
        server.clear()
        for _ in range(2):
            for model, ids in ((POST, [3, 1]), (PHOTO, [2]), (COMMENT, [13])):
                relation = "replies" if model == COMMENT else "comments"
                records = server.load(model, relation, [1]).results[0].records
                self.assertEqual([poly.Comment.FromString(r).id for r in records], ids)

    def test_20_an_unknown_tag_is_an_error_of_its_row_naming_it(self):
        for relation in ("post", "photo", "parent"):
            errors = self.errors(COMMENT, relation, [8, 1, 2, 11, 12])
            self.assertEqual([code for code, _ in errors], [DATA_LOSS, 0, 0, DATA_LOSS, DATA_LOSS])
            self.assertEqual(errors[0][1], 'comments.item_type of the row with key 8: "Video" is the type_tag of no relation '
                                           'of poly.v1.Comment, whose tags are "Comment", "Photo", "Post"')
            self.assertIn('key 11: "post" is the type_tag of no relation', errors[3][1])
            self.assertIn('key 12: "" is the type_tag of no relation', errors[4][1])
        # The others' answers stand.
        results = server.load(COMMENT, "post", [8, 1, 2]).results
        self.assertEqual([r.state for r in results], [0, LOADED, NULL])

    def test_20_unknown_is_what_the_model_that_asks_does_not_know(self):
        self.assertEqual(self.errors("poly.v1.Reply", "post", [1, 22, 2])[2][0], DATA_LOSS)  # "Photo" has become "Picture"
        self.assertEqual(self.errors(COMMENT, "post", [22])[0][0], DATA_LOSS)
        self.check("poly.v1.Reply", "post", poly.Post, {1: (LOADED, [1]), 22: (NULL, [])})

    def test_45_a_type_that_is_no_text_is_an_error_of_its_row(self):
        errors = self.errors(COMMENT, "post", [19, 21, 1])
        self.assertEqual([code for code, _ in errors], [DATA_LOSS, DATA_LOSS, 0])
        self.assertIn("comments.item_type of the row with key 19: BLOB of 4 bytes does not fit string", errors[0][1])
        self.assertIn("NUL", errors[1][1])

    def test_45_a_foreign_key_that_does_not_fit_is_an_error_where_the_tag_says_so(self):
        errors = self.errors(COMMENT, "post", [18, 17, 1])
        self.assertEqual([code for code, _ in errors], [DATA_LOSS, 0, 0])
        self.assertIn("comments.item_id of the row with key 18: TEXT \"x\" does not fit int64", errors[0][1])
        self.assertEqual(self.errors(COMMENT, "photo", [18, 17])[1][0], DATA_LOSS)


class Rows(Case):
    def test_01_null_key_or_null_type_refers_to_nothing(self):
        for relation in ("post", "photo", "parent"):
            self.check(COMMENT, relation, getattr(poly, {"parent": "Comment"}.get(relation, relation.capitalize())),
                       {5: (NULL, []), 6: (NULL, []), 7: (NULL, []), 9: (NULL, [])})

    def test_04_zero_and_the_empty_text_are_keys(self):
        self.check(POST, "comments", poly.Comment, {0: (LOADED, [16])})
        self.check("poly.v1.Tag", "pins", poly.Pin, {"": (LOADED, [3])})
        self.check("poly.v1.Pin", "tag", poly.Tag, {3: (LOADED, [""])}, view=lambda m: m.name)

    def test_05_composite_keys(self):
        view = lambda m: (m.a, m.b)
        self.check("poly.v1.Mark", "sheet", poly.Sheet, {1: (LOADED, [("a", "bc")]), 2: (LOADED, [("a", "bc")]), 3: (NULL, []),
                                                         5: (NULL, []), 8: (NULL, [])}, view=view)
        self.check("poly.v1.Mark", "board", poly.Board, {3: (LOADED, [("a", "bc")]), 4: (LOADED, [("ab", "c")]), 1: (NULL, [])},
                   view=view)

    def test_06_composite_keys_with_a_tag_never_collide(self):
        keys = {("a", "bc"): (LOADED, [1, 2]), ("ab", "c"): (EMPTY, [])}
        self.check("poly.v1.Sheet", "marks", poly.Mark, keys)
        self.check("poly.v1.Board", "marks", poly.Mark, {("a", "bc"): (LOADED, [3]), ("ab", "c"): (LOADED, [4])})

    def test_20_of_an_enum(self):
        errors = self.errors("poly.v1.Mark", "sheet", [6, 7, 9, 1])
        self.assertEqual([code for code, _ in errors], [DATA_LOSS, DATA_LOSS, DATA_LOSS, 0])
        self.assertIn("marks.kind of the row with key 6: 9 is the type_tag of no relation of poly.v1.Mark, whose tags are "
                      "KIND_SHEET (1), KIND_BOARD (2)", errors[0][1])
        self.assertIn("the enum has no value of that name", errors[1][1])
        self.assertIn("KIND_UNSPECIFIED (0) is the type_tag of no relation", errors[2][1])

    def test_20_of_a_number(self):
        errors = self.errors("poly.v1.Pin", "tag", [5, 1])
        self.assertEqual([code for code, _ in errors], [DATA_LOSS, 0])
        self.assertIn("pins.kind of the row with key 5: 1 is the type_tag of no relation of poly.v1.Pin, whose tags are -1, 0",
                      errors[0][1])

    def test_07_dangling(self):
        self.check(COMMENT, "post", poly.Post, {10: (DANGLING, [])})
        errors = self.errors("poly.v1.Pin", "big", [4, 1])
        self.assertEqual([code for code, _ in errors], [9, 0])
        self.assertIn("poly.v1.Pin.big is strict, and there is no record with key 5", errors[0][1])

    def test_08_has_one_with_several_rows(self):
        self.check(POST, "latest", poly.Comment, {1: (LOADED, [3]), 2: (LOADED, [20]), 4: (EMPTY, [])})
        self.check(POST, "only", poly.Comment, {2: (LOADED, [20]), 4: (EMPTY, [])})
        self.assertEqual(self.errors(POST, "only", [1])[0][0], 9)

    def test_10_the_order_of_answers_is_the_requests(self):
        results = server.load(COMMENT, "post", [2, 1, 2, 16, 1]).results
        self.assertEqual([r.state for r in results], [NULL, LOADED, NULL, LOADED, LOADED])

    def test_11_more_keys_than_a_statement_binds(self):
        keys = list(range(300000, 340000)) + [1]
        results = server.load(POST, "comments", keys[:9999] + [1]).results
        self.assertEqual(len(results[-1].records), 2)
        self.assertEqual({r.state for r in results[:-1]}, {EMPTY})

    def test_12_integers_beyond_2_53(self):
        self.check("poly.v1.Big", "pins", poly.Pin, {BIG: (LOADED, [1]), BIG - 1: (LOADED, [3, 6])})
        self.check("poly.v1.Pin", "big", poly.Big, {1: (LOADED, [BIG]), 3: (LOADED, [BIG - 1])})

    def test_15_keys_compare_as_their_column_does_and_tags_byte_by_byte(self):
        self.check("poly.v1.Tag", "pins", poly.Pin, {"Alpha": (LOADED, [1])})
        self.check("poly.v1.Pin", "tag", poly.Tag, {1: (LOADED, ["Alpha"])}, view=lambda m: m.name)
        self.check("poly.v1.Big", "loud", poly.Pin, {BIG: (LOADED, [2]), BIG - 1: (EMPTY, [])})
        self.assertEqual(self.errors("poly.v1.Pin", "big", [2])[0][0], DATA_LOSS)

    def test_16_uuids(self):
        self.check("poly.v1.Device", "pins", poly.Pin, {DEVICE: (LOADED, [2, 4])})
        self.check("poly.v1.Pin", "device", poly.Device, {2: (LOADED, [DEVICE]), 4: (LOADED, [DEVICE]), 3: (NULL, []), 6: (NULL, [])})

    def test_21_self_relation(self):
        self.check(COMMENT, "parent", poly.Comment, {13: (LOADED, [1]), 14: (LOADED, [2]), 15: (LOADED, [13])})
        self.check(COMMENT, "replies", poly.Comment, {13: (LOADED, [15]), 15: (EMPTY, [])})

    def test_26_a_child_overrides_one_aspect(self):
        self.check("poly.v1.Reply", "photo", poly.Photo, {22: (LOADED, [1]), 1: (NULL, [])})
        self.check(COMMENT, "photo", poly.Photo, {2: (LOADED, [1])})
        self.check("poly.v1.Reply", "parent", poly.Comment, {3: (LOADED, [1]), 15: (LOADED, [1]), 13: (NULL, []), 8: (NULL, [])})
        # Inherited as it is.
        self.check("poly.v1.Reply", "replies", poly.Comment, {1: (LOADED, [13])})

    def test_32_states_are_cached_each(self):
        keys = [1, 2, 5, 10]
        server.clear()
        first = [r.state for r in server.load(COMMENT, "post", keys).results]
        self.assertEqual(first, [LOADED, NULL, NULL, DANGLING])
        before = self.statements()
        self.assertEqual([r.state for r in server.load(COMMENT, "post", keys).results], first)
        self.assertEqual(self.statements(), before)

    def test_34_a_row_that_changes_its_type_moves_in_both_lists_at_once(self):
        ids = lambda model: [poly.Comment.FromString(r).id for r in server.load(model, "comments", [3]).results[0].records]
        state = lambda relation: server.load(COMMENT, relation, [23]).results[0].state
        try:
            for type, lists in (("Photo", ([], [23])), ("Post", ([23], [])), ("Photo", ([], [23]))):
                write("UPDATE comments SET item_type = '%s' WHERE id = 23" % type)
                self.assertEqual((ids(POST), ids(PHOTO)), lists)
                self.assertEqual((state("post"), state("photo")), (NULL, LOADED)[:2] if type == "Photo" else (LOADED, NULL))
        finally:
            write("UPDATE comments SET item_type = 'Photo' WHERE id = 23")

    def test_the_primary_key_as_foreign_key(self):
        self.check("poly.v1.Note", "post", poly.Post, {1: (LOADED, [1]), 2: (NULL, []), 99: (DANGLING, []), 5: (EMPTY, [])})
        self.check("poly.v1.Note", "photo", poly.Photo, {1: (NULL, []), 2: (LOADED, [2])})
        self.assertEqual(self.errors("poly.v1.Note", "post", [3, 1])[0][0], DATA_LOSS)


class Queries(Case):
    def query(self, model, relation, key, by="owner_key", **kwargs):
        records, _, state = server.query(model, relation=relation, **{by: [key]}, **kwargs)
        return state, [rt.relation_pb and poly.Comment.FromString(r).id for r in records]

    def test_19_a_query_has_the_owners_records_alone(self):
        for by in ("owner_key", "reference_key"):
            self.assertEqual(self.query(POST, "comments", 1, by=by), (LOADED, [3, 1]))
            self.assertEqual(self.query(PHOTO, "comments", 1, by=by), (LOADED, [2]))
        self.assertEqual(self.query(POST, "comments", 1, where='text = "a"'), (LOADED, [1]))
        self.assertEqual(self.query(POST, "comments", 1, where='text = "b"'), (EMPTY, []))
        self.assertEqual(self.query(POST, "latest", 1), (LOADED, [3]))
        pages = [poly.Comment.FromString(r).id for r in server.pages(POST, 1, relation="comments", owner_key=[1])]
        self.assertEqual(pages, [3, 1])

    def test_19_count_and_exists(self):
        self.assertEqual(server.count(POST, relation="comments", owner_key=[1]), 2)
        self.assertEqual(server.count(PHOTO, relation="comments", owner_key=[1]), 1)
        self.assertEqual(server.count("poly.v1.Sheet", relation="marks", owner_key=[("a", "bc")]), 2)
        self.assertTrue(server.exists(PHOTO, relation="comments", owner_key=[3]))
        self.assertFalse(server.exists(POST, relation="comments", owner_key=[3]))

    def test_19_aggregates(self):
        def by_type(model, relation, key):
            return server.aggregate(model, ["count"], group_by=["item_type"], relation=relation, owner_key=[key])[0]

        self.assertEqual(by_type(POST, "comments", 1), [(["Post"], [2])])
        self.assertEqual(by_type(PHOTO, "comments", 1), [(["Photo"], [1])])
        self.assertEqual(by_type(PHOTO, "comments", 0), [])
        self.assertEqual(server.aggregate(COMMENT, ["count"], relation="photo", owner_key=[1])[0], [([], [0])])
        self.assertEqual(server.aggregate(COMMENT, ["count"], relation="photo", owner_key=[2])[0], [([], [1])])

    def test_18_of_a_belongs_to(self):
        states = [server.query(COMMENT, relation="post", owner_key=[id])[2] for id in (1, 2, 5, 6, 10, 777)]
        self.assertEqual(states, [LOADED, NULL, NULL, NULL, DANGLING, EMPTY])
        self.assertEqual(server.count(COMMENT, relation="post", owner_key=[1]), 1)
        self.assertEqual(server.count(COMMENT, relation="photo", owner_key=[1]), 0)
        self.assertEqual(server.query("poly.v1.Note", relation="photo", owner_key=[1])[2], NULL)

    def test_20_of_a_belongs_to(self):
        for ask in (lambda: server.query(COMMENT, relation="post", owner_key=[8]),
                    lambda: server.count(COMMENT, relation="photo", owner_key=[8])):
            error = self.refused(grpc.StatusCode.DATA_LOSS, ask)
            self.assertIn('key 8: "Video" is the type_tag of no relation', error.details())


class Includes(Case):
    def get(self, ids, includes, model=COMMENT, message=None):
        results = server.get(model, ids, includes=includes).results
        return [(message or poly.Comment).FromString(r.records[0]) if r.records else r.error for r in results]

    def test_18_every_member_of_the_oneof(self):
        for _ in range(2):
            one, two, reply, nothing = self.get([1, 2, 13, 6], ["post", "photo", "parent.post"])
            self.assertEqual((one.WhichOneof("item"), one.post.title), ("post", "one"))
            self.assertEqual((two.WhichOneof("item"), two.photo.id), ("photo", 1))
            self.assertEqual((reply.WhichOneof("item"), reply.parent.post.id), ("parent", 1))
            self.assertIsNone(nothing.WhichOneof("item"))
            states = {i.relation: i.state for i in one.load_info.relations}
            self.assertEqual(states, {"post": LOADED, "photo": NULL, "parent": NULL})

    def test_18_the_oneof_stands_for_its_members(self):
        ids = [1, 2, 13, 6]
        for _ in range(2):
            self.assertEqual(self.get(ids, ["item"]), self.get(ids, ["post", "photo", "parent"]))
            self.assertEqual(self.get(ids, ["item", "parent.post"])[2].parent.post.id, 1)
            self.assertEqual(self.get([15], ["parent.item"])[0].parent.parent.id, 1)
        for includes, message in ((["item.post"], 'behind "item", a oneof of poly.v1.Comment, the way goes on at one of its relations'),
                                  (["item*"], 'behind "item"'), (["item", "post"], "it stands there twice"),
                                  (["post", "item"], "it stands there twice"), ([{"path": "item", "depth": 2}], "a depth is for")):
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.get([1], includes))
            self.assertIn(message, error.details())

    def test_19_lists_of_two_owner_types(self):
        post = self.get([1], ["comments"], POST, poly.Post)[0]
        self.assertEqual([c.id for c in post.comments], [3, 1])
        photo = self.get([1], ["comments"], PHOTO, poly.Photo)[0]
        self.assertEqual([c.id for c in photo.comments], [2])

    def test_20_spoils_the_record_that_it_is_below(self):
        for _ in range(2):
            fine, unknown, other = self.get([1, 8, 2], ["post", "photo"])
            self.assertEqual((fine.post.id, other.photo.id), (1, 1))
            self.assertEqual(unknown.code, DATA_LOSS)
            self.assertIn('comments.item_type of the row with key 8: "Video" is the type_tag of no relation', unknown.message)


class Metadata(Case):
    def test_the_type_field_and_the_tag_are_shown(self):
        relations = {r.name: r for r in server.describe(COMMENT).relations}
        self.assertEqual((relations["post"].type_field, relations["post"].type_tag), ("item_type", "Post"))
        relations = {r.name: r for r in server.describe("poly.v1.Reply").relations}
        self.assertEqual((relations["photo"].type_field, relations["photo"].type_tag), ("item_type", "Picture"))
        self.assertEqual((relations["parent"].type_field, relations["parent"].type_tag), ("", ""))
        relations = {r.name: r for r in server.describe("poly.v1.Board").relations}
        self.assertEqual((relations["marks"].type_field, relations["marks"].type_tag), ("kind", "2"))

    def test_a_difference_of_the_tag_is_told(self):
        folder = rt.temp_dir()
        with open(os.path.join(folder, "poly.proto"), "w") as file:
            file.write(SCHEMA.replace('type_tag: "Photo"', 'type_tag: "Picture"'))
        with open(rt.descriptor_set(folder, ["poly.proto"], os.path.join(folder, "poly.binpb")), "rb") as file:
            request = rt.registry_pb.DiffRequest(descriptor_set=file.read())
        changes = server.call("RegistryService", "Diff", request, rt.registry_pb.DiffResponse).changes
        told = {(c.model, c.element): c.description for c in changes}
        self.assertEqual(told[PHOTO, "comments"], 'type field and tag changes from "item_type = Photo" to "item_type = Picture"')
        self.assertEqual(set(told), {(PHOTO, "comments"), (COMMENT, "photo"), ("poly.v1.Note", "photo")})

    def test_a_oneof_is_no_relation_and_its_members_are_named(self):
        for ask in (lambda: server.load(COMMENT, "item", [1]), lambda: server.query(COMMENT, relation="item", owner_key=[1])):
            error = self.refused(grpc.StatusCode.NOT_FOUND, ask)
            self.assertIn("item is a oneof of poly.v1.Comment; load one of its relations: post, photo, parent", error.details())

    def test_25_inverses_with_another_tag_are_refused(self):
        found = self.findings("""
            message A { option (.relations.v1.model) = {}; int64 id = 1;
              repeated B bs = 2 [(.relations.v1.has_many) = { foreign_key: "a_id" type_field: "t" type_tag: "X" inverse_of: "a" }]; }
            message B { option (.relations.v1.model) = {}; int64 id = 1; int64 a_id = 2; string t = 3;
              A a = 4 [(.relations.v1.belongs_to) = { foreign_key: "a_id" type_field: "t" type_tag: "Y" }];
              A c = 5 [(.relations.v1.belongs_to) = { foreign_key: "a_id" type_tag: "Y" }]; }""")
        self.assertFinding(found, "bs", "inverse_of: bad.v1.B.a has another type_field or type_tag")
        self.assertFinding(found, "c", "type_tag: write type_field too")


class RandomRows(Case):
    """Every relation of many random rows against plain SQL."""

    def test_random(self):
        seed = int(os.environ.get("RELATIONS_SEED", "20261123"))
        print("seed", seed)
        r = random.Random(seed)
        directory = rt.temp_dir()
        path = os.path.join(directory, "random.db")
        rows = []
        for id in range(1, 400):
            type = r.choice(["Post", "Photo", "Comment", None, "Video", "post"])
            key = r.choice([None] + list(range(0, 30)))
            rows.append("(%d, %s, %s, '%d', NULL)" % (id, "NULL" if type is None else "'%s'" % type,
                                                     "NULL" if key is None else key, r.randrange(20)))
        schema = SQL.split("INSERT INTO posts")[0]
        ids = lambda most: ", ".join("(%d%s)" % (i, most) for i in sorted(r.sample(range(30), 20)))
        rest = SQL[SQL.index("CREATE TABLE sheets"):]
        rt.make_database(path, schema + "INSERT INTO posts VALUES %s; INSERT INTO photos VALUES %s;" % (ids(", 'x'"), ids(""))
                         + "INSERT INTO comments VALUES %s;" % ", ".join(rows) + rest)
        with rt.Server(os.path.join(os.path.dirname(database), "poly.binpb"), path) as other:
            sql = sqlite3.connect(path)
            ask = lambda text, *values: [row[0] for row in sql.execute(text, values)]
            for model, tag, relation, order in ((POST, "Post", "comments", "text DESC, id"), (PHOTO, "Photo", "comments", "text DESC, id"),
                                                (COMMENT, "Comment", "replies", "id")):
                keys = [r.randrange(30) for _ in range(50)]
                want = [ask("SELECT id FROM comments WHERE item_type = ? AND item_id = ? ORDER BY " + order, tag, key) for key in keys]
                for _ in range(2):
                    got = [[poly.Comment.FromString(b).id for b in s.records] for s in other.load(model, relation, keys).results]
                    self.assertEqual(got, want)
                for key, ids in list(zip(keys, want))[:10]:
                    self.assertEqual(other.count(model, relation=relation, owner_key=[key]), len(ids))
                    records = other.query(model, relation=relation, owner_key=[key])[0]
                    self.assertEqual([poly.Comment.FromString(b).id for b in records], ids)
            owners = [r.randrange(1, 400) for _ in range(200)]
            for relation, tag, table in (("post", "Post", "posts"), ("photo", "Photo", "photos"), ("parent", "Comment", "comments")):
                want = []
                for id in owners:
                    type, key = sql.execute("SELECT item_type, item_id FROM comments WHERE id = ?", (id,)).fetchone()
                    if key is None or type is None or (type != tag and type in ("Post", "Photo", "Comment")):
                        want.append((NULL, 0))
                    elif type != tag:
                        want.append((0, DATA_LOSS))
                    else:
                        want.append((LOADED if ask("SELECT id FROM %s WHERE id = ?" % table, key) else DANGLING, 0))
                for _ in range(2):
                    got = [(s.state, s.error.code) for s in other.load(COMMENT, relation, owners).results]
                    self.assertEqual(got, want)
            sql.close()


if __name__ == "__main__":
    rt.main()
