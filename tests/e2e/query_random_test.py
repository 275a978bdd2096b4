"""Random queries over a table with every type, NULLs, and values stored in several forms, against the same filter
evaluated in plain Python and the same order in plain SQL.
"""

import base64
import datetime
import decimal
import os
import random
import sqlite3
import sys
import unittest
import uuid

import relations_testing as rt

QUERIES = 400
ROWS = 150
SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for

PROTO = """
syntax = "proto3"; package q.v1;
import "google/protobuf/timestamp.proto"; import "relations/v1/options.proto";
enum Mood { NONE = 0; GLAD = 1; HAPPY = 1; SAD = 2; option allow_alias = true; }
message Thing {
  option (.relations.v1.model) = { table: "things" };
  int64 id = 1;
  optional int64 n = 2;
  optional uint64 u = 3;
  optional bool b = 4;
  optional double d = 5;
  optional string s = 6;
  optional string c = 7;
  optional bytes y = 8;
  optional Mood e = 9;
  google.protobuf.Timestamp at = 10;
  optional string dec = 11 [(.relations.v1.column) = { decimal: true }];
  optional string uid = 12 [(.relations.v1.column) = { uuid: true }];
  google.protobuf.Timestamp ms = 13 [(.relations.v1.column) = { time_unit: TIME_UNIT_MILLISECONDS }];
  int64 k = 14;
}
"""

SQL = """
CREATE TABLE things (id INTEGER PRIMARY KEY, n INTEGER, u INTEGER, b INTEGER, d REAL, s TEXT, c TEXT COLLATE NOCASE,
                     y, e, at DATETIME, dec, uid, ms INTEGER, k INTEGER NOT NULL);
CREATE INDEX things_n ON things (n);
CREATE INDEX things_s ON things (s);
CREATE INDEX things_k ON things (k, id);
"""

TEXTS = ["", "a", "A", "ab", "aB", "a%", "a_b", "a*", "%", "é", "éa", "\U0010ffff", "\U0010ffffx", "it's", 'say "x"', "\\",
         "a\nb", "zz", "ß", "SS", "É"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def time_forms(at):
    """What a database may hold for a time."""
    zone = datetime.timezone(datetime.timedelta(hours=random.choice([-11, -3, 2, 13])))
    forms = [at.isoformat(), at.isoformat().replace("+00:00", "Z"), at.replace(tzinfo=None).isoformat(" "),
             at.astimezone(zone).isoformat()]
    if at.microsecond == 0:
        forms.append(int((at - EPOCH).total_seconds()))
    if at.time() == datetime.time():
        forms.append(at.date().isoformat())
    return forms


class Column:
    """How a field's values are made, stored, written in a filter, and compared."""

    def __init__(self, make, store=lambda v: v, text=str, tree=lambda v: v, ordered=True, key=lambda v: v,
                 texts=False):
        self.make, self.store, self.text, self.tree = make, store, text, tree
        self.ordered, self.key, self.texts = ordered, key, texts


def quote(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"%s"' % escaped


def make_time():
    at = EPOCH + datetime.timedelta(days=random.choice([-1, 0, 1, 365 * 54]), seconds=random.choice([0, 0, 1, 3600]))
    return at.replace(microsecond=random.choice([0, 0, 500000, 123000]))


COLUMNS = {
    "id": Column(lambda: random.randrange(-2, ROWS)),
    "n": Column(lambda: random.choice([0, 1, -1, 2**53 + 1, 2**53, -2**63, 2**63 - 1])),
    "u": Column(lambda: random.choice([0, 1, 2**63 - 1])),
    "b": Column(lambda: random.random() < 0.5, text=lambda v: "true" if v else "false", ordered=False),
    "d": Column(lambda: random.choice([0.0, 0.5, -1.5, 1e300, 0.1, 3.0]), text=repr),
    "s": Column(lambda: random.choice(TEXTS), text=quote, key=lambda v: v.encode(), texts=True),
    "c": Column(lambda: random.choice(TEXTS), text=quote, texts=True,
                key=lambda v: "".join(x.lower() if x < "\x7f" else x for x in v).encode()),
    "y": Column(lambda: random.choice([b"", b"\0", b"a", b"ab", b"\xff\0", b"\xc3"]), tree=lambda v: v,
                store=lambda v: v.decode() if v in (b"a", b"ab") and random.random() < 0.5 else v,
                text=lambda v: quote(base64.b64encode(v).decode())),
    "e": Column(lambda: random.choice([0, 1, 2, 7]), ordered=False,
                store=lambda v: random.choice([v] + [n for n, i in (("GLAD", 1), ("HAPPY", 1), ("SAD", 2)) if i == v]),
                text=lambda v: {1: "GLAD", 2: "SAD"}.get(v, str(v)),
                tree=lambda v: {1: "HAPPY", 2: 2}.get(v, v)),
    "at": Column(make_time, store=lambda v: random.choice(time_forms(v)), text=lambda v: quote(v.isoformat()),
                 tree=lambda v: v.isoformat()),
    "dec": Column(lambda: decimal.Decimal(random.choice(["0", "-0.00", "9", "12.50", "12.5", "-3", "-3.01", "100", "0.001",
                                                         "123456789012345678901234567890.5"])),
                  store=lambda v: random.choice([str(v)] + ([float(v)] if v in (12, 9, decimal.Decimal("12.5")) else []) +
                                                ([int(v)] if v in (9, -3, 100) else [])),
                  tree=str),
    "uid": Column(lambda: uuid.UUID(int=random.choice([0, 1, 0xabcdef, 2**127])), ordered=False,
                  store=lambda v: random.choice([str(v), str(v).upper(), v.bytes, v.hex]),
                  text=lambda v: quote(str(v)), tree=str),
    "ms": Column(lambda: EPOCH + datetime.timedelta(milliseconds=random.choice([0, 1, -1, 10**12])),
                 store=lambda v: round((v - EPOCH).total_seconds() * 1000), text=lambda v: quote(v.isoformat()),
                 tree=lambda v: v.isoformat()),
    "k": Column(lambda: random.randrange(3)),
}

SIGNS = {"=": ("EQ", lambda a, b: a == b), "!=": ("NE", lambda a, b: a != b), "<": ("LT", lambda a, b: a < b),
         "<=": ("LE", lambda a, b: a <= b), ">": ("GT", lambda a, b: a > b), ">=": ("GE", lambda a, b: a >= b)}


ASKED = set()


def operator(name):
    ASKED.add("OPERATOR_" + name)
    return rt.query_pb.Operator.Value("OPERATOR_" + name)


def comparison(field, name, values):
    column = COLUMNS[field]
    return rt.query_pb.Filter(comparison=rt.query_pb.Comparison(
        field=field, operator=operator(name), values=[rt.make_value(column.tree(v)) for v in values]))


def random_comparison():
    """(text, tree, predicate of a row)."""
    field = random.choice(list(COLUMNS))
    column = COLUMNS[field]
    kind = random.randrange(5 if column.texts else 3)
    key = column.key
    if kind == 0:
        sign = random.choice(list(SIGNS) if column.ordered else ["=", "!="])
        value = column.make()
        name, compare = SIGNS[sign]
        return ("%s %s %s" % (field, sign, column.text(value)), comparison(field, name, [value]),
                lambda row: row[field] is not None and compare(key(row[field]), key(value)))
    if kind == 1:
        values = [column.make() for _ in range(random.randrange(4))]
        name, wanted = random.choice([("IN", True), ("NOT_IN", False)])
        return ("%s(%s)" % (name.lower(), ", ".join([field] + [column.text(v) for v in values])), comparison(field, name, values),
                lambda row: row[field] is not None and (key(row[field]) in [key(v) for v in values]) == wanted)
    if kind == 2:
        return "is_null(%s)" % field, comparison(field, "IS_NULL", []), lambda row: row[field] is None
    value = column.make()
    name, test = random.choice([("PREFIX", str.startswith), ("CONTAINS", str.__contains__), ("SUFFIX", str.endswith),
                                ("EQ", str.__eq__), ("NE", str.__ne__)])
    fold = random.random() < 0.5 or name in ("EQ", "NE")
    tree = comparison(field, name, [value])
    tree.comparison.fold_case = fold
    subject, form = ("fold_case(%s)" % field, str.casefold) if fold else (field, str)
    text = {"EQ": "%s = %s", "NE": "%s != %s"}.get(name, name.lower() + "(%s, %s)")
    return (text % (subject, column.text(value)), tree,
            lambda row: row[field] is not None and test(form(row[field]), form(value)))


def random_filter(depth):
    kind = random.randrange(4) if depth > 0 else 0
    if kind == 0:
        return random_comparison()
    if kind == 1:
        text, tree, test = random_filter(depth - 1)
        negated = rt.query_pb.Filter()
        getattr(negated, "not").CopyFrom(tree)
        return random.choice(["NOT (%s)", "-(%s)"]) % text, negated, lambda row: not test(row)
    parts = [random_filter(depth - 1) for _ in range(random.randrange(1, 4))]
    trees = rt.query_pb.FilterList(filters=[p[1] for p in parts])
    if kind == 2:
        return (" AND ".join("(%s)" % p[0] for p in parts), rt.query_pb.Filter(all=trees),
                lambda row: all(p[2](row) for p in parts))
    return (" OR ".join("(%s)" % p[0] for p in parts), rt.query_pb.Filter(any=trees),
            lambda row: any(p[2](row) for p in parts))


def random_order():
    fields = random.sample(list(COLUMNS), random.randrange(4))
    return ", ".join(f + random.choice(["", " desc"]) + random.choice(["", " nulls first"]) for f in fields)


def sql_order(order):
    terms = [t.strip() for t in order.split(",") if t.strip()]
    return ", ".join([t if "nulls" in t else t + " NULLS LAST" for t in terms] + ["id"])


class RandomQueries(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        random.seed(SEED)
        print("SEED=%d" % SEED, file=sys.stderr)
        cls.rows = []
        world = rt.World("q", PROTO, SQL, cls.fill)
        cls.thing, cls.server = world.messages.Thing, world.server
        cls.connection = sqlite3.connect(world.database)

    @classmethod
    def fill(cls, connection):
        for i in range(ROWS):
            row = {name: None if name not in ("k",) and random.random() < 0.25 else column.make()
                   for name, column in COLUMNS.items()}
            row["id"] = i
            cls.rows.append(row)
            stored = [None if row[f] is None else COLUMNS[f].store(row[f]) for f in COLUMNS]
            connection.execute("INSERT INTO things (%s) VALUES (%s)" % (",".join(COLUMNS), ",".join("?" * len(stored))),
                               stored)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.connection.close()

    def ids(self, records):
        return [self.thing.FromString(r).id for r in records]

    def test_filters_and_orders_and_pages(self):
        for number in range(QUERIES):
            text, tree, test = random_filter(random.randrange(4))
            order = random_order()
            context = "SEED=%d query %d: %s ORDER BY %s" % (SEED, number, text, order)
            in_order = [i for i, in self.connection.execute("SELECT id FROM things ORDER BY " + sql_order(order))]
            expected = [i for i in in_order if test(self.rows[i])]
            with self.subTest(context):
                self.assertEqual(self.ids(self.server.query("q.v1.Thing", where=text, order=order)[0]), expected, context)
                self.assertEqual(self.ids(self.server.query("q.v1.Thing", filter=tree, order=order)[0]), expected, context)
                size = number % 7 + 1
                if number % 4 == 0:
                    self.assertEqual(self.ids(self.server.pages("q.v1.Thing", size, where=text, order=order)), expected,
                                     "pages of %d, %s" % (size, context))
                if number % 4 == 1:
                    self.check_backwards(size + 4, expected, context, where=text, order=order)
                self.assertEqual(self.server.count("q.v1.Thing", where=text), len(expected), context)
                self.assertEqual(self.server.exists("q.v1.Thing", filter=tree), len(expected) > 0, context)

        self.assertEqual(ASKED, set(rt.query_pb.Operator.keys()) - {"OPERATOR_UNSPECIFIED"}, "every operator is asked")

    def check_backwards(self, size, expected, context, **query):
        got = self.server.pages_backwards("q.v1.Thing", size, **query)
        self.assertEqual(self.ids(got), expected, "pages of %d backwards, %s" % (size, context))
        # There and back again, from page to page.
        page, before, token = self.server.page("q.v1.Thing", size, **query)
        self.assertEqual((self.ids(page), before), (expected[:size], ""), context)
        while token:
            following, back, further = self.server.page("q.v1.Thing", size, page_token=token, **query)
            again, before_that, onward = self.server.page("q.v1.Thing", size, page_token=back, **query)
            self.assertEqual((self.ids(again), before_that == ""), (self.ids(page), before == ""), context)
            once_more = self.server.page("q.v1.Thing", size, page_token=onward, **query)[0]
            self.assertEqual(self.ids(once_more), self.ids(following), context)
            page, before, token = following, back, further

    def test_fields(self):
        for number in range(60):
            fields = random.sample(list(COLUMNS), random.randrange(1, 5))
            order = random_order()
            whole = [self.thing.FromString(r) for r in self.server.query("q.v1.Thing", order=order)[0]]
            some = [self.thing.FromString(r) for r in self.server.page("q.v1.Thing", 1000, order=order, fields=fields)[0]]
            for thing in whole:
                for field in COLUMNS:
                    if field not in fields + ["id"]:
                        thing.ClearField(field)
            self.assertEqual(some, whole, "SEED=%d fields %d: %s by %s" % (SEED, number, fields, order))

    def test_every_order_in_pages_of_every_size(self):
        for field in COLUMNS:
            for direction in ("", " desc", " nulls first", " desc nulls first"):
                order = field + direction
                expected = [i for i, in self.connection.execute("SELECT id FROM things ORDER BY " + sql_order(order))]
                self.assertEqual(self.ids(self.server.query("q.v1.Thing", order=order)[0]), expected, order)
                size = random.randrange(1, 40)
                self.assertEqual(self.ids(self.server.pages("q.v1.Thing", size, order=order)), expected,
                                 "SEED=%d pages of %d, %s" % (SEED, size, order))
                self.check_backwards(size + 10, expected, "SEED=%d %s" % (SEED, order), order=order)


if __name__ == "__main__":
    unittest.main()
