"""The schema, the tables and the random rows of kinds_test, and each relation's answer in plain SQL."""

# As deep as a filter may be; it says id != 999999, of ids above 0.
DEEP = "id = 999999"
for _ in range(15):
    DEEP = "id > 0 AND id < 0 OR NOT (%s)" % DEEP

PROTO = """
syntax = "proto3";
package kinds.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Author {
  option (.relations.v1.model) = { table: "authors" };
  relations.v1.LoadInfo load_info = 99;
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

// Many-to-many, through links with columns of their own: duplicates, NULLs, links that lead to nothing.
message Song {
  option (.relations.v1.model) = { table: "songs" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  string title = 2;
  optional int32 plays = 3;
  repeated Entry entries = 10 [(.relations.v1.has_many) = { foreign_key: "song_id" inverse_of: "song" }];
  repeated List lists = 11 [(.relations.v1.has_many) = { through: "entries" source: "list" inverse_of: "songs" }];
  repeated Person fans = 12 [(.relations.v1.has_many) = { through: "lists" source: "owner" order_by: "id desc" }];
  Person first_fan = 13 [(.relations.v1.has_one) = { through: "lists" source: "owner" }];
}

message List {
  option (.relations.v1.model) = { table: "lists" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  optional string owner_name = 2;
  int32 rank = 3;
  repeated Entry entries = 10 [(.relations.v1.has_many) = { foreign_key: "list_id" inverse_of: "list" }];
  repeated Song songs = 11 [(.relations.v1.has_many) = {
    through: "entries" source: "song" inverse_of: "lists" order_by: "title desc" }];
  repeated Entry pinned = 12 [(.relations.v1.has_many) = { foreign_key: "list_id" where: "pinned = true" }];
  repeated Song pinned_songs = 13 [(.relations.v1.has_many) = { through: "pinned" source: "song" }];
  repeated Song hits = 14 [(.relations.v1.has_many) = {
    through: "entries" source: "song" where: "plays >= 50" order_by: "plays desc" limit: 3 }];
  Song hit = 15 [(.relations.v1.has_one) = { through: "entries" source: "song" order_by: "plays desc" }];
  repeated Entry last_entries = 16 [(.relations.v1.has_many) = {
    foreign_key: "list_id" order_by: "at desc" limit: 2 }];
  repeated Song last_songs = 17 [(.relations.v1.has_many) = { through: "last_entries" source: "song" }];
  Entry last_entry = 18 [(.relations.v1.has_one) = { foreign_key: "list_id" order_by: "at desc" }];
  Song last_song = 19 [(.relations.v1.has_one) = { through: "last_entry" source: "song" }];
  Person owner = 20 [(.relations.v1.belongs_to) = { foreign_key: "owner_name" references: "name" }];
  repeated Entry deep_entries = 22 [(.relations.v1.has_many) = { foreign_key: "list_id" where: "DEEP" limit: 300 }];
  repeated Song deep_songs = 23 [(.relations.v1.has_many) = {
    through: "deep_entries" source: "deep_song" where: "DEEP" limit: 4 }];
  Team owners_team = 21 [(.relations.v1.has_one) = { through: "owner" source: "team" }];
}

message Entry {
  option (.relations.v1.model) = { table: "entries" };
  int64 id = 1;
  optional int64 list_id = 2;
  optional int64 song_id = 3;
  bool pinned = 4;
  int32 at = 5;
  List list = 10 [(.relations.v1.belongs_to) = { foreign_key: "list_id" inverse_of: "entries" }];
  Song song = 11 [(.relations.v1.belongs_to) = { foreign_key: "song_id" inverse_of: "entries" }];
  Song deep_song = 12 [(.relations.v1.has_one) = {
    foreign_key: "id" references: "song_id" where: "DEEP" order_by: "title" }];
}

message Person {
  option (.relations.v1.model) = { table: "persons" };
  relations.v1.LoadInfo load_info = 99;
  int64 id = 1;
  string name = 2;
  optional int64 team_id = 3;
  optional int64 boss_id = 4;
  repeated List lists = 10 [(.relations.v1.has_many) = { foreign_key: "owner_name" references: "name" }];
  repeated Song songs = 11 [(.relations.v1.has_many) = { through: "lists" source: "songs" }];
  repeated Person colleagues = 12 [(.relations.v1.has_many) = { through: "team" source: "members" }];
  Team team = 13 [(.relations.v1.belongs_to) = { foreign_key: "team_id" }];
  Person boss = 14 [(.relations.v1.belongs_to) = { foreign_key: "boss_id" inverse_of: "reports" }];
  repeated Person reports = 15 [(.relations.v1.has_many) = { foreign_key: "boss_id" inverse_of: "boss" }];
  repeated Person reports_of_reports = 16 [(.relations.v1.has_many) = { through: "reports" source: "reports" }];
  Person bosss_boss = 17 [(.relations.v1.has_one) = { through: "boss" source: "boss" }];
  repeated Friendship friendships = 18 [(.relations.v1.has_many) = { foreign_key: "a_id" }];
  repeated Person friends = 19 [(.relations.v1.has_many) = { through: "friendships" source: "b" }];
  repeated List top_lists = 20 [(.relations.v1.has_many) = {
    foreign_key: "owner_name" references: "name" order_by: "rank desc" limit: 2 }];
  repeated List colleagues_top_lists = 21 [(.relations.v1.has_many) = {
    through: "colleagues" source: "top_lists" where: "rank > 1" }];
  Person newest_peer = 22 [(.relations.v1.has_one) = { through: "boss" source: "reports" order_by: "id desc" }];
}

message Friendship {
  option (.relations.v1.model) = { table: "friendships" primary_key: "a_id" primary_key: "b_id" };
  int64 a_id = 1;
  int64 b_id = 2;
  Person b = 10 [(.relations.v1.belongs_to) = { foreign_key: "b_id" }];
}

message Team {
  option (.relations.v1.model) = { table: "teams" discriminator { field: "kind" value: "team" } };
  int64 id = 1;
  string kind = 2;
  repeated Person members = 10 [(.relations.v1.has_many) = { foreign_key: "team_id" }];
}

// A polymorphic link: one table of tags for posts and photos.
message Post {
  option (.relations.v1.model) = { table: "posts" };
  int64 id = 1;
  repeated Tagging taggings = 10 [(.relations.v1.has_many) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Post" inverse_of: "post" order_by: "id desc" }];
  repeated Tag tags = 11 [(.relations.v1.has_many) = { through: "taggings" source: "tag" inverse_of: "posts" }];
}

message Photo {
  option (.relations.v1.model) = { table: "photos" };
  int64 id = 1;
  repeated Tagging taggings = 10 [(.relations.v1.has_many) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Photo" inverse_of: "photo" }];
  repeated Tag tags = 11 [(.relations.v1.has_many) = { through: "taggings" source: "tag" inverse_of: "photos" }];
}

message Tag {
  option (.relations.v1.model) = { table: "tags" };
  int64 id = 1;
  repeated Tagging taggings = 10 [(.relations.v1.has_many) = { foreign_key: "tag_id" inverse_of: "tag" }];
  repeated Post posts = 11 [(.relations.v1.has_many) = { through: "taggings" source: "post" inverse_of: "tags" }];
  repeated Photo photos = 12 [(.relations.v1.has_many) = { through: "taggings" source: "photo" inverse_of: "tags" }];
  repeated Tagging newest = 13 [(.relations.v1.has_many) = { foreign_key: "tag_id" order_by: "id desc" limit: 3 }];
  repeated Post newest_posts = 14 [(.relations.v1.has_many) = { through: "newest" source: "post" }];
}

message Tagging {
  option (.relations.v1.model) = { table: "taggings" };
  int64 id = 1;
  optional int64 tag_id = 2;
  optional string item_type = 3;
  optional int64 item_id = 4;
  Tag tag = 10 [(.relations.v1.belongs_to) = { foreign_key: "tag_id" inverse_of: "taggings" }];
  oneof item {
    Post post = 11 [(.relations.v1.belongs_to) = {
      foreign_key: "item_id" type_field: "item_type" type_tag: "Post" inverse_of: "taggings" }];
    Photo photo = 12 [(.relations.v1.belongs_to) = {
      foreign_key: "item_id" type_field: "item_type" type_tag: "Photo" inverse_of: "taggings" }];
  }
}

// Composite keys on both sides of a link whose own primary key is all of it.
message Cell {
  option (.relations.v1.model) = { table: "cells" primary_key: "a" primary_key: "b" };
  relations.v1.LoadInfo load_info = 99;
  string a = 1;
  int32 b = 2;
  repeated Wire wires = 10 [(.relations.v1.has_many) = { foreign_key: "from_a" foreign_key: "from_b" }];
  repeated Cell targets = 11 [(.relations.v1.has_many) = {
    through: "wires" source: "to" order_by: "b desc" inverse_of: "sources" }];
  repeated Wire back = 12 [(.relations.v1.has_many) = { foreign_key: "to_a" foreign_key: "to_b" }];
  repeated Cell sources = 13 [(.relations.v1.has_many) = { through: "back" source: "from" inverse_of: "targets" }];
}

message Wire {
  option (.relations.v1.model) = { table: "wires" primary_key: "id" };
  int64 id = 1;
  string from_a = 2;
  int32 from_b = 3;
  optional string to_a = 4;
  optional int32 to_b = 5;
  Cell from = 10 [(.relations.v1.belongs_to) = { foreign_key: "from_a" foreign_key: "from_b" }];
  Cell to = 11 [(.relations.v1.belongs_to) = { foreign_key: "to_a" foreign_key: "to_b" }];
}

// Keys that are stored in several forms: UUIDs as text and as bytes on the link's two sides.
message Device {
  option (.relations.v1.model) = { table: "devices" };
  string id = 1 [(.relations.v1.column) = { uuid: true }];
  int32 number = 2;
  repeated Pairing pairings = 10 [(.relations.v1.has_many) = { foreign_key: "device_id" }];
  repeated Device peers = 11 [(.relations.v1.has_many) = { through: "pairings" source: "peer" order_by: "number" }];
}

message Pairing {
  option (.relations.v1.model) = { table: "pairings" };
  int64 id = 1;
  string device_id = 2 [(.relations.v1.column) = { uuid: true }];
  optional string peer_id = 3 [(.relations.v1.column) = { uuid: true }];
  Device peer = 10 [(.relations.v1.belongs_to) = { foreign_key: "peer_id" }];
}

// The database makes equal what a link tells apart, and the other way round.
message Word {
  option (.relations.v1.model) = { table: "words" primary_key: "text" };
  relations.v1.LoadInfo load_info = 99;
  string text = 1;
  repeated Synonym synonyms = 10 [(.relations.v1.has_many) = { foreign_key: "word" }];
  repeated Word like = 11 [(.relations.v1.has_many) = { through: "synonyms" source: "meaning" }];
  repeated Term terms = 12 [(.relations.v1.has_many) = { through: "synonyms" source: "term" limit: 2 }];
}

message Term {
  option (.relations.v1.model) = { table: "terms" primary_key: "text" };
  string text = 1;
}

message Synonym {
  option (.relations.v1.model) = { table: "synonyms" };
  int64 id = 1;
  string word = 2;
  string other = 3;
  Word meaning = 10 [(.relations.v1.belongs_to) = { foreign_key: "other" }];
  Term term = 11 [(.relations.v1.belongs_to) = { foreign_key: "other" }];
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
CREATE TABLE songs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, plays INTEGER);
CREATE TABLE lists (id INTEGER PRIMARY KEY, owner_name TEXT, rank INTEGER NOT NULL);
CREATE TABLE entries (id INTEGER PRIMARY KEY, list_id INTEGER, song_id INTEGER, pinned INTEGER NOT NULL,
                      at INTEGER NOT NULL);
CREATE INDEX entries_list ON entries(list_id);
CREATE TABLE persons (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, team_id INTEGER, boss_id INTEGER);
CREATE TABLE friendships (a_id INTEGER NOT NULL, b_id INTEGER NOT NULL, PRIMARY KEY (a_id, b_id)) WITHOUT ROWID;
CREATE TABLE teams (id INTEGER PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY);
CREATE TABLE photos (id INTEGER PRIMARY KEY);
CREATE TABLE tags (id INTEGER PRIMARY KEY);
CREATE TABLE taggings (id INTEGER PRIMARY KEY, tag_id INTEGER, item_type TEXT COLLATE NOCASE, item_id INTEGER);
CREATE TABLE cells (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE wires (id INTEGER PRIMARY KEY, from_a TEXT NOT NULL, from_b INTEGER NOT NULL, to_a TEXT, to_b INTEGER);
CREATE INDEX wires_from ON wires(from_a, from_b);
CREATE TABLE devices (id BLOB PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE pairings (id INTEGER PRIMARY KEY, device_id BLOB NOT NULL, peer_id BLOB);
CREATE TABLE words (text TEXT PRIMARY KEY NOT NULL COLLATE NOCASE);
CREATE TABLE terms (text TEXT PRIMARY KEY NOT NULL);
CREATE TABLE synonyms (id INTEGER PRIMARY KEY, word TEXT NOT NULL COLLATE NOCASE, other TEXT NOT NULL COLLATE NOCASE);
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
    "Song.lists": "SELECT DISTINCT l.id FROM entries e JOIN lists l ON l.id = e.list_id WHERE e.song_id = ? ORDER BY 1",
    "Song.fans": "SELECT DISTINCT p.id FROM entries e JOIN lists l ON l.id = e.list_id "
                 "JOIN persons p ON p.name = l.owner_name WHERE e.song_id = ? ORDER BY p.id DESC",
    "Song.first_fan": "SELECT p.id FROM entries e JOIN lists l ON l.id = e.list_id "
                      "JOIN persons p ON p.name = l.owner_name WHERE e.song_id = ? ORDER BY p.id LIMIT 1",
    "List.songs": "SELECT id FROM songs WHERE id IN (SELECT song_id FROM entries WHERE list_id = ?) "
                  "ORDER BY title DESC, id",
    "List.deep_songs": "SELECT id FROM songs WHERE id IN (SELECT song_id FROM entries WHERE list_id = ?) ORDER BY id LIMIT 4",
    "List.pinned_songs": "SELECT DISTINCT s.id FROM songs s JOIN entries e ON e.song_id = s.id "
                         "WHERE e.list_id = ? AND e.pinned ORDER BY s.id",
    "List.hits": "SELECT id FROM songs WHERE id IN (SELECT song_id FROM entries WHERE list_id = ?) "
                 "AND plays >= 50 ORDER BY plays DESC, id LIMIT 3",
    "List.hit": "SELECT s.id FROM songs s JOIN entries e ON e.song_id = s.id WHERE e.list_id = ? "
                "ORDER BY s.plays IS NULL, s.plays DESC, s.id LIMIT 1",
    "List.last_songs": "SELECT id FROM songs WHERE id IN (SELECT song_id FROM "
                       "(SELECT song_id FROM entries WHERE list_id = ? ORDER BY at DESC, id LIMIT 2)) ORDER BY id",
    "List.last_song": "SELECT id FROM songs WHERE id = "
                      "(SELECT song_id FROM entries WHERE list_id = ? ORDER BY at DESC, id LIMIT 1)",
    "List.owners_team": "SELECT t.id FROM lists l JOIN persons p ON p.name = l.owner_name "
                        "JOIN teams t ON t.id = p.team_id WHERE l.id = ? AND t.kind = 'team'",
    "Person.songs": "SELECT DISTINCT s.id FROM persons p JOIN lists l ON l.owner_name = p.name "
                    "JOIN entries e ON e.list_id = l.id JOIN songs s ON s.id = e.song_id WHERE p.id = ? ORDER BY s.id",
    "Person.colleagues": "SELECT c.id FROM persons p JOIN teams t ON t.id = p.team_id AND t.kind = 'team' "
                         "JOIN persons c ON c.team_id = t.id WHERE p.id = ? ORDER BY c.id",
    "Person.boss": "SELECT b.id FROM persons p JOIN persons b ON b.id = p.boss_id WHERE p.id = ?",
    "Person.reports": "SELECT id FROM persons WHERE boss_id = ? ORDER BY id",
    "Person.reports_of_reports": "SELECT s.id FROM persons r JOIN persons s ON s.boss_id = r.id "
                                 "WHERE r.boss_id = ? ORDER BY s.id",
    "Person.bosss_boss": "SELECT c.id FROM persons p JOIN persons b ON b.id = p.boss_id "
                         "JOIN persons c ON c.id = b.boss_id WHERE p.id = ?",
    "Person.newest_peer": "SELECT c.id FROM persons p JOIN persons b ON b.id = p.boss_id "
                          "JOIN persons c ON c.boss_id = b.id WHERE p.id = ? ORDER BY c.id DESC LIMIT 1",
    "Person.friends": "SELECT p.id FROM friendships f JOIN persons p ON p.id = f.b_id WHERE f.a_id = ? ORDER BY p.id",
    "Person.colleagues_top_lists":
        "WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY owner_name ORDER BY rank DESC, id) AS n FROM lists) "
        "SELECT DISTINCT r.id FROM persons p JOIN teams t ON t.id = p.team_id AND t.kind = 'team' "
        "JOIN persons c ON c.team_id = t.id JOIN ranked r ON r.owner_name = c.name AND r.n <= 2 "
        "WHERE p.id = ? AND r.rank > 1 ORDER BY r.id",
    "Post.tags": "SELECT DISTINCT t.id FROM taggings g JOIN tags t ON t.id = g.tag_id "
                 "WHERE g.item_id = ? AND g.item_type = 'Post' COLLATE BINARY ORDER BY t.id",
    "Photo.tags": "SELECT DISTINCT t.id FROM taggings g JOIN tags t ON t.id = g.tag_id "
                  "WHERE g.item_id = ? AND g.item_type = 'Photo' COLLATE BINARY ORDER BY t.id",
    "Tag.posts": "SELECT DISTINCT p.id FROM taggings g JOIN posts p ON p.id = g.item_id "
                 "WHERE g.tag_id = ? AND g.item_type = 'Post' COLLATE BINARY ORDER BY p.id",
    "Tag.photos": "SELECT DISTINCT p.id FROM taggings g JOIN photos p ON p.id = g.item_id "
                  "WHERE g.tag_id = ? AND g.item_type = 'Photo' COLLATE BINARY ORDER BY p.id",
    "Tag.newest_posts": "SELECT DISTINCT p.id FROM (SELECT * FROM taggings WHERE tag_id = ? ORDER BY id DESC LIMIT 3) g "
                        "JOIN posts p ON p.id = g.item_id WHERE g.item_type = 'Post' COLLATE BINARY ORDER BY p.id",
    "Cell.targets": "SELECT DISTINCT c.a, c.b FROM wires w JOIN cells c ON c.a = w.to_a AND c.b = w.to_b "
                    "WHERE w.from_a = ? AND w.from_b = ? ORDER BY c.b DESC, c.a",
    "Cell.sources": "SELECT DISTINCT c.a, c.b FROM wires w JOIN cells c ON c.a = w.from_a AND c.b = w.from_b "
                    "WHERE w.to_a = ? AND w.to_b = ? ORDER BY c.a, c.b",
    "Word.like": "SELECT text FROM words w WHERE EXISTS (SELECT 1 FROM synonyms s WHERE s.word = ? "
                 "AND w.text = s.other) ORDER BY text",
    "Word.terms": "SELECT text FROM terms t WHERE EXISTS (SELECT 1 FROM synonyms s WHERE s.word = ? "
                  "AND t.text = s.other) ORDER BY text LIMIT 2",
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
    rows("songs", 60, lambda i: (i, rng.choice("abcdef"), maybe(rng.choice([10, 50, 50, 90, 100]))))
    rows("lists", 30, lambda i: (i, maybe("p%d" % rng.randint(1, 14)), rng.randint(1, 4)))
    rows("entries", 400, lambda i: (i, maybe(rng.randint(1, 33)), maybe(rng.randint(1, 66)), rng.randint(0, 1),
                                    rng.randint(0, 9)))
    rows("persons", 20, lambda i: (i, "p%d" % i, maybe(rng.randint(1, 7)), maybe(rng.randint(1, 9))))
    rows("friendships", 60, lambda i: (rng.randint(1, 20), rng.randint(1, 22)))
    rows("teams", 6, lambda i: (i, rng.choice(["team", "team", "club"])))
    for table, count in [("posts", 15), ("photos", 15), ("tags", 10)]:
        rows(table, count, lambda i: (i,))
    rows("taggings", 200, lambda i: (i, maybe(rng.randint(1, 11)), maybe(rng.choice(["Post", "Photo", "post"])),
                                     maybe(rng.randint(1, 16))))
    rows("cells", 30, lambda i: (rng.choice(["a", "ab", "", "b"]), rng.randint(0, 4)))
    rows("wires", 150, lambda i: (i, rng.choice(["a", "ab", "", "b"]), rng.randint(0, 5),
                                  maybe(rng.choice(["a", "ab", "", "b"])), maybe(rng.randint(0, 5))))
    rows("words", 12, lambda i: (rng.choice("aBcD") + rng.choice("xY"),))
    rows("terms", 12, lambda i: (rng.choice("aAbBcCdD") + rng.choice("xXyY"),))
    rows("synonyms", 60, lambda i: (i, rng.choice("abcdABCD") + rng.choice("xXyY"),
                                    rng.choice("abcdABCD") + rng.choice("xXyY")))
    rows("shelves", 20, lambda i: (rng.choice(["a", "A", "b", "ab", ""]), rng.randint(0, 4)))
    rows("places", 150, lambda i: (i, rng.choice(["a", "A", "b", "ab", ""]), maybe(rng.randint(0, 4)),
                                   rng.choice("abc") + rng.choice("ab")))
