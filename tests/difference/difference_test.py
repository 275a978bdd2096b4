"""Random schemas, data and questions, each asked in every way that there is, against plain SQL.

Strategies never differ in rows or order: a key alone or in a batch, cold, warm or half of it warm, by one caller or several at once,
before, while and after another program changes the database, pages or a stream, a filter as text or as a tree, generic or typed. And
what a request takes is what Explain says, whatever is cached.

    world      random schemas          kinds      kinds of columns         data      random rows, and changes of them
    questions  what is asked, and how  includes, filters, methods, keys, aggregates   what questions are made of
    oracle     what must be answered   answers    what is answered
    continued, typed, limits           ways to ask that belong to several kinds of questions

The environment: SEED (1), QUESTIONS (500), WORLD (only that one, as a failure names it). A failure prints the schema, the data and
the question, made smaller as long as it still fails.
"""

import concurrent.futures
import os
import random
import sqlite3
import sys
import unittest

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import aggregates
import relations_testing as rt
from answers import Classes, caught
from data import Data
from filters import random_filter
from kinds import compared, quoted, text_holds
from oracle import Oracle, TooLarge
from questions import Keyed, Questions
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

    CALLERS = 4  # at once

    def __init__(self, number):
        self.pick = random.Random("%d/%d" % (SEED, number))
        self.world = World(self.pick)
        directory = rt.temp_dir()
        self.connection = self.make_database(os.path.join(directory, "w.db"))
        schema = self.make_schema(directory)
        self.data = Data(self.pick, self.world, self.connection)
        self.data.fill()
        self.questions = Questions(self.pick, self.world, self.data)
        self.callers = concurrent.futures.ThreadPoolExecutor(self.CALLERS)
        self.server = rt.Server(schema, os.path.join(directory, "w.db"))

    def make_database(self, path):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA encoding = '%s'" % self.world.encoding)
        connection.execute("PRAGMA journal_mode = %s" % self.world.journal)
        connection.execute("PRAGMA synchronous = OFF")
        connection.create_function("compared", 3, compared, deterministic=True)
        connection.create_function("text_holds", 4, text_holds, deterministic=True)
        return connection

    def make_schema(self, directory):
        """The file of its descriptors. The messages are those of its typed services as well."""
        with open(os.path.join(directory, "w.proto"), "w") as file:
            file.write(self.world.proto())
        rt.protoc("-I", directory, "--plugin=protoc-gen-relations=" + rt.PLUGIN, "--relations_out=services=proto:" + directory, "w.proto")
        described = rt.descriptor_set(directory, ["w.proto", "w_services.proto"], os.path.join(directory, "services.binpb"))
        pool = descriptor_pool.DescriptorPool()
        with open(described, "rb") as file:
            for file in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                pool.Add(file)
        self.classes = Classes(pool, message_factory.MessageFactory(pool))
        return rt.descriptor_set(directory, ["w.proto"], os.path.join(directory, "w.binpb"))

    def stop(self):
        self.callers.shutdown()
        self.server.stop()
        self.connection.close()

    def oracle(self):
        return Oracle(self.connection)

    # --- One question, every way ---

    def expected(self, question):
        """None when the answer is larger than is worth comparing."""
        try:
            return question.expected(self.oracle())
        except TooLarge:
            return None

    def check(self, question):
        """Whether it was asked. Raises Difference."""
        expected = self.expected(question)
        if expected is None:
            return False
        try:
            for how, answer, ask in question.ways(self, expected):
                self.same(how, answer, caught(ask))
        except TooLarge:
            return False
        return True

    @staticmethod
    def same(how, expected, got):
        if got != expected:
            raise Difference(how, expected, got)

    def check_while_changed(self, question):
        """Somebody else writes while it is asked. What is in one statement is as it was before or after that; then it is as after."""
        before = self.expected(question)
        one_statement = isinstance(question, Keyed) and not question.includes
        asked = [self.callers.submit(question.ask, self) for _ in range(self.CALLERS if one_statement else 0)]
        self.data.change()
        after = self.expected(question)
        if before is None or after is None:
            return
        for answers in asked:
            for old, new, got in zip(before, after, answers.result()):
                if got not in (old, new):
                    raise Difference("while it is changed", (old, new), got)
        self.same("after a change", after, caught(lambda: question.ask(self)))

    # --- Making a failure smaller ---

    def fails(self, question):
        try:
            self.check(question)
        except Difference as difference:
            return difference
        return None

    def shrink(self, question, difference):
        smaller = True
        while smaller:
            smaller = False
            for candidate in question.smaller():
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


class Asked(unittest.TestCase):
    """What the contract has, questions are made of."""

    @staticmethod
    def names(enum):
        return set(enum.keys()) - {enum.Name(0)}

    def operators(self, filter):
        kind = filter.WhichOneof("kind")
        if kind == "comparison":
            return {rt.query_pb.Operator.Name(filter.comparison.operator)}
        parts = [getattr(filter, "not")] if kind == "not" else getattr(filter, kind).filters
        return set().union(*map(self.operators, parts))

    def test_every_operator_is_asked(self):
        pick = random.Random(SEED)
        models = [model for _ in range(10) for model in World(pick).models]
        asked = set().union(*[self.operators(random_filter(pick, pick.choice(models)).tree) for _ in range(5000)])
        self.assertEqual(asked, self.names(rt.query_pb.Operator), "SEED=%d" % SEED)

    def test_every_aggregate_function_is_asked(self):
        self.assertEqual({"AGGREGATE_FUNCTION_" + f.upper() for f in aggregates.FUNCTIONS},
                         self.names(rt.relation_pb.AggregateFunction))


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
                        running.check_while_changed(question)
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
