"""Random filters along relations of every kind, against the same relations followed in plain Python.

Keys of one part and of two, UUIDs in several forms, texts under a case-insensitive collation; NULL and dangling keys, has_one of
many, scopes, limits, a discriminator, relations of a model to itself, polymorphic and many-to-many ones.
"""

import importlib
import os
import random
import sqlite3
import sys
import unittest
import uuid

import relations_testing as rt

QUERIES = 500
SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for

PROTO = """
syntax = "proto3"; package w.v1;
import "relations/v1/options.proto";
import "relations/v1/types.proto";
message Author {
  option (.relations.v1.model) = {
    table: "authors"
    query_methods: { name: "with_books_over" params: { name: "stars" type: TYPE_INT32 } params: { name: "many" type: TYPE_INT64 }
                     filter: "count(books, stars > $stars) >= $many" }
  };
  int64 id = 1;
  string name = 2;
  optional int64 mentor_id = 3;
  optional int32 born = 4;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" order_by: "stars desc" }];
  Book latest = 11 [(.relations.v1.has_one) = { foreign_key: "author_id" order_by: "year desc" }];
  repeated Book top = 12 [(.relations.v1.has_many) = { foreign_key: "author_id" order_by: "stars desc" limit: 2 }];
  repeated Book good = 13 [(.relations.v1.has_many) = { foreign_key: "author_id" where: "stars >= 3" }];
  repeated Novel novels = 14 [(.relations.v1.has_many) = { foreign_key: "author_id" }];
  Author mentor = 15 [(.relations.v1.belongs_to) = { foreign_key: "mentor_id" }];
  repeated Author pupils = 16 [(.relations.v1.has_many) = { foreign_key: "mentor_id" }];
  repeated Book praised = 17 [(.relations.v1.has_many) = { foreign_key: "author_id" where: "some(reviews, score > 3)" }];
  relations.v1.LoadInfo load_info = 19;
  repeated Review reviews = 21 [(.relations.v1.has_many) = { through: "books" source: "reviews" }];
  repeated Publisher publishers = 22 [(.relations.v1.has_many) = { through: "books" source: "publisher" where: "name != \\"a\\"" }];
  Review worst = 23 [(.relations.v1.has_one) = { through: "good" source: "reviews" order_by: "score" }];
  repeated Author grandpupils = 24 [(.relations.v1.has_many) = { through: "pupils" source: "pupils" }];
  Author eldest_peer = 25 [(.relations.v1.has_one) = { through: "mentor" source: "pupils" order_by: "born" }];
  repeated Note notes = 20 [(.relations.v1.has_many) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Author" }];
  Book best_new = 18 [(.relations.v1.has_one) = { foreign_key: "author_id" where: "year > 2002" order_by: "stars desc" }];
}
message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  optional int64 author_id = 2;
  optional string publisher_id = 3 [(.relations.v1.column) = { uuid: true }];
  optional string tag_code = 4;
  string title = 5;
  optional int32 stars = 6;
  int32 year = 7;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" }];
  Publisher publisher = 11 [(.relations.v1.belongs_to) = { foreign_key: "publisher_id" }];
  Tag tag = 12 [(.relations.v1.belongs_to) = { foreign_key: "tag_code" }];
  repeated Review reviews = 13 [(.relations.v1.has_many) = { foreign_key: "book_id" }];
  Note first_note = 14 [(.relations.v1.has_one) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Book" }];
}
message Note {
  option (.relations.v1.model) = { table: "notes" };
  int64 id = 1;
  optional int64 about_id = 2;
  optional string about_type = 3;
  int32 weight = 4;
  oneof about {
    Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Author" }];
    Book book = 11 [(.relations.v1.belongs_to) = { foreign_key: "about_id" type_field: "about_type" type_tag: "Book" }];
  }
}
message Novel {
  option (.relations.v1.model) = { table: "books" extends: "Book" discriminator: { field: "kind" value: "novel" } };
  int64 id = 1;
  optional int64 author_id = 2;
  optional string publisher_id = 3 [(.relations.v1.column) = { uuid: true }];
  optional string tag_code = 4;
  string title = 5;
  optional int32 stars = 6;
  int32 year = 7;
  string kind = 8;
  repeated Review reviews = 13 [(.relations.v1.has_many) = {}];
}
message Publisher {
  option (.relations.v1.model) = { table: "publishers" };
  bytes id = 1 [(.relations.v1.column) = { uuid: true }];
  string name = 2;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "publisher_id" }];
}
message Tag {
  option (.relations.v1.model) = { table: "tags" primary_key: "code" };
  string code = 1;
  int32 rank = 2;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "tag_code" }];
}
message Review {
  option (.relations.v1.model) = { table: "reviews" primary_key: "book_id" primary_key: "nr" };
  int64 book_id = 1;
  int32 nr = 2;
  optional int64 to_book = 3;
  optional int32 to_nr = 4;
  int32 score = 5;
  Book book = 10 [(.relations.v1.belongs_to) = { foreign_key: "book_id" }];
  Review parent = 11 [(.relations.v1.belongs_to) = { foreign_key: "to_book" foreign_key: "to_nr" }];
  repeated Review replies = 12 [(.relations.v1.has_many) = { foreign_key: "to_book" foreign_key: "to_nr" }];
}
"""

SQL = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mentor_id INTEGER, born INTEGER);
CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, publisher_id, tag_code TEXT COLLATE NOCASE, title TEXT NOT NULL,
                    stars INTEGER, year INTEGER NOT NULL, kind TEXT);
CREATE INDEX books_author ON books (author_id);
CREATE TABLE notes (id INTEGER PRIMARY KEY, about_id INTEGER, about_type TEXT, weight INTEGER NOT NULL);
CREATE TABLE publishers (id PRIMARY KEY NOT NULL, name TEXT NOT NULL);
CREATE TABLE tags (code TEXT PRIMARY KEY COLLATE NOCASE NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE reviews (book_id INTEGER NOT NULL, nr INTEGER NOT NULL, to_book INTEGER, to_nr INTEGER, score INTEGER NOT NULL,
                      PRIMARY KEY (book_id, nr));
"""

# model: (fields that are compared, {relation: (kind, target, our key, their key)}); of a many-to-many relation in place of keys
# what it leads through, and from there.
MODELS = {
    "Author": (["id", "name", "mentor_id", "born"], {
        "books": ("many", "Book", ["id"], ["author_id"]), "latest": ("one", "Book", ["id"], ["author_id"]),
        "top": ("many", "Book", ["id"], ["author_id"]), "good": ("many", "Book", ["id"], ["author_id"]),
        "novels": ("many", "Novel", ["id"], ["author_id"]), "mentor": ("one", "Author", ["mentor_id"], ["id"]),
        "pupils": ("many", "Author", ["id"], ["mentor_id"]), "praised": ("many", "Book", ["id"], ["author_id"]),
        "best_new": ("one", "Book", ["id"], ["author_id"]), "notes": ("many", "Note", ["id"], ["about_id"]),
        "reviews": ("many", "Review", "books", "reviews"), "publishers": ("many", "Publisher", "books", "publisher"),
        "worst": ("one", "Review", "good", "reviews"), "grandpupils": ("many", "Author", "pupils", "pupils"),
        "eldest_peer": ("one", "Author", "mentor", "pupils")}),
    "Book": (["id", "author_id", "title", "stars", "year"], {
        "author": ("one", "Author", ["author_id"], ["id"]), "publisher": ("one", "Publisher", ["publisher_id"], ["id"]),
        "tag": ("one", "Tag", ["tag_code"], ["code"]), "reviews": ("many", "Review", ["id"], ["book_id"]),
        "first_note": ("one", "Note", ["id"], ["about_id"])}),
    "Note": (["id", "weight", "about_id"], {"author": ("one", "Author", ["about_id"], ["id"]),
                                            "book": ("one", "Book", ["about_id"], ["id"])}),
    "Novel": (["id", "title", "stars", "year"], {"author": ("one", "Author", ["author_id"], ["id"]),
                                                 "reviews": ("many", "Review", ["id"], ["book_id"])}),
    "Publisher": (["name"], {"books": ("many", "Book", ["id"], ["publisher_id"])}),
    "Tag": (["rank"], {"books": ("many", "Book", ["code"], ["tag_code"])}),
    "Review": (["book_id", "nr", "score", "to_nr"], {
        "book": ("one", "Book", ["book_id"], ["id"]), "parent": ("one", "Review", ["to_book", "to_nr"], ["book_id", "nr"]),
        "replies": ("many", "Review", ["book_id", "nr"], ["to_book", "to_nr"])}),
}
TEXTS = ("name", "title")
WORDS = ["", "a", "A", "ab", "sea", "The sea", "%"]


def last(value):
    """For sorting: NULLs last."""
    return value is None, value or 0


# What the schema says of a relation besides its key: (which rows, in which order, how many).
SAYS = {
    ("Author", "books"): (None, lambda b: (b["stars"] is None, -(b["stars"] or 0)), None),
    ("Author", "latest"): (None, lambda b: -b["year"], 1),
    ("Author", "top"): (None, lambda b: (b["stars"] is None, -(b["stars"] or 0)), 2),
    ("Author", "good"): (lambda b: (b["stars"] or 0) >= 3, None, None),
    ("Author", "praised"): (lambda b: any(r["score"] > 3 for r in related("Book", "reviews", b)), None, None),
    ("Author", "notes"): (lambda n: n["about_type"] == "Author", None, None),
    ("Book", "first_note"): (lambda n: n["about_type"] == "Book", None, 1),
    ("Author", "publishers"): (lambda p: p["name"] != "a", None, None),
    ("Author", "worst"): (None, lambda r: r["score"], 1),
    ("Author", "eldest_peer"): (None, lambda a: (a["born"] is None, a["born"] or 0), 1),
    ("Author", "best_new"): (lambda b: b["year"] > 2002, lambda b: (b["stars"] is None, -(b["stars"] or 0)), 1),
}
DATA = {}


def primary_key(model, row):
    return {"Review": lambda r: (r["book_id"], r["nr"]), "Tag": lambda r: r["code"].lower()}.get(model, lambda r: r["id"])(row)


def related(model, name, row):
    """The rows of a relation of a row, in its order."""
    _, target, ours, theirs = MODELS[model][1][name]
    where, order, limit = SAYS.get((model, name), (None, None, None))
    if isinstance(ours, str):
        links = [r for link in related(model, ours, row) for r in related(MODELS[model][1][ours][1], theirs, link)]
        return finish(target, list({id(r): r for r in links}.values()), where, order, limit)
    key = [row[f] for f in ours]
    if None in key or (model == "Note" and row["about_type"] != target):
        return []
    fold = [k.lower() if isinstance(k, str) else k for k in key]
    rows = [r for r in DATA[target] if [v.lower() if isinstance(v, str) else v for v in (r[f] for f in theirs)] == fold]
    return finish(target, rows, where, order, limit)


def finish(target, rows, where, order, limit):
    rows = sorted((r for r in rows if where is None or where(r)), key=lambda r: primary_key(target, r))
    rows = sorted(rows, key=order) if order else rows
    return rows[:limit]


def make_data():
    DATA.clear()
    ids = range(1, 13)
    DATA["Author"] = [{"id": i, "name": random.choice(WORDS), "mentor_id": random.choice([None, 1, 2, 3, i, 99]),
                       "born": random.choice([None, 1900, 1950])} for i in ids]
    DATA["Publisher"] = [{"id": uuid.UUID(int=i), "name": random.choice(WORDS)} for i in (1, 2, 3)]
    DATA["Tag"] = [{"code": code, "rank": i} for i, code in enumerate(["Alpha", "BETA", "gamma"])]
    DATA["Book"] = [{"id": i, "author_id": random.choice([None, 77] + list(ids) * 2), "title": random.choice(WORDS),
                     "publisher_id": random.choice([None] + [uuid.UUID(int=n) for n in (1, 2, 9)]),
                     "tag_code": random.choice([None, "alpha", "ALPHA", "beta", "delta"]),
                     "stars": random.choice([None, 1, 2, 3, 3, 4]), "year": random.randrange(2000, 2005),
                     "kind": random.choice([None, "novel", "essay"])} for i in range(1, 41)]
    DATA["Novel"] = [b for b in DATA["Book"] if b["kind"] == "novel"]
    DATA["Note"] = [{"id": i, "about_id": random.choice([None, 1, 2, 3, 4, 5, 99]), "weight": random.randrange(4),
                     "about_type": random.choice([None, "Author", "Author", "Book", "Book"])} for i in range(1, 31)]
    places = [(b, n) for b in range(1, 30) for n in (1, 2, 3)]
    DATA["Review"] = [{"book_id": b, "nr": n, "to_book": random.choice([None, random.choice(places)[0]]),
                       "to_nr": random.choice([None, 1, 2, 3]), "score": random.randrange(6)}
                      for b, n in random.sample(places, 50)]


def stored(field, value):
    if isinstance(value, uuid.UUID):
        return random.choice([str(value), str(value).upper(), value.hex, value.bytes])
    return value


def write_data(path):
    connection = sqlite3.connect(path)
    for model, table in (("Author", "authors"), ("Book", "books"), ("Note", "notes"), ("Publisher", "publishers"), ("Tag", "tags"), ("Review", "reviews")):
        for row in DATA[model]:
            connection.execute("INSERT INTO %s (%s) VALUES (%s)" % (table, ",".join(row), ",".join("?" * len(row))),
                               [stored(f, v) for f, v in row.items()])
    connection.commit()
    connection.close()


# --- Filters: (text, tree, predicate of a row) ---

def compare(field, sign, value):
    tests = {"=": lambda a: a == value, "!=": lambda a: a != value, "<": lambda a: a < value, ">=": lambda a: a >= value}
    names = {"=": "EQ", "!=": "NE", "<": "LT", ">=": "GE"}
    tree = rt.query_pb.Comparison(field=field, operator=rt.query_pb.Operator.Value("OPERATOR_" + names[sign]),
                                  values=[rt.make_value(value)])
    text = "%s %s %s" % (field, sign, '"%s"' % value if isinstance(value, str) else value)
    own = field.split(".")[-1]
    return text, rt.query_pb.Filter(comparison=tree), lambda row: row[own] is not None and tests[sign](row[own])


def value_of(field):
    if field in TEXTS:
        return random.choice(WORDS)
    return random.choice({"year": [2001, 2003], "born": [1900, 1950], "stars": [1, 3], "score": [2, 4], "weight": [1, 2]}.get(field, [1, 2, 3, 5]))


def one_steps(model):
    return [name for name, relation in MODELS[model][1].items() if relation[0] == "one"]


def follow(model, path, row):
    """The records that a path of relations leads to."""
    rows = [row]
    for name in path:
        rows = [r for one in rows for r in related(model, name, one)]
        model = MODELS[model][1][name][1]
    return rows


def random_path(model, depth, first):
    path = []
    while one_steps(model) and len(path) < depth and (first or random.random() < 0.4):
        first = False
        path.append(random.choice(one_steps(model)))
        model = MODELS[model][1][path[-1]][1]
    return path, model


def random_comparison(model, depth):
    path, end = random_path(model, depth, False)
    field = random.choice(MODELS[end][0])
    name = ".".join(path + [field])
    kind = random.randrange(4)
    if kind == 0:
        tree = rt.query_pb.Comparison(field=name, operator=rt.query_pb.OPERATOR_IS_NULL)
        return ("is_null(%s)" % name, rt.query_pb.Filter(comparison=tree),
                lambda row: any(r[field] is None for r in follow(model, path, row)))
    sign = random.choice(["=", "!=", "<", ">="] if field not in TEXTS else ["=", "!="])
    text, tree, test = compare(name, sign, value_of(field))
    return text, tree, lambda row: any(test(r) for r in follow(model, path, row))


def random_related(model, depth):
    path, end = random_path(model, depth - 1, False)
    # A scope that follows a relation counts as nested within its own.
    name = random.choice([n for n in MODELS[end][1] if n != "praised" or depth - len(path) > 1])
    target = MODELS[end][1][name][1]
    way = ".".join(path + [name])
    inner = random_filter(target, depth - 1 - len(path), 1) if random.random() < 0.8 else None
    text = ", " + inner[0] if inner else ""
    test = inner[2] if inner else lambda row: True
    tree = inner[1] if inner else None

    def rows(row):
        return [related(end, name, r) for r in follow(model, path, row)]

    kind = random.choice(["some", "none", "count"] + ["every"] * (inner is not None))
    if kind == "count":
        sign, number = random.choice(["=", "!=", "<", ">="]), random.randrange(4)
        tests = {"=": lambda n: n == number, "!=": lambda n: n != number, "<": lambda n: n < number, ">=": lambda n: n >= number}
        names = {"=": "EQ", "!=": "NE", "<": "LT", ">=": "GE"}
        proto = rt.query_pb.RelatedCount(relation=way, filter=tree, value=rt.make_value(number),
                                         operator=rt.query_pb.Operator.Value("OPERATOR_" + names[sign]))
        return ("count(%s%s) %s %d" % (way, text, sign, number), rt.query_pb.Filter(related_count=proto),
                lambda row: any(tests[sign](len([r for r in found if test(r)])) for found in rows(row)))
    holds = {"some": any, "every": all, "none": lambda results: not any(results)}[kind]
    proto = rt.query_pb.RelatedFilter(relation=way, filter=tree,
                                      quantifier=rt.query_pb.Quantifier.Value("QUANTIFIER_" + kind.upper()))
    spelled = "%s(%s%s)" % (kind, way, text)
    if kind == "some" and inner is None and random.random() < 0.5:
        spelled = "%s:*" % way
    return spelled, rt.query_pb.Filter(related=proto), lambda row: any(holds([test(r) for r in found]) for found in rows(row))


def random_filter(model, depth, width):
    kind = random.randrange(4)
    if kind == 0 and width > 0:
        parts = [random_filter(model, depth, width - 1) for _ in range(2)]
        trees = rt.query_pb.FilterList(filters=[p[1] for p in parts])
        if random.random() < 0.5:
            return "(%s) AND (%s)" % (parts[0][0], parts[1][0]), rt.query_pb.Filter(all=trees), lambda row: all(p[2](row) for p in parts)
        return "(%s) OR (%s)" % (parts[0][0], parts[1][0]), rt.query_pb.Filter(any=trees), lambda row: any(p[2](row) for p in parts)
    if kind == 1 and width > 0:
        text, tree, test = random_filter(model, depth, width - 1)
        negated = rt.query_pb.Filter()
        getattr(negated, "not").CopyFrom(tree)
        return "NOT (%s)" % text, negated, lambda row: not test(row)
    if depth > 0 and random.random() < 0.7:
        return random_related(model, depth)
    return random_comparison(model, depth)


# --- Orders: (text, value of a row) ---

def random_term(model):
    path, end = random_path(model, 3, True)
    if not path or random.random() < 0.4:
        name = random.choice([n for n in MODELS[end][1] if n != "praised" or len(path) < 3])
        return ("count(%s)" % ".".join(path + [name]),
                lambda row: next((len(related(end, name, r)) for r in follow(model, path, row)), None))
    field = random.choice(MODELS[end][0] + (["code"] if end == "Tag" else []))

    def value(row):
        found = next((r[field] for r in follow(model, path, row)), None)
        return found.lower() if field == "code" and found is not None else found

    return ".".join(path + [field]), value


def sort(rows, terms):
    """Rows in an order of (text, value, descending, nulls first), the last term first."""
    for _, value, down, first in reversed(terms):
        rows = sort_by(rows, value, down, first)
    return rows


def sort_by(rows, value, down, first):
    nulls = [r for r in rows if value(r) is None]
    values = sorted({value(r) for r in rows} - {None}, reverse=down)
    others = [r for v in values for r in rows if value(r) == v]
    return nulls + others if first else others + nulls


class RelatedFilters(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        random.seed(SEED)
        print("SEED=%d" % SEED, file=sys.stderr)
        directory = rt.temp_dir()
        with open(os.path.join(directory, "w.proto"), "w") as file:
            file.write(PROTO)
        database = os.path.join(directory, "w.db")
        rt.make_database(database, SQL)
        make_data()
        write_data(database)
        rt.generate(directory, directory, "w.proto")
        sys.path.insert(0, directory)
        cls.messages = importlib.import_module("w_pb2")
        cls.server = rt.Server(rt.descriptor_set(directory, ["w.proto"], os.path.join(directory, "w.binpb")), database)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def keys(self, model, records):
        message = getattr(self.messages, model)
        names = {"Review": ["book_id", "nr"], "Tag": ["code"]}.get(model, ["id"])
        return [[getattr(message.FromString(r), n) for n in names] for r in records]

    def expected(self, model, test):
        names = {"Review": ["book_id", "nr"], "Tag": ["code"]}.get(model, ["id"])
        rows = sorted((r for r in DATA[model] if test(r)), key=lambda r: primary_key(model, r))
        return [[r[n].bytes if isinstance(r[n], uuid.UUID) else r[n] for n in names] for r in rows]

    def test_random_filters(self):
        kept = 0
        for number in range(QUERIES):
            model = random.choice(list(MODELS))
            text, tree, test = random_filter(model, random.randrange(1, 5), 2)
            context = "SEED=%d query %d: %s where %s" % (SEED, number, model, text)
            expected = self.expected(model, test)
            kept += 0 < len(expected) < len(DATA[model])
            with self.subTest(context):
                got = self.keys(model, self.server.query("w.v1." + model, where=text)[0])
                if model == "Publisher":  # its order is that of the forms in which the keys are stored
                    got.sort()
                self.assertEqual(got, expected, context)
                self.assertEqual(self.server.count("w.v1." + model, filter=tree), len(expected), context)
        self.assertGreater(kept, QUERIES // 4)

    def test_random_orders_and_pages(self):
        for number in range(QUERIES // 2):
            model = random.choice([m for m in MODELS if m != "Publisher"])
            terms = []
            for _ in range(random.randrange(1, 4)):
                text, value = random_term(model)
                if text not in [t[0] for t in terms]:
                    terms.append((text, value, random.random() < 0.5, random.random() < 0.5))
            order = ", ".join(t[0] + " desc" * t[2] + " nulls first" * t[3] for t in terms)
            where, _, test = random_filter(model, 1, 1)
            names = {"Review": ["book_id", "nr"], "Tag": ["code"]}.get(model, ["id"])
            rows = sorted((r for r in DATA[model] if test(r)), key=lambda r: primary_key(model, r))
            expected = [[r[n] for n in names] for r in sort(rows, terms)]
            context = "SEED=%d order %d: %s where %s by %s" % (SEED, number, model, where, order)
            with self.subTest(context):
                got = self.server.query("w.v1." + model, where=where, order=order)[0]
                self.assertEqual(self.keys(model, got), expected, context)
                size = number % 7 + 1
                paged = self.server.pages("w.v1." + model, size, where=where, order=order)
                self.assertEqual(self.keys(model, paged), expected, "pages of %d, %s" % (size, context))
                paged = self.server.pages_backwards("w.v1." + model, size, where=where, order=order)
                self.assertEqual(self.keys(model, paged), expected, "pages of %d backwards, %s" % (size, context))

    def test_orders_that_are_wrong(self):
        for field, order in [("field", "books.stars"), ("field", "mentor.nothing"), ("field", "nobody.id"), ("field", "mentor"),
                             ("count_of", "count(name)"), ("count_of", "count(books.reviews)"),
                             ("field", "mentor.mentor.mentor.mentor.mentor.id")]:
            with self.assertRaises(rt.grpc.RpcError) as caught:
                self.server.query("w.v1.Author", order="id, " + order)
            self.assertEqual(rt.violations_of(rt.error_of(caught.exception))[0][0], "order_by[1]." + field, order)
        for order in ("mentor.id, mentor.id desc", "count(books), count(books)"):
            with self.assertRaisesRegex(rt.grpc.RpcError, "stands there twice"):
                self.server.query("w.v1.Author", order=order)
        token = self.server.query("w.v1.Author", order="count(books)", page_size=1)[1]
        for other in ("count(good)", "mentor.id", "id"):
            with self.assertRaisesRegex(rt.grpc.RpcError, "no token of this query"):
                self.server.query("w.v1.Author", order=other, page_size=1, page_token=token)

    def test_relations_are_what_load_says_they_are(self):
        for model, (_, relations) in MODELS.items():
            for name in relations:
                for row in DATA[model][:6]:
                    key = {"Review": lambda r: (r["book_id"], r["nr"]), "Tag": lambda r: r["code"],
                           "Publisher": lambda r: r["id"].bytes}.get(model, lambda r: r["id"])(row)
                    loaded = self.server.load("w.v1." + model, name, [key]).results[0].records
                    self.assertEqual(len(loaded), len(related(model, name, row)[:1 if relations[name][0] == "one" else None]),
                                     (model, name, row))

    def test_includes_are_filtered_along_relations(self):
        owners = DATA["Author"]
        for number in range(60):
            where, _, test = random_filter("Book", 2, 1)
            limit = number % 4
            include = {"path": "books", "filter_text": where, "limit": limit}
            results = self.server.get("w.v1.Author", [a["id"] for a in owners], includes=[include]).results
            for owner, result in zip(owners, results):
                got = [book.id for book in self.messages.Author.FromString(result.records[0]).books]
                expected = [b["id"] for b in related("Author", "books", owner) if test(b)]
                self.assertEqual(got, expected[:limit or None], "SEED=%d %s limit %d" % (SEED, where, limit))

    def test_includes_are_ordered_by_related_counts(self):
        owners = DATA["Author"]
        results = self.server.get("w.v1.Author", [a["id"] for a in owners], includes=[{"path": "books", "order": "count(reviews) desc"}]).results
        for owner, result in zip(owners, results):
            got = [book.id for book in self.messages.Author.FromString(result.records[0]).books]
            books = sorted(related("Author", "books", owner), key=lambda b: (-len(related("Book", "reviews", b)), b["id"]))
            self.assertEqual(got, [b["id"] for b in books], "SEED=%d" % SEED)

    def test_methods_follow_relations(self):
        for stars in (0, 2):
            for many in (0, 1, 2):
                expected = self.expected("Author", lambda a: sum((b["stars"] or 0) > stars for b in related("Author", "books", a)) >= many)
                got = self.server.query("w.v1.Author", methods=[("with_books_over", stars, many)])[0]
                self.assertEqual(self.keys("Author", got), expected)

    def refused(self, column, where):
        with self.assertRaises(rt.grpc.RpcError) as caught:
            self.server.count("w.v1.Author", where=where)
        self.assertEqual(caught.exception.code(), rt.grpc.StatusCode.INVALID_ARGUMENT, caught.exception.details())
        self.assertIn("column %d: " % column, caught.exception.details())

    def test_the_largest_filters(self):
        several = " OR ".join(["some(books, stars > %d)" % i for i in range(31)])
        self.assertEqual(self.server.count("w.v1.Author", where="%s OR some(books, stars > 0)" % several),
                         len(self.expected("Author", lambda a: any(b["stars"] for b in related("Author", "books", a)))))
        self.refused(len(several) + 5 + len("some(") + len("some(books, stars > 0) OR "),
                     several + " OR some(books, stars > 0) OR some(books, stars > 1)")
        # As deep as it goes, with the parentheses at every place; a has_one of many is the widest in SQL.
        for place in range(4):
            for count in range(12):
                deep = "NOT id < 0"
                for number, relation in enumerate(("latest", "author", "latest", "mentor")):
                    for _ in range(count if number == place else 0):
                        deep = "id > 0 AND id < 0 OR NOT (%s)" % deep
                    deep = "NOT none(%s, %s)" % (relation, deep)
                if count <= 7:
                    self.server.count("w.v1.Author", where=deep)
                    self.server.aggregate("w.v1.Author", ["count"], ["name"], relation="mentor", owner_key=[4], where=deep)
                else:
                    with self.assertRaisesRegex(rt.grpc.RpcError, "nested too deeply"):
                        self.server.count("w.v1.Author", where=deep)
        self.refused(34, "some(mentor.latest.author.latest.author.latest, id = 1)")

    def test_queries_of_an_owner_and_aggregates(self):
        for author in range(1, 6):
            books = [b for b in DATA["Book"] if b["author_id"] == author]
            self.assertEqual(self.server.count("w.v1.Author", relation="books", owner_key=[author], where="reviews:*"),
                             sum(bool(related("Book", "reviews", b)) for b in books))
        groups, _ = self.server.aggregate("w.v1.Book", ["count"], ["year"], where='author.name = "a"')
        years = [b["year"] for b in DATA["Book"] if any(a["name"] == "a" for a in related("Book", "author", b))]
        self.assertEqual(groups, [([y], [years.count(y)]) for y in sorted(set(years))])


if __name__ == "__main__":
    rt.main()
