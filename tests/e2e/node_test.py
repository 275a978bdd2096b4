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

    def test_queries_stream_and_have_their_methods(self):
        parts = ask("BookService", "Query", filter='prefix(title, "The ")', orderBy="title desc", publishedAfter={"date": "1965-06-01"})["answer"]
        self.assertEqual([book["title"] for part in parts for book in part["records"]], ["The Left Hand of Darkness", "The Dispossessed"])
        [first] = ask("AuthorService", "BooksQuery", id=1, pageSize=2)["answer"]
        [rest] = ask("AuthorService", "BooksQuery", id=1, pageSize=2, pageToken=first["nextPageToken"])["answer"]
        self.assertEqual([book["id"] for book in first["books"] + rest["books"]], ["3", "2", "1"])

    def test_a_stream_of_many_messages(self):
        parts = ask("BookService", "Query", filter="id < 2008")["answer"]
        self.assertGreater(len(parts), 1)
        self.assertEqual([int(book["id"]) for part in parts for book in part["records"]], list(range(1, 2008)))

    def test_counts(self):
        self.assertEqual(ask("AuthorService", "BooksCount", id=1)["answer"], {"count": "3"})
        self.assertEqual(ask("BookService", "Exists", filter="id = -1")["answer"].get("exists", False), False)

    def test_a_query_that_is_refused(self):
        refused = ask("BookService", "Query", filter="titel = 1")
        self.assertEqual(refused["code"], grpc.StatusCode.INVALID_ARGUMENT.value[0])
        self.assertIn("did you mean title?", refused["details"])


class Types(unittest.TestCase):
    """The example's client against its types: what is not typed as it is used does not pass."""

    # Edits of the client, and what the compiler says of each.
    WRONG = {
        "record": ("book.title", "book.titel", "Property 'titel' does not exist on type 'Book__Output'. Did you mean 'title'?"),
        "request": ("batchBooks({ ids:", "batchBooks({ keys:", "'keys' does not exist in type 'AuthorServiceBatchBooksRequest'"),
        "method": ("service.BatchBooks", "service.Reviews", "'Reviews' does not exist on type 'AuthorServiceClient'"),
    }

    @classmethod
    def setUpClass(cls):
        """Compiles the client and each edit of it, once: what the compiler says of which file."""
        cls.folder = rt.temp_dir()
        os.symlink(npm_packages.NODE_MODULES, os.path.join(cls.folder, "node_modules"))
        made = cls.run_program("@grpc/proto-loader/build/bin/proto-loader-gen-types.js", "library_services.proto",
                               "--includeDirs=" + os.path.join(LIBRARY, "node"), "--outDir=types", "--grpcLib=@grpc/grpc-js",
                               "--longs=String", "--enums=String", "--defaults")
        assert made.returncode == 0, made.stdout
        with open(os.path.join(LIBRARY, "library_client.js"), encoding="utf-8") as file:
            client = file.read()
        programs = {"client": client}
        for name, (old, new, _) in cls.WRONG.items():
            assert old in client, old
            programs[name] = client.replace(old, new)
        for name, text in programs.items():
            with open(os.path.join(cls.folder, name + ".js"), "w", encoding="utf-8") as file:
                file.write(text)
        said = cls.run_program("typescript/lib/tsc.js", "--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck",
                               "--module", "nodenext", "--types", "node", *[name + ".js" for name in programs]).stdout
        cls.said = {name: [line for line in said.splitlines() if line.startswith(name + ".js")] for name in programs}
        # What is of no file is about none of them: options that the compiler does not take, types that are not there.
        assert sum(len(lines) for lines in cls.said.values()) == len(said.splitlines()), said

    @classmethod
    def run_program(cls, program, *args):
        return subprocess.run([npm_packages.NODE, os.path.join(npm_packages.NODE_MODULES, program), *args], cwd=cls.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def test_the_examples_client_is_typed(self):
        self.assertEqual(self.said["client"], [])

    def test_what_is_not_there_is_found(self):
        for name, (_, _, what) in self.WRONG.items():
            with self.subTest(name):
                self.assertIn(what, "\n".join(self.said[name]))


if __name__ == "__main__":
    rt.main()
