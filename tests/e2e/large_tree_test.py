"""Trees larger than a message: a client with its own library's limits receives 100 MB of them, whole."""

import importlib
import os
import sqlite3
import sys
import unittest

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package big.v1;
import "relations/v1/options.proto";
message Shelf {
  option (.relations.v1.model) = { table: "shelves" };
  int64 id = 1;
  repeated Box boxes = 10 [(.relations.v1.has_many) = { foreign_key: "shelf_id" }];
}
message Box {
  option (.relations.v1.model) = { table: "boxes" };
  int64 id = 1;
  int64 shelf_id = 2;
  bytes content = 3;
}
"""

SHELVES, BOXES, BYTES = 40, 50, 50_000  # 100 MB; and one shelf has ten times as much as a message may hold


def setUpModule():
    global server, big
    directory = rt.temp_dir()
    with open(os.path.join(directory, "big.proto"), "w") as file:
        file.write(SCHEMA)
    path = os.path.join(directory, "big.db")
    rt.make_database(path, "CREATE TABLE shelves (id INTEGER PRIMARY KEY);"
                     "CREATE TABLE boxes (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL, content BLOB NOT NULL);"
                     "CREATE INDEX b ON boxes (shelf_id);")
    connection = sqlite3.connect(path)
    connection.executemany("INSERT INTO shelves VALUES (?)", [(s,) for s in range(SHELVES)])
    connection.executemany("INSERT INTO boxes (shelf_id, content) VALUES (?, ?)",
                           ((b % SHELVES, bytes([b % 251]) * BYTES) for b in range(SHELVES * BOXES)))
    connection.executemany("INSERT INTO boxes (shelf_id, content) VALUES (?, ?)",
                           ((7, bytes([b]) * 1_000_000) for b in range(40)))
    connection.commit()
    connection.close()
    schema = rt.descriptor_set(directory, ["big.proto"], os.path.join(directory, "big.binpb"))
    sys.path.insert(0, directory)
    rt.generate(directory, directory, "big.proto")
    big = importlib.import_module("big_pb2")
    server = rt.Server(schema, path, flags=["--max-owner-bytes=64MiB"])


def tearDownModule():
    server.stop()


class LargeTree(unittest.TestCase):
    def test_a_client_with_default_limits_receives_all_of_it(self):
        request = rt.relation_pb.QueryRequest(target=rt.query_target("big.v1.Shelf"), includes=rt.includes_of(["boxes"]))
        shelves, more, pieces = [], False, 0
        for part in server.stream(request, timeout=600):
            self.assertLess(part.ByteSize(), 4 << 20)
            for record in part.records.records:
                if more:
                    shelves[-1] += record
                else:
                    shelves.append(record)
                more = False
            more = part.continues
            pieces += more
        self.assertGreater(pieces, 0)
        self.assertEqual(len(shelves), SHELVES)
        for index, shelf in enumerate(map(big.Shelf.FromString, shelves)):
            boxes = [(b.id, b.content) for b in shelf.boxes]
            expected = [(index + i * SHELVES + 1, bytes([(index + i * SHELVES) % 251]) * BYTES) for i in range(BOXES)]
            if index == 7:
                expected += [(SHELVES * BOXES + b + 1, bytes([b]) * 1_000_000) for b in range(40)]
            self.assertEqual(shelf.id, index)
            self.assertTrue(boxes == expected, "shelf %d" % index)  # not assertEqual, which would print all of it

    def test_a_single_answer_of_that_size_is_refused_with_advice(self):
        with self.assertRaises(rt.grpc.RpcError) as caught:
            server.get("big.v1.Shelf", list(range(SHELVES)), includes=["boxes"])
        self.assertEqual(caught.exception.code(), rt.grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("Query", caught.exception.details())


if __name__ == "__main__":
    rt.main()
