"""The library example's typed services from Node: @grpc/grpc-js over the emitted .proto, as proto-loader reads it, with the types
that proto-loader-gen-types makes of it."""

import json
import os
import shutil
import sqlite3
import subprocess
import unittest

import grpc

import npm_packages
import relations_testing as rt

LIBRARY = os.path.abspath("examples/library")
ENVIRONMENT = dict(os.environ, NODE_PATH=npm_packages.NODE_MODULES, PROTO_PATH=os.path.join(LIBRARY, "node"))
BEYOND_DOUBLE = 2**53 + 1  # a number that JavaScript's own cannot hold


def setUpModule():
    global server
    database = os.path.join(rt.temp_dir(), "library.db")
    shutil.copyfile(os.path.join(LIBRARY, "library.db"), database)
    os.chmod(database, 0o644)
    sql = sqlite3.connect(database)
    sql.execute("INSERT INTO authors (id, name) VALUES (?, 'Far Away')", (BEYOND_DOUBLE,))
    sql.execute("INSERT INTO books (id, author_id, Title, published_at) SELECT ?, ?, 'Near', published_at FROM books LIMIT 1",
                (BEYOND_DOUBLE, BEYOND_DOUBLE))
    sql.commit()
    sql.close()
    server = rt.Server(os.path.join(LIBRARY, "library.proto"), database)


def tearDownModule():
    server.stop()


def node(program, *args):
    return subprocess.run([npm_packages.NODE, program, "127.0.0.1:%d" % server.port, *args], env=ENVIRONMENT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout


def ask(service, method, **request):
    return json.loads(node("tests/e2e/ask_library.js", service, method, json.dumps(request)))


class Node(unittest.TestCase):
    def test_the_examples_client_runs(self):
        self.assertEqual(node(os.path.join(LIBRARY, "library_client.js")).splitlines(), [
            "Ursula K. Le Guin: The Dispossessed, The Left Hand of Darkness, A Wizard of Earthsea",
            "Stanisław Lem: The Cyberiad, Solaris",
            "Octavia E. Butler: Kindred",
        ])

    def test_the_examples_client_without_its_protos_fails(self):
        done = subprocess.run([npm_packages.NODE, os.path.join(LIBRARY, "library_client.js"), "127.0.0.1:%d" % server.port],
                              env=dict(ENVIRONMENT, PROTO_PATH="/nonexistent"), text=True, stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("library_services.proto", done.stderr)

    def test_a_record_with_its_types(self):
        record = ask("BookService", "Get", id=4)["answer"]["record"]
        self.assertEqual((record["id"], record["authorId"], record["title"]), ("4", "2", "Solaris"))
        self.assertEqual(record["publishedAt"]["seconds"], "-283996800")

    def test_keys_beyond_javascripts_numbers(self):
        key = str(BEYOND_DOUBLE)
        self.assertEqual(ask("AuthorService", "Get", id=key)["answer"]["record"]["id"], key)
        [book] = ask("AuthorService", "Books", id=key)["answer"]["books"]
        self.assertEqual((book["id"], book["authorId"], book["title"]), (key, key, "Near"))

    def test_states_of_a_batch(self):
        results = ask("BookService", "BatchAuthor", ids=[4, 7])["answer"]["results"]
        self.assertEqual([one["state"] for one in results], ["LOAD_STATE_LOADED", "LOAD_STATE_NULL"])
        self.assertEqual(results[0]["record"]["name"], "Stanisław Lem")
        self.assertNotIn("record", results[1])

    def test_statuses(self):
        missing = ask("AuthorService", "Get", id=99999)
        self.assertEqual(missing["code"], grpc.StatusCode.NOT_FOUND.value[0])
        no_key = ask("AuthorService", "Books")
        self.assertEqual(no_key["code"], grpc.StatusCode.INVALID_ARGUMENT.value[0])
        self.assertIn("id", no_key["details"])


class Types(unittest.TestCase):
    """The example's client against its types: what is not typed as it is used does not pass."""

    @classmethod
    def setUpClass(cls):
        cls.folder = rt.temp_dir()
        os.symlink(npm_packages.NODE_MODULES, os.path.join(cls.folder, "node_modules"))
        made = cls.run_program("@grpc/proto-loader/build/bin/proto-loader-gen-types.js", "library_services.proto",
                               "--includeDirs=" + os.path.join(LIBRARY, "node"), "--outDir=types", "--grpcLib=@grpc/grpc-js",
                               "--longs=String", "--enums=String", "--defaults")
        assert made.returncode == 0, made.stdout
        with open(os.path.join(LIBRARY, "library_client.js"), encoding="utf-8") as file:
            cls.client = file.read()

    @classmethod
    def run_program(cls, program, *args):
        return subprocess.run([npm_packages.NODE, os.path.join(npm_packages.NODE_MODULES, program), *args], cwd=cls.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def check(self, program):
        """What the TypeScript compiler says of a program that stands beside the folder `types`."""
        with open(os.path.join(self.folder, "client.js"), "w", encoding="utf-8") as file:
            file.write(program)
        return self.run_program("typescript/lib/tsc.js", "--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck",
                                "--module", "nodenext", "--types", "node", "client.js").stdout

    def refused(self, old, new):
        self.assertIn(old, self.client)
        return self.check(self.client.replace(old, new))

    def test_the_examples_client_is_typed(self):
        self.assertEqual(self.check(self.client), "")

    def test_a_field_that_a_record_does_not_have(self):
        self.assertIn("Property 'titel' does not exist on type 'Book__Output'. Did you mean 'title'?", self.refused("book.title", "book.titel"))

    def test_a_field_that_a_request_does_not_have(self):
        self.assertIn("'keys' does not exist in type 'AuthorServiceBatchBooksRequest'",
                      self.refused("batchBooks({ ids:", "batchBooks({ keys:"))

    def test_a_method_that_a_service_does_not_have(self):
        self.assertIn("'Reviews' does not exist on type 'AuthorServiceClient'", self.refused("service.BatchBooks", "service.Reviews"))


if __name__ == "__main__":
    rt.main()
