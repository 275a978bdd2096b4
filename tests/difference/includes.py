"""Random includes: what is asked of each node of a tree, and how a request has it."""

import relations_testing as rt
from filters import random_filter
from kinds import INT
from methods import random_calls

RELATED = 2  # relations that a filter follows, one within the other
ROUNDS = 3  # that a recursive relation is followed at most


# --- Orders: lists of (field or Via, descending, NULLs first) ---


class Via:
    """A term of an order: a field of the record that relations lead to, or, without one, how many records the last of them has."""

    def __init__(self, way, field):
        self.way, self.field = way, field

    def __repr__(self):
        way = ".".join(r.name for r in self.way)
        return "count(%s)" % way if self.field is None else "%s.%s" % (way, self.field)

    def of(self, oracle, record):
        """The kind of what is ordered by, and its value as it is stored."""
        *before, last = self.way
        for relation in before:
            record = next(iter(oracle.of_record(record, relation)), None)
            if record is None:
                return INT, None
        records = oracle.of_record(record, last)
        if self.field is None:
            return INT, len(records)
        return self.field.kind, records[0].raw[self.field] if records else None


def random_via(pick, model):
    """None where there is nothing to order by."""
    way = []
    while len(way) < 3 and (not way or pick.random() < 0.3):
        single = [r for r in (way[-1].target if way else model).effective().values() if r.single and r.never_fails]
        if not single:
            break
        way.append(pick.choice(single))
    if way and pick.random() < 0.6:
        return Via(way, pick.choice(way[-1].target.fields))
    way = way[:2]
    relations = [r for r in (way[-1].target if way else model).effective().values() if r.never_fails]
    return Via(way + [pick.choice(relations)], None) if relations else None


def random_order(pick, world, model, relation=None):
    """Of records of a model, maybe those of a relation."""
    order = [(f, d, pick.random() < 0.3) for f, d in world.with_links(relation, world.order(model))]
    via = random_via(pick, model) if world.encoding == "UTF-8" and pick.random() < 0.3 else None
    link = relation is not None and via is not None and via.way[0].name == relation.through  # then the link is meant
    if via is not None and not link:
        order.insert(pick.randrange(len(order) + 1), (via, pick.random() < 0.5, pick.random() < 0.3))
    return order


def order_text(order):
    return ", ".join("%s%s%s" % (f, " desc" * d, " nulls first" * n) for f, d, n in order)


def order_terms(order):
    return rt.order_terms(order_text(order))


# --- Includes ---


class Include:
    """A node of the tree that is asked for. `rounds`: how often a recursive relation is followed. The rest is what it asks of its
    own: `limit` for each owner, `count`: only how many, `fields`: only these, or None."""

    def __init__(self, relation, children=(), rounds=None, filter=None, calls=(), order=(), limit=0, count=False, fields=None):
        self.relation, self.children, self.rounds, self.fields = relation, list(children), rounds, fields
        self.filter, self.calls, self.order, self.limit, self.count = filter, list(calls), list(order), limit, count

    def with_(self, **changed):
        return Include(**dict(self.__dict__, **changed))

    def without(self, child):
        return self.with_(children=self.children[:child] + self.children[child + 1:])

    def below(self):
        """The nodes below."""
        return [node for child in self.children for node in [child] + child.below()]

    def filters(self):
        return ([self.filter] if self.filter else []) + [call.filter for call in self.calls]

    def shown(self):
        """The fields that are there, or None: also those of the key, and what is within joins on."""
        if self.fields is None:
            return None
        again = [self.with_(relation=self.relation.target.effective()[self.relation.name])] if self.rounds is not None else []
        return self.fields + self.relation.target.key + joined_on(self.children + again)

    def asks(self):
        """Whether it asks for other records, or for others first."""
        return bool(self.filter or self.calls or self.order or self.limit or self.count)

    def plainer(self):
        """Includes that ask a little less."""
        for name, none in (("filter", None), ("calls", ()), ("order", ()), ("limit", 0), ("count", False), ("fields", None)):
            if getattr(self, name):
                yield self.with_(**{name: none})

    def message(self, path):
        filter = {} if self.filter is None else {"filter": self.filter.tree} if len(self.filter.text) % 2 else {"filter_text": self.filter.text}
        order = {"order_by_text": order_text(self.order)} if len(path) % 2 else {"order_by": order_terms(self.order)}
        return rt.relation_pb.Include(
            path=path + "*" * (self.rounds is not None), depth=self.rounds or 0, methods=[call.message() for call in self.calls],
            limit=self.limit, count_only=self.count, fields=[f.name for f in self.fields or ()], **order, **filter)

    def messages(self, before=""):
        """The includes of a request, of this node and of those below."""
        path = before + self.relation.name
        below = [m for child in self.children for m in child.messages(path + ".")]
        implied = not self.asks() and self.fields is None and self.rounds is None and self.children and not len(path) % 2
        return below if implied else [self.message(path)] + below

    def __repr__(self):
        asks = {name: value for name, value in self.__dict__.items() if value and name not in ("relation", "children")}
        return "%s%s%s" % (self.relation, asks or "", self.children or "")


def joined_on(includes):
    """Fields of the records that includes join on."""
    relations = [include.relation for include in includes]
    return [f for r in relations for f in r.mine] + [r.gate for r in relations if r.gate]


def random_fields(pick, model):
    return pick.sample(model.fields, min(len(model.fields), pick.randrange(1, 4)))


def random_arguments(pick, world, model, relation, recursive):
    """What an include asks of its own."""
    fields = {"fields": random_fields(pick, relation.target)} if pick.random() < 0.15 else {}
    if pick.random() < 0.6:
        return fields
    made = {"filter": random_filter(pick, relation.target, 1, RELATED) if pick.random() < 0.5 else None,
            "calls": random_calls(pick, relation.target)}
    told = model.load_info and (relation.target.load_info or not recursive)
    if (told or relation.name in model.counts) and not recursive and pick.random() < 0.25:
        return dict(made, count=True)
    made.update(fields)
    if relation.single:
        return made
    if pick.random() < 0.5:
        made["order"] = random_order(pick, world, relation.target, relation)
    if told and pick.random() < 0.5:
        made["limit"] = pick.choice([1, 2, 3])
    return made


def random_includes(pick, world, model, depth=3):
    names = [n for n in model.nested() if pick.random() < 0.5]
    made = []
    for name in names[:3]:
        relation = model.effective()[name]
        again = relation.target.nested().get(name)
        recursive = again is not None and again.target is relation.target and relation.target is model and pick.random() < 0.6
        arguments = random_arguments(pick, world, model, relation, recursive)
        below = depth > 1 and pick.random() < 0.6 and "count" not in arguments
        children = random_includes(pick, world, relation.target, depth - 1) if below else []
        made.append(Include(relation, [c for c in children if not (recursive and c.relation.name == name)],
                            pick.randrange(1, ROUNDS + 1) if recursive else None, **arguments))
    return made


def messages(includes):
    return [m for include in includes for m in include.messages()]


def nodes(includes):
    return [node for include in includes for node in [include] + include.below()]


def smaller(includes):
    """Lists of includes that ask less."""
    for i, include in enumerate(includes):
        before, after = includes[:i], includes[i + 1:]
        yield before + after
        for candidate in list(include.plainer()) + [include.with_(children=below) for below in smaller(include.children)]:
            yield before + [candidate] + after
