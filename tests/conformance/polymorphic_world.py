"""A world of polymorphic relations: the schema and the rows of polymorphic_test.py."""

SCHEMA = """
syntax = "proto3";
package poly.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Post {
  option (.relations.v1.model) = { table: "posts" };
  int64 id = 1;
  string title = 2;
  repeated Comment comments = 10 [(.relations.v1.has_many) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Post" inverse_of: "post" order_by: "text desc" }];
  Comment latest = 11 [(.relations.v1.has_one) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Post" order_by: "id desc" }];
  Comment only = 12 [(.relations.v1.has_one) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Post" strict: true }];
  relations.v1.LoadInfo load_info = 20;
}

message Photo {
  option (.relations.v1.model) = { table: "photos" };
  int64 id = 1;
  repeated Comment comments = 10 [(.relations.v1.has_many) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Photo" inverse_of: "photo" order_by: "text desc" }];
}

// Refers to posts, photos, and to other comments.
message Comment {
  option (.relations.v1.model) = { table: "comments" };
  int64 id = 1;
  optional string item_type = 2;
  optional int64 item_id = 3;
  string text = 4;
  oneof item {
    Post post = 10 [(.relations.v1.belongs_to) = {
      foreign_key: "item_id" type_field: "item_type" type_tag: "Post" inverse_of: "comments" }];
    Photo photo = 11 [(.relations.v1.belongs_to) = {
      foreign_key: "item_id" type_field: "item_type" type_tag: "Photo" inverse_of: "comments" }];
    Comment parent = 12 [(.relations.v1.belongs_to) = {
      foreign_key: "item_id" type_field: "item_type" type_tag: "Comment" inverse_of: "replies" }];
  }
  repeated Comment replies = 13 [(.relations.v1.has_many) = {
    foreign_key: "item_id" type_field: "item_type" type_tag: "Comment" inverse_of: "parent" }];
  relations.v1.LoadInfo load_info = 20;
}

// Takes one aspect of each, and knows one tag less.
message Reply {
  option (.relations.v1.model) = {
    table: "comments" extends: "Comment"
    relations: { name: "photo" belongs_to { type_tag: "Picture" inverse_of: "" } }
    relations: { name: "parent" belongs_to { type_field: "" foreign_key: "parent_id" inverse_of: "" } }
  };
  int64 id = 1;
  optional string item_type = 2;
  optional int64 item_id = 3;
  string text = 4;
  optional int64 parent_id = 5;
}

// Composite keys, and an enum that lies in the column by name or by number.
message Sheet {
  option (.relations.v1.model) = { table: "sheets" primary_key: "a" primary_key: "b" };
  string a = 1;
  string b = 2;
  repeated Mark marks = 10 [(.relations.v1.has_many) = {
    foreign_key: "a" foreign_key: "b" type_field: "kind" type_tag: "KIND_SHEET" inverse_of: "sheet" }];
}

message Board {
  option (.relations.v1.model) = { table: "boards" primary_key: "a" primary_key: "b" };
  string a = 1;
  string b = 2;
  repeated Mark marks = 10 [(.relations.v1.has_many) = {
    foreign_key: "a" foreign_key: "b" type_field: "kind" type_tag: "2" inverse_of: "board" }];
}

enum Kind {
  KIND_UNSPECIFIED = 0;
  KIND_SHEET = 1;
  KIND_BOARD = 2;
}

message Mark {
  option (.relations.v1.model) = { table: "marks" };
  int64 id = 1;
  optional Kind kind = 2;
  optional string a = 3;
  optional string b = 4;
  oneof place {
    Sheet sheet = 10 [(.relations.v1.belongs_to) = {
      foreign_key: "a" foreign_key: "b" type_field: "kind" type_tag: "KIND_SHEET" inverse_of: "marks" }];
    Board board = 11 [(.relations.v1.belongs_to) = {
      foreign_key: "a" foreign_key: "b" type_field: "kind" type_tag: "KIND_BOARD" inverse_of: "marks" }];
  }
}

// Keys that are a text without case, a UUID and a number, each for its tag; tags that are numbers; one in a column
// without case.
message Tag {
  option (.relations.v1.model) = { table: "tags" primary_key: "name" };
  string name = 1;
  repeated Pin pins = 10 [(.relations.v1.has_many) = {
    foreign_key: "name" type_field: "kind" type_tag: "-1" inverse_of: "tag" }];
}

message Device {
  option (.relations.v1.model) = { table: "devices" };
  bytes id = 1 [(.relations.v1.column) = { uuid: true }];
  repeated Pin pins = 10 [(.relations.v1.has_many) = {
    foreign_key: "device_id" type_field: "kind" type_tag: "0" inverse_of: "device" }];
}

message Big {
  option (.relations.v1.model) = { table: "bigs" };
  int64 id = 1;
  repeated Pin pins = 10 [(.relations.v1.has_many) = {
    foreign_key: "big_id" type_field: "loud" type_tag: "big" inverse_of: "big" }];
  repeated Pin loud = 11 [(.relations.v1.has_many) = {
    foreign_key: "big_id" type_field: "loud" type_tag: "BIG" }];
}

message Pin {
  option (.relations.v1.model) = { table: "pins" };
  int64 id = 1;
  sint32 kind = 2;
  string loud = 3;
  optional string name = 4;
  optional string device_id = 5 [(.relations.v1.column) = { uuid: true }];
  optional int64 big_id = 6;
  oneof pinned {
    Tag tag = 10 [(.relations.v1.belongs_to) = {
      foreign_key: "name" type_field: "kind" type_tag: "-1" inverse_of: "pins" }];
    Device device = 11 [(.relations.v1.belongs_to) = {
      foreign_key: "device_id" type_field: "kind" type_tag: "0" inverse_of: "pins" }];
  }
  Big big = 12 [(.relations.v1.belongs_to) = {
    foreign_key: "big_id" type_field: "loud" type_tag: "big" inverse_of: "pins" strict: true }];
}

// The foreign key is the primary key.
message Note {
  option (.relations.v1.model) = { table: "notes" };
  int64 id = 1;
  string item_type = 2;
  Post post = 10 [(.relations.v1.belongs_to) = { foreign_key: "id" type_field: "item_type" type_tag: "Post" }];
  Photo photo = 11 [(.relations.v1.belongs_to) = { foreign_key: "id" type_field: "item_type" type_tag: "Photo" }];
}
"""

BIG = 2**53 + 1
DEVICE = bytes.fromhex("0d5f6a1e8c1b4d7e9f00aabbccddeeff")

SQL = """
CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE photos (id INTEGER PRIMARY KEY);
CREATE TABLE comments (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER, text TEXT NOT NULL, parent_id INTEGER);
CREATE INDEX comments_item ON comments (item_type, item_id);
INSERT INTO posts VALUES (0, 'zero'), (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');
INSERT INTO photos VALUES (0), (1), (2), (3);
INSERT INTO comments VALUES
  (1, 'Post', 1, 'a', NULL), (2, 'Photo', 1, 'b', NULL), (3, 'Post', 1, 'c', 1), (4, 'Photo', 2, 'd', NULL),
  (5, 'Post', NULL, 'e', NULL), (6, NULL, 1, 'f', NULL), (7, NULL, NULL, 'g', NULL), (8, 'Video', 1, 'h', NULL),
  (9, 'Video', NULL, 'i', NULL), (10, 'Post', 99, 'j', NULL), (11, 'post', 1, 'k', NULL), (12, '', 1, 'l', NULL),
  (13, 'Comment', 1, 'm', NULL), (14, 'Comment', 2, 'n', NULL), (15, 'Comment', 13, 'o', 1), (16, 'Post', 0, 'p', NULL),
  (17, 'Photo', 'x', 'q', NULL), (18, 'Post', 'x', 'r', NULL), (19, X'506f7374', 1, 's', NULL), (20, 'Post', 2, 't', NULL),
  (21, CAST(X'506f737400' AS TEXT), 1, 'u', NULL), (22, 'Picture', 1, 'v', NULL), (23, 'Photo', 3, 'w', NULL);

CREATE TABLE sheets (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE boards (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE marks (id INTEGER PRIMARY KEY, kind, a TEXT, b TEXT);
INSERT INTO sheets VALUES ('a', 'bc'), ('ab', 'c');
INSERT INTO boards VALUES ('a', 'bc'), ('ab', 'c');
INSERT INTO marks VALUES (1, 1, 'a', 'bc'), (2, 'KIND_SHEET', 'a', 'bc'), (3, 2, 'a', 'bc'), (4, 'KIND_BOARD', 'ab', 'c'),
  (5, 1, 'a', NULL), (6, 9, 'a', 'bc'), (7, 'KIND_NONE', 'a', 'bc'), (8, NULL, 'a', 'bc'), (9, 0, 'a', 'bc');

CREATE TABLE tags (name TEXT PRIMARY KEY COLLATE NOCASE NOT NULL);
CREATE TABLE devices (id BLOB PRIMARY KEY NOT NULL);
CREATE TABLE bigs (id INTEGER PRIMARY KEY);
CREATE TABLE pins (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, loud TEXT COLLATE NOCASE NOT NULL,
                   name TEXT COLLATE NOCASE, device_id, big_id INTEGER);
INSERT INTO tags VALUES ('Alpha'), ('');
INSERT INTO devices VALUES (X'0d5f6a1e8c1b4d7e9f00aabbccddeeff');
INSERT INTO bigs VALUES (9007199254740993), (9007199254740992);
INSERT INTO pins VALUES
  (1, -1, 'big', 'ALPHA', NULL, 9007199254740993), (2, 0, 'BIG', 'alpha', '0D5F6A1E-8C1B-4D7E-9F00-AABBCCDDEEFF', 9007199254740993),
  (3, -1, 'big', '', X'0d5f6a1e8c1b4d7e9f00aabbccddeeff', 9007199254740992), (4, 0, 'big', NULL, X'0d5f6a1e8c1b4d7e9f00aabbccddeeff', 5),
  (5, 1, 'big', 'alpha', NULL, NULL), (6, -1, 'big', NULL, '0d5f6a1e8c1b4d7e9f00aabbccddeeff', 9007199254740992);

CREATE TABLE notes (id INTEGER PRIMARY KEY, item_type TEXT NOT NULL);
INSERT INTO notes VALUES (1, 'Post'), (2, 'Photo'), (3, 'Video'), (99, 'Post');
"""
