"""The server at the limit of its file descriptors: it stays up, says so, and takes connections again when some are free."""

import json
import os
import resource
import socket
import tempfile
import threading
import unittest

import grpc

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";
message Customer {
  option (.relations.v1.model) = { table: "customers" };
  int64 id = 1;
}
"""
LIMIT = 300


class DescriptorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = rt.temp_dir()
        with open(os.path.join(directory, "shop.proto"), "w") as file:
            file.write(SCHEMA)
        cls.database = os.path.join(directory, "shop.db")
        rt.make_database(cls.database, "CREATE TABLE customers (id INTEGER PRIMARY KEY); INSERT INTO customers VALUES (1);")
        cls.schema = rt.descriptor_set(directory, ["shop.proto"], os.path.join(directory, "shop.binpb"))
        # The path of a socket is short, and a test's folders are deep.
        cls.sockets = tempfile.TemporaryDirectory(dir="/tmp")
        cls.addClassCleanup(cls.sockets.cleanup)
        cls.unix = os.path.join(cls.sockets.name, "socket")

    def setUp(self):
        self.connections = []

    def start(self, *wrapper):
        self.server = rt.Server(self.schema, self.database, ["--listen=unix:" + self.unix], wrapper=wrapper)
        self.addCleanup(self.server.stop)
        self.addCleanup(self.disconnect)

    def disconnect(self):
        for connection in self.connections:
            connection.close()
        self.connections = []

    def get(self, key, timeout=60):
        return self.server.get("shop.v1.Customer", [key], timeout=timeout).results[0].state

    def refused(self):
        lines = [json.loads(line) for line in list(self.server.log) if '"event":"connections_refused"' in line]
        return lines[-1]["connections_refused"] if lines else 0

    def crowd(self, connect, count):
        for _ in range(count):
            try:
                self.connections.append(connect())
            except OSError:
                pass

    def tcp(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=60)

    def local(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(self.unix)
        return connection

    def fresh_get(self):
        """Over a connection of its own, as soon as the server takes one."""
        with grpc.insecure_channel("127.0.0.1:%d" % self.server.port, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = channel.unary_unary("/relations.v1.RelationService/Get",
                                       request_serializer=lambda m: m.SerializeToString(),
                                       response_deserializer=rt.relation_pb.GetResponse.FromString)
            request = rt.relation_pb.GetRequest(model="shop.v1.Customer", keys=rt.make_keys([1]))
            return stub(request, timeout=120, wait_for_ready=True).results[0].state

    def check_both_addresses(self):
        self.assertEqual(self.get(1), rt.LOADED)
        for connect in (self.tcp, self.local):
            before = self.refused()
            self.crowd(connect, 2 * LIMIT)
            while self.refused() == before:  # one line a second
                self.crowd(connect, 1)
                threading.Event().wait(0.05)
            self.assertEqual(self.get(len(self.connections) + 1000), rt.EMPTY, "who is connected is served, and not out of the cache")
            self.disconnect()
            self.assertEqual(self.fresh_get(), rt.LOADED)

    def test_the_server_stays_up_and_serves_again(self):
        self.start("sh", "-c", 'ulimit -n %d && exec "$0" "$@"' % LIMIT)
        self.check_both_addresses()

    def test_the_listener_outlives_the_very_last_descriptor(self):
        self.start()
        # Below what it read when it started, so that nothing is kept free.
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        self.check_both_addresses()


if __name__ == "__main__":
    rt.main()
