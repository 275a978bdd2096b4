"""The schema and the data of the conformance cases."""

FILES = {
    # Two files that refer to each other: review.proto imports product.proto, which names Review.
    "shop/v1/product.proto": """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
message Product {
  option (.relations.v1.model) = {
    table: "products"
    relations: { name: "reviews" model: "shop.v1.Review"
                 has_many { foreign_key: "product_id" inverse_of: "product" order_by: "stars desc" } }
  };
  int64 id = 1;
  string name = 2;
}
""",
    "shop/v1/review.proto": """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
import "shop/v1/product.proto";
message Review {
  option (.relations.v1.model) = { table: "reviews" };
  int64 id = 1;
  int64 product_id = 2;
  int32 stars = 3;
  Product product = 10 [(.relations.v1.belongs_to) = { foreign_key: "product_id" inverse_of: "reviews" }];
}
""",
    "conf/v1/conf.proto": """
syntax = "proto3";
package conf.v1;
import "google/protobuf/timestamp.proto";
import "relations/v1/options.proto";

message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  string name = 2;
  optional int64 mentor_id = 3;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "author" order_by: "published desc" }];
  repeated Book edited = 11 [(.relations.v1.has_many) = { foreign_key: "editor_id" inverse_of: "editor" }];
  Book latest = 12 [(.relations.v1.has_one) = { foreign_key: "author_id" order_by: "published desc" }];
  Book only = 13 [(.relations.v1.has_one) = { foreign_key: "author_id" strict: true }];
  repeated Book uncached = 14 [(.relations.v1.has_many) = { foreign_key: "author_id" cache { ttl { seconds: 0 } } }];
  repeated Book unlimited = 15 [(.relations.v1.has_many) = { foreign_key: "author_id" cache { max_entries: 0 } }];
  Author mentor = 16 [(.relations.v1.belongs_to) = { foreign_key: "mentor_id" inverse_of: "pupils" }];
  repeated Author pupils = 17 [(.relations.v1.has_many) = { foreign_key: "mentor_id" inverse_of: "mentor" }];
}

message Book {
  option (.relations.v1.model) = {
    table: "books"
    query_methods: { name: "titled" params: { name: "title" type: TYPE_STRING } filter: "title = $title" }
    query_methods: { name: "edited" filter: "NOT is_null(editor_id)" }
  };
  int64 id = 1;
  optional int64 author_id = 2;
  optional int64 editor_id = 3;
  string title = 4;
  int64 published = 5;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" inverse_of: "books" }];
  Author editor = 11 [(.relations.v1.belongs_to) = { foreign_key: "editor_id" inverse_of: "edited" }];
  Author strict_author = 12 [(.relations.v1.belongs_to) = { foreign_key: "author_id" strict: true }];
}

message Tag {
  option (.relations.v1.model) = { table: "tags" primary_key: "name" };
  string name = 1;
  string parent = 2;
  repeated Tag children = 10 [(.relations.v1.has_many) = { foreign_key: "parent" }];
  Tag up = 11 [(.relations.v1.belongs_to) = { foreign_key: "parent" }];
}

message Cell {
  option (.relations.v1.model) = { table: "cells" primary_key: "a" primary_key: "b" };
  string a = 1;
  string b = 2;
  optional string up_a = 3;
  optional string up_b = 4;
  Cell up = 10 [(.relations.v1.belongs_to) = { foreign_key: "up_a" foreign_key: "up_b" inverse_of: "downs" }];
  repeated Cell downs = 11 [(.relations.v1.has_many) = { foreign_key: "up_a" foreign_key: "up_b" inverse_of: "up" }];
}

message Folder {
  option (.relations.v1.model) = { table: "folders" primary_key: "code" };
  string code = 1;
  repeated Paper papers = 10 [(.relations.v1.has_many) = { foreign_key: "folder" }];
}

message Paper {
  option (.relations.v1.model) = { table: "papers" };
  int64 id = 1;
  string folder = 2;
}

message Device {
  option (.relations.v1.model) = { table: "devices" };
  string id = 1 [(.relations.v1.column) = { uuid: true }];
  repeated Reading readings = 10 [(.relations.v1.has_many) = { foreign_key: "device_id" inverse_of: "device" }];
}

message Reading {
  option (.relations.v1.model) = { table: "readings" };
  int64 id = 1;
  bytes device_id = 2 [(.relations.v1.column) = { uuid: true }];
  Device device = 10 [(.relations.v1.belongs_to) = { foreign_key: "device_id" inverse_of: "readings" }];
}

message File {
  option (.relations.v1.model) = { table: "files" primary_key: "hash" };
  bytes hash = 1;
  repeated Chunk chunks = 10 [(.relations.v1.has_many) = { foreign_key: "file" }];
}

message Chunk {
  option (.relations.v1.model) = { table: "chunks" };
  int64 id = 1;
  bytes file = 2;
}

// Values that may not fit.
message Thing {
  option (.relations.v1.model) = { table: "things" };
  int64 id = 1;
  int64 box = 2;
  int32 small = 3;
  string label = 4;
  google.protobuf.Timestamp at = 5;
}

message Box {
  option (.relations.v1.model) = { table: "boxes" };
  int64 id = 1;
  repeated Thing things = 10 [(.relations.v1.has_many) = { foreign_key: "box" }];
  repeated Remark remarks = 11 [(.relations.v1.has_many) = {
    foreign_key: "about_id" type_field: "about_type" type_tag: "Box" inverse_of: "box" }];
}

// Of a person or of a box, as the type says; some types say neither.
message Remark {
  option (.relations.v1.model) = { table: "remarks" };
  int64 id = 1;
  optional string about_type = 2;
  optional int64 about_id = 3;
  oneof about {
    Person person = 10 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Person" }];
    Box box = 11 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Box" inverse_of: "remarks" }];
  }
}

// A foreign key that may not fit.
message Stray {
  option (.relations.v1.model) = { table: "strays" };
  int64 id = 1;
  optional int64 box_id = 2;
  Box box = 10 [(.relations.v1.belongs_to) = { foreign_key: "box_id" }];
}

// Inheritance: Person > Employee > Manager, and Guest beside Employee.
message Person {
  option (.relations.v1.model) = { table: "people" };
  int64 id = 1;
  string name = 2;
  repeated Note notes = 10 [(.relations.v1.has_many) = { foreign_key: "person_id" order_by: "text" }];
}

message Employee {
  option (.relations.v1.model) = { table: "people" extends: "Person" };
  int64 id = 1;
  string name = 2;
  repeated Note notes = 10 [(.relations.v1.has_many) = { order_by: "text desc" }];
}

message Manager {
  option (.relations.v1.model) = { table: "people" extends: "Employee" };
  int64 id = 1;
  string name = 2;
}

message Guest {
  option (.relations.v1.model) = {
    table: "people" extends: "Person"
    relations: { name: "notes" has_many { cache { ttl { seconds: 60 } } } }
  };
  int64 id = 1;
  string name = 2;
}

// Two parents, each with notes of its own; and two that have them from one.
message Boss {
  option (.relations.v1.model) = { table: "people" extends: "Employee" extends: "Guest" };
  int64 id = 1;
  string name = 2;
  repeated Note notes = 10 [(.relations.v1.has_many) = { limit: 2 }];
}

message Chief {
  option (.relations.v1.model) = { table: "people" extends: "Manager" extends: "Employee" };
  int64 id = 1;
  string name = 2;
}

message Visitor {
  option (.relations.v1.model) = {
    table: "people" extends: "Person"
    relations: { name: "notes" model: "Badge" has_one { foreign_key: "person_id" order_by: "id" } }
  };
  int64 id = 1;
  string name = 2;
}

message Note {
  option (.relations.v1.model) = { table: "notes" };
  int64 id = 1;
  int64 person_id = 2;
  string text = 3;
}

message Badge {
  option (.relations.v1.model) = { table: "badges" };
  int64 id = 1;
  int64 person_id = 2;
}
""",
}

BIG = 2**53 + 1

SQL = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, stars INTEGER NOT NULL);
INSERT INTO products VALUES (1, 'lamp');
INSERT INTO reviews VALUES (1, 1, 3), (2, 1, 5);

CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mentor_id INTEGER);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, editor_id INTEGER, title TEXT NOT NULL,
                    published INTEGER NOT NULL);
CREATE INDEX books_author ON books (author_id);
INSERT INTO authors VALUES (0, 'Zero', NULL), (1, 'One', 0), (2, 'Two', 1), (3, 'Three', 3), (4, 'Four', 99),
                           (9007199254740993, 'Big', NULL), (9223372036854775807, 'Max', NULL);
INSERT INTO books VALUES
  (1, 1, 2, 'A', 2001), (2, 1, NULL, 'B', 2003), (3, 1, 1, 'C', 2003), (4, 0, 1, 'Z', 1990), (5, NULL, NULL, 'N', 1),
  (6, 77, 1, 'D', 5), (7, 9007199254740993, NULL, 'Big', 9007199254740993), (8, 9007199254740992, NULL, 'Near', 0),
  (9, 9223372036854775807, NULL, 'Max', -9223372036854775808);

CREATE TABLE tags (name TEXT PRIMARY KEY NOT NULL, parent TEXT NOT NULL);
INSERT INTO tags VALUES ('', 'root'), ('a', ''), ('b', ''), ('root', 'root');

CREATE TABLE cells (a TEXT NOT NULL, b TEXT NOT NULL, up_a TEXT, up_b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO cells VALUES ('a', 'bc', NULL, NULL), ('ab', 'c', NULL, NULL), ('x', '1', 'a', 'bc'), ('x', '2', 'ab', 'c'),
                         ('x', '3', 'a', NULL), ('x', '4', NULL, 'c'), ('x', '5', 'a', 'c');

CREATE TABLE folders (code TEXT PRIMARY KEY COLLATE NOCASE NOT NULL);
CREATE TABLE papers (id INTEGER PRIMARY KEY, folder TEXT COLLATE NOCASE NOT NULL);
INSERT INTO folders VALUES ('Alpha'), ('BETA');
INSERT INTO papers VALUES (1, 'alpha'), (2, 'ALPHA'), (3, 'beta'), (4, 'gamma');

CREATE TABLE devices (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE readings (id INTEGER PRIMARY KEY, device_id NOT NULL);
INSERT INTO devices VALUES ('0D5f6a1e-8c1B-4d7e-9F00-aAbbccddEEff'), ('0D5F6A1E-8C1B-4D7E-9F00-000000000001');
INSERT INTO readings VALUES (1, '0D5F6A1E-8C1B-4D7E-9F00-AABBCCDDEEFF'), (2, '0d5F6a1e-8C1b-4d7e-9f00-AAbbccddeeFf'),
                            (3, X'0d5f6a1e8c1b4d7e9f00aabbccddeeff'), (4, X'0d5f6a1e8c1b4d7e9f00000000000001');

CREATE TABLE files (hash BLOB PRIMARY KEY NOT NULL);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, file BLOB NOT NULL);
INSERT INTO files VALUES (X'00'), (X'0000'), (X'610062'), (X'');
INSERT INTO chunks VALUES (1, X'00'), (2, X'0000'), (3, X'610062'), (4, X'61'), (5, X'');

CREATE TABLE boxes (id INTEGER PRIMARY KEY);
CREATE TABLE things (id INTEGER PRIMARY KEY, box INTEGER NOT NULL, small, label, at);
INSERT INTO boxes VALUES (1), (2), (3), (4), (5), (6);
INSERT INTO things VALUES
  (10, 1, 5, 'fine', '2024-02-29 12:00:00'), (20, 2, 'five', 'text for a number', NULL), (21, 2, 6, 'fine too', NULL),
  (30, 3, 3000000000, 'too large', NULL), (40, 4, 1, CAST(X'610062' AS TEXT), NULL),
  (50, 5, 1, CAST(X'fffe' AS TEXT), NULL), (60, 6, 1, 'no such day', '2023-02-29');

CREATE TABLE remarks (id INTEGER PRIMARY KEY, about_type TEXT, about_id INTEGER);
CREATE INDEX remarks_about ON remarks (about_type, about_id);
INSERT INTO remarks VALUES (1, 'Person', 1), (2, 'Box', 1), (3, 'Box', 1), (4, 'Person', 2), (5, 'Car', 1), (6, NULL, 1),
                           (7, 'Box', NULL), (8, 'Box', 77);

CREATE TABLE strays (id INTEGER PRIMARY KEY, box_id INTEGER);
INSERT INTO strays VALUES (1, 1), (2, 'two'), (3, NULL), (4, 3.5);

CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE badges (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL);
INSERT INTO people VALUES (1, 'Ada');
INSERT INTO notes VALUES (1, 1, 'a'), (2, 1, 'c'), (3, 1, 'b');
INSERT INTO badges VALUES (7, 1);
"""
