"""The schema and the random rows of the tests of includes with arguments, and what those ask of every relation."""

import os
import random

import relations_testing as rt

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for

PROTO = """
syntax = "proto3";
package args.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Artist {
  option (.relations.v1.model) = { table: "artists" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  optional int32 rank = 2;
  optional int64 label_id = 3;
  optional int64 leader_id = 4;
  repeated Song songs = 10 [(.relations.v1.has_many) = { foreign_key: "artist_id" order_by: "year" inverse_of: "artist" }];
  repeated Song newest = 11 [(.relations.v1.has_many) = { foreign_key: "artist_id" order_by: "year desc" limit: 3 }];
  Song latest = 12 [(.relations.v1.has_one) = { foreign_key: "artist_id" order_by: "year desc" }];
  Song old = 13 [(.relations.v1.has_one) = { foreign_key: "artist_id" where: "year < 3" order_by: "id desc" }];
  Label label = 14 [(.relations.v1.belongs_to) = { foreign_key: "label_id" }];
  Label good_label = 15 [(.relations.v1.belongs_to) = { foreign_key: "label_id" where: "rank > 1" }];
  Artist leader = 16 [(.relations.v1.belongs_to) = { foreign_key: "leader_id" inverse_of: "followers" }];
  repeated Artist followers = 17 [(.relations.v1.has_many) = { foreign_key: "leader_id" inverse_of: "leader" }];
  repeated Artist few_followers = 28 [(.relations.v1.has_many) = { foreign_key: "leader_id" order_by: "id desc" limit: 2 }];
  repeated Style styles = 18 [(.relations.v1.has_many) = { foreign_key: "artist_id" }];
  repeated Genre genres = 19 [(.relations.v1.has_many) = { through: "styles" source: "genre" }];
  repeated Genre first_genres = 20 [(.relations.v1.has_many) = { through: "styles" source: "genre" order_by: "rank" limit: 2 }];
  Genre first_genre = 21 [(.relations.v1.has_one) = { through: "styles" source: "genre" order_by: "rank" }];
  repeated Note notes = 22 [(.relations.v1.has_many) = {
    foreign_key: "of_id" type_field: "of" type_tag: "Artist" inverse_of: "artist" }];
  repeated Note two_notes = 23 [(.relations.v1.has_many) = {
    foreign_key: "of_id" type_field: "of" type_tag: "Artist" order_by: "rank desc" limit: 2 }];
  Note note = 24 [(.relations.v1.has_one) = { foreign_key: "of_id" type_field: "of" type_tag: "Artist" order_by: "id desc" }];
  repeated Place places = 25 [(.relations.v1.has_many) = { foreign_key: "artist_id" order_by: "rank" limit: 2 }];
  Place place = 26 [(.relations.v1.has_one) = { foreign_key: "artist_id" order_by: "rank desc" }];
  Song only = 27 [(.relations.v1.has_one) = { foreign_key: "artist_id" strict: true }];
  Genre only_genre = 29 [(.relations.v1.has_one) = { through: "styles" source: "genre" strict: true }];
  repeated Artist rivals = 31 [(.relations.v1.has_many) = { through: "label" source: "artists" }];
  repeated Artist three_rivals = 32 [(.relations.v1.has_many) = { through: "label" source: "artists" order_by: "rank" limit: 3 }];
  Label strict_label = 30 [(.relations.v1.belongs_to) = { foreign_key: "label_id" strict: true }];
}

message Song {
  option (.relations.v1.model) = {
    table: "songs"
    query_methods: { name: "ranked" params: { name: "least" type: TYPE_INT32 } filter: "rank >= $least" }
  };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  optional int64 artist_id = 2;
  optional int32 rank = 3;
  int32 year = 4;
  Artist artist = 10 [(.relations.v1.belongs_to) = { foreign_key: "artist_id" inverse_of: "songs" }];
}

message Label {
  option (.relations.v1.model) = { table: "labels" };
  int64 id = 1;
  optional int32 rank = 2;
  repeated Artist artists = 10 [(.relations.v1.has_many) = { foreign_key: "label_id" }];
}

message Style {
  option (.relations.v1.model) = { table: "styles" };
  int64 id = 1;
  optional int64 artist_id = 2;
  optional string genre_code = 3;
  Genre genre = 10 [(.relations.v1.belongs_to) = { foreign_key: "genre_code" }];
}

message Genre {
  option (.relations.v1.model) = { table: "genres" primary_key: "id" };
  string id = 1;
  optional int32 rank = 2;
}

// Of a view, which has no row numbers.
message Place {
  option (.relations.v1.model) = { table: "places" };
  int64 id = 1;
  optional int64 artist_id = 2;
  optional int32 rank = 3;
}

message Note {
  option (.relations.v1.model) = { table: "notes" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1 [(.relations.v1.column) = { name: "rowid" }];  // a table without a key
  optional string of = 2;
  optional int64 of_id = 3;
  optional int32 rank = 4;
  oneof subject {
    Artist artist = 10 [(.relations.v1.belongs_to) = { foreign_key: "of_id" type_field: "of" type_tag: "Artist" inverse_of: "notes" }];
    Label label = 11 [(.relations.v1.belongs_to) = { foreign_key: "of_id" type_field: "of" type_tag: "Label" }];
  }
}
"""

SQL = """
CREATE TABLE artists (id INTEGER PRIMARY KEY, rank INTEGER, label_id INTEGER, leader_id INTEGER);
CREATE TABLE songs (id INTEGER PRIMARY KEY, artist_id INTEGER, rank INTEGER, year INTEGER NOT NULL);
CREATE INDEX songs_of ON songs (artist_id, year);
CREATE TABLE labels (id INTEGER PRIMARY KEY, rank INTEGER);
CREATE TABLE styles (id INTEGER PRIMARY KEY, artist_id INTEGER, genre_code TEXT);
CREATE TABLE genres (id TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, rank INTEGER) WITHOUT ROWID;
CREATE TABLE notes ("of" TEXT, of_id INTEGER, rank INTEGER);
CREATE VIEW places AS SELECT id, artist_id, rank FROM songs WHERE id % 3 > 0;
"""

ARTIST, NOTE = "args.v1.Artist", "args.v1.Note"
KEYS = list(range(1, 31))
MANY = ["songs", "newest", "followers", "few_followers", "rivals", "three_rivals", "genres", "first_genres", "notes", "two_notes", "places"]
ONE = ["latest", "old", "label", "good_label", "leader", "first_genre", "note", "place"]
FILTERS = ["rank >= 5", "is_null(rank)", "rank < 0", "NOT rank = 3"]
ORDERS = ["", "rank", "rank desc nulls first", "id desc"]
RELATED_ORDERS = {
    **dict.fromkeys(["followers", "few_followers", "rivals", "three_rivals"],
                    ["count(songs) desc", "label.rank", "label.rank desc nulls first, count(notes)", "latest.year desc, count(label.artists)"]),
    **dict.fromkeys(["genres", "first_genres"], ["styles.id desc", "styles.genre_code desc nulls first, rank"]),
    **dict.fromkeys(["songs", "newest"], ["artist.label.rank", "count(artist.songs), rank desc"]),
    **dict.fromkeys(["notes", "two_notes"], ["artist.rank desc", "count(artist.genres)", "label.rank"]),
}


def fill(connection):
    rng = random.Random(SEED)

    def rows(table, count, *columns):
        for number in range(1, count + 1):
            values = [number] + [column() for column in columns]
            connection.execute("INSERT INTO %s VALUES (%s)" % (table, ", ".join("?" * len(values))), values)

    def number(most, null=0.1):
        return lambda: None if rng.random() < null else rng.randint(1, most)

    rows("artists", 30, number(9), number(12), number(34))
    rows("songs", 90, number(24), number(9), number(6, 0))
    rows("labels", 10, number(9))
    rows("styles", 100, number(26), lambda: rng.choice("abcdefghABCDEFGH") if rng.random() < 0.9 else None)
    for code in "abCdeF":
        connection.execute("INSERT INTO genres VALUES (?, ?)", (code, number(9)()))
    rows('notes (rowid, "of", of_id, rank)', 80, lambda: rng.choice(["Artist", "Artist", "Label", None]), number(30), number(9))


def set_up():
    global server, args, database
    world = rt.World("args", PROTO, SQL, fill)
    args, database = world.messages, world.database
    server = Case.server = world.server


def tear_down():
    server.stop()


class Case(rt.Case):
    def info(self, record, relation):
        for info in record.load_info.relations:
            if info.relation == relation:
                return info
        self.fail("nothing is said of " + relation)

    def get(self, keys, *includes, model=ARTIST, message=None):
        response = server.get(model, keys, includes=includes)
        for result in response.results:
            self.assertEqual(result.error.code, 0, result.error.message)
        return [(message or args.Artist).FromString(r.records[0]) for r in response.results]

    def related(self, record, relation):
        """What stands in the relation's field: a list of keys."""
        if record.DESCRIPTOR.fields_by_name[relation].label == 3:
            return [r.id for r in getattr(record, relation)]
        return [getattr(record, relation).id] if record.HasField(relation) else []

    def queried(self, key, relation, **kwargs):
        records, token, state = server.query(ARTIST, relation=relation, owner_key=[key], **kwargs)
        target = args.Artist.DESCRIPTOR.fields_by_name[relation].message_type.name
        return [getattr(args, target).FromString(r).id for r in records], bool(token), state

    def compare(self, include, order=""):
        """What the include has for each owner, many at once and one alone, is what Query has."""
        relation, limit = include["path"], include.get("limit", 0)
        asked = dict(include, order=order)
        where = include.get("filter_text", "")
        many = self.get(KEYS, asked)
        for key, record in zip(KEYS, many):
            expected = self.queried(key, relation, where=where, order=order, page_size=limit)
            info = self.info(record, relation)
            got = self.related(record, relation), bool(info.next_page_token), info.state
            self.assertEqual(got, expected, (asked, key))
            if info.next_page_token:
                rest = self.queried(key, relation, where=where, order=order, page_token=info.next_page_token)
                whole = self.queried(key, relation, where=where, order=order)
                self.assertEqual(got[0] + rest[0], whole[0], (asked, key))
        for key in KEYS[::7]:
            self.assertEqual(self.get([key], asked)[0], many[key - 1], (asked, key))
        if limit:
            self.compare_pages(asked, many)

    def compare_pages(self, asked, first):
        """Page by page the include has what it has without a limit: all owners' tokens at once, and one alone."""
        relation = asked["path"]
        tokens = lambda records: {r.id: self.info(r, relation).next_page_token for r in records if self.info(r, relation).next_page_token}
        whole = {r.id: self.related(r, relation) for r in self.get(KEYS, dict(asked, limit=0))}
        begun = {r.id: self.related(r, relation) for r in first}
        read, left = dict(begun), tokens(first)
        while left:
            page = self.get(KEYS, dict(asked, page_tokens=list(left.values())))
            for record in page:
                if record.id in left:
                    read[record.id] = read[record.id] + self.related(record, relation)
                else:
                    self.assertEqual(self.related(record, relation), begun[record.id], (asked, record.id))
            alone = next(r for r in page if r.id in left)
            self.assertEqual(self.get([alone.id], dict(asked, page_tokens=[left[alone.id]]))[0], alone, asked)
            rest = self.get([alone.id], dict(asked, limit=0, page_tokens=[left[alone.id]]))[0]
            self.assertEqual(read[alone.id] + self.related(rest, relation)[asked["limit"]:], whole[alone.id], asked)
            left = {key: token for key, token in tokens(page).items() if key in left}
        self.assertEqual(read, whole, asked)
