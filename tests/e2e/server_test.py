"""The running server, from outside: other processes' commits, deadlines, stopping, schemas at run time."""

import importlib
import os
import random
import resource
import socket
import sqlite3
import sys
import threading
import time
import unittest

import grpc

import relations_testing as rt

SCHEMA = """
syntax = "proto3";
package e2e.v1;
import "relations/v1/options.proto";
message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  string name = 2;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "author" }];
  repeated Slow slow = 11 [(.relations.v1.has_many) = { foreign_key: "author_id" }];
}
message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  int64 author_id = 2;
  string title = 3;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" inverse_of: "books" }];
}
// A view that takes for ever.
message Slow {
  option (.relations.v1.model) = { table: "slow" };
  int64 id = 1;
  int64 author_id = 2;
}
"""

SERIES = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)"

SQL = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT NOT NULL);
CREATE INDEX books_author ON books (author_id);
%s INSERT INTO authors SELECT n, 'author ' || n FROM s;
%s INSERT INTO books SELECT n, n %% 50 + 1, 'book ' || n FROM s;
CREATE VIEW slow AS %s SELECT n AS id, 1 AS author_id FROM s WHERE n = 4000000000;
""" % (SERIES % 50, SERIES % 500, SERIES % 4000000000)


def setUpModule():
    global directory, schema, pb
    directory = rt.temp_dir()
    with open(os.path.join(directory, "e2e.proto"), "w") as file:
        file.write(SCHEMA)
    schema = rt.descriptor_set(directory, ["e2e.proto"], os.path.join(directory, "e2e.binpb"))
    sys.path.insert(0, directory)
    rt.generate(directory, directory, "e2e.proto")
    pb = importlib.import_module("e2e_pb2")


class Base(unittest.TestCase):
    journal = "wal"

    def setUp(self):
        self.database = os.path.join(rt.temp_dir(), "e2e.db")
        rt.make_database(self.database, SQL, self.journal)

    def serve(self, *flags):
        server = rt.Server(schema, self.database, flags)
        self.addCleanup(server.stop)
        return server

    def titles(self, server, author):
        response = server.load("e2e.v1.Author", "books", [author])
        return [pb.Book.FromString(b).title for b in response.results[0].records]


class Freshness(Base):
    """What another process has committed is in the next answer, whatever is cached."""

    def check(self, commits, checkpoint=False):
        server = self.serve()
        writer = sqlite3.connect(self.database, isolation_level=None)
        writer.execute("PRAGMA synchronous=off")
        pick = random.Random(7)
        for i in range(commits):
            author = pick.randrange(1, 6)
            title = "title %d" % i
            writer.execute("UPDATE books SET title = ? WHERE author_id = ?", (title, author))
            self.assertEqual(set(self.titles(server, author)), {title})
            self.assertEqual(set(self.titles(server, author)), {title}, "warm")
            if checkpoint and i % 10 == 0:
                writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.close()
        self.assertGreater(server.stats().total.hits, commits // 2)

    def test_commits_of_another_process(self):
        self.check(200)

    def test_rows_that_move_to_another_owner(self):
        server = self.serve()
        writer = sqlite3.connect(self.database, isolation_level=None)
        before = (len(self.titles(server, 1)), len(self.titles(server, 2)))
        writer.execute("UPDATE books SET author_id = 2 WHERE id = (SELECT min(id) FROM books WHERE author_id = 1)")
        self.assertEqual((len(self.titles(server, 1)), len(self.titles(server, 2))), (before[0] - 1, before[1] + 1))
        writer.execute("INSERT INTO books VALUES (9999, 77, 'new')")
        self.assertEqual(self.titles(server, 77), ["new"])
        writer.execute("DELETE FROM books WHERE author_id = 77")
        self.assertEqual(self.titles(server, 77), [])

    def test_a_transaction_that_is_rolled_back_or_open_shows_nothing(self):
        server = self.serve()
        before = self.titles(server, 3)
        writer = sqlite3.connect(self.database, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE books SET title = 'never' WHERE author_id = 3")
        self.assertEqual(self.titles(server, 3), before)
        writer.execute("ROLLBACK")
        self.assertEqual(self.titles(server, 3), before)

    def test_readers_beside_a_writer_never_go_back(self):
        server = self.serve()
        stop = threading.Event()
        failures = []

        def read():
            last = -1
            while not stop.is_set():
                title = self.titles(server, 1)[0]
                now = int(title.split()[1]) if title.startswith("count") else -1
                if now < last:
                    failures.append((last, now))
                last = now

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        writer = sqlite3.connect(self.database, isolation_level=None, timeout=30)
        for i in range(300):
            writer.execute("UPDATE books SET title = ? WHERE author_id = 1", ("count %d" % i,))
            self.assertTrue(self.titles(server, 1)[0] == "count %d" % i)
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual(failures, [])


class FreshnessWithCheckpoints(Freshness):
    def test_commits_of_another_process(self):
        self.check(100, checkpoint=True)


class FreshnessInRollbackMode(Freshness):
    journal = "delete"


class FreshnessInTruncateMode(Freshness):
    journal = "truncate"


class Replaced(Base):
    journal = "delete"

    def test_a_database_that_takes_the_files_name_is_served_soon(self):
        server = self.serve()
        before = self.titles(server, 1)
        self.assertEqual(self.titles(server, 1), before, "warm")
        other = self.database + ".next"
        rt.make_database(other, SQL + "UPDATE books SET title = 'new';", "delete")
        os.rename(other, self.database)
        while self.titles(server, 1) == before:
            time.sleep(0.05)
        self.assertEqual(set(self.titles(server, 1)), {"new"})
        self.assertEqual(set(self.titles(server, 1)), {"new"}, "warm")
        os.remove(self.database)
        with self.assertRaises(grpc.RpcError) as caught:
            while True:
                self.titles(server, 1)
                time.sleep(0.05)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len([line for line in server.log if "database_replaced" in line]), 1)


class Calls(Base):
    def test_more_connections_than_a_shells_descriptors(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            server = self.serve()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        self.assertEqual(len(self.titles(server, 1)), 10)
        for connection in idle:
            connection.close()

    def test_a_deadline_interrupts_the_statement(self):
        server = self.serve("--connections=1")
        with self.assertRaises(grpc.RpcError) as caught:
            server.load("e2e.v1.Author", "slow", [1], timeout=0.5)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        # The only connection is free again.
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_a_cancelled_load_gives_its_connection_back(self):
        """Only its deadline ended it, so a few callers that had gone kept every connection for minutes."""
        server = self.serve("--connections=1")
        request = rt.relation_pb.LoadRequest(model="e2e.v1.Author", relation="slow", owner_keys=rt.make_keys([1]))
        stub = server.channel.unary_unary("/relations.v1.RelationService/Load",
                                          request_serializer=lambda m: m.SerializeToString())
        call = stub.future(request, timeout=300)
        while server.stats().total.statements == 0:
            time.sleep(0.01)
        call.cancel()
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_the_servers_deadline_holds_for_callers_that_set_none(self):
        server = self.serve("--default-deadline=500ms", "--connections=1")
        with self.assertRaises(grpc.RpcError) as caught:
            server.load("e2e.v1.Author", "slow", [1], timeout=None)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_too_many_keys_and_too_large_answers_are_refused(self):
        server = self.serve("--max-keys=10", "--max-answer-bytes=1024")
        for keys in (list(range(11)), list(range(10))):
            with self.assertRaises(grpc.RpcError) as caught:
                server.load("e2e.v1.Author", "books", keys)
            expected = grpc.StatusCode.RESOURCE_EXHAUSTED
            self.assertEqual(caught.exception.code(), expected, caught.exception.details())
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_callers_of_one_key_share_statements(self):
        server = self.serve()
        threads = [threading.Thread(target=self.titles, args=(server, 1)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = server.stats().total
        self.assertEqual(total.statements, 1)
        self.assertEqual(total.hits + total.joined, 15)

    def test_stopping_fails_no_accepted_call(self):
        server = rt.Server(schema, self.database)
        results = []

        def hammer():
            channel = grpc.insecure_channel("127.0.0.1:%d" % server.port, options=[("grpc.enable_retries", 0)])
            request = rt.relation_pb.LoadRequest(model="e2e.v1.Author", relation="books", owner_keys=rt.make_keys([1]))
            stub = channel.unary_unary("/relations.v1.RelationService/Load",
                                       request_serializer=lambda m: m.SerializeToString(),
                                       response_deserializer=rt.relation_pb.LoadResponse.FromString)
            for _ in range(20000):
                try:
                    stub(request, timeout=30)
                    results.append("ok")
                except grpc.RpcError as error:
                    results.append((error.code(), error.details()))
                    break
            channel.close()

        threads = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(results) < 200:
            time.sleep(0.01)
        server.stop()
        for thread in threads:
            thread.join()
        failures = [r for r in results if r != "ok"]
        # A call that was never accepted may fail, and then says so: there is no server any more.
        for code, details in failures:
            self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)
            self.assertNotIn("Cancelled", details)
        self.assertGreater(results.count("ok"), 200)


class Schemas(Base):
    def apply(self, server, data, **kwargs):
        return server.call("RegistryService", "Apply", rt.registry_pb.ApplyRequest(descriptor_set=data, **kwargs), rt.registry_pb.ApplyResponse)

    def changed(self, text):
        folder = rt.temp_dir()
        with open(os.path.join(folder, "e2e.proto"), "w") as file:
            file.write(text)
        path = rt.descriptor_set(folder, ["e2e.proto"], os.path.join(folder, "e2e.binpb"))
        with open(path, "rb") as file:
            return file.read()

    def test_apply_changes_the_running_server(self):
        server = self.serve("--allow-apply")
        self.assertEqual(self.titles(server, 1)[0], "book 50")
        data = self.changed(SCHEMA.replace('foreign_key: "author_id" inverse_of: "author" }', 'foreign_key: "author_id" inverse_of: "author" order_by: "id desc" }'))
        diff = server.call("RegistryService", "Diff", rt.registry_pb.DiffRequest(descriptor_set=data), rt.registry_pb.DiffResponse)
        self.assertEqual([(c.model, c.element) for c in diff.changes], [("e2e.v1.Author", "books")])
        before = server.call("RegistryService", "ListModels", rt.registry_pb.ListModelsRequest(), rt.registry_pb.ListModelsResponse)
        after = self.apply(server, data, expected_digest=before.schema_digest)
        self.assertNotEqual(after.schema_digest, before.schema_digest)
        self.assertEqual(self.titles(server, 1)[0], "book 500")
        with self.assertRaises(grpc.RpcError) as caught:
            self.apply(server, data, expected_digest=before.schema_digest)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)

    def test_apply_needs_permission(self):
        server = self.serve()
        with self.assertRaises(grpc.RpcError) as caught:
            self.apply(server, self.changed(SCHEMA))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)

    def test_a_refused_schema_lists_its_errors_and_changes_nothing(self):
        server = self.serve("--allow-apply")
        data = self.changed(SCHEMA.replace('foreign_key: "author_id" inverse_of: "books"', 'foreign_key: "autor_id" inverse_of: "boks"'))
        with self.assertRaises(grpc.RpcError) as caught:
            self.apply(server, data)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        violations = rt.violations_of(rt.error_of(caught.exception))
        self.assertTrue(any("e2e.v1.Book.author" == field and "author_id" in text for field, text in violations), violations)
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_garbage_is_refused(self):
        server = self.serve("--allow-apply")
        pick = random.Random(11)
        good = self.changed(SCHEMA)
        for _ in range(100):
            data = bytearray(good)
            for _ in range(pick.randrange(1, 20)):
                data[pick.randrange(len(data))] = pick.randrange(256)
            try:
                server.call("RegistryService", "Validate", rt.registry_pb.ValidateRequest(descriptor_set=bytes(data)), rt.registry_pb.ValidateResponse)
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(len(self.titles(server, 1)), 10)

    def test_calls_beside_applies_are_all_answered(self):
        server = self.serve("--allow-apply")
        data = [self.changed(SCHEMA), self.changed(SCHEMA + "// changed\n")]
        stop = threading.Event()
        failures = []

        def read():
            while not stop.is_set():
                try:
                    if len(self.titles(server, 1)) != 10:
                        failures.append("wrong")
                except grpc.RpcError as error:
                    failures.append(str(error))

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for i in range(30):
            self.apply(server, data[i % 2])
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    rt.main()
