"""A Python client with classes of its own against the library example: the contract, not the SDK, is what it speaks."""

import importlib
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

import grpc

import relations_testing as rt

LIBRARY = os.path.abspath("examples/library")
LIBRARY_PACKAGE = "library.v1."


def setUpModule():
    global library, server, sql
    generated = rt.temp_dir()
    sys.path.insert(0, generated)
    rt.generate(generated, LIBRARY, "library.proto")
    library = importlib.import_module("library_pb2")
    database = os.path.join(rt.temp_dir(), "library.db")
    shutil.copyfile(os.path.join(LIBRARY, "library.db"), database)
    # As .proto: the server compiles it itself.
    server = rt.Server(os.path.join(LIBRARY, "library.proto"), database)
    sql = sqlite3.connect(database)


def tearDownModule():
    server.stop()
    sql.close()


class Library(unittest.TestCase):
    def titles(self, keys, **kwargs):
        response = server.load(LIBRARY_PACKAGE + "Author", "books", keys, **kwargs)
        return [[library.Book.FromString(r).title for r in result.records] for result in response.results]

    def expected_titles(self, author):
        query = "SELECT Title FROM books WHERE author_id = ? ORDER BY published_at DESC, id"
        return [row[0] for row in sql.execute(query, (author,))]

    def test_books_come_newest_first(self):
        self.assertEqual(self.titles([1]), [["The Dispossessed", "The Left Hand of Darkness", "A Wizard of Earthsea"]])

    def test_many_keys_in_the_order_of_the_request(self):
        keys = [203, 1, 99999, 2, 1, -1] + list(range(1, 204))
        self.assertEqual(self.titles(keys), [self.expected_titles(key) for key in keys])
        self.assertEqual(self.titles(keys), [self.expected_titles(key) for key in keys], "warm")

    def test_a_record_is_complete(self):
        response = server.get(LIBRARY_PACKAGE + "Book", [4, 7])
        solaris, beowulf = [library.Book.FromString(result.records[0]) for result in response.results]
        self.assertEqual((solaris.id, solaris.author_id, solaris.title), (4, 2, "Solaris"))
        self.assertEqual(solaris.published_at.ToJsonString(), "1961-01-01T00:00:00Z")
        self.assertFalse(beowulf.HasField("author_id"))
        self.assertEqual(response.record_type, "library.v1.Book")

    def test_every_book_knows_its_author_and_reviews(self):
        books = sql.execute("SELECT id, author_id FROM books ORDER BY id").fetchall()
        authors = server.load(LIBRARY_PACKAGE + "Book", "author", [book for book, _ in books])
        reviews = server.load(LIBRARY_PACKAGE + "Book", "reviews", [book for book, _ in books])
        for (book, author), found, read in zip(books, authors.results, reviews.results):
            ids = [library.Author.FromString(r).id for r in found.records]
            self.assertEqual(ids, [] if author is None else [author])
            self.assertEqual(found.state, rt.NULL if author is None else rt.LOADED)
            stars = [(r.id, r.stars, r.comment) for r in map(library.Review.FromString, read.records)]
            query = "SELECT id, stars, comment FROM reviews WHERE book_id = ? ORDER BY id"
            self.assertEqual(stars, sql.execute(query, (book,)).fetchall())
            self.assertEqual(read.state, rt.LOADED if stars else rt.EMPTY)

    def test_reference_keys_and_composites_ask_the_same(self):
        self.assertEqual(self.titles([2], by="reference_keys"), self.titles([2]))
        self.assertEqual(self.titles([(2,), None]), [self.expected_titles(2), []])

    def test_a_record_of_another_type_is_refused(self):
        request = rt.relation_pb.LoadRequest(model="library.v1.Author", relation="books", record_type="library.v1.Review")
        request.owner_keys.int64s.values.append(1)
        with self.assertRaises(grpc.RpcError) as caught:
            server.call("RelationService", "Load", request, rt.relation_pb.LoadResponse)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(rt.reason_of(rt.error_of(caught.exception)), "WRONG_RECORD_TYPE")

    def test_a_near_name_is_suggested(self):
        with self.assertRaises(grpc.RpcError) as caught:
            server.load("library.v1.Author", "boks", [1])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        self.assertIn("books", caught.exception.details())

    def test_the_examples_client_runs(self):
        environment = dict(os.environ, PYTHONPATH=os.path.join(LIBRARY, "python"))
        done = subprocess.run([sys.executable, os.path.join(LIBRARY, "library_client.py"), "127.0.0.1:%d" % server.port],
                              env=environment, stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(), [
            "Ursula K. Le Guin: The Dispossessed, The Left Hand of Darkness, A Wizard of Earthsea",
            "Stanisław Lem: The Cyberiad, Solaris",
            "Octavia E. Butler: Kindred",
            "After 1968: The Left Hand of Darkness, The Dispossessed",
        ])


if __name__ == "__main__":
    rt.main()
