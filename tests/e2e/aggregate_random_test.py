"""Random aggregates over a table with every type, NULLs, and values stored in several forms, against plain Python.

The table and its filters are those of query_random_test.
"""

import decimal
import fractions
import math
import random
import unittest

import query_random_test as things
import relations_testing as rt
from query_random_test import COLUMNS, EPOCH, SEED

QUERIES = 300
NUMBERS = ("id", "n", "u", "d", "dec", "k")
decimal.getcontext().prec = 200


def meaning(field, value):
    """What two values of a field have to share to be equal, in their order."""
    return None if value is None else COLUMNS[field].key(value)


def expected_value(field, value):
    """As read_value gives it."""
    if value is None:
        return None
    if field in ("at", "ms"):
        micros = (value - EPOCH) // things.datetime.timedelta(microseconds=1)
        return micros // 10**6, micros % 10**6 * 1000
    return str(value) if field == "uid" else value


def same_form(field, got):
    """What is told of a value, without the differences that its forms make."""
    return decimal.Decimal(got) if field == "dec" and got is not None else got


def least(field, values, largest=False):
    if not values:
        return None
    order = sorted(values, key=lambda v: meaning(field, v), reverse=largest)
    return expected_value(field, order[0])


def total(field, values, mean):
    if not values:
        return None
    if field == "d":
        return math.fsum(values) / (len(values) if mean else 1)
    whole = sum(fractions.Fraction(v) for v in values)
    return whole / len(values) if mean else whole


def random_term():
    """(what is asked, what Python says of a group's rows, how both are compared)"""
    kind = random.randrange(6)
    if kind == 0:
        return "count", len, lambda a, b: a == b
    field = random.choice(list(COLUMNS) if kind < 5 else NUMBERS)

    def of(rows):
        return [row[field] for row in rows if row[field] is not None]

    def equal(a, b):
        return same_form(field, a) == b

    if kind == 1:
        return "count " + field, lambda rows: len(of(rows)), equal
    if kind == 2:
        return "count_distinct " + field, lambda rows: len({meaning(field, v) for v in of(rows)}), lambda a, b: a == b
    if kind in (3, 4):
        same = equal if field != "c" else lambda a, b: (a is None) == (b is None) and (a is None or meaning("c", a) == meaning("c", b))
        return ("min " if kind == 3 else "max ") + field, lambda rows: least(field, of(rows), kind == 4), same
    mean = random.random() < 0.5

    def near(a, b):
        if a is None or b is None:
            return a is b
        if field == "d":
            return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300)
        return abs(fractions.Fraction(a) - b) <= (fractions.Fraction(1, 10**17) if mean else 0)

    return ("avg " if mean else "sum ") + field, lambda rows: total(field, of(rows), mean), near


def groups_of(rows, fields):
    """The rows of each group by the meaning of its keys."""
    groups = {} if fields else {(): []}
    for row in rows:
        groups.setdefault(tuple(meaning(f, row[f]) for f in fields), []).append(row)
    return groups


def overflows(term, rows):
    function, _, field = term.partition(" ")
    values = [row[field] for row in rows if field and row[field] is not None]
    return function == "sum" and field in ("id", "n", "u", "k") and not -2**63 <= sum(values) < 2**63


class RandomAggregates(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        things.RandomQueries.setUpClass()
        cls.server, cls.rows, cls.connection = (getattr(things.RandomQueries, name)
                                                for name in ("server", "rows", "connection"))

    @classmethod
    def tearDownClass(cls):
        things.RandomQueries.tearDownClass()

    def keys_of(self, fields, keys):
        """The meanings of a group's keys as the server tells them."""
        values = []
        for field, value in zip(fields, keys):
            if value is not None and field in ("at", "ms"):
                value = EPOCH + things.datetime.timedelta(seconds=value[0], microseconds=value[1] // 1000)
            elif value is not None and field == "uid":
                value = things.uuid.UUID(value)
            values.append(meaning(field, same_form(field, value)))
        return tuple(values)

    def test_groups_and_terms(self):
        for number in range(QUERIES):
            fields = random.sample(list(COLUMNS), random.choice([0, 1, 1, 2, 3]))
            terms = {t[0]: t for t in (random_term() for _ in range(random.randrange(1, 5)))}
            text, _, test = things.random_filter(random.randrange(3))
            context = "SEED=%d aggregate %d: %s by %s where %s" % (SEED, number, list(terms), fields, text)
            expected = groups_of([row for row in self.rows if test(row)], fields)
            with self.subTest(context):
                ask = {"terms": list(terms), "group_by": fields, "where": text}
                if any(overflows(term, rows) for term in terms for rows in expected.values()):
                    with self.assertRaises(rt.grpc.RpcError) as caught:
                        self.server.aggregate("q.v1.Thing", **ask)
                    self.assertEqual(caught.exception.code(), rt.grpc.StatusCode.OUT_OF_RANGE, context)
                    continue
                groups, token = self.server.aggregate("q.v1.Thing", **ask)
                self.assertEqual(token, "")
                self.assertEqual(len(groups), len(expected), context)
                for keys, values in groups:
                    rows = expected[self.keys_of(fields, keys)]
                    for value, (term, compute, same) in zip(values, terms.values()):
                        self.assertTrue(same(value, compute(rows)), (term, value, compute(rows), context))
                if number % 3 == 0:
                    self.check_order_and_pages(fields, ask, groups, context)

    def check_order_and_pages(self, fields, ask, groups, context):
        term = random.choice(ask["terms"])
        named = "%s x" % term if " " in term else "%s  x" % term
        ask = dict(ask, terms=["count"] if term == "count" else [named])
        name = "count" if term == "count" else "x"
        down, first = random.random() < 0.5, random.random() < 0.5
        ask["order"] = name + (" desc" if down else "") + (" nulls first" if first else "")
        ordered, _ = self.server.aggregate("q.v1.Thing", **ask)
        self.assertEqual(sorted(map(repr, (k for k, _ in ordered))), sorted(map(repr, (k for k, _ in groups))), context)
        function, _, field = term.partition(" ")
        values = [v[0] for _, v in ordered]
        nulls = [v is None for v in values]
        self.assertEqual(nulls, sorted(nulls, reverse=first), context)
        values = [v for v in values if v is not None]
        if function in ("sum", "avg"):
            values = [fractions.Fraction(v) if isinstance(v, str) else v for v in values]
        elif function in ("min", "max"):
            values = [self.keys_of([field], [v])[0] for v in values]
        self.assertEqual(values, sorted(values, reverse=down), context)
        size, token, paged = random.randrange(1, 6), "", []
        while True:
            page, token = self.server.aggregate("q.v1.Thing", page_size=size, page_token=token, **ask)
            paged += page
            if not token:
                break
            self.assertEqual(len(page), size, context)
        self.assertEqual(paged, ordered, context)

    def test_having(self):
        for field in ("k", "e", "c", "n"):
            counts = {keys[0]: values[0] for keys, values in self.server.aggregate("q.v1.Thing", ["count"], [field])[0]}
            kept = self.server.aggregate("q.v1.Thing", ["count"], [field], having="count >= 20 AND NOT is_null(%s)" % field)[0]
            self.assertEqual({k[0]: v[0] for k, v in kept},
                             {k: v for k, v in counts.items() if v >= 20 and k is not None})
        kept = self.server.aggregate("q.v1.Thing", ["sum dec total"], ["k"], having='total > "100.5"', order="total desc")[0]
        sums = [decimal.Decimal(v[0]) for _, v in self.server.aggregate("q.v1.Thing", ["sum dec"], ["k"])[0]]
        self.assertEqual([decimal.Decimal(v[0]) for _, v in kept], sorted([s for s in sums if s > 100], reverse=True))

    def test_groups_without_terms_are_the_distinct_values(self):
        for field in COLUMNS:
            groups, _ = self.server.aggregate("q.v1.Thing", group_by=[field])
            got = [self.keys_of([field], keys)[0] for keys, _ in groups]
            values = sorted({meaning(field, r[field]) for r in self.rows if r[field] is not None})
            nulls = [None] if any(r[field] is None for r in self.rows) else []
            if field == "e":  # NONE, GLAD, SAD, and a number without a name, in the order of the numbers
                self.assertEqual(got, [0, 1, 2, 7, None])
            else:
                self.assertEqual(got, values + nulls, field)


if __name__ == "__main__":
    rt.main()
