"""Random aggregates: the records by plain SQL, and what is made of them in plain Python."""

from fractions import Fraction

import grpc

from kinds import BOOL, DOUBLE, INT, NOCASE, ORDERS, SMALL, fold, message_value, sortable
from oracle import NAMES, Failed

FUNCTIONS = {"count": None, "count_distinct": None, "min": None, "max": None, "sum": (INT, SMALL, DOUBLE), "avg": (INT, SMALL, DOUBLE)}


class Term:
    def __init__(self, function, field=None):
        self.function, self.field = function, field

    def __repr__(self):
        return "%s %s" % (self.function, self.field) if self.field else self.function

    def of(self, records):
        if self.field is None:
            return len(records)
        kind = self.field.kind
        values = [r.values[self.field] for r in records if r.values[self.field] is not None]
        if self.function == "count":
            return len(values)
        if self.function == "count_distinct":
            return len({kind.key(v) for v in values})
        if not values:
            return None
        if self.function in ("min", "max"):
            return (min if self.function == "min" else max)(values, key=lambda v: sortable(kind, v))
        total = sum(values)
        if self.function == "sum":
            if kind != DOUBLE and not -2**63 <= total < 2**63:
                raise OverflowError()
            return total
        return total / len(values) if kind == DOUBLE else Fraction(total, len(values))

    def comparable(self, value):
        """What equal results have in common: sums of doubles differ in their last digits."""
        if value is None or self.function.startswith("count"):
            return value
        if self.function in ("min", "max"):
            return shown(self.field.kind, value)
        if self.field.kind == DOUBLE:
            return float("%.9g" % round(value, 9))
        return round(Fraction(value), 12)


def shown(kind, value):
    """A value of a group as it is compared: of several forms of one value any may be shown."""
    if value is None:
        return None
    if kind == NOCASE:
        return fold(value)
    return bool(value) if kind == BOOL else value


class Aggregate:
    keyed = False
    includes = ()

    def __init__(self, target, terms, group_by, least, by_count, page_size):
        self.target, self.terms, self.group_by = target, terms, group_by
        self.least, self.by_count, self.page_size = least, by_count, page_size

    def __repr__(self):
        return "Aggregate %r of %r by %r having count > %r, order by count %r" % (self.terms, self.target, self.group_by, self.least,
                                                                                self.by_count)

    def in_order(self, groups):
        """Sorted, if the order is not that of how the database stores what has several forms."""
        return groups if all(f.kind in ORDERS for f in self.group_by) else sorted(groups, key=repr)

    def groups(self, oracle):
        found = {} if self.group_by else {(): []}
        for record in oracle.query(self.target, [])[1]:
            key = tuple(None if v is None else f.kind.key(v) for f, v in ((f, record.values[f]) for f in self.group_by))
            found.setdefault(key, []).append(record)
        groups = [g for g in found.items() if self.least is None or len(g[1]) > self.least]

        def place(group):
            values = [group[1][0].values[f] for f in self.group_by] if self.group_by else []
            count = [-len(group[1])] if self.by_count else []
            return count + [(v is None, None if v is None else sortable(f.kind, v)) for f, v in zip(self.group_by, values)]
        return [records for _, records in sorted(groups, key=place)]

    def expected(self, oracle):
        try:
            groups = self.groups(oracle)
            values = [[t.of(records) for t in self.terms] for records in groups]
        except Failed as failed:
            return "call", NAMES[failed.code]
        except OverflowError:
            return "call", "OUT_OF_RANGE"
        keys = [[message_value(f.kind, records[0].values[f]) for f in self.group_by] for records in groups]
        values = [[message_value(t.field.kind, v) if t.function in ("min", "max") else v for t, v in zip(self.terms, row)]
                  for row in values]
        return "groups", self.comparable(zip(keys, values))

    def comparable(self, groups):
        return self.in_order([([shown(f.kind, v) for f, v in zip(self.group_by, keys)],
                               [t.comparable(v) for t, v in zip(self.terms, values)]) for keys, values in groups])

    def ask(self, server, classes, tree=False, pages=False):
        options = dict(self.target.arguments(tree), terms=[repr(t) for t in self.terms], group_by=[f.name for f in self.group_by],
                       having="" if self.least is None else "count > %d" % self.least, order="count desc" if self.by_count else "")
        token, groups = "", []
        try:
            while True:
                more, token = server.aggregate(page_token=token, page_size=self.page_size if pages else 0, **options)
                groups += more
                if not token:
                    return "groups", self.comparable(groups)
        except grpc.RpcError as error:
            code = error.code().name
            return ("call", code) if code == "OUT_OF_RANGE" or code in NAMES.values() else ("call", code, error.details())


def random_aggregate(pick, target):
    fields = target.records.fields
    group_by = pick.sample(fields, min(len(fields), pick.choice([0, 0, 1, 1, 2])))
    terms = [Term("count")]
    for _ in range(pick.randrange(4)):
        function = pick.choice(list(FUNCTIONS))
        fitting = [f for f in fields if FUNCTIONS[function] is None or f.kind in FUNCTIONS[function]]
        if fitting:
            terms.append(Term(function, pick.choice(fitting)))
    unique = list({repr(t): t for t in terms}.values())
    return Aggregate(target, unique, group_by, pick.choice([None, None, 0, 1]), pick.random() < 0.3, pick.choice([1, 2, 5]))
