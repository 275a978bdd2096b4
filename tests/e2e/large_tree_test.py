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
  optional int64 room_id = 2;
  Room room = 11 [(.relations.v1.belongs_to) = { foreign_key: "room_id" }];
}
message Room {
  option (.relations.v1.model) = { table: "rooms" };
  int64 id = 1;
  repeated Shelf shelves = 10 [(.relations.v1.has_many) = { foreign_key: "room_id" }];
}
message Ticket {
  option (.relations.v1.model) = { table: "tickets" };
  int64 id = 1;
  int64 room_id = 2;
  Room room = 11 [(.relations.v1.belongs_to) = { foreign_key: "room_id" }];
}
message Box {
  option (.relations.v1.model) = { table: "boxes" };
  int64 id = 1;
  int64 shelf_id = 2;
  bytes content = 3;
}
"""

TICKETS = 20_000  # which come in 79 pages, each with its trees
SHELVES, BOXES, BYTES = 40, 50, 50_000  # 100 MB; and one shelf has ten times as much as a message may hold


def setUpModule():
    global server, big, services, grpc_services, directory, emitted
    directory = rt.temp_dir()
    with open(os.path.join(directory, "big.proto"), "w") as file:
        file.write(SCHEMA)
    path = os.path.join(directory, "big.db")
    rt.make_database(path, "CREATE TABLE shelves (id INTEGER PRIMARY KEY, room_id INTEGER);"
                     "CREATE TABLE rooms (id INTEGER PRIMARY KEY); INSERT INTO rooms VALUES (1);"
                     "CREATE TABLE tickets (id INTEGER PRIMARY KEY, room_id INTEGER NOT NULL);"
                     "CREATE INDEX s ON shelves (room_id);"
                     "CREATE TABLE boxes (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL, content BLOB NOT NULL);"
                     "CREATE INDEX b ON boxes (shelf_id);")
    connection = sqlite3.connect(path)
    connection.executemany("INSERT INTO shelves VALUES (?, ?)", [(s, 1 if s in (6, 7, 8) else None) for s in range(SHELVES)])
    connection.executemany("INSERT INTO boxes (shelf_id, content) VALUES (?, ?)",
                           ((b % SHELVES, bytes([b % 251]) * BYTES) for b in range(SHELVES * BOXES)))
    connection.executemany("INSERT INTO tickets VALUES (?, 1)", ((t,) for t in range(1, TICKETS + 1)))
    connection.executemany("INSERT INTO boxes (shelf_id, content) VALUES (?, ?)",
                           ((7, bytes([b]) * 1_000_000) for b in range(40)))
    connection.commit()
    connection.close()
    schema = rt.descriptor_set(directory, ["big.proto"], os.path.join(directory, "big.binpb"))
    sys.path.insert(0, directory)
    emitted = rt.generate_services(directory, directory, "big.proto")
    big = importlib.import_module("big_pb2")
    services = importlib.import_module("big_services_pb2")
    grpc_services = importlib.import_module("big_services_pb2_grpc")
    server = rt.Server(schema, path, flags=["--max-owner-bytes=64MiB"])


def tearDownModule():
    server.stop()


def put_together(whole, part, path):
    """Adds a part to what came before; `path` is what the part before says in `continues`."""
    if path:
        last, first = whole, part
        for name in path[0].split("."):
            last, first = getattr(last, name), getattr(first, name)
        put_together(last[-1], first[0], path[1:])
        del first[0]
    whole.MergeFrom(part)


class LargeTree(unittest.TestCase):
    def check_shelf(self, shelf, index):
        boxes = [(b.id, b.content) for b in shelf.boxes]
        expected = [(index + i * SHELVES + 1, bytes([(index + i * SHELVES) % 251]) * BYTES) for i in range(BOXES)]
        if index == 7:
            expected += [(SHELVES * BOXES + b + 1, bytes([b]) * 1_000_000) for b in range(40)]
        self.assertEqual(shelf.id, index)
        self.assertTrue(boxes == expected, "shelf %d" % index)  # not assertEqual, which would print all of it

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
            self.check_shelf(shelf, index)

    def test_a_stream_of_more_pages_than_a_size_has_bits_ends(self):
        request = rt.relation_pb.QueryRequest(target=rt.query_target("big.v1.Ticket"), includes=rt.includes_of(["room"]))
        tickets = [big.Ticket.FromString(r) for part in server.stream(request, timeout=600) for r in part.records.records]
        self.assertEqual([t.id for t in tickets], list(range(1, TICKETS + 1)))
        self.assertEqual({t.room.id for t in tickets}, {1})

    def typed(self, stub, request):
        """The answer of a typed query, put together, and the paths of what went on."""
        whole, path, paths = None, [], []
        for part in stub(request, timeout=600):
            self.assertLess(part.ByteSize(), 4 << 20)
            if whole is None:
                whole = part
            else:
                put_together(whole, part, path)
            path = list(part.continues)
            if path:
                paths.append(path)
        self.assertEqual(path, [])
        return whole, paths

    def test_typed_records_come_in_messages_that_merge(self):
        request = services.ShelfServiceQueryRequest(includes=rt.includes_of(["boxes"]), in_pieces=True)
        whole, paths = self.typed(grpc_services.ShelfServiceStub(server.channel).Query, request)
        self.assertEqual(set(map(tuple, paths)), {("records",)})
        self.assertEqual(len(whole.records), SHELVES)
        for index, shelf in enumerate(whole.records):
            self.check_shelf(shelf, index)

    def test_a_related_record_may_go_on_as_well(self):
        stub = grpc_services.RoomServiceStub(server.channel)
        includes = rt.includes_of(["shelves.boxes"])
        whole, paths = self.typed(stub.Query, services.RoomServiceQueryRequest(includes=includes, in_pieces=True))
        self.assertEqual(set(map(tuple, paths)), {("records", "shelves")})
        for index, shelf in zip((6, 7, 8), whole.records[0].shelves):
            self.check_shelf(shelf, index)
        request = services.RoomServiceShelvesQueryRequest(id=1, filter="id = 8", includes=rt.includes_of(["room.shelves.boxes"]),
                                                          in_pieces=True)
        whole, paths = self.typed(stub.ShelvesQuery, request)
        self.assertIn(("shelves", "room.shelves"), set(map(tuple, paths)))
        self.assertEqual([shelf.id for shelf in whole.shelves], [8])
        for index, shelf in zip((6, 7, 8), whole.shelves[0].room.shelves):
            self.check_shelf(shelf, index)

    def test_who_does_not_ask_for_pieces_gets_records_whole(self):
        request = services.RoomServiceShelvesQueryRequest(id=1, filter="id = 8", includes=rt.includes_of(["boxes"]))
        stub = grpc_services.RoomServiceStub(server.channel)
        (part,) = stub.ShelvesQuery(request, timeout=600)
        self.assertEqual(list(part.continues), [])
        self.check_shelf(part.shelves[0], 8)

    def test_a_single_answer_of_that_size_is_refused_with_advice(self):
        with self.assertRaises(rt.grpc.RpcError) as caught:
            server.get("big.v1.Shelf", list(range(SHELVES)), includes=["boxes"])
        self.assertEqual(caught.exception.code(), rt.grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("Query", caught.exception.details())


if __name__ == "__main__":
    rt.main()
