"""Many-to-many relations in the order of the link's own columns, against plain SQL: declared and asked for, for one owner and
for many, cold and warm, in pages both ways, within limits, in filters, counts and aggregates. Each target comes once (case 44),
placed by its first link in the order.
"""

import os
import random
import sqlite3

import grpc

import relations_testing as rt

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for

PROTO = """
syntax = "proto3";
package links.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Playlist {
  option (.relations.v1.model) = { table: "playlists" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  repeated Entry entries = 10 [(.relations.v1.has_many) = { foreign_key: "playlist_id" inverse_of: "playlist" }];
  repeated Track tracks = 11 [(.relations.v1.has_many) = {
    through: "entries" source: "track" inverse_of: "playlists" order_by: "entries.position" }];
  repeated Track by_two = 12 [(.relations.v1.has_many) = {
    through: "entries" source: "track" order_by: "entries.disc desc, title, entries.position" }];
  repeated Track opening = 13 [(.relations.v1.has_many) = {
    through: "entries" source: "track" order_by: "entries.position" limit: 3 }];
  Track opener = 14 [(.relations.v1.has_one) = { through: "entries" source: "track" order_by: "entries.position" }];
  Track latest = 15 [(.relations.v1.has_one) = { through: "entries" source: "track" order_by: "entries.position desc" }];
  repeated Entry firm = 16 [(.relations.v1.has_many) = { foreign_key: "playlist_id" where: "position > 3" order_by: "position" limit: 4 }];
  repeated Track firm_tracks = 17 [(.relations.v1.has_many) = { through: "firm" source: "track" order_by: "firm.position desc" }];
  repeated Track plain = 18 [(.relations.v1.has_many) = { through: "entries" source: "track" }];
  repeated Album albums = 19 [(.relations.v1.has_many) = { through: "entries" source: "album" order_by: "entries.position" }];
  repeated Shown shown = 20 [(.relations.v1.has_many) = { through: "entries" source: "shown" order_by: "entries.note, entries.position" limit: 5 }];
}

message Track {
  option (.relations.v1.model) = { table: "tracks" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  string title = 2;
  optional int64 album_id = 3;
  // Called as the playlist's: in an order of a playlist's tracks the playlist's own is meant.
  repeated Entry entries = 10 [(.relations.v1.has_many) = { foreign_key: "track_id" inverse_of: "track" }];
  repeated Playlist playlists = 11 [(.relations.v1.has_many) = {
    through: "entries" source: "playlist" inverse_of: "tracks" order_by: "entries.position desc" }];
  Album album = 12 [(.relations.v1.belongs_to) = { foreign_key: "album_id" }];
}

message Album {
  option (.relations.v1.model) = { table: "albums" };
  int64 id = 1;
}

// Of a view.
message Shown {
  option (.relations.v1.model) = { table: "shown" };
  int64 id = 1;
  string title = 2;
}

message Entry {
  option (.relations.v1.model) = { table: "entries" };
  int64 id = 1;
  optional int64 playlist_id = 2;
  optional int64 track_id = 3;
  optional int32 position = 4;
  int32 disc = 5;
  optional string note = 6;
  Playlist playlist = 10 [(.relations.v1.belongs_to) = { foreign_key: "playlist_id" inverse_of: "entries" }];
  Track track = 11 [(.relations.v1.belongs_to) = { foreign_key: "track_id" inverse_of: "entries" }];
  Album album = 12 [(.relations.v1.has_one) = { through: "track" source: "album" }];
  Shown shown = 13 [(.relations.v1.belongs_to) = { foreign_key: "track_id" }];
}
"""

SQL = """
CREATE TABLE playlists (id INTEGER PRIMARY KEY);
CREATE TABLE tracks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, album_id INTEGER);
CREATE TABLE albums (id INTEGER PRIMARY KEY);
CREATE TABLE entries (id INTEGER PRIMARY KEY, playlist_id INTEGER, track_id INTEGER, position INTEGER, disc INTEGER NOT NULL,
                      note TEXT COLLATE NOCASE);
CREATE INDEX entries_playlist ON entries (playlist_id);
CREATE VIEW shown AS SELECT id, title FROM tracks WHERE id % 4 > 0;
"""

LIST, TRACK = "links.v1.Playlist", "links.v1.Track"
KEYS = list(range(1, 13))

# Orders over a playlist's tracks, and the same in SQL over tracks t with their links e: values of the first link, its order.
ORDERS = {
    "entries.position": [("e", "position", "ASC", "LAST")],
    "entries.position desc": [("e", "position", "DESC", "LAST")],
    "entries.position nulls first": [("e", "position", "ASC", "FIRST")],
    "entries.position desc nulls first, title desc": [("e", "position", "DESC", "FIRST"), ("t", "title", "DESC", "LAST")],
    "entries.disc desc, title, entries.position": [("e", "disc", "DESC", "LAST"), ("t", "title", "ASC", "LAST"),
                                                   ("e", "position", "ASC", "LAST")],
    "title, entries.note, entries.disc desc": [("t", "title", "ASC", "LAST"), ("e", "note", "ASC", "LAST"), ("e", "disc", "DESC", "LAST")],
}


def fill(connection):
    rng = random.Random(SEED)
    for key in KEYS:
        connection.execute("INSERT INTO playlists VALUES (?)", (key,))
    for key in range(1, 21):
        connection.execute("INSERT INTO tracks VALUES (?, ?, ?)", (key, rng.choice("abcd"), rng.choice([None, 1, 2, 3, 4, 99])))
    for key in range(1, 5):
        connection.execute("INSERT INTO albums VALUES (?)", (key,))
    for _ in range(160):
        connection.execute("INSERT INTO entries (playlist_id, track_id, position, disc, note) VALUES (?, ?, ?, ?, ?)",
                           (rng.choice([None, *KEYS[:-1]]), rng.choice([None, *range(1, 24)]), rng.choice([None, *range(9)]),
                            rng.randint(0, 2), rng.choice([None, "x", "X", "y", "Y", "z"])))


def setUpModule():
    global server, links, database
    world = rt.World("links", PROTO, SQL, fill)
    links, database = world.messages, world.database
    server = Case.server = world.server


def tearDownModule():
    server.stop()


def rows(sql, *values):
    connection = sqlite3.connect(database)
    try:
        return [row[0] for row in connection.execute(sql, values)]
    finally:
        connection.close()


def expected(key, terms, table="tracks", link="e.playlist_id = ? AND e.track_id = t.id"):
    """Ids of what the links lead to, each once: for each row the first link by a subquery of its own."""
    by_link = ", ".join("e.%s %s NULLS %s" % term[1:] for term in terms if term[0] == "e")
    parts, values = [], []
    for place, column, direction, nulls in terms:
        if place == "e":
            collate = " COLLATE NOCASE" if column == "note" else ""
            parts.append("(SELECT e.%s FROM entries e WHERE %s ORDER BY %s LIMIT 1)%s %s NULLS %s" % (
                column, link, by_link, collate, direction, nulls))
            values.append(key)
        else:
            parts.append("t.%s %s NULLS %s" % (column, direction, nulls))
    return rows("SELECT t.id FROM %s t WHERE EXISTS (SELECT 1 FROM entries e WHERE %s) ORDER BY %s" % (
        table, link, ", ".join(parts + ["t.id"])), key, *values)


POSITION = [("e", "position", "ASC", "LAST")]


class Case(rt.Case):
    def ids(self, records):
        return [links.Track.FromString(r).id for r in records]

    def loaded(self, relation, model=LIST):
        return {key: [r.id for r in records] for key, records in self.both(relation, model).items()}

    def both(self, relation, model, keys=KEYS):
        """Load of many, cold and warm, and of each alone."""
        message = getattr(links, model.split(".")[-1])
        target = getattr(links, message.DESCRIPTOR.fields_by_name[relation].message_type.name)
        server.clear()
        answers = []
        for _ in range(2):
            response = server.load(model, relation, keys)
            for result in response.results:
                self.assertEqual(result.error.code, 0, result.error.message)
            answers.append([[target.FromString(b) for b in r.records] for r in response.results])
        self.assertEqual(answers[0], answers[1])
        server.clear()
        for key, records in zip(keys, answers[0]):
            alone = [target.FromString(b) for b in server.load(model, relation, [key]).results[0].records]
            self.assertEqual(alone, records, (relation, key))
        return dict(zip(keys, answers[0]))


class Declared(Case):
    def test_44_load_query_and_include(self):
        for relation, terms in [("tracks", POSITION), ("by_two", ORDERS["entries.disc desc, title, entries.position"])]:
            loaded = self.loaded(relation)
            response = server.get(LIST, KEYS, includes=[relation])
            for key, result in zip(KEYS, response.results):
                want = expected(key, terms)
                self.assertEqual(loaded[key], want, (relation, key))
                self.assertEqual([t.id for t in getattr(links.Playlist.FromString(result.records[0]), relation)], want)
                self.assertEqual(self.ids(server.query(LIST, relation=relation, owner_key=[key])[0]), want)
                self.assertEqual(server.count(LIST, relation=relation, owner_key=[key]), len(want))

    def test_the_other_way(self):
        loaded = self.both("playlists", TRACK, keys=list(range(1, 21)))
        for key, records in loaded.items():
            want = expected(key, [("e", "position", "DESC", "LAST")], "playlists", "e.track_id = ? AND e.playlist_id = t.id")
            self.assertEqual([p.id for p in records], want)

    def test_limits_and_the_first_of_many(self):
        opening, opener, latest = self.loaded("opening"), self.loaded("opener"), self.loaded("latest")
        for key in KEYS:
            want = expected(key, POSITION)
            self.assertEqual((opening[key], opener[key]), (want[:3], want[:1]))
            self.assertEqual(latest[key], expected(key, [("e", "position", "DESC", "LAST")])[:1])
            for relation, count in (("opening", min(3, len(want))), ("opener", min(1, len(want)))):
                self.assertEqual(server.count(LIST, relation=relation, owner_key=[key]), count)
                self.assertEqual(self.ids(server.query(LIST, relation=relation, owner_key=[key])[0]), want[:count])
                self.assertEqual(server.exists(LIST, relation=relation, owner_key=[key]), count > 0)

    def test_through_links_that_are_limited_themselves(self):
        loaded = self.loaded("firm_tracks")
        for key in KEYS:
            first = rows("SELECT id FROM entries WHERE playlist_id = ? AND position > 3 ORDER BY position, id LIMIT 4", key)
            link = "e.playlist_id = ? AND e.track_id = t.id AND e.id IN (%s)" % (", ".join(map(str, first)) or "0")
            self.assertEqual(loaded[key], expected(key, [("e", "position", "DESC", "LAST")], link=link), key)

    def test_several_tables_behind_the_link(self):
        loaded = self.loaded("albums")
        for key in KEYS:
            link = "e.playlist_id = ? AND e.track_id IN (SELECT id FROM tracks WHERE album_id = t.id)"
            self.assertEqual(loaded[key], expected(key, POSITION, "albums", link), key)

    def test_a_view_and_a_collation(self):
        loaded = self.loaded("shown")
        for key in KEYS:
            terms = [("e", "note", "ASC", "LAST"), ("e", "position", "ASC", "LAST")]
            self.assertEqual(loaded[key], expected(key, terms, "shown")[:5], key)

    def test_in_filters_orders_and_aggregates(self):
        openers = {key: expected(key, POSITION)[:3] for key in KEYS}
        titles = dict(zip(rows("SELECT id FROM tracks"), rows("SELECT title FROM tracks")))
        for title in "abcd":
            found = [links.Playlist.FromString(r).id for r in server.query(LIST, where="opener.title = '%s'" % title)[0]]
            self.assertEqual(found, [k for k in KEYS if openers[k] and titles[openers[k][0]] == title])
            found = [links.Playlist.FromString(r).id for r in server.query(LIST, where="some(opening, title = '%s')" % title)[0]]
            self.assertEqual(found, [k for k in KEYS if any(titles[i] == title for i in openers[k])])
        found = [links.Playlist.FromString(r).id for r in server.query(LIST, order="opener.title")[0]]
        self.assertEqual(found, sorted(KEYS, key=lambda k: (not openers[k], titles[openers[k][0]] if openers[k] else "", k)))
        groups, _ = server.aggregate(LIST, ["count"], ["opener.title"])
        want = {}
        for key in KEYS:
            title = titles[openers[key][0]] if openers[key] else None
            want[title] = want.get(title, 0) + 1
        self.assertEqual({g[0]: v[0] for g, v in groups}, want)
        for key in KEYS:
            groups, _ = server.aggregate(LIST, ["count"], ["title"], relation="opening", owner_key=[key])
            self.assertEqual({g[0]: v[0] for g, v in groups},
                             {t: sum(titles[i] == t for i in openers[key]) for t in {titles[i] for i in openers[key]}})

    def test_groups_of_a_null_key(self):
        for relation in ("tracks", "opening", "opener", "latest"):
            for by in ([], ["title"]):
                groups, _ = server.aggregate(LIST, ["count"], by, relation=relation, reference_key=[None])
                self.assertEqual(groups, [([], [0])] if not by else [])

    def test_what_is_written_is_seen(self):
        before = self.loaded("tracks")[1]
        server.load(LIST, "tracks", [1])
        connection = sqlite3.connect(database)
        connection.execute("INSERT INTO entries VALUES (1000, 1, ?, -1, 0, NULL)", (before[-1],))
        connection.commit()
        self.addCleanup(connection.close)
        self.addCleanup(connection.commit)
        self.addCleanup(connection.execute, "DELETE FROM entries WHERE id = 1000")
        response = server.load(LIST, "tracks", [1])
        self.assertEqual(self.ids(response.results[0].records), [before[-1]] + before[:-1])

    def test_one_statement_for_many_owners(self):
        server.clear()
        before = self.statements()
        server.load(LIST, "tracks", KEYS)
        self.assertEqual(self.statements() - before, 1)

    def test_it_is_told(self):
        relations = {r.name: list(r.order_by) for r in server.describe(LIST).relations}
        self.assertEqual(relations["by_two"], ["entries.disc desc", "title asc", "entries.position asc", "id asc"])


class Asked(Case):
    def test_queries_and_pages_both_ways(self):
        for relation in ("plain", "tracks"):
            for order, terms in ORDERS.items():
                for key in KEYS[::3] + KEYS[-1:]:
                    want, asked = expected(key, terms), dict(relation=relation, owner_key=[key], order=order)
                    self.assertEqual(self.ids(server.query(LIST, **asked)[0]), want, (order, key))
                    self.assertEqual(self.ids(server.pages(LIST, 2, **asked)), want, (order, key))
                    self.assertEqual(self.ids(server.pages_backwards(LIST, 3, **asked)), want, (order, key))

    def test_among_what_the_relation_has(self):
        for order, terms in ORDERS.items():
            for key in KEYS[::2]:
                first = expected(key, POSITION)[:3]
                want = [i for i in expected(key, terms) if i in first]
                self.assertEqual(self.ids(server.query(LIST, relation="opening", owner_key=[key], order=order)[0]), want)
                self.assertEqual(self.ids(server.pages(LIST, 1, relation="opening", owner_key=[key], order=order)), want)

    def test_includes(self):
        for order, terms in ORDERS.items():
            for limit in (0, 1, 3):
                includes = [{"path": p, "order": order, "limit": limit} for p in ("plain", "opening")]
                for keys in (KEYS, [2]):
                    for key, result in zip(keys, server.get(LIST, keys, includes=includes).results):
                        record = links.Playlist.FromString(result.records[0])
                        first, want = expected(key, POSITION)[:3], expected(key, terms)
                        self.assertEqual([t.id for t in record.plain], want[:limit or None], (order, key))
                        self.assertEqual([t.id for t in record.opening], [i for i in want if i in first][:limit or None], (order, key))
                        token = {i.relation: i.next_page_token for i in record.load_info.relations}["plain"]
                        self.assertEqual(bool(token), 0 < limit < len(want))
                        if token:
                            rest = server.query(LIST, relation="plain", owner_key=[key], order=order, page_token=token)[0]
                            self.assertEqual(self.ids(rest), want[limit:])

    def test_with_filters_fields_and_a_tree(self):
        include = {"path": "tracks", "filter_text": "title >= 'b'", "fields": ["id"], "order": "entries.position desc", "limit": 2}
        for key, result in zip(KEYS, server.get(LIST, KEYS, includes=[include, "tracks.album"]).results):
            tracks = links.Playlist.FromString(result.records[0]).tracks
            titles = dict(zip(rows("SELECT id FROM tracks"), rows("SELECT title FROM tracks")))
            want = [i for i in expected(key, [("e", "position", "DESC", "LAST")]) if titles[i] >= "b"][:2]
            self.assertEqual([t.id for t in tracks], want)
            self.assertTrue(all(t.title == "" for t in tracks))

    def test_refused(self):
        for order, fragment in [("entries.positon", "did you mean position"), ("entries.track.title", "a field of links.v1.Entry, which \"track.title\" is not"),
                                ("entry.position", "no relation"), ("entries.playlist", "a field of links.v1.Entry"),
                                ("-title", 'write "title desc"')]:
            for ask in (lambda: server.query(LIST, relation="plain", owner_key=[1], order=order),
                        lambda: server.get(LIST, [1], includes=[{"path": "plain", "order": order}])):
                error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, ask)
                self.assertIn(fragment, error.details())
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.query(TRACK, order="entries.position"))

    def test_refused_in_a_schema(self):
        def body(order, relation="has_many) = { through: \"entries\" source: \"track\" order_by: "):
            return """
              message List { option (.relations.v1.model) = {}; int64 id = 1;
                repeated Entry entries = 2 [(.relations.v1.has_many) = { foreign_key: "list_id" }];
                repeated Track tracks = 3 [(.relations.v1.%s"%s" }]; }
              message Track { option (.relations.v1.model) = {}; int64 id = 1; int64 list_id = 2; }
              message Entry { option (.relations.v1.model) = {}; int64 id = 1; int64 list_id = 2; int64 track_id = 3; int32 position = 4;
                Track track = 5 [(.relations.v1.belongs_to) = { foreign_key: "track_id" }]; }""" % (relation, order)
        for order, fragments in [("entries.positon", ['no field "positon" in bad.v1.Entry', "did you mean"]),
                                 ("entry.position", ["before the dot", '"entries"']),
                                 ("entries.track", ['field "track" of bad.v1.Entry has no column']),
                                 ("entries.position, entries.position desc", ['names "entries.position" twice'])]:
            self.assertFinding(self.findings(body(order)), "tracks", *fragments)
        plain = body("entries.position", "has_many) = { foreign_key: \"list_id\" order_by: ")
        self.assertFinding(self.findings(plain), "tracks", "only a relation through a link")


if __name__ == "__main__":
    rt.main()
