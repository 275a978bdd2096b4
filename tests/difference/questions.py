"""Random questions. Each is answered by the oracle, and asked of a server in several ways.

A new kind of question is a class with what Question says, made up by a method of Questions, in the list of Questions.any.
"""

import continued
import limits
import relations_testing as rt
import typed
from aggregates import random_aggregate
from answers import answer_of, caught, of_stream
from filters import random_filter
from includes import RELATED, joined_on, messages, order_terms, order_text, random_fields, random_includes, random_order, smaller
from keys import as_sent, random_keys
from methods import random_calls
from oracle import FAILS, Failed


class Question:
    """What is asked, and of which relations the records are to come with. `running` is a world, its server and database."""

    includes = ()

    def with_(self, **changed):
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **changed)
        return made

    def smaller(self):
        """Questions that ask a little less, for a failure to be made smaller."""
        for includes in smaller(self.includes):
            yield self.with_(includes=includes)

    def expected(self, oracle):
        raise NotImplementedError

    def ask(self, running):
        """The answer, in the first of the ways."""
        raise NotImplementedError

    def ways(self, running, expected):
        """(how, the answer that it must give, a function that asks). Each is asked before the next one is taken."""
        raise NotImplementedError


# --- Get and Load ---


class Keyed(Question):
    """An answer for each key, whatever else is asked for with it. `sent`: the keys as the request has them."""

    def __init__(self, model, keys, sent, includes):
        self.model, self.keys, self.sent, self.includes = model, keys, sent, includes

    def __repr__(self):
        return "%s %r includes %r" % (self.what(), self.sent, self.includes)

    def only(self, places):
        """The same question for some of its keys."""
        return self.with_(keys=[self.keys[i] for i in places], sent=[self.sent[i] for i in places])

    def smaller(self):
        for i in range(len(self.keys) if len(self.keys) > 1 else 0):
            yield self.only([j for j in range(len(self.keys)) if j != i])
        yield from super().smaller()

    def expected(self, oracle):
        answers = []
        for key in self.keys:
            try:
                state, records = self.of_key(oracle, key)
                answers.append(("records", state, [r.plain() for r in oracle.with_tree(records, self.includes)]))
            except Failed:
                answers.append(("error", FAILS))
        return answers

    def answer(self, running, **more):
        method, request = self.request(**more)
        return running.server.call("RelationService", method, request, getattr(rt.relation_pb, method + "Response"))

    def ask(self, running, **more):
        response = self.answer(running, **more)
        assert response.record_type == self.records.full
        return [answer_of(running.classes, self.records, r) for r in response.results]

    def ways(self, running, expected):
        every = range(len(self.keys))
        running.server.clear()
        yield "cold", expected, lambda: self.ask(running)
        yield "warm", expected, lambda: self.ask(running)
        for i in every:
            yield "key %d alone, warm" % i, expected[i:i + 1], lambda: self.only([i]).ask(running)
        running.server.clear()
        for i in every:
            yield "key %d alone, cold at first" % i, expected[i:i + 1], lambda: self.only([i]).ask(running)
        running.server.clear()
        some = self.some_places(running)
        yield "some keys", [expected[i] for i in some], lambda: self.only(some).ask(running)
        yield "some of it warm", expected, lambda: self.ask(running)
        yield "backwards", expected[::-1], lambda: self.only(every[::-1]).ask(running)
        yield self.at_once(running, expected)
        yield from continued.ways(self, running)
        yield from typed.keyed_ways(self, running, expected)
        yield from limits.ways(self, running, expected)

    def some_places(self, running):
        return [i for i in range(len(self.keys)) if running.pick.random() < 0.6] or [0]

    def at_once(self, running, expected):
        """By several callers at the same time, whose keys are partly the same, while nothing is cached."""
        running.server.clear()
        parts = [self.some_places(running) for _ in range(running.CALLERS)]
        return ("at once", [[expected[i] for i in part] for part in parts],
                lambda: list(running.callers.map(lambda part: self.only(part).ask(running), parts)))


class Get(Keyed):
    by = "owner_keys"
    relation = None

    @property
    def records(self):
        return self.model

    def what(self):
        return "Get %s" % self.model

    def of_key(self, oracle, key):
        records = oracle.get(self.model, key)
        if None in key:
            return rt.NULL, []
        return (rt.LOADED if records else rt.EMPTY), records

    def request(self, **more):
        return "Get", rt.relation_pb.GetRequest(model=self.model.full, keys=rt.make_keys(self.sent), includes=messages(self.includes), **more)


class Load(Keyed):
    def __init__(self, model, relation, by, keys, sent, includes):
        super().__init__(model, keys, sent, includes)
        self.relation, self.by = relation, by

    @property
    def records(self):
        return self.relation.target

    def what(self):
        return "Load %s.%s %s" % (self.model, self.relation, self.by)

    def of_key(self, oracle, key):
        if self.by == "reference_keys":
            return oracle.related(self.relation, key)
        return oracle.of_owner(self.model, self.relation, key)

    def request(self, **more):
        return "Load", rt.relation_pb.LoadRequest(model=self.model.full, relation=self.relation.name, includes=messages(self.includes),
                                                  **{self.by: rt.make_keys(self.sent)}, **more)


# --- Query, Count and Exists ---


class Target:
    """What a query is about. With a relation, of one owner, named `by` owner_key or reference_key."""

    def __init__(self, model, relation, by, key, sent, filter, calls):
        self.model, self.relation, self.by, self.key, self.sent, self.filter, self.calls = model, relation, by, key, sent, filter, calls

    @property
    def records(self):
        return self.model if self.relation is None else self.relation.target

    def filters(self):
        return ([self.filter] if self.filter else []) + [call.filter for call in self.calls]

    def __repr__(self):
        relation = "" if self.relation is None else ".%s of %s %r" % (self.relation, self.by, self.sent)
        return "%s%s where %r %r" % (self.model, relation, self.filter, self.calls)

    def message(self, tree):
        made = rt.relation_pb.QueryTarget(model=self.model.full, methods=[call.message() for call in self.calls])
        if self.relation is not None:
            made.relation = self.relation.name
            getattr(made, self.by).CopyFrom(rt.make_keys([self.sent]))
        if self.filter is not None and tree:
            made.filter.CopyFrom(self.filter.tree)
        elif self.filter is not None:
            made.filter_text = self.filter.text
        return made


class Query(Question):
    """`fields`: only these are asked for; None: all."""

    def __init__(self, target, order, page_size, includes, fields):
        self.target, self.order, self.page_size, self.includes, self.fields = target, order, page_size, includes, fields

    def __repr__(self):
        return "Query %r order by %s, pages of %d, includes %r, fields %r" % (
            self.target, order_text(self.order), self.page_size, self.includes, self.fields)

    def shown(self):
        """The fields that are there: also those of the key, and what the includes join on."""
        if self.fields is None:
            return None
        return self.fields + self.target.records.key + joined_on(self.includes)

    def expected(self, oracle):
        try:
            state, records = oracle.query(self.target, self.order)
            records = [r.showing(self.shown()).plain() for r in oracle.with_tree(records, self.includes)]
        except Failed:
            return "call", FAILS
        return "records", state, records, len(records), bool(records)

    def request(self, tree=False, **more):
        return "Query", rt.relation_pb.QueryRequest(
            target=self.target.message(tree), order_by=order_terms(self.order), includes=messages(self.includes),
            fields=[f.name for f in self.fields or ()], **more)

    def compared(self, running, records, state, tree=False):
        """Records in the form of the expected answer. Pages have no state of their own, but records or none."""
        target = self.target.message(tree)
        counted = running.server.call("RelationService", "Count", rt.relation_pb.CountRequest(target=target), rt.relation_pb.CountResponse)
        exists = running.server.call("RelationService", "Exists", rt.relation_pb.ExistsRequest(target=target), rt.relation_pb.ExistsResponse)
        found = running.classes.records(self.target.records, records)
        return "records", state or (rt.LOADED if found else rt.EMPTY), found, counted.count, exists.exists

    def ask(self, running, tree=False, **more):
        def ask():
            parts = list(running.server.stream(self.request(tree, **more)[1]))
            records, last = of_stream(parts)
            assert last.next_page_token == "", "a token without a page"
            return self.compared(running, records, parts[0].records.state, tree)
        return caught(ask)

    def page(self, running, **more):
        records, last = of_stream(list(running.server.stream(self.request(page_size=self.page_size, **more)[1])))
        assert len(records) <= self.page_size
        return records, last.previous_page_token, last.next_page_token

    def pages(self, running):
        records, before, token = self.page(running)
        assert before == ""
        last = records
        while token:
            page, before, token = self.page(running, page_token=token)
            assert self.page(running, page_token=before)[0] == last, "another way back"
            records, last = records + page, page
        return self.compared(running, records, None)

    def pages_from_the_end(self, running):
        records, token, _ = self.page(running, from_end=True)
        while token:
            page, token, following = self.page(running, page_token=token)
            assert following, "no way on"
            records = page + records
        return self.compared(running, records, None)

    def ways(self, running, expected):
        paged = expected if expected[0] != "records" else ("records", rt.LOADED if expected[2] else rt.EMPTY) + expected[2:]
        yield "filter as text", expected, lambda: self.ask(running)
        yield "filter as tree", expected, lambda: self.ask(running, tree=True)
        yield "pages", paged, lambda: caught(lambda: self.pages(running))
        yield "pages from the last to the first", paged, lambda: caught(lambda: self.pages_from_the_end(running))
        yield "at once", [expected] * running.CALLERS, lambda: list(running.callers.map(self.ask, [running] * running.CALLERS))
        yield from continued.ways(self, running)
        yield from typed.query_ways(self, running, expected)
        yield from limits.ways(self, running, expected)
        yield from limits.counting_ways(self, running, expected)


# --- Making them up ---


class Questions:
    def __init__(self, pick, world, data):
        self.pick, self.world, self.data = pick, world, data

    def any(self):
        kinds = [self.get, self.load, self.load, self.query, self.query]
        if self.world.encoding == "UTF-8":  # elsewhere texts have another order than that of their bytes here
            kinds.append(self.aggregate)
        return self.pick.choice(kinds)()

    def includes(self, model):
        return random_includes(self.pick, self.world, model) if self.pick.random() < 0.6 else []

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
        filter = random_filter(pick, records, 2, RELATED) if pick.random() < 0.7 else None
        return Target(model, relation, by, key, sent, filter, random_calls(pick, records))

    def query(self):
        pick, target = self.pick, self.target()
        includes = self.includes(target.records) if pick.random() < 0.4 else []
        fields = random_fields(pick, target.records) if pick.random() < 0.2 else None
        return Query(target, random_order(pick, self.world, target.records, target.relation), pick.choice([1, 2, 3, 7]), includes, fields)

    def aggregate(self):
        return random_aggregate(self.pick, self.target())
