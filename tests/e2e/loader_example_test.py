"""The example's loaders, in Python, in C and within the server, are the same to the server; and the C host under what it may meet."""

import importlib
import os
import signal
import subprocess
import sys
import unittest

import grpc

import fake_loader
import relations_testing as rt
from security_test import Authority

EXAMPLE = os.path.abspath("examples/loader")
BOOK = "bookshop.v1.Book"


class LoaderExampleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = rt.temp_dir()
        cls.schema = rt.descriptor_set(EXAMPLE, ["bookshop.proto"], os.path.join(cls.dir, "bookshop.binpb"))
        cls.database = os.path.join(cls.dir, "bookshop.db")
        rt.make_database(cls.database, "CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL);"
                                       "INSERT INTO books VALUES (1, 'a'), (2, 'b'), (3, 'c');")
        rt.generate(rt._generated, EXAMPLE, "bookshop.proto")
        rt.protoc("--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                  "--grpc_python_out=" + rt._generated, "relations/v1/loader_service.proto")
        cls.pb = importlib.import_module("bookshop_pb2")

    def start(self, *command, tls=()):
        process = subprocess.Popen([*command, "127.0.0.1:0", *tls], stdout=subprocess.PIPE, text=True,
                                   env=dict(os.environ, PYTHONPATH=rt._generated))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        self.assertIn("listening on port", line)
        return process, int(line.split()[-1])

    def check(self, port, *flags):
        self.check_flags(self.schema, "--loader=ratings=127.0.0.1:%d" % port, *flags)

    def check_flags(self, schema, *flags):
        with rt.Server(schema, self.database, flags) as server:
            for _ in range(2):  # cold and cached
                results = server.load(BOOK, "ratings", [1, 3, 2]).results
                answers = [[self.pb.Rating.FromString(r) for r in result.records] for result in results]
                self.assertEqual([[(r.book_id, r.reader, r.stars) for r in a] for a in answers],
                                 [[(1, "ann", 5), (1, "bob", 3)], [], [(2, "cid", 4)]])
            self.assertEqual(server.stats().total.statements, 1)

    def test_in_python(self):
        self.check(self.start(sys.executable, os.path.join(EXAMPLE, "ratings_loader.py"))[1])

    def test_in_c(self):
        process, port = self.start(os.path.join(EXAMPLE, "ratings_loader"))
        self.check(port)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)

    def test_in_c_with_mutual_tls(self):
        authority = Authority(self.dir, "ca")
        cert, key = authority.issue("loader")
        own_cert, own_key = authority.issue("relationsd")
        port = self.start(os.path.join(EXAMPLE, "ratings_loader"), tls=(cert, key, authority.pem))[1]
        self.check(port, "--loader-tls-ca=" + authority.pem, "--loader-tls-cert=" + own_cert, "--loader-tls-key=" + own_key)
        with rt.Server(self.schema, self.database, ["--loader=ratings=127.0.0.1:%d" % port,
                                                    "--loader-tls-ca=" + authority.pem]) as server:
            with self.assertRaises(grpc.RpcError) as caught:
                server.load(BOOK, "ratings", [1])
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_within_the_server(self):
        directory = rt.temp_dir()
        with open(os.path.join(EXAMPLE, "bookshop.proto")) as file:
            text = file.read()
        self.assertIn('"grpc:ratings"', text)
        with open(os.path.join(directory, "bookshop.proto"), "w") as file:
            file.write(text.replace('"grpc:ratings"', '"so:ratings"'))
        schema = rt.descriptor_set(directory, ["bookshop.proto"], os.path.join(directory, "bookshop.binpb"))
        loaders = rt.loader_directory(os.path.join(EXAMPLE, "ratings.so"))
        self.check_flags(schema, "--loader-dir=" + loaders)

    def ask(self, port, request):
        with grpc.insecure_channel("127.0.0.1:%d" % port) as channel:
            stub = channel.unary_unary("/relations.v1.LoaderService/LoadBatch",
                                       request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
                                       response_deserializer=fake_loader.loader_pb.LoadBatchResponse.FromString)
            return stub(request, timeout=60)

    def test_the_c_host_answers_strangers(self):
        port = self.start(os.path.join(EXAMPLE, "ratings_loader"))[1]
        request = fake_loader.loader_pb.LoadBatchRequest(relation="ratings")
        self.assertEqual(len(self.ask(port, request).results), 0, "no keys at all")
        request.keys.int64s.values.extend([3] * 1000)
        self.assertEqual(len(self.ask(port, request).results), 1000)
        strings = fake_loader.loader_pb.LoadBatchRequest(relation="ratings", keys=rt.make_keys(["a"]))
        for bad, code in [(strings, grpc.StatusCode.INVALID_ARGUMENT),
                          (fake_loader.loader_pb.LoadBatchRequest(relation="else"), grpc.StatusCode.UNIMPLEMENTED),
                          (b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT)]:
            with self.assertRaises(grpc.RpcError) as caught:
                self.ask(port, bad)
            self.assertEqual(caught.exception.code(), code)
        self.assertEqual(len(self.ask(port, request).results), 1000)

    def test_an_address_that_is_taken_is_named(self):
        port = self.start(os.path.join(EXAMPLE, "ratings_loader"))[1]
        second = subprocess.run([os.path.join(EXAMPLE, "ratings_loader"), "127.0.0.1:%d" % port],
                                capture_output=True, text=True)
        self.assertEqual(second.returncode, 1)
        self.assertIn("127.0.0.1:%d" % port, second.stderr)


if __name__ == "__main__":
    rt.main()
