"""What strangers can make the server hold: messages that never end, trees that wait for their next statement."""

import os
import socket
import struct
import time
import unittest

import grpc

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package memory.v1;
import "relations/v1/options.proto";
message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  repeated Text texts = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" }];
  repeated Slow slow = 11 [(.relations.v1.has_many) = { foreign_key: "author_id" }];
}
message Text {
  option (.relations.v1.model) = { table: "texts" };
  int64 id = 1;
  int64 author_id = 2;
  string body = 3;
}
// A view that takes for ever.
message Slow {
  option (.relations.v1.model) = { table: "slow" };
  int64 id = 1;
  int64 author_id = 2;
}
"""

SQL = """
CREATE TABLE authors (id INTEGER PRIMARY KEY);
CREATE TABLE texts (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX texts_author ON texts (author_id);
INSERT INTO authors VALUES (1), (2);
INSERT INTO texts VALUES (1, 1, hex(zeroblob(400000))), (2, 2, hex(zeroblob(400000)));
CREATE VIEW slow AS WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 4000000000)
  SELECT n AS id, 1 AS author_id FROM s WHERE n = 4000000000;
"""

AUTHOR = "memory.v1.Author"
MIB = 1 << 20
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8


def setUpModule():
    global database, schema
    directory = rt.temp_dir()
    with open(os.path.join(directory, "memory.proto"), "w") as file:
        file.write(SCHEMA)
    database = os.path.join(directory, "memory.db")
    rt.make_database(database, SQL)
    schema = rt.descriptor_set(directory, ["memory.proto"], os.path.join(directory, "memory.binpb"))


class Sender:
    """An HTTP/2 connection that begins calls, sends as much of their messages as it is allowed to, and never the end."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.room, self.rooms, self.first_room, self.stream = 65535, {}, 65535, -1
        self.cut = False  # a call was cancelled, or the connection closed
        self.sent = 0
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(SETTINGS, 0, 0))

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    @staticmethod
    def header(name, value):
        return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    def begin(self, path):
        self.stream += 2
        self.rooms[self.stream] = self.first_room
        fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "te": "trailers",
                  "content-type": "application/grpc"}
        headers = b"".join(self.header(name, value) for name, value in fields.items())
        self.socket.sendall(self.frame(HEADERS, 4, self.stream, headers))

    def receive(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise ConnectionError("closed")
            got += piece
        return got

    def read(self):
        """Waits for a frame, and does what it says."""
        head = self.receive(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        payload = self.receive(int.from_bytes(head[:3], "big"))
        if kind in (RESET, GOAWAY):
            self.cut = True
        elif kind == WINDOW and stream == 0:
            self.room += int.from_bytes(payload, "big")
        elif kind == WINDOW:
            self.rooms[stream] = self.rooms.get(stream, 0) + int.from_bytes(payload, "big")
        elif kind == PING and not flags:
            self.socket.sendall(self.frame(PING, 1, 0, payload))
        elif kind == SETTINGS and not flags:
            for at in range(0, len(payload), 6):
                number, value = struct.unpack(">HI", payload[at:at + 6])
                if number == 4:  # SETTINGS_INITIAL_WINDOW_SIZE
                    self.rooms = {s: room + value - self.first_room for s, room in self.rooms.items()}
                    self.first_room = value
            self.socket.sendall(self.frame(SETTINGS, 1, 0))

    def send(self, payload):
        """Sends it as data of the call that was begun last, until it is sent or the server cuts something off."""
        while payload and not self.cut:
            count = min(self.room, self.rooms[self.stream], 16384, len(payload))
            if count <= 0:
                self.read()
                continue
            self.room -= count
            self.rooms[self.stream] -= count
            self.socket.sendall(self.frame(DATA, 0, self.stream, payload[:count]))
            self.sent += count
            payload = payload[count:]

    def flood(self, path, message_bytes, most):
        """Begins one call after another, until it is cut off or has sent `most` bytes. Returns how many it has sent."""
        try:
            while not self.cut and self.sent < most:
                self.begin(path)
                self.send(b"\0" + struct.pack(">I", message_bytes) + bytes(message_bytes - 1))
        except (ConnectionError, BrokenPipeError):
            self.cut = True
        return self.sent


class Memory(unittest.TestCase):
    def serve(self, *flags):
        server = rt.Server(schema, database, flags)
        self.addCleanup(server.stop)
        return server

    def test_messages_that_never_end_are_cut_off(self):
        """They lay in memory as long as the connection stood: 4 GiB for each of them."""
        server = self.serve("--max-received-bytes=8MiB")
        for path in ("/relations.v1.RelationService/Get", "/nobody.v1.Knows/This"):
            sender = Sender(server.port)
            sent = sender.flood(path, 2 * MIB, 100 * MIB)
            self.assertTrue(sender.cut, "%s: %d bytes were received" % (path, sent))
            sender.socket.close()
        answer = server.get(AUTHOR, [1], timeout=30, wait_for_ready=True)
        self.assertEqual(len(answer.results), 1)

    def test_trees_that_wait_for_a_statement_count(self):
        """A hundred bytes asked for 64 MiB, which waited for a connection, in each of 10,000 calls."""
        server = self.serve("--max-unsent-bytes=1MiB", "--connections=2")

        def request(author):
            return rt.relation_pb.GetRequest(model=AUTHOR, keys=rt.make_keys([author]), includes=rt.includes_of(
                [{"path": "texts", "filter_text": "id > 0"}, "slow"]))

        stub = server.channel.unary_unary("/relations.v1.RelationService/Get",
                                          request_serializer=lambda m: m.SerializeToString())
        first = stub.future(request(1), timeout=300)
        # Those of the author and of what is slow: that of its texts, which lies between, is not counted there.
        while server.stats().total.statements < 2:
            time.sleep(0.01)
        with self.assertRaises(grpc.RpcError) as caught:
            stub(request(2), timeout=60)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, caught.exception.details())
        self.assertIn("large calls hold", caught.exception.details())
        self.assertFalse(first.done())
        first.cancel()
        while True:  # it counts until its statement has ended
            try:
                self.assertEqual(len(server.load(AUTHOR, "texts", [2]).results[0].records), 1)
                break
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, error.details())


if __name__ == "__main__":
    rt.main()
