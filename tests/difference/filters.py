"""Random filters, each in three forms: the text and the tree that the server takes, and plain SQL, or a test of records where
that would be too much to write.

A new form of comparison is a method of Maker, in one of its lists.
"""

import operator

import relations_testing as rt
from kinds import BLOB, TEXT_TESTS, quoted

SIGNS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
PYTHON_SIGNS = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Filter:
    """`sql` is 0 or 1 for every row of the table t, never NULL. Of a filter that follows relations there is none: `test` says of a
    record whether it holds, given the oracle."""

    def __init__(self, text, tree, sql=None, values=(), test=None):
        self.text, self.tree, self.sql, self.values, self.test = text, tree, sql, list(values), test

    def __repr__(self):
        return self.text

    def holds(self, oracle, record):
        return self.test(oracle, record) if self.sql is None else oracle.holds(record, self.sql, self.values)


class Parameters:
    """What stands for values in the filter of a query method: the kinds of its parameters in order, and what is given for them."""

    def __init__(self, given=()):
        self.kinds, self.given = [], list(given)

    def add(self, kind, value):
        self.kinds.append(kind)
        place = len(self.kinds) - 1
        return self.given[place] if place < len(self.given) else value, "$p%d" % place


def operator_of(name):
    return rt.query_pb.Operator.Value("OPERATOR_" + name)


def comparison(name, field, sign, values):
    return rt.query_pb.Filter(comparison=rt.query_pb.Comparison(
        field=name, operator=operator_of(sign), values=[field.kind.value(v) for v in values]))


def negated(tree):
    made = rt.query_pb.Filter()
    getattr(made, "not").CopyFrom(tree)
    return made


def column(field):
    plain = "t." + quoted(field.column)
    return "CAST(%s AS BLOB)" % plain if field.kind == BLOB else plain


def equal_sql(field, values):
    """Whether a column is one of the values, and the values of the marks in it."""
    if field.kind.parse is not None:
        one = "ifnull(compared('%s', %s, ?) = 0, 0)" % (field.kind, column(field))
        return " OR ".join([one] * len(values)) or "0", [str(v) for v in values]
    stored = [form for v in values for form in ([v] if field.kind == BLOB else field.kind.forms(v))]
    return "ifnull(%s IN (%s), 0)" % (column(field), ", ".join("?" * len(stored))), stored


def none_of(field, equal):
    """Whether it has a value, and `equal` does not hold."""
    sql, stored = equal
    return "%s IS NOT NULL AND NOT (%s)" % (column(field), sql), stored


def text_sql(word, fold, field, values):
    """Whether a text comparison holds for one of the values."""
    one = "ifnull(text_holds('%s', %d, %s, ?), 0)" % (word, fold, column(field))
    return " OR ".join([one] * len(values)) or "0", values


def compare_sql(field, sign, value):
    if sign in ("=", "!="):
        equal = equal_sql(field, [value])
        return equal if sign == "=" else none_of(field, equal)
    if field.kind.parse is not None:
        return "ifnull(compared('%s', %s, ?) %s 0, 0)" % (field.kind, column(field), sign), [str(value)]
    return "ifnull(%s %s ?, 0)" % (column(field), sign), [value]


def dotted(way, last=None):
    return ".".join([r.name for r in way] + ([last] if last else []))


def follow(oracle, record, way):
    """The records that relations lead to, one after another."""
    records = [record]
    for relation in way:
        records = [r for one in records for r in oracle.of_record(one, relation)]
    return records


class Maker:
    """Makes up filters. With `parameters` names of them may stand for values, as in a query method; the tree is then of no use.
    `follows`: which relations they may follow. What is strict fails rather than being false."""

    def __init__(self, pick, parameters=None, follows=lambda relation: relation.never_fails):
        self.pick, self.parameters, self.follows = pick, parameters, follows

    def relations(self, model):
        return [r for r in model.effective().values() if self.follows(r)]

    def way_of_one(self, model, most):
        """Relations one after another, each of which leads to one record at most."""
        way = []
        while len(way) < most and (not way or self.pick.random() < 0.3):
            single = [r for r in self.relations(way[-1].target if way else model) if r.single]
            if not single:
                break
            way.append(self.pick.choice(single))
        return way

    def value(self, kind):
        """A value, and how the text has it."""
        value = self.pick.choice(kind.asked)
        if self.parameters is not None and kind.parameter and self.pick.random() < 0.6:
            return self.parameters.add(kind, value)
        return value, kind.text(value)

    # --- Comparisons of a field, which the filter calls `name` ---

    def compare(self, name, field):
        sign = self.pick.choice(list(SIGNS) if field.kind.ordered else ["=", "!="])
        value, text = self.value(field.kind)
        return Filter("%s %s %s" % (name, sign, text), comparison(name, field, SIGNS[sign], [value]), *compare_sql(field, sign, value))

    def one_of(self, name, field):
        made = [self.value(field.kind) for _ in range(self.pick.randrange(4))]
        values = [value for value, _ in made]
        word = self.pick.choice(["IN", "NOT_IN"])
        equal = equal_sql(field, values)
        return Filter("%s(%s)" % (word.lower(), ", ".join([name] + [text for _, text in made])), comparison(name, field, word, values),
                      *(equal if word == "IN" else none_of(field, equal)))

    def null(self, name, field):
        tree = comparison(name, field, "IS_NULL", [])
        if name == field.name and self.pick.random() < 0.5:
            return Filter("%s : *" % name, negated(tree), "%s IS NOT NULL" % column(field))
        return Filter("is_null(%s)" % name, tree, "%s IS NULL" % column(field))

    def part_of_text(self, name, field):
        (value, text), word = self.value(field.kind), self.pick.choice(["PREFIX", "SUFFIX", "CONTAINS"])
        return Filter("%s(%s, %s)" % (word.lower(), name, text), comparison(name, field, word, [value]), *text_sql(word, 0, field, [value]))

    def folded(self, name, field):
        """Without telling upper from lower case."""
        word = self.pick.choice(list(TEXT_TESTS) + ["IN", "NOT_IN"])
        made = [self.value(field.kind) for _ in range(self.pick.randrange(3) if word.endswith("IN") else 1)]
        values, texts = [value for value, _ in made], [text for _, text in made]
        subject = "fold_case(%s)" % name
        text = {"EQ": "%s = %s", "NE": "%s != %s"}.get(word, word.lower() + "(%s)")
        text = text % ((subject, texts[0]) if word in ("EQ", "NE") else ", ".join([subject] + texts))
        tree = comparison(name, field, word, values)
        tree.comparison.fold_case = True
        holds = text_sql("EQ" if word.endswith("IN") else word, 1, field, values)
        return Filter(text, tree, *(none_of(field, holds) if word == "NOT_IN" else holds))

    def comparison(self, model, way=()):
        field = self.pick.choice(model.fields)
        made = self.pick.choice([self.compare, self.compare, self.one_of, self.null] + ([self.part_of_text, self.folded] if field.kind.texts else []))
        return made(dotted(way, field.name), field)

    # --- Along relations ---

    def of_one(self, model, depth):
        """A field of the record that relations lead to."""
        way = self.way_of_one(model, depth)
        if not way:
            return None
        inner = self.comparison(way[-1].target, way)
        return Filter(inner.text, inner.tree, test=lambda oracle, record: any(inner.holds(oracle, r) for r in follow(oracle, record, way)))

    def of_any(self, model, depth):
        """AIP-160's `:` along a has_many."""
        way, relation = self.way(model, depth)
        texts = [f for f in relation.target.fields if f.kind.texts] if relation is not None else []
        if not texts or relation.single:
            return None
        field, value = self.pick.choice(texts), self.pick.choice(texts[0].kind.pool)
        name = dotted(way + [relation])
        tree = rt.query_pb.Filter(related=rt.query_pb.RelatedFilter(
            relation=name, quantifier=rt.query_pb.QUANTIFIER_SOME, filter=comparison(field.name, field, "CONTAINS", [value])))
        inner = Filter("", None, *text_sql("CONTAINS", 0, field, [value]))
        return Filter("%s.%s : %s" % (name, field, field.kind.text(value)), tree, test=lambda oracle, record: any(
            inner.holds(oracle, r) for r in follow(oracle, record, way + [relation])))

    def way(self, model, depth):
        """Relations that lead to one record, and behind them one of any kind; None where there is none. `depth`: how many in all."""
        way = self.way_of_one(model, depth - 1) if depth > 1 and self.pick.random() < 0.3 else []
        relations = self.relations(way[-1].target if way else model)
        return way, self.pick.choice(relations) if relations else None

    def there(self, model, depth):
        way, relation = self.way(model, depth)
        if relation is None:
            return None
        tree = rt.query_pb.Filter(related=rt.query_pb.RelatedFilter(
            relation=dotted(way + [relation]), quantifier=rt.query_pb.QUANTIFIER_SOME))
        return Filter(self.pick.choice(["%s : *", "some(%s)"]) % dotted(way + [relation]), tree,
                      test=lambda oracle, record: bool(follow(oracle, record, way + [relation])))

    def quantified(self, model, depth):
        way, relation = self.way(model, depth)
        if relation is None:
            return None
        inner = self.filter(relation.target, 1, depth - 1 - len(way))
        word, over = self.pick.choice([("some", any), ("every", all), ("none", lambda found: not any(found))])
        tree = rt.query_pb.Filter(related=rt.query_pb.RelatedFilter(
            relation=dotted(way + [relation]), quantifier=rt.query_pb.Quantifier.Value("QUANTIFIER_" + word.upper()), filter=inner.tree))
        return Filter("%s(%s, %s)" % (word, dotted(way + [relation]), inner.text), tree, test=lambda oracle, record: any(
            over(inner.holds(oracle, r) for r in oracle.of_record(end, relation)) for end in follow(oracle, record, way)))

    def counted(self, model, depth):
        way, relation = self.way(model, depth)
        if relation is None:
            return None
        inner = self.filter(relation.target, 1, depth - 1 - len(way)) if self.pick.random() < 0.5 else None
        sign, number = self.pick.choice(list(SIGNS)), self.pick.randrange(3)
        name = dotted(way + [relation])
        tree = rt.query_pb.Filter(related_count=rt.query_pb.RelatedCount(
            relation=name, filter=inner.tree if inner else None, operator=operator_of(SIGNS[sign]), value=rt.make_value(number)))

        def passes(oracle, end):
            found = [r for r in oracle.of_record(end, relation) if inner is None or inner.holds(oracle, r)]
            return PYTHON_SIGNS[sign](len(found), number)
        return Filter("count(%s) %s %d" % ("%s, %s" % (name, inner.text) if inner else name, sign, number), tree,
                      test=lambda oracle, record: any(passes(oracle, end) for end in follow(oracle, record, way)))

    def related(self, model, depth):
        """None when there is no relation to follow."""
        return self.pick.choice([self.there, self.quantified, self.counted, self.of_one, self.of_one, self.of_any])(model, depth)

    # --- Filters of filters ---

    @staticmethod
    def negation(of):
        return Filter("NOT (%s)" % of.text, negated(of.tree), of.sql and "NOT (%s)" % of.sql, of.values,
                      lambda oracle, record: not of.holds(oracle, record))

    @staticmethod
    def conjunction(parts, word):
        trees = rt.query_pb.FilterList(filters=[p.tree for p in parts])
        tree = rt.query_pb.Filter(all=trees) if word == "AND" else rt.query_pb.Filter(any=trees)
        over = all if word == "AND" else any
        sql = None if any(p.sql is None for p in parts) else (" %s " % word).join("(%s)" % p.sql for p in parts)
        return Filter((" %s " % word).join("(%s)" % p.text for p in parts), tree, sql, [v for p in parts for v in p.values],
                      lambda oracle, record: over(p.holds(oracle, record) for p in parts))

    def filter(self, model, depth=2, related=0):
        """`related`: how many relations it may follow, one within the other."""
        kind = self.pick.randrange(4) if depth > 0 else 0
        if kind == 0:
            return (self.related(model, related) if related > 0 and self.pick.random() < 0.5 else None) or self.comparison(model)
        if kind == 1:
            return self.negation(self.filter(model, depth - 1, related))
        parts = [self.filter(model, depth - 1, related) for _ in range(self.pick.randrange(1, 4))]
        return self.conjunction(parts, "AND" if kind == 2 else "OR")


def random_filter(pick, model, depth=2, related=0):
    return Maker(pick).filter(model, depth, related)
