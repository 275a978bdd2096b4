"""Random schemas, data and questions, each asked in every way that there is, against plain SQL.

Strategies never differ in rows or order: a key alone or in a batch, cold, warm or half of it warm, before and after another program
has changed the database, pages or a stream, a filter as text or as a tree.

The environment: SEED (1), QUESTIONS (500), WORLD (only that one, as a failure names it). A failure prints the schema, the data and
the question, made smaller as long as it still fails.
"""

import os
import random
import sqlite3
import sys
import unittest

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import relations_testing as rt
from data import Data
from kinds import quoted
from oracle import Oracle, TooLarge
from questions import Classes, Query, Questions, caught
from world import World

SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for
QUESTIONS = int(os.environ.get("QUESTIONS", "500"))
WORLD = os.environ.get("WORLD")
PER_WORLD = 25


class Difference(Exception):
    def __init__(self, how, expected, got):
        super().__init__(how)
        self.how, self.expected, self.got = how, expected, got


class Running:
    """A world, its database and a server over it."""

    def __init__(self, number):
        self.pick = random.Random("%d/%d" % (SEED, number))
        self.world = World(self.pick)
        directory = rt.temp_dir()
        with open(os.path.join(directory, "w.proto"), "w") as file:
            file.write(self.world.proto())
        self.connection = self.make_database(os.path.join(directory, "w.db"))
        schema = rt.descriptor_set(directory, ["w.proto"], os.path.join(directory, "w.binpb"))
        self.classes = self.make_classes(schema)
        self.data = Data(self.pick, self.world, self.connection)
        self.data.fill()
        self.questions = Questions(self.pick, self.world, self.data)
        self.server = rt.Server(schema, os.path.join(directory, "w.db"))

    def make_database(self, path):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA encoding = '%s'" % self.world.encoding)
        connection.execute("PRAGMA journal_mode = %s" % self.world.journal)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    @staticmethod
    def make_classes(schema):
        pool = descriptor_pool.DescriptorPool()
        with open(schema, "rb") as file:
            for described in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                pool.Add(described)
        return Classes(pool, message_factory.MessageFactory(pool))

    def stop(self):
        self.server.stop()
        self.connection.close()

    # --- One question, every way ---

    def same(self, how, expected, ask):
        got = caught(ask)
        if got != expected:
            raise Difference(how, expected, got)

    def keyed_ways(self, question, expected):
        count = len(question.keys)
        self.server.clear()
        self.same("cold", expected, lambda: question.ask(self.server, self.classes))
        self.same("warm", expected, lambda: question.ask(self.server, self.classes))
        for i in range(count):
            self.same("key %d alone, warm" % i, expected[i:i + 1], lambda: question.only([i]).ask(self.server, self.classes))
        self.server.clear()
        for i in range(count):
            self.same("key %d alone, cold at first" % i, expected[i:i + 1],
                      lambda: question.only([i]).ask(self.server, self.classes))
        self.server.clear()
        some = [i for i in range(count) if self.pick.random() < 0.5]
        if some:
            self.same("some keys", [expected[i] for i in some], lambda: question.only(some).ask(self.server, self.classes))
        self.same("some of it warm", expected, lambda: question.ask(self.server, self.classes))
        back = list(reversed(range(count)))
        self.same("backwards", [expected[i] for i in back], lambda: question.only(back).ask(self.server, self.classes))

    def query_ways(self, question, expected):
        for tree in (False, True):
            self.same("filter as %s" % ("tree" if tree else "text"), expected,
                      lambda: question.ask(self.server, self.classes, tree=tree))
        paged = expected if expected[0] != "records" else self.without_state(expected)
        self.same("pages", paged, lambda: question.ask(self.server, self.classes, pages=True))
        if isinstance(question, Query) and not question.includes:
            self.same("pages from the last to the first", paged, lambda: question.ask(self.server, self.classes, backwards=True))

    @staticmethod
    def without_state(expected):
        """Pages put together: they have no state, but records or none."""
        return ("records", rt.LOADED if expected[2] else rt.EMPTY) + expected[2:]

    def expected(self, question):
        """None when the answer is larger than is worth comparing."""
        try:
            return question.expected(Oracle(self.connection))
        except TooLarge:
            return None

    def check(self, question):
        """Whether it was asked. Raises Difference."""
        expected = self.expected(question)
        if expected is None:
            return False
        (self.keyed_ways if question.keyed else self.query_ways)(question, expected)
        return True

    def check_after_change(self, question):
        self.data.change()
        expected = self.expected(question)
        if expected is not None:
            self.same("after a change", expected, lambda: question.ask(self.server, self.classes))

    # --- Making a failure smaller ---

    def fails(self, question):
        try:
            self.check(question)
        except Difference as difference:
            return difference
        return None

    def smaller_questions(self, question):
        if question.keyed and len(question.keys) > 1:
            for i in range(len(question.keys)):
                yield question.only([j for j in range(len(question.keys)) if j != i])
        for i in range(len(question.includes)):
            include, before, after = question.includes[i], question.includes[:i], question.includes[i + 1:]
            yield question.with_(includes=before + after)
            smaller = [include.without(j) for j in range(len(include.children))]
            if include.arguments():
                smaller.append(include.with_(filter=None, order=(), limit=0, count=False))
            for candidate in smaller:
                if repr(candidate) != repr(include):
                    yield question.with_(includes=before + [candidate] + after)

    def shrink(self, question, difference):
        smaller = True
        while smaller:
            smaller = False
            for candidate in self.smaller_questions(question):
                found = self.fails(candidate)
                if found is not None:
                    question, difference, smaller = candidate, found, True
                    break
        for table in self.world.tables:
            difference = self.shrink_table(table, question) or difference
        return question, difference

    def shrink_table(self, table, question):
        """Deletes the rows without which it still fails."""
        last = None
        for row in self.connection.execute("SELECT * FROM %s" % quoted(table.name)).fetchall():
            key = [row[table.fields.index(f)] for f in table.key]
            self.connection.execute("DELETE FROM %s WHERE %s" % (quoted(table.name), self.data.where(table)), key)
            self.connection.commit()
            found = self.fails(question)
            if found is None:
                self.connection.execute("INSERT INTO %s VALUES (%s)" % (quoted(table.name), ", ".join("?" * len(row))), row)
                self.connection.commit()
            last = found or last
        return last


class Differences(unittest.TestCase):
    maxDiff = None

    def report(self, number, running, question, difference):
        shrunk, smallest = running.shrink(question, difference)
        print(running.world.proto(), "\n".join(running.connection.iterdump()), sep="\n", file=sys.stderr)
        print("SEED=%d WORLD=%d encoding %s\nasked: %r\nfound: %s\nshrunk to: %r\nfound: %s" % (
            SEED, number, running.world.encoding, question, difference.how, shrunk, smallest.how), file=sys.stderr)
        self.assertEqual(smallest.got, smallest.expected, "SEED=%d WORLD=%d %s" % (SEED, number, smallest.how))
        self.fail("SEED=%d WORLD=%d differs: %s: %r" % (SEED, number, difference.how, difference.got))

    def ask_world(self, number, count):
        running = Running(number)
        asked = 0
        try:
            for _ in range(count):
                question, difference = running.questions.any(), None
                try:
                    asked += running.check(question)
                    if running.pick.random() < 0.2:
                        running.check_after_change(question)
                except Difference as found:
                    difference = found
                if difference is not None:
                    self.report(number, running, question, difference)
        finally:
            running.stop()
        return asked

    def test_every_way_gives_what_plain_sql_gives(self):
        print("SEED=%d" % SEED, file=sys.stderr)
        asked, number = 0, 0
        if WORLD is not None:
            self.ask_world(int(WORLD), PER_WORLD)
            return
        while asked < QUESTIONS:
            with self.subTest(seed=SEED, world=number):
                asked += self.ask_world(number, min(PER_WORLD, QUESTIONS - asked))
            number += 1
            if number > QUESTIONS:
                break
        print("%d questions of %d worlds" % (asked, number), file=sys.stderr)
        self.assertGreaterEqual(asked, QUESTIONS)


if __name__ == "__main__":
    rt.main()
