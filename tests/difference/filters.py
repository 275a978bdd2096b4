"""Random filters, each in three forms: the text and the tree that the server takes, and plain SQL."""

import operator

import relations_testing as rt
from kinds import BLOB, quoted

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


def comparison(name, field, sign, values):
    return rt.query_pb.Filter(comparison=rt.query_pb.Comparison(
        field=name, operator=operator_of(sign), values=[rt.make_value(str(v) if field.kind.uuid_column else v) for v in values]))


def operator_of(name):
    return rt.query_pb.Operator.Value("OPERATOR_" + name)


def negated(tree):
    made = rt.query_pb.Filter()
    getattr(made, "not").CopyFrom(tree)
    return made


def column(field):
    plain = "t." + quoted(field.column)
    return "CAST(%s AS BLOB)" % plain if field.kind == BLOB else plain


def forms(field, values):
    """What the column may hold for any of the values, as compared with column()."""
    return [form for v in values for form in ([v] if field.kind == BLOB else field.kind.forms(v))]


# Comparisons of a field, which the filter calls `name`.


def compare(pick, name, field):
    sign = pick.choice(list(SIGNS) if field.kind.ordered else ["=", "!="])
    value = pick.choice(field.kind.pool)
    stored = forms(field, [value])
    marks = "(%s)" % ", ".join("?" * len(stored))
    sql = {"=": "IN " + marks, "!=": "NOT IN " + marks}.get(sign, sign + " ?")
    return Filter("%s %s %s" % (name, sign, field.kind.text(value)), comparison(name, field, SIGNS[sign], [value]),
                  "ifnull(%s %s, 0)" % (column(field), sql), stored)


def one_of(pick, name, field):
    values = [pick.choice(field.kind.pool) for _ in range(pick.randrange(4))]
    stored = forms(field, values)
    return Filter("in(%s)" % ", ".join([name] + [field.kind.text(v) for v in values]), comparison(name, field, "IN", values),
                  "ifnull(%s IN (%s), 0)" % (column(field), ", ".join("?" * len(stored))), stored)


def null(pick, name, field):
    tree = comparison(name, field, "IS_NULL", [])
    if name == field.name and pick.random() < 0.5:
        return Filter("%s : *" % name, negated(tree), "%s IS NOT NULL" % column(field))
    return Filter("is_null(%s)" % name, tree, "%s IS NULL" % column(field))


def part_of_text(pick, name, field):
    value, kind = pick.choice(field.kind.pool), pick.choice(["PREFIX", "CONTAINS"])
    sql = "substr(%s, 1, length(?)) = ? COLLATE BINARY" if kind == "PREFIX" else "instr(%s, ?) > 0"
    return Filter("%s(%s, %s)" % (kind.lower(), name, field.kind.text(value)), comparison(name, field, kind, [value]),
                  "ifnull(%s, 0)" % sql % column(field), [value] * sql.count("?"))


def random_comparison(pick, model, before=""):
    field = pick.choice(model.fields)
    made = pick.choice([compare, compare, one_of, null] + ([part_of_text] if field.kind.texts else []))
    return made(pick, before + field.name, field)


# Along relations.


def of_one(pick, relation, depth):
    """A field of the record that a relation leads to."""
    inner = random_comparison(pick, relation.target, relation.name + ".")
    return Filter(inner.text, inner.tree, test=lambda oracle, record: any(
        inner.holds(oracle, r) for r in oracle.of_record(record, relation)))


def there(pick, relation, depth):
    tree = rt.query_pb.Filter(related=rt.query_pb.RelatedFilter(relation=relation.name, quantifier=rt.query_pb.QUANTIFIER_SOME))
    return Filter(pick.choice(["%s : *", "some(%s)"]) % relation, tree,
                  test=lambda oracle, record: len(oracle.of_record(record, relation)) > 0)


def quantified(pick, relation, depth):
    inner = random_filter(pick, relation.target, 1, depth - 1)
    name, over = pick.choice([("some", any), ("every", all), ("none", lambda found: not any(found))])
    tree = rt.query_pb.Filter(related=rt.query_pb.RelatedFilter(
        relation=relation.name, quantifier=rt.query_pb.Quantifier.Value("QUANTIFIER_" + name.upper()), filter=inner.tree))
    return Filter("%s(%s, %s)" % (name, relation, inner.text), tree, test=lambda oracle, record: over(
        inner.holds(oracle, r) for r in oracle.of_record(record, relation)))


def counted(pick, relation, depth):
    inner = random_filter(pick, relation.target, 1, depth - 1) if pick.random() < 0.5 else None
    sign, number = pick.choice(list(SIGNS)), pick.randrange(3)
    tree = rt.query_pb.Filter(related_count=rt.query_pb.RelatedCount(
        relation=relation.name, filter=inner.tree if inner else None, operator=operator_of(SIGNS[sign]), value=rt.make_value(number)))

    def test(oracle, record):
        found = [r for r in oracle.of_record(record, relation) if inner is None or inner.holds(oracle, r)]
        return PYTHON_SIGNS[sign](len(found), number)
    what = "%s, %s" % (relation, inner.text) if inner else relation.name
    return Filter("count(%s) %s %d" % (what, sign, number), tree, test=test)


def random_related(pick, model, depth):
    """None when there is no relation to follow. What is strict fails rather than being false."""
    relations = [r for r in model.effective().values() if r.never_fails]
    if not relations:
        return None
    relation = pick.choice(relations)
    return pick.choice([there, quantified, counted] + ([of_one, of_one] if relation.single else []))(pick, relation, depth)


# Filters of filters.


def negation(of):
    return Filter("NOT (%s)" % of.text, negated(of.tree), of.sql and "NOT (%s)" % of.sql, of.values,
                  lambda oracle, record: not of.holds(oracle, record))


def conjunction(parts, word):
    trees = rt.query_pb.FilterList(filters=[p.tree for p in parts])
    tree = rt.query_pb.Filter(all=trees) if word == "AND" else rt.query_pb.Filter(any=trees)
    over = all if word == "AND" else any
    sql = None if any(p.sql is None for p in parts) else (" %s " % word).join("(%s)" % p.sql for p in parts)
    return Filter((" %s " % word).join("(%s)" % p.text for p in parts), tree, sql, [v for p in parts for v in p.values],
                  lambda oracle, record: over(p.holds(oracle, record) for p in parts))


def random_filter(pick, model, depth=2, related=0):
    """`related`: how many relations it may follow, one within the other."""
    kind = pick.randrange(4) if depth > 0 else 0
    if kind == 0:
        return (random_related(pick, model, related) if related > 0 and pick.random() < 0.5 else None) or random_comparison(pick, model)
    if kind == 1:
        return negation(random_filter(pick, model, depth - 1, related))
    parts = [random_filter(pick, model, depth - 1, related) for _ in range(pick.randrange(1, 4))]
    return conjunction(parts, "AND" if kind == 2 else "OR")
