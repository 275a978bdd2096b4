"""Every kind of relation against plain SQL, over random data: asked for one key and for many, cold and warm, by
primary key and by reference, through Query in one stream and in pages, counted, and filtered.

What is expected is said for each relation as SQL that nobody else has written. The number in a test's name is the
case's in docs/conformance.md.
"""

import importlib
import os
import random
import sqlite3
import sys
import unittest
import uuid

import grpc

import relations_testing as rt
from relations_testing import DANGLING, EMPTY, LOADED, NULL

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION

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


def setUpModule():
    global server, kinds, directory, connection
    print("SEED=%d" % SEED, file=sys.stderr)
    directory = rt.temp_dir()
    with open(os.path.join(directory, "kinds.proto"), "w") as file:
        file.write(PROTO.replace("DEEP", DEEP))
    database = os.path.join(directory, "kinds.db")
    rt.make_database(database, TABLES)
    connection = sqlite3.connect(database)
    fill(connection, random.Random(SEED))
    connection.commit()
    rt.descriptor_set(directory, ["kinds.proto"], os.path.join(directory, "kinds.binpb"))
    out = os.path.join(directory, "python")
    os.mkdir(out)
    sys.path.insert(0, out)
    rt.generate(out, directory, "kinds.proto")
    kinds = importlib.import_module("kinds_pb2")
    server = rt.Server(os.path.join(directory, "kinds.binpb"), database)


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
