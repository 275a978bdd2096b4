"""Every kind of relation against plain SQL, over random data: asked for one key and for many, cold and warm, by
primary key and by reference, through Query in one stream and in pages, counted, and filtered.

What is expected is said for each relation as SQL that nobody else has written. The number in a test's name is the
case's in docs/conformance.md.
"""

import os
import random
import sqlite3
import sys
import unittest
import uuid

import grpc

import relations_testing as rt
from kinds_world import DEEP, EXPECTED, PROTO, TABLES, fill
from relations_testing import DANGLING, EMPTY, LOADED, NULL

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def setUpModule():
    global server, kinds, directory, connection
    print("SEED=%d" % SEED, file=sys.stderr)
    world = rt.World("kinds", PROTO.replace("DEEP", DEEP), TABLES, lambda empty: fill(empty, random.Random(SEED)))
    server, kinds, directory = world.server, world.messages, world.directory
    connection = sqlite3.connect(world.database)


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

    def view_of(self, message):
        value = tuple(getattr(message, field) for field in self.view)
        return value if len(value) > 1 else value[0]

    def ids(self, records):
        return [self.view_of(self.message.FromString(r)) for r in records]

    def has(self, result, owner):
        return owner.FromString(result.records[0]).HasField(self.relation)


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
                deep = {"relation": r.relation, "owner_key": [key], "where": DEEP}
                if r.view == ["id"]:
                    self.assertEqual(r.ids(server.query(r.model, **deep)[0]), r.expected[key], key)
                middle = sorted(r.expected[key])[len(r.expected[key]) // 2:][:1]
                field, value = r.view[0], middle[0] if middle else None
                if value is None:
                    continue
                value = value[0] if isinstance(value, tuple) else value
                text = '"%s"' % value if isinstance(value, str) else value
                first = (lambda k: k[0]) if len(r.view) > 1 else (lambda k: k)
                wanted = [k for k in r.expected[key] if first(k) != value]
                target = {"relation": r.relation, "owner_key": [key], "where": "%s != %s" % (field, text)}
                self.assertEqual(r.ids(server.query(r.model, **target)[0]), wanted, key)
                if len(r.view) == 1 and r.message is not kinds.Word:  # whose order is not Python's
                    self.assertEqual(r.ids(server.query(r.model, order=field + " desc", **target)[0]),
                                     sorted(wanted, reverse=True), key)
                self.assertEqual(server.count(r.model, **target), len(wanted))

        self.each(check)


    def test_38_includes_of_one_record_and_of_many(self):
        def check(r):
            nested = kinds.DESCRIPTOR.message_types_by_name[r.model.split(".")[-1]].fields_by_name.get(r.relation)
            if nested is None:
                return  # inherited without a field of its own
            owner = getattr(kinds, r.model.split(".")[-1])
            for temperature in ["cold", "warm"]:
                for keys in [r.keys] + [[key] for key in r.keys[:5]]:
                    if temperature == "cold":
                        server.clear()
                    results = server.get(r.model, keys, includes=[r.relation]).results
                    got = [getattr(owner.FromString(result.records[0]), r.relation) for result in results]
                    lists = [list(g) if nested.label == nested.LABEL_REPEATED else [g] * r.has(result, owner)
                             for g, result in zip(got, results)]
                    self.assertEqual([[r.view_of(m) for m in one] for one in lists],
                                     [r.expected[key] for key in keys], "%s %r" % (temperature, keys))

        self.each(check)


class Trees(Case):
    """Nested records over links, with what a node asks for besides."""

    def songs(self, keys, **what):
        results = server.get("kinds.v1.List", keys, includes=[dict(what, path="songs")]).results
        return [kinds.List.FromString(result.records[0]) for result in results]

    def ask(self, sql, *values):
        return [row[0] for row in connection.execute(sql, values)]

    def test_a_path_over_two_links(self):
        results = server.get("kinds.v1.Song", list(range(1, 61)), includes=["lists.songs", "lists.owner"]).results
        songs = [kinds.Song.FromString(result.records[0]) for result in results]
        for song in songs:
            self.assertEqual([l.id for l in song.lists], self.ask(EXPECTED["Song.lists"], song.id))
            for one in song.lists:
                self.assertEqual([s.id for s in one.songs], self.ask(EXPECTED["List.songs"], one.id))

    def test_40_counts_are_of_targets_not_of_links(self):
        keys = list(range(1, 31))
        for one in self.songs(keys, count_only=True) + self.songs([1], count_only=True):
            counted = self.ask("SELECT count(DISTINCT s.id) FROM songs s JOIN entries e ON e.song_id = s.id "
                               "WHERE e.list_id = ?", one.id)
            self.assertEqual([i.count for i in one.load_info.relations if i.relation == "songs"], counted)
            self.assertEqual(len(one.songs), 0)
        words = self.ask("SELECT text FROM words")
        results = server.get("kinds.v1.Word", words, includes=[{"path": "like", "count_only": True}]).results
        for word, result in zip(words, results):  # the links tell apart what the words make equal
            counts = [i.count for i in kinds.Word.FromString(result.records[0]).load_info.relations]
            self.assertEqual(counts, [len(self.ask(EXPECTED["Word.like"], word))], word)

    def test_38_filter_order_and_limit_of_a_node_are_for_each_owner(self):
        keys = list(range(1, 31))
        what = {"filter_text": "plays >= 50", "order": "plays, id desc", "limit": 2}
        for one in self.songs(keys, **what) + self.songs([2], **what):
            self.assertEqual([s.id for s in one.songs],
                             self.ask("SELECT id FROM songs WHERE id IN (SELECT song_id FROM entries WHERE list_id = ?) "
                                      "AND plays >= 50 ORDER BY plays, id DESC LIMIT 2", one.id))


class Filters(Case):
    """Filters and orders of queries along relations of every kind."""

    def check(self, model, where, sql, order=""):
        ids = [row[0] for row in connection.execute(sql)]
        got = [getattr(kinds, model).FromString(r).id for r in server.query("kinds.v1." + model, where=where, order=order)[0]]
        self.assertEqual(got, ids, where)
        self.assertEqual(server.count("kinds.v1." + model, where=where), len(ids))

    def test_39_along_links(self):
        linked = "SELECT 1 FROM entries e JOIN songs s ON s.id = e.song_id WHERE e.list_id = l.id"
        self.check("List", "some(songs, plays >= 90)",
                   "SELECT id FROM lists l WHERE EXISTS (%s AND s.plays >= 90) ORDER BY id" % linked)
        self.check("List", "none(songs)", "SELECT id FROM lists l WHERE NOT EXISTS (%s) ORDER BY id" % linked)
        self.check("Person", "some(songs, plays = 10)",
                   "SELECT id FROM persons p WHERE EXISTS (SELECT 1 FROM lists l JOIN entries e ON e.list_id = l.id "
                   "JOIN songs s ON s.id = e.song_id WHERE l.owner_name = p.name AND s.plays = 10) ORDER BY id")
        self.check("Person", "some(reports_of_reports, id > 5)",
                   "SELECT id FROM persons p WHERE EXISTS (SELECT 1 FROM persons r JOIN persons s ON s.boss_id = r.id "
                   "WHERE r.boss_id = p.id AND s.id > 5) ORDER BY id")

    def test_44_counts_are_of_targets(self):
        counted = "(SELECT count(DISTINCT s.id) FROM entries e JOIN songs s ON s.id = e.song_id WHERE e.list_id = l.id)"
        for most in [0, 5, 9]:
            self.check("List", "count(songs) > %d" % most, "SELECT id FROM lists l WHERE %s > %d ORDER BY id" % (counted, most))

    def test_38_within_a_limit(self):
        self.check("List", "some(hits, plays = 50)",
                   "SELECT id FROM lists l WHERE EXISTS (SELECT 1 FROM (SELECT plays FROM songs WHERE plays >= 50 AND id IN "
                   "(SELECT song_id FROM entries WHERE list_id = l.id) ORDER BY plays DESC, id LIMIT 3) WHERE plays = 50) "
                   "ORDER BY id")
        self.check("Author", "latest.price > 40",
                   "SELECT id FROM authors a WHERE (SELECT price FROM books WHERE author_id = a.id "
                   "ORDER BY published DESC, id LIMIT 1) > 40 ORDER BY id")

    def test_08_a_has_one_behind_a_link_is_its_first_record(self):
        newest = "(SELECT max(c.id) FROM persons b JOIN persons c ON c.boss_id = b.id WHERE b.id = p.boss_id)"
        for peer in range(1, 8):
            self.check("Person", "newest_peer.id = %d" % peer, "SELECT id FROM persons p WHERE %s = %d ORDER BY id" % (newest, peer))


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


class Links(Case):
    def test_44_a_target_comes_once_however_many_links(self):
        with connection:
            connection.execute("INSERT INTO lists VALUES (500, NULL, 1), (501, NULL, 1)")
            connection.execute("INSERT INTO songs VALUES (500, 'x', 1), (501, 'y', 2)")
            connection.executemany("INSERT INTO entries VALUES (?, 500, ?, 1, 1)",
                                   [(5000, 500), (5001, 500), (5002, 501), (5003, 500), (5004, None), (5005, 9999)])
        for keys in [[500], [500, 501, 500]]:
            server.clear()
            for _ in range(2):
                results = server.load("kinds.v1.List", "songs", keys).results
                got = [[kinds.Song.FromString(r).id for r in result.records] for result in results]
                self.assertEqual(got, [[501, 500] if key == 500 else [] for key in keys])
        self.assertEqual(server.count("kinds.v1.List", relation="songs", owner_key=[500]), 2)
        # The links themselves, with their own columns, are another relation.
        links = server.load("kinds.v1.List", "entries", [500]).results[0].records
        self.assertEqual([kinds.Entry.FromString(r).id for r in links], list(range(5000, 5006)))

    def test_16_a_link_and_its_ends_may_store_a_uuid_in_other_forms(self):
        ids = [uuid.UUID(int=(i << 120) + 0xABCDEF0123456789) for i in range(1, 7)]
        forms = [str, lambda u: str(u).upper(), lambda u: u.bytes, lambda u: u.hex, lambda u: u.hex.upper()]
        rng = random.Random(SEED)
        with connection:
            for i, device in enumerate(ids):
                connection.execute("INSERT INTO devices VALUES (?, ?)", (rng.choice(forms)(device), i))
            for i, device in enumerate(ids):
                for peer in ids[:i]:
                    for form in forms:
                        connection.execute("INSERT INTO pairings(device_id, peer_id) VALUES (?, ?)",
                                           (rng.choice(forms)(device), form(peer)))
            connection.execute("INSERT INTO pairings(device_id, peer_id) VALUES (?, 'nothing')", (str(ids[0]),))
        expected = [[str(peer) for peer in ids[:i]] for i in range(len(ids))]
        for keys in [[str(d).upper() for d in ids], [str(d) for d in ids]]:
            for chunk in [keys] + [[key] for key in keys]:
                server.clear()
                results = server.load("kinds.v1.Device", "peers", chunk).results
                got = [[kinds.Device.FromString(r).id for r in result.records] for result in results]
                self.assertEqual(got, expected if len(chunk) > 1 else [expected[keys.index(chunk[0])]])
        for i, device in enumerate(ids):
            self.assertEqual(server.count("kinds.v1.Device", relation="peers", owner_key=[str(device)]), i)

    def test_32_an_owner_that_is_not_there_has_nothing(self):
        for relation in ["songs", "hit", "owners_team"]:
            for keys in [[77777], [77777, 1]]:
                self.assertEqual(server.load("kinds.v1.List", relation, keys).results[0].state, EMPTY)
        by = server.load("kinds.v1.List", "owners_team", [(None,)], by="reference_keys").results[0]
        self.assertEqual(by.state, NULL)

    def test_10_one_statement_for_all_keys(self):
        server.clear()
        server.load("kinds.v1.Person", "songs", list(range(1, 21)))  # from the primary key to the name they join on
        before = server.stats().total.statements
        server.clear()
        server.load("kinds.v1.Song", "lists", list(range(1, 61)))
        self.assertEqual(server.stats().total.statements, before + 1)


class Metadata(Case):
    def test_44_the_way_is_told(self):
        songs = next(r for r in server.describe("kinds.v1.List").relations if r.name == "songs")
        self.assertEqual((songs.through, songs.source, songs.inverse_of), ("entries", "song", "lists"))
        self.assertEqual((list(songs.foreign_key), list(songs.references)), (["list_id"], ["id"]))

    def test_26_scope_and_limit_are_told(self):
        def told(model, name):
            return next((r.where, r.limit) for r in server.describe(model).relations if r.name == name)

        self.assertEqual(told("kinds.v1.Author", "cheap"), ("price < 30 OR price = 77", 0))
        self.assertEqual(told("kinds.v1.Poet", "top"), ("", 1))
        self.assertEqual(told("kinds.v1.Poet", "cheapest"), ("", 0))
        self.assertEqual(told("kinds.v1.Poet", "latest_cheap"), ("price <= 40", 0))


if __name__ == "__main__":
    rt.main()
