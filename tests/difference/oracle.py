"""What the answers must be, in plain SQL: one statement for one key at a time, nothing cached, nothing shared with the server."""

import relations_testing as rt
from filters import equal_sql
from kinds import quoted, stored_place
from world import BELONGS_TO, Field, OfLink

FAILED_PRECONDITION, DATA_LOSS = 9, 15
NAMES = {FAILED_PRECONDITION: "FAILED_PRECONDITION", DATA_LOSS: "DATA_LOSS"}
FAILS = "a strict relation or an unknown tag"  # where there is more than one, either may be told


class Failed(Exception):
    """What is asked for fails with a code of google.rpc."""

    def __init__(self, code):
        super().__init__("code %d" % code)
        self.code = code


class TooLarge(Exception):
    """The answer is larger than is worth comparing."""


class Loaded:
    """What is loaded of a relation of a record. `count`: how many there are, if only that was asked for. `cut`: there is more than
    the limit let in."""

    def __init__(self, state, records, count=None, cut=False):
        self.state, self.records, self.count, self.cut = state, records, count, cut

    def info(self):
        return self.state, self.count or 0, self.cut


class Record:
    """A record with what is loaded of its relations, by name. `raw`: its fields as they are stored. `fields`: those that are asked
    for; None: all."""

    def __init__(self, model, raw):
        self.model, self.raw, self.loaded, self.fields = model, raw, {}, None
        self.values = {f: None if stored is None else f.kind.read(stored) for f, stored in raw.items()}

    def key(self, fields):
        return tuple(self.values[f] for f in fields)

    def showing(self, fields):
        self.fields = fields
        return self

    def is_there(self, field):
        """Whether a message has the field: not NULL, nor what it reads as where it is left out."""
        value, kind = self.values[field], field.kind
        asked = self.fields is None or field in self.fields
        return asked and value is not None and (field.nullable or kind.always_there or bool(kind.sent(value)))

    def plain(self):
        """As lists and dicts, which compare and print."""
        infos = {name: loaded.info() for name, loaded in self.loaded.items()} if self.model.load_info else {}
        values = {f.name: f.kind.sent(v) for f, v in self.values.items() if self.is_there(f)}
        counts = {name: loaded.count for name, loaded in self.loaded.items() if name in self.model.counts and loaded.count is not None}
        return {"values": values, "infos": infos, "counts": counts,
                "related": {name: [r.plain() for r in loaded.records] for name, loaded in self.loaded.items() if loaded.records}}


class Oracle:
    MOST = 1500  # records of an answer

    def __init__(self, connection):
        self.connection = connection
        self.records = 0

    # --- Rows ---

    def select(self, model, conditions, values, order):
        """Records of the model that fulfil the conditions, which say t for its table."""
        table = model.table
        if model.values() is not None:
            sql, tags = equal_sql(table.tag, model.values())
            conditions, values = conditions + [sql], values + tags
        terms = ["t.%s%s NULLS %s" % (quoted(f.column), " DESC" if descending else "", "FIRST" if first else "LAST")
                 for f, descending, first in order] + ["t." + quoted(f.column) for f in table.key]
        sql = "SELECT %s FROM %s AS t WHERE %s ORDER BY %s" % (
            ", ".join("t." + quoted(f.column) for f in table.fields), quoted(table.name),
            " AND ".join("(%s)" % c for c in conditions) or "1", ", ".join(terms))
        rows = self.connection.execute(sql, values).fetchall()
        return [Record(model, dict(zip(table.fields, row))) for row in rows]

    def holds(self, record, sql, values):
        """Whether a condition holds for a row."""
        conditions, key = self.equal(record.model.key, record.key(record.model.key))
        statement = "SELECT %s FROM %s AS t WHERE %s" % (sql, quoted(record.model.table.name), " AND ".join(conditions))
        return self.connection.execute(statement, values + key).fetchone()[0] != 0

    def of_record(self, record, relation):
        """The records of a relation of a record."""
        relation = record.model.effective()[relation.name]
        return self.related(relation, self.join_key(record, relation))[1]

    def select_where(self, model, conditions, values, order, filters, link=None):
        """The same for which all filters hold, those that SQL does not say as well; in any order. `link`: gives a record its link."""
        plain, others = [f for f in filters if f.sql is not None], [f for f in filters if f.sql is None]
        columns = all(isinstance(term, Field) for term, _, _ in order)
        records = self.select(model, conditions + [f.sql for f in plain], values + [v for f in plain for v in f.values], order if columns else [])
        records = [r for r in records if all(f.holds(self, r) for f in others)]
        for record in records if link is not None else []:
            record.link = link(record)
        return records if columns else self.sort(records, order)

    @staticmethod
    def equal(fields, key):
        conditions, values = [], []
        for field, value in zip(fields, key):
            forms = field.kind.forms(value)
            conditions.append("t.%s IN (%s)" % (quoted(field.column), ", ".join("?" * len(forms))))
            values += forms
        return conditions, values

    def get(self, model, key):
        if None in key:
            return []
        return self.select(model, *self.equal(model.key, key), [])

    # --- Relations ---

    def base(self, relation, key):
        """Conditions of the rows that a value leads to."""
        if relation.through:
            conditions, values = self.named(relation.target, self.behind_links(relation, key))
        else:
            conditions, values = self.equal(relation.theirs, key)
        if not relation.through and relation.group.type_field is not None and relation.kind != BELONGS_TO:
            tags = relation.group.type_field.kind.forms(relation.group.tag)
            conditions.append(" OR ".join(["t.%s = ? COLLATE BINARY" % quoted(relation.group.type_field.column)] * len(tags)))
            values += tags
        return conditions, values

    def behind_links(self, relation, key):
        """What is reached through links, which may be the same record more than once."""
        return [r for link in self.links(relation, key) for r in self.of_record(link, relation.second)]

    def links(self, relation, key):
        return self.related(relation.first, key)[1]

    def first_link(self, relation, key, order):
        """What gives each record the link that comes first in an order that says something of links; else None."""
        terms = [term for term in order if isinstance(term[0], OfLink)]
        if not terms:
            return None
        links = self.links(relation, key)
        for link in links:
            link.link = link
        links = self.sort(links, terms)
        leads = [(link, [r.key(r.model.key) for r in self.of_record(link, relation.second)]) for link in links]
        return lambda record: next(link for link, keys in leads if record.key(record.model.key) in keys)

    def named(self, model, records):
        """Conditions of the rows that these records are."""
        conditions, values = [], []
        for record in records:
            parts, key = self.equal(model.key, record.key(model.key))
            conditions.append(" AND ".join("(%s)" % p for p in parts))
            values += key
        return [" OR ".join("(%s)" % c for c in conditions) or "0"], values

    @staticmethod
    def join_key(record, relation):
        """The value that the relation of a record joins on. A tag decides whether a polymorphic one refers to anything."""
        key = record.key(relation.mine)
        if relation.gate is None or None in key:
            return key
        tag = record.values[relation.gate]
        if tag == relation.group.tag:
            return key
        known = [r.group.tag for r in record.model.effective().values() if r.gate is relation.gate]
        if tag is not None and tag not in known:
            raise Failed(DATA_LOSS)
        return (None,)

    def related(self, relation, key):
        """(state, records) for a value that the relation joins on."""
        if None in key:
            return rt.NULL, []
        order = relation.declared_order()
        records = self.select_where(relation.target, *self.base(relation, key), order, relation.filters(), self.first_link(relation, key, order))
        if relation.limit:
            records = records[:relation.limit]
        if relation.single:
            if relation.strict and (len(records) > 1 or not records and relation.kind == BELONGS_TO):
                raise Failed(FAILED_PRECONDITION)
            records = records[:1]
        if records:
            return rt.LOADED, records
        return (rt.DANGLING if relation.kind == BELONGS_TO and relation.where is None else rt.EMPTY), []

    def join_value(self, model, relation, key):
        """The value that the relation of an owner joins on; None when there is no such owner. A NULL key stays NULL."""
        if relation.mine == model.key and relation.gate is None:
            return key
        if None in key:
            return (None,)
        owners = self.get(model, key)
        return self.join_key(owners[0], relation) if owners else None

    def of_owner(self, model, relation, key):
        value = self.join_value(model, relation, key)
        return (rt.EMPTY, []) if value is None else self.related(relation, value)

    # --- Trees ---

    def narrowed(self, include, relation, key):
        """What an include chooses among the records that the relation has by itself."""
        state, records = self.related(relation, key)
        if state != rt.LOADED:
            return Loaded(state, [], count=0 if include.count else None)
        chosen = self.choose(relation, key, records, include.order, include.filters())
        state = rt.LOADED if chosen else rt.FILTERED if relation.single else rt.EMPTY
        if include.count:
            return Loaded(state, [], count=len(chosen))
        cut = 0 < include.limit < len(chosen)
        return Loaded(state, chosen[:include.limit] if cut else chosen, cut=cut)

    def choose(self, relation, key, records, order, filters):
        """Those of a relation's records for which filters hold, in an order or the relation's own."""
        order = order or relation.declared_order()
        return self.select_where(relation.target, *self.named(relation.target, records), order, filters, self.first_link(relation, key, order))

    def load(self, include, relation, key):
        loaded = self.narrowed(include, relation, key) if include.asks() else Loaded(*self.related(relation, key))
        self.records += len(loaded.records)
        if self.records > self.MOST:
            raise TooLarge()
        return loaded

    def follow(self, record, include, way=()):
        """Loads a relation of a record, and what is below. `way`: join values on the way of a recursive one."""
        relation = record.model.effective()[include.relation.name]
        key = self.join_key(record, relation)
        loaded = record.loaded[relation.name] = self.load(include, relation, key)
        for child in loaded.records:
            child.showing(include.shown())
            for below in include.children:
                self.follow(child, below)
            if include.rounds is not None and len(way) + 1 < include.rounds:
                again = child.model.effective()[relation.name]
                if self.join_key(child, again) not in way + (key,):
                    self.follow(child, include, way + (key,))

    def with_tree(self, records, includes):
        for record in records:
            for include in includes:
                self.follow(record, include)
        return records

    # --- Queries ---

    def sort(self, records, order):
        """By terms that plain SQL does not have. They come in the order of the primary key."""
        for term, descending, first in reversed(order):
            def place(record, term=term, descending=descending, first=first):
                kind, raw = term.of(self, record) if not isinstance(term, Field) else (term.kind, record.raw[term])
                if raw is None:
                    return (0 if first != descending else 2), 0
                return 1, stored_place(kind, raw)
            records = sorted(records, key=place, reverse=descending)
        return records

    def scope(self, target):
        """The value that the relation joins on that a query is about; None when its owner does not exist."""
        return self.join_value(target.model, target.relation, target.key) if target.by == "owner_key" else target.key

    def query(self, target, order):
        """(state, records)."""
        if target.relation is None:
            records = self.select_where(target.model, [], [], order, target.filters())
            return (rt.LOADED if records else rt.EMPTY), records
        key = self.scope(target)
        state, records = (rt.EMPTY, []) if key is None else self.related(target.relation, key)
        if state != rt.LOADED:
            return state, []
        records = self.choose(target.relation, key, records, order, target.filters())
        return (rt.LOADED if records else rt.FILTERED if target.relation.single else rt.EMPTY), records
