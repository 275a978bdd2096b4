-- Names that Protobuf, C and what is generated from a schema have uses of their own for.
CREATE TABLE people (
  id INTEGER PRIMARY KEY, base INT, note TEXT, note_case TEXT, n_books INT, books TEXT, "class" TEXT, "default" TEXT,
  "int" TEXT NOT NULL, "2fa" INT, descriptor INT, n_unknown_fields INT, unknown_fields INT, get TEXT,
  "struct" TEXT NOT NULL, message TEXT, "len" BLOB, "has_x" INT, x INT, "NULL" TEXT, errno INT, "linux" INT, "unix" INT
);
CREATE TABLE Person (id INTEGER PRIMARY KEY, people_id INT REFERENCES people, person_id INT REFERENCES Person);
CREATE TABLE books (
  id INTEGER PRIMARY KEY, author_id INT REFERENCES people, "get" INT REFERENCES Person, "clear" INT REFERENCES people
);
CREATE TABLE person_books (
  id INTEGER PRIMARY KEY, person_id INT REFERENCES people, book_id INT REFERENCES books
);
CREATE TABLE "message" (id INTEGER PRIMARY KEY, "message_id" INT REFERENCES "message"(id));
CREATE TABLE "enum" (
  id INTEGER PRIMARY KEY, "enum" INT REFERENCES "enum"(id), string INT REFERENCES "message"(id)
);
CREATE TABLE load_info (id INTEGER PRIMARY KEY, timestamp DATETIME);
CREATE TABLE timestamp (id INTEGER PRIMARY KEY, load_info_id INT REFERENCES load_info);
CREATE TABLE boards (id INTEGER PRIMARY KEY, lists_count INT);
CREATE TABLE lists (id INTEGER PRIMARY KEY, board_id INT REFERENCES boards);
CREATE TABLE cars (
  id INTEGER PRIMARY KEY, list_id INT REFERENCES lists, model_id INT REFERENCES models, key INT REFERENCES results,
  result_id TEXT REFERENCES results(k)
);
CREATE TABLE models (id INTEGER PRIMARY KEY, board_id INT UNIQUE REFERENCES boards);
CREATE TABLE results (id INTEGER PRIMARY KEY, model_id INT REFERENCES models, k TEXT UNIQUE);
