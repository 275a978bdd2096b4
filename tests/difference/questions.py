"""Random questions: each can be asked of a server in several ways, and answered by the oracle."""

import grpc

import relations_testing as rt
from aggregates import random_aggregate
from filters import random_filter
from kinds import ORDERS
from oracle import FAILS, NAMES, Failed, Include, Via, order_text
from world import HAS_MANY

RELATED = 2  # relations that a filter follows, one within the other
ROUNDS = 3  # that a recursive relation is followed at most


# --- Answers as lists and dicts ---


def plain(message, model):
    """A record as Record.plain has it."""
    values = {f.name: None if f.nullable and not message.HasField(f.name) else getattr(message, f.name) for f in model.fields}
    related = {}
    for name, relation in model.nested().items():
        found = getattr(message, name)
        if relation.single:
            found = [found] if message.HasField(name) else []
        if found:
            related[name] = [plain(m, relation.target) for m in found]
    info = list(message.info.relations) if model.load_info else []
    infos = {r.relation: (r.state, r.count, r.next_page_token != "") for r in info}
    assert len(infos) == len(info), "a relation stands twice in the LoadInfo"
    return {"values": values, "infos": infos, "related": related}


class Classes:
    """Reads records with classes made from the descriptors."""

    def __init__(self, pool, factory):
        self.pool, self.factory, self.made = pool, factory, {}

    def records(self, model, sets):
        if model not in self.made:
            self.made[model] = self.factory.GetPrototype(self.pool.FindMessageTypeByName(model.full))
        return [plain(self.made[model].FromString(b), model) for b in sets]


def answer_of(classes, model, result):
    if result.error.code:
        return "error", FAILS if result.error.code in NAMES else result.error.code
    return "records", result.state, classes.records(model, result.records)


def caught(ask):
    """The answer, or the status of the call as ("call", code)."""
    try:
        return ask()
    except grpc.RpcError as error:
        return "call", error.code().name, error.details()


# --- Keys ---


def random_keys(pick, data, fields, tables):
    """Keys of these fields: of rows that exist, made up, NULL, and repeated. `tables`: where such values stand, as (table, fields)."""
    pool = [key for table, columns in tables for key in data.rows_of(table, columns)]
    keys = []
    for _ in range(pick.choice([1, 1, 2, 3, 5, 12])):
        if keys and pick.random() < 0.15:
            keys.append(pick.choice(keys))
        elif pool and pick.random() < 0.8:
            keys.append(pick.choice(pool))
        else:
            keys.append(tuple(None if pick.random() < 0.03 else pick.choice(f.kind.pool) for f in fields))
    return keys


def as_sent(pick, fields, keys):
    """What a request has for the keys: UUIDs as text in either case or as bytes; a key of one field as a part or as it is."""
    bytes_first = pick.random() < 0.5

    def part(field, value):
        if value is None or not field.kind.uuid_column:
            return value
        text = str(value) if pick.random() < 0.5 else str(value).upper()
        return value.bytes if bytes_first else text
    parts = [tuple(part(f, v) for f, v in zip(fields, key)) for key in keys]
    if len(fields) > 1 or any(None in p for p in parts) or pick.random() < 0.1:
        return parts
    return [p[0] for p in parts]


# --- Includes ---


def random_arguments(pick, world, model, relation, recursive):
    """What an include asks of its own. Only of has_many, and not against a limit of the relation's own."""
    if relation.kind != HAS_MANY or relation.limit or pick.random() < 0.6:
        return {}
    made = {"filter": random_filter(pick, relation.target, 1, RELATED) if pick.random() < 0.5 else None}
    told = model.load_info and (relation.target.load_info or not recursive)
    if told and not recursive and pick.random() < 0.25:
        return dict(made, count=True)
    if pick.random() < 0.5:
        made["order"] = [(f, d, pick.random() < 0.3) for f, d in world.order(relation.target)]
    if told and pick.random() < 0.5:
        made["limit"] = pick.choice([1, 2, 3])
    return made


def random_includes(pick, world, model, depth):
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


def paths(includes, before=""):
    """The includes of a request."""
    found = []
    for include in includes:
        path = before + include.relation.name
        arguments = include.arguments()
        if arguments:
            found.append(dict(arguments, path=path + "*" * (include.rounds is not None)))
        elif not include.children or len(path) % 2:  # a path is implied by a longer one
            found.append(path)
        found += paths(include.children, path + ".")
    return found


# --- Questions ---


class Keyed:
    """Get or Load: an answer for each key, whatever else is asked for with it."""

    keyed = True

    def __init__(self, keys, sent, includes):
        self.keys, self.sent, self.includes = keys, sent, includes

    def only(self, places):
        """The same question for some of its keys."""
        return self.with_(keys=[self.keys[i] for i in places], sent=[self.sent[i] for i in places])

    def expected(self, oracle):
        answers = []
        for key in self.keys:
            try:
                state, records = self.of_key(oracle, key)
                answers.append(("records", state, [r.plain() for r in oracle.with_tree(records, self.includes)]))
            except Failed:
                answers.append(("error", FAILS))
        return answers


class Get(Keyed):
    def __init__(self, model, keys, sent, includes):
        super().__init__(keys, sent, includes)
        self.model = model

    def __repr__(self):
        return "Get %s %r includes %r" % (self.model, self.sent, paths(self.includes))

    def with_(self, **changed):
        return Get(**dict({"model": self.model, "keys": self.keys, "sent": self.sent, "includes": self.includes}, **changed))

    def of_key(self, oracle, key):
        records = oracle.get(self.model, key)
        if None in key:
            return rt.NULL, []
        return (rt.LOADED if records else rt.EMPTY), records

    def ask(self, server, classes):
        response = server.get(self.model.full, self.sent, includes=paths(self.includes))
        assert response.record_type == self.model.full
        return [answer_of(classes, self.model, r) for r in response.results]


class Load(Keyed):
    def __init__(self, model, relation, by, keys, sent, includes):
        super().__init__(keys, sent, includes)
        self.model, self.relation, self.by = model, relation, by

    def __repr__(self):
        return "Load %s.%s %s %r includes %r" % (self.model, self.relation, self.by, self.sent, paths(self.includes))

    def with_(self, **changed):
        return Load(**dict({"model": self.model, "relation": self.relation, "by": self.by, "keys": self.keys, "sent": self.sent,
                            "includes": self.includes}, **changed))

    def of_key(self, oracle, key):
        if self.by == "reference_keys":
            return oracle.related(self.relation, key)
        return oracle.of_owner(self.model, self.relation, key)

    def ask(self, server, classes):
        response = server.load(self.model.full, self.relation.name, self.sent, by=self.by, includes=paths(self.includes))
        assert response.record_type == self.relation.target.full
        return [answer_of(classes, self.relation.target, r) for r in response.results]


class Target:
    def __init__(self, model, relation, by, key, sent, filter):
        self.model, self.relation, self.by, self.key, self.sent, self.filter = model, relation, by, key, sent, filter

    @property
    def records(self):
        return self.model if self.relation is None else self.relation.target

    def __repr__(self):
        relation = "" if self.relation is None else ".%s of %s %r" % (self.relation, self.by, self.sent)
        return "%s%s where %r" % (self.model, relation, self.filter)

    def arguments(self, tree):
        made = {"model": self.model.full}
        if self.relation is not None:
            made["relation"] = self.relation.name
            made[self.by] = [self.sent]
        if self.filter is not None:
            made.update({"filter": self.filter.tree} if tree else {"where": self.filter.text})
        return made


class Query:
    keyed = False

    def __init__(self, target, order, page_size, includes):
        self.target, self.order, self.page_size, self.includes = target, order, page_size, includes

    def __repr__(self):
        return "Query %r order by %s, pages of %d, includes %r" % (self.target, order_text(self.order), self.page_size, paths(self.includes))

    def with_(self, **changed):
        return Query(**dict({"target": self.target, "order": self.order, "page_size": self.page_size, "includes": self.includes}, **changed))

    def expected(self, oracle):
        try:
            state, records = oracle.query(self.target, self.order)
            records = [r.plain() for r in oracle.with_tree(records, self.includes)]
        except Failed:
            return "call", FAILS
        return "records", state, records, len(records), bool(records)

    def ask(self, server, classes, tree=False, pages=False, backwards=False):
        target = self.target.arguments(tree)

        def ask():
            options = dict(target, order=order_text(self.order), **{} if backwards else {"includes": paths(self.includes)})
            if backwards:
                records, state = server.pages_backwards(page_size=self.page_size, **options), None
            elif pages:
                records, state = server.pages(page_size=self.page_size, **options), None
            else:
                records, token, state = server.query(**options)
                assert token == "", "a token without a page"
            return records, state
        answer = caught(ask)
        if answer[0] == "call":
            return ("call", FAILS) if answer[1] in NAMES.values() else answer
        records, state = answer
        found = classes.records(self.target.records, records)
        return ("records", state or (rt.LOADED if found else rt.EMPTY), found, server.count(**target), server.exists(**target))


# --- Making them up ---


class Questions:
    def __init__(self, pick, world, data):
        self.pick, self.world, self.data = pick, world, data

    def any(self):
        kinds = [self.get, self.load, self.load, self.query]
        if self.world.encoding == "UTF-8":  # elsewhere texts have another order than that of their bytes here
            kinds.append(self.aggregate)
        return self.pick.choice(kinds)()

    def includes(self, model):
        return random_includes(self.pick, self.world, model, 3) if self.pick.random() < 0.6 else []

    def get(self):
        model = self.pick.choice(self.world.models)
        keys = random_keys(self.pick, self.data, model.key, [(model.table, model.key)])
        return Get(model, keys, as_sent(self.pick, model.key, keys), self.includes(model))

    def relation(self):
        pick = self.pick
        model = pick.choice([m for m in self.world.models if m.effective()])
        return model, pick.choice(list(model.effective().values()))

    def by(self, model, relation, count=None):
        """How the owners are named, and which."""
        pick = self.pick
        if pick.random() < 0.5:
            keys, fields = random_keys(pick, self.data, model.key, [(model.table, model.key)]), model.key
            by = "owner"
        else:
            fields = relation.mine
            theirs = [] if relation.through else [(relation.target.table, relation.theirs)]
            keys = random_keys(pick, self.data, fields, [(model.table, fields)] + theirs)
            by = "reference"
        return by, keys[:count], as_sent(pick, fields, keys[:count])

    def load(self):
        model, relation = self.relation()
        by, keys, sent = self.by(model, relation)
        return Load(model, relation, by + "_keys", keys, sent, self.includes(relation.target))

    def target(self):
        pick = self.pick
        model, relation, by, key, sent = pick.choice(self.world.models), None, None, None, None
        if pick.random() < 0.5:
            model, relation = self.relation()
            by, (key,), (sent,) = self.by(model, relation, 1)
            by += "_key"
        records = model if relation is None else relation.target
        return Target(model, relation, by, key, sent, random_filter(pick, records, 2, RELATED) if pick.random() < 0.7 else None)

    def order(self, model):
        pick = self.pick
        order = [(f, d, pick.random() < 0.3) for f, d in self.world.order(model)]
        relations = [r for r in model.effective().values() if r.never_fails]
        if relations and self.world.encoding == "UTF-8" and pick.random() < 0.3:
            relation = pick.choice(relations)
            fields = [f for f in relation.target.fields if f.kind in ORDERS] if relation.single else []
            via = Via(relation, pick.choice(fields) if fields and pick.random() < 0.7 else None)
            order.insert(pick.randrange(len(order) + 1), (via, pick.random() < 0.5, pick.random() < 0.3))
        return order

    def query(self):
        pick, target = self.pick, self.target()
        order = self.order(target.records)
        includes = self.includes(target.records) if pick.random() < 0.4 else []
        return Query(target, order, pick.choice([1, 2, 3, 7]), includes)

    def aggregate(self):
        return random_aggregate(self.pick, self.target())
