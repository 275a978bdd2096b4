"""Random aggregates: the records by plain SQL, and what is made of them in plain Python."""

from fractions import Fraction

import limits
import relations_testing as rt
from answers import caught
from filters import PYTHON_SIGNS, Maker, dotted, follow
from kinds import DECIMAL, DOUBLE, INT, SECOND, sortable
from oracle import FAILS, Failed

FUNCTIONS = ["count", "count_distinct", "min", "max", "sum", "avg"]
MEAN = DECIMAL  # what the mean of numbers that are not doubles is


class Column:
    """A field of the records, or of those that relations lead to; NULL where there is none."""

    def __init__(self, field, way=()):
        self.field, self.way, self.kind = field, way, field.kind
        self.path = dotted(way, field.name)
        self.name = self.path.replace(".", "_")

    def __repr__(self):
        return self.path

    def of(self, oracle, record):
        found = follow(oracle, record, self.way)
        return found[0].values[self.field] if found else None


class Term:
    """`field`: a Column. `name`: of its own, or empty."""

    def __init__(self, function, field=None, name=""):
        self.function, self.field, self.own_name = function, field, name

    def __repr__(self):
        return " ".join(filter(None, [self.function, str(self.field or ""), self.own_name]))

    @property
    def name(self):
        return self.own_name or "_".join([self.function] + ([self.field.name] if self.field else []))

    @property
    def kind(self):
        """The kind of the results."""
        if self.function.startswith("count"):
            return INT
        if self.function in ("min", "max") or self.field.kind in (DOUBLE, DECIMAL):
            return self.field.kind
        return MEAN if self.function == "avg" else INT

    def message(self):
        function = rt.relation_pb.AggregateFunction.Value("AGGREGATE_FUNCTION_" + self.function.upper())
        return rt.relation_pb.AggregateTerm(function=function, field=self.field.path if self.field else "", name=self.own_name)

    def of(self, oracle, records):
        if self.field is None:
            return len(records)
        kind = self.field.kind
        values = [v for v in (self.field.of(oracle, r) for r in records) if v is not None]
        if self.function == "count":
            return len(values)
        if self.function == "count_distinct":
            return len({kind.key(v) for v in values})
        if not values:
            return None
        if self.function in ("min", "max"):
            return (min if self.function == "min" else max)(values, key=lambda v: sortable(kind, v))
        total = sum(values if kind == DOUBLE else map(Fraction, values))
        if self.function == "sum" and self.kind == INT and not -2**63 <= total < 2**63:
            raise OverflowError()
        return total / len(values) if self.function == "avg" else total

    def comparable(self, value):
        """What equal results have in common: sums of doubles differ in their last digits, and means are rounded."""
        if value is None or self.function.startswith("count"):
            return value
        if self.function in ("min", "max"):
            return shown(self.kind, value)
        return float("%.9g" % round(value, 9)) if self.kind == DOUBLE else round(Fraction(value), 12)


def shown(kind, value):
    """A value of a group as it is compared: of several forms of one value any may be shown."""
    return None if value is None else kind.sent(kind.key(value))


def read(kind, value):
    """A value of a group as it is answered."""
    value = rt.read_value(value)
    if value is None:
        return None
    if isinstance(value, tuple):
        return value[0] * SECOND + value[1]
    return kind.read(value) if kind.uuid_column or kind == DECIMAL else value


# --- Which groups, and in which order ---


class Having:
    """`test` is of a group's columns: values by name."""

    def __init__(self, text, test):
        self.text, self.test = text, test

    def __repr__(self):
        return self.text


def random_comparison(pick, columns):
    name, kind = pick.choice(list(columns.items()))
    if pick.random() < 0.2:
        return Having("is_null(%s)" % name, lambda group: group[name] is None)
    values = [0, 1, 2] if kind == INT else kind.asked
    value, sign = pick.choice(values), pick.choice([s for s in PYTHON_SIGNS if kind.ordered or s in ("=", "!=")])
    return Having("%s %s %s" % (name, sign, kind.text(value)), lambda group: group[name] is not None and PYTHON_SIGNS[sign](
        sortable(kind, group[name]), sortable(kind, value)))


def random_having(pick, columns, depth=2):
    kind = pick.randrange(4) if depth else 0
    if kind == 0:
        return random_comparison(pick, columns)
    one, other = random_having(pick, columns, depth - 1), random_having(pick, columns, depth - 1)
    if kind == 1:
        return Having("NOT (%s)" % one, lambda group: not one.test(group))
    if kind == 2:
        return Having("(%s) AND (%s)" % (one, other), lambda group: one.test(group) and other.test(group))
    return Having("(%s) OR (%s)" % (one, other), lambda group: one.test(group) or other.test(group))


class Aggregate:
    """`group_by`: Columns. `order`: of (name, descending, NULLs first), the names being those of `columns`."""

    includes = ()

    def __init__(self, target, terms, group_by, having, order, page_size):
        self.target, self.terms, self.group_by, self.having, self.order, self.page_size = target, terms, group_by, having, order, page_size

    def __repr__(self):
        return "Aggregate %r of %r by %r having %r, order by %s" % (self.terms, self.target, self.group_by, self.having, self.order_text())

    def with_(self, **changed):
        return Aggregate(**dict(self.__dict__, **changed))

    def smaller(self):
        if self.having:
            yield self.with_(having=None)
        for i in range(len(self.order)):
            yield self.with_(order=self.order[:i] + self.order[i + 1:])

    def order_text(self):
        return ", ".join("%s%s%s" % (name, " desc" * d, " nulls first" * n) for name, d, n in self.order)

    @staticmethod
    def columns(group_by, terms):
        """Kinds of what a group has, by name: the fields that it is of, and its terms."""
        return dict({f.name: f.kind for f in group_by}, **{t.name: t.kind for t in terms})

    def groups(self, oracle):
        """A dict of columns for each group, in order."""
        found = {} if self.group_by else {(): []}
        for record in oracle.query(self.target, [])[1]:
            values = [f.of(oracle, record) for f in self.group_by]
            key = tuple(None if v is None else f.kind.key(v) for f, v in zip(self.group_by, values))
            found.setdefault(key, []).append(record)
        groups = [dict({f.name: f.of(oracle, records[0]) for f in self.group_by}, **{t.name: t.of(oracle, records) for t in self.terms})
                  for records in found.values()]
        groups = [g for g in groups if self.having is None or self.having.test(g)]
        kinds = self.columns(self.group_by, self.terms)
        for name, descending, first in reversed(self.order + [(f.name, False, False) for f in self.group_by]):
            def place(group, name=name, out=0 if first != descending else 2):
                return (out, 0) if group[name] is None else (1, sortable(kinds[name], group[name]))
            groups.sort(key=place, reverse=descending)
        return groups

    def expected(self, oracle):
        try:
            groups = self.groups(oracle)
        except Failed:
            return "call", FAILS
        except OverflowError:
            return "call", "OUT_OF_RANGE"
        return "groups", [self.comparable([g[f.name] for f in self.group_by], [g[t.name] for t in self.terms]) for g in groups]

    def comparable(self, keys, values):
        return [shown(f.kind, v) for f, v in zip(self.group_by, keys)], [t.comparable(v) for t, v in zip(self.terms, values)]

    def request(self, tree=False, **page):
        return rt.relation_pb.AggregateRequest(
            target=self.target.message(tree), terms=[t.message() for t in self.terms], group_by=[f.path for f in self.group_by],
            having_text=self.having.text if self.having else "", order_by=rt.order_terms(self.order_text()), **page)

    def groups_of(self, running, tree, page_size):
        token, groups = "", []
        while True:
            request = self.request(tree, page_size=page_size, page_token=token)
            answer = running.server.call("RelationService", "Aggregate", request, rt.relation_pb.AggregateResponse)
            groups += [self.comparable([read(f.kind, v) for f, v in zip(self.group_by, group.keys)],
                                       [read(t.kind, v) for t, v in zip(self.terms, group.values)]) for group in answer.groups]
            token = answer.next_page_token
            if not token:
                return "groups", groups

    def ask(self, running, tree=False, page_size=0):
        answer = caught(lambda: self.groups_of(running, tree, page_size))
        return answer[:2] if answer[:2] == ("call", "OUT_OF_RANGE") else answer

    def ways(self, running, expected):
        yield "filter as text", expected, lambda: self.ask(running)
        yield "filter as tree", expected, lambda: self.ask(running, tree=True)
        yield "pages", expected, lambda: self.ask(running, page_size=self.page_size)
        if expected[0] == "groups":
            yield from limits.unary_ways(running, "Aggregate", self.request(), limits.least(self))


def random_columns(pick, model):
    """All fields, and some that relations lead to."""
    columns = [Column(f) for f in model.fields]
    for _ in range(2):
        way = Maker(pick).way_of_one(model, 2)
        columns += [Column(pick.choice(way[-1].target.fields), way)] if way else []
    return list({c.name: c for c in columns}.values())


def random_terms(pick, fields):
    terms = [Term("count")] if pick.random() < 0.8 else []
    for i in range(pick.randrange(0 if terms else 1, 4)):
        function = pick.choice(FUNCTIONS)
        fitting = [f for f in fields if function not in ("sum", "avg") or f.kind.sums]
        if fitting:
            terms.append(Term(function, pick.choice(fitting), pick.choice(["", "", "own%d" % i])))
    return list({t.name: t for t in terms}.values()) or [Term("count")]


def random_aggregate(pick, target):
    fields = random_columns(pick, target.records)
    group_by = pick.sample(fields, min(len(fields), pick.choice([0, 0, 1, 1, 2])))
    terms = random_terms(pick, fields)
    columns = Aggregate.columns(group_by, terms)
    exact = {name: kind for name, kind in columns.items() if kind != DOUBLE}  # sums are rounded
    having = random_having(pick, exact) if exact and pick.random() < 0.4 else None
    names = pick.sample(list(exact), min(len(exact), pick.randrange(3)))
    order = [(name, pick.random() < 0.5, pick.random() < 0.3) for name in names]
    return Aggregate(target, terms, group_by, having, order, pick.choice([1, 2, 5]))
