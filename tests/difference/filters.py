"""Random filters, each in three forms: the text and the tree that the server takes, and plain SQL."""

import relations_testing as rt
from kinds import BLOB, quoted

SIGNS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}


class Filter:
    """`sql` is 0 or 1 for every row of the table t, never NULL."""

    def __init__(self, text, tree, sql, values=()):
        self.text, self.tree, self.sql, self.values = text, tree, sql, list(values)

    def __repr__(self):
        return self.text


def comparison(field, operator, values):
    return rt.query_pb.Filter(comparison=rt.query_pb.Comparison(
        field=field.name, operator=rt.query_pb.Operator.Value("OPERATOR_" + operator),
        values=[rt.make_value(str(v) if field.kind.uuid_column else v) for v in values]))


def column(field):
    plain = "t." + quoted(field.column)
    return "CAST(%s AS BLOB)" % plain if field.kind == BLOB else plain


def forms(field, values):
    """What the column may hold for any of the values, as compared with column()."""
    return [form for v in values for form in ([v] if field.kind == BLOB else field.kind.forms(v))]


def compare(pick, field):
    sign = pick.choice(list(SIGNS) if field.kind.ordered else ["=", "!="])
    value = pick.choice(field.kind.pool)
    stored = forms(field, [value])
    marks = "(%s)" % ", ".join("?" * len(stored))
    sql = {"=": "IN " + marks, "!=": "NOT IN " + marks}.get(sign, sign + " ?")
    return Filter("%s %s %s" % (field, sign, field.kind.text(value)), comparison(field, SIGNS[sign], [value]),
                  "ifnull(%s %s, 0)" % (column(field), sql), stored)


def one_of(pick, field):
    values = [pick.choice(field.kind.pool) for _ in range(pick.randrange(4))]
    stored = forms(field, values)
    return Filter("in(%s)" % ", ".join([field.name] + [field.kind.text(v) for v in values]), comparison(field, "IN", values),
                  "ifnull(%s IN (%s), 0)" % (column(field), ", ".join("?" * len(stored))), stored)


def null(pick, field):
    if pick.random() < 0.5:
        negated = rt.query_pb.Filter()
        getattr(negated, "not").CopyFrom(comparison(field, "IS_NULL", []))
        return Filter("%s : *" % field, negated, "%s IS NOT NULL" % column(field))
    return Filter("is_null(%s)" % field, comparison(field, "IS_NULL", []), "%s IS NULL" % column(field))


def part_of_text(pick, field):
    value, kind = pick.choice(field.kind.pool), pick.choice(["PREFIX", "CONTAINS"])
    sql = "substr(%s, 1, length(?)) = ? COLLATE BINARY" if kind == "PREFIX" else "instr(%s, ?) > 0"
    return Filter("%s(%s, %s)" % (kind.lower(), field, field.kind.text(value)), comparison(field, kind, [value]),
                  "ifnull(%s, 0)" % sql % column(field), [value] * sql.count("?"))


def random_comparison(pick, model):
    field = pick.choice(model.fields)
    return pick.choice([compare, compare, one_of, null] + ([part_of_text] if field.kind.texts else []))(pick, field)


def negation(of):
    negated = rt.query_pb.Filter()
    getattr(negated, "not").CopyFrom(of.tree)
    return Filter("NOT (%s)" % of.text, negated, "NOT (%s)" % of.sql, of.values)


def conjunction(parts, word):
    trees = rt.query_pb.FilterList(filters=[p.tree for p in parts])
    tree = rt.query_pb.Filter(all=trees) if word == "AND" else rt.query_pb.Filter(any=trees)
    return Filter((" %s " % word).join("(%s)" % p.text for p in parts), tree, (" %s " % word).join("(%s)" % p.sql for p in parts),
                  [v for p in parts for v in p.values])


def random_filter(pick, model, depth=2):
    kind = pick.randrange(4) if depth > 0 else 0
    if kind == 0:
        return random_comparison(pick, model)
    if kind == 1:
        return negation(random_filter(pick, model, depth - 1))
    parts = [random_filter(pick, model, depth - 1) for _ in range(pick.randrange(1, 4))]
    return conjunction(parts, "AND" if kind == 2 else "OR")
