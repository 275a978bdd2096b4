"""Serves a database through its introspected schema, and compares every answer with plain SQL.

The expected rows come from sqlite3 alone: of the server's description only names are used (which field is which column,
which columns a relation joins). The records are read with classes that protoc generates for Python.
"""

import datetime
import importlib
import os
import sqlite3
import subprocess
import sys

import relations_testing as rt

options_pb = importlib.import_module("relations.v1.options_pb2")

RELATIONS = os.path.abspath("client/cli/relations")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
CALLS = 32  # at the same time


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def introspect(database, package, directory):
    """Writes <package>.proto into the directory; returns its name."""
    name = package.replace(".", "_") + ".proto"
    subprocess.run([RELATIONS, "introspect", "sqlite:" + database, "--package", package, "-o", os.path.join(directory, name)],
                   check=True)
    return name


def unit_of(message, name):
    """The nanoseconds that integers of a time field count by, as its schema says."""
    options = message.DESCRIPTOR.fields_by_name[name].GetOptions()
    unit = options.Extensions[options_pb.column].time_unit
    return {rt.types_pb.TIME_UNIT_MILLISECONDS: 10**6, rt.types_pb.TIME_UNIT_MICROSECONDS: 10**3}.get(unit, 10**9)


class Comparison:
    """A database, its schema, and a server.

    `test` is the unittest.TestCase that fails, `uuids` the fields whose text is compared without regard to case.
    """

    def __init__(self, test, database, package, uuids=()):
        self.test = test
        self.uuids = uuids
        directory = rt.temp_dir()
        name = introspect(database, package, directory)
        schema = rt.descriptor_set(directory, [name], os.path.join(directory, "schema.binpb"))
        sys.path.insert(0, directory)
        rt.generate(directory, directory, name)
        self.classes = importlib.import_module(name[:-len(".proto")] + "_pb2")
        self.sql = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
        self.sql.text_factory = bytes
        self.server = rt.Server(schema, database)
        self.stub = self.server.channel.unary_unary("/relations.v1.RelationService/Load",
                                                    request_serializer=rt.relation_pb.LoadRequest.SerializeToString,
                                                    response_deserializer=rt.relation_pb.LoadResponse.FromString)
        listed = self.server.call("RegistryService", "ListModels", rt.registry_pb.ListModelsRequest(),
                                  rt.registry_pb.ListModelsResponse)
        self.models = {m.name: self.server.describe(m.name) for m in listed.models}

    def stop(self):
        self.server.stop()
        self.sql.close()

    # --- Expected ---

    def columns(self, model, fields):
        by_name = {f.name: f.column for f in model.fields}
        return [by_name[f] for f in fields]

    def rows(self, model):
        """Rows as {field: value}, in the order of the primary key."""
        names = [f.name for f in model.fields]
        columns = ", ".join(quote(c) for c in self.columns(model, names))
        order = ", ".join(quote(c) for c in self.columns(model, model.primary_key))
        query = "SELECT %s FROM %s ORDER BY %s" % (columns, quote(model.table), order)
        rows = [dict(zip(names, row)) for row in self.sql.execute(query)]
        for row in rows:
            for name in self.uuids:
                if isinstance(row.get(name), bytes):
                    row[name] = row[name].lower()
        return rows

    def join(self, relation):
        """Fields of the owner and of the target that must be equal."""
        foreign, references = list(relation.foreign_key), list(relation.references)
        belongs_to = relation.kind == rt.registry_pb.RELATION_KIND_BELONGS_TO
        return (foreign, references) if belongs_to else (references, foreign)

    def expected(self, model, relation):
        """For every row of the model: its relation's rows."""
        if relation.through:
            return self.expected_through(model, relation)
        target = self.models[relation.model]
        mine, theirs = self.join(relation)
        groups = {}
        for row in self.rows(target):
            groups.setdefault(tuple(row[f] for f in theirs), []).append(row)
        result = []
        for owner in self.rows(model):
            key = tuple(owner[f] for f in mine)
            result.append((owner, key, [] if None in key else groups.get(key, [])))
        return result

    def expected_through(self, model, relation):
        """The same of a relation through a link: each target once, in the order of its primary key."""

        def identity(row):
            return tuple(row.items())

        def named(owner, name):
            return next(r for r in owner.relations if r.name == name)

        through = named(model, relation.through)
        link = self.models[through.model]
        onward = {identity(row): rows for row, _, rows in self.expected(link, named(link, relation.source))}
        places = {identity(row): i for i, row in enumerate(self.rows(self.models[relation.model]))}
        result = []
        for owner, key, links in self.expected(model, through):
            found = {identity(row): row for one in links for row in onward[identity(one)]}
            result.append((owner, key, [found[i] for i in sorted(found, key=places.get)]))
        return result

    # --- Comparing ---

    def same_value(self, field, message, value):
        got = getattr(message, field.name)
        if value is None:
            return not message.HasField(field.name)
        if field.type == "google.protobuf.Timestamp":
            return got.seconds * 10**9 + got.nanos == nanoseconds(value, unit_of(message, field.name))
        if isinstance(value, bytes) and field.type == "string":
            return got == value.decode()
        if isinstance(got, str):  # a decimal
            return (int(got) if isinstance(value, int) else float(got)) == value and "e" not in got.lower()
        return got == value and (not field.nullable or message.HasField(field.name))

    def same_record(self, model, data, row):
        message = getattr(self.classes, model.name.rsplit(".", 1)[1]).FromString(data)
        for field in model.fields:
            if not self.same_value(field, message, row[field.name]):
                self.test.fail("%s.%s: %r is not %r, of %r" % (model.name, field.name, getattr(message, field.name),
                                                               row[field.name], row))

    def same_set(self, what, model, answer, rows):
        self.test.assertEqual(answer.error.message, "", what)
        self.test.assertEqual(len(answer.records), len(rows), what)
        for data, row in zip(answer.records, rows):
            self.same_record(model, data, row)

    def check_state(self, what, relation, key, rows, state):
        if rows:
            wanted = rt.LOADED
        elif None in key:
            wanted = rt.NULL
        elif relation.kind == rt.registry_pb.RELATION_KIND_BELONGS_TO:
            wanted = rt.DANGLING
        else:
            wanted = rt.EMPTY
        self.test.assertEqual(state, wanted, what)

    def key(self, model, fields, row):
        """The key that a row's fields make, as rt.make_keys takes it."""
        types = {f.name: f.type for f in model.fields}
        values = [row[f].decode() if types[f] == "string" and row[f] is not None else row[f] for f in fields]
        return values[0] if len(values) == 1 else tuple(values)

    def load(self, model, relation, calls, by):
        """Answers of several calls that run at the same time."""
        requests = []
        for keys in calls:
            request = rt.relation_pb.LoadRequest(model=model.name, relation=relation.name)
            getattr(request, by).CopyFrom(rt.make_keys(keys))
            requests.append(request)
        return [future.result() for future in [self.stub.future(r, timeout=60) for r in requests]]

    def check_relation(self, model, relation, size, by):
        """Loads the relation of every row, `size` keys a call."""
        target = self.models[relation.model]
        expected = self.expected(model, relation)
        fields = model.primary_key if by == "owner_keys" else self.join(relation)[0]
        single = relation.kind != rt.registry_pb.RELATION_KIND_HAS_MANY
        window = size * CALLS
        for at in range(0, len(expected), window):
            chunks = [expected[i:i + size] for i in range(at, min(at + window, len(expected)), size)]
            calls = [[self.key(model, fields, owner) for owner, _, _ in chunk] for chunk in chunks]
            for chunk, response in zip(chunks, self.load(model, relation, calls, by)):
                self.test.assertEqual(response.record_type, relation.model)
                self.test.assertEqual(len(response.results), len(chunk))
                for answer, (owner, key, rows) in zip(response.results, chunk):
                    what = "%s.%s of %r" % (model.name, relation.name, owner)
                    self.same_set(what, target, answer, rows[:1] if single else rows)
                    self.check_state(what, relation, key, rows, answer.state)
        return len(expected)

    def check_get(self, model, size):
        rows = self.rows(model)
        for at in range(0, len(rows), size):
            chunk = rows[at:at + size]
            keys = [self.key(model, model.primary_key, row) for row in chunk]
            response = self.server.get(model.name, keys)
            self.test.assertEqual(len(response.results), len(chunk))
            for answer, row in zip(response.results, chunk):
                self.same_set("get of %r" % row, model, answer, [row])

    def check_everything(self, size, by):
        """Every relation of every row, and every row; returns how many owners were asked for."""
        asked = 0
        for model in self.models.values():
            self.check_get(model, size)
            for relation in model.relations:
                asked += self.check_relation(model, relation, size, by)
        return asked

    def check_cold_and_warm(self, size, by):
        self.server.clear()
        asked = self.check_everything(size, by)
        hits = self.server.stats().total.hits
        self.test.assertEqual(self.check_everything(size, by), asked)
        self.test.assertGreater(self.server.stats().total.hits - hits, asked // 2, "the second time was not warm")
        return asked


def nanoseconds(value, unit):
    """Since 1970, of what a database holds: ISO text, or an integer."""
    if isinstance(value, int):
        return value * unit
    whole, _, fraction = value.decode().partition(".")
    moment = datetime.datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    span = moment - EPOCH
    return (span.days * 86400 + span.seconds) * 10**9 + int((fraction + "0" * 9)[:9])
