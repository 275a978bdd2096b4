"""A random schema: tables, models over them, inheritance, and relations of every kind."""

import copy

from filters import Maker
from kinds import ENUM, ENUM_PROTO, FITTING, KEYS, MOODS, PLAIN, TAGS, quoted
from methods import Method, in_quotes

BELONGS_TO, HAS_ONE, HAS_MANY = "belongs_to", "has_one", "has_many"


class Field:
    def __init__(self, name, column, number, kind, nullable):
        self.name, self.column, self.number, self.kind, self.nullable = name, column, number, kind, nullable

    def __repr__(self):
        return self.name

    def proto(self):
        options = []
        if self.column != self.name:
            options.append('name: "%s"' % self.column)
        if self.kind.option:
            options.append(self.kind.option)
        is_optional = self.nullable and "." not in self.kind.proto  # a message may be left out as it is
        return "  %s%s %s = %d%s;" % ("optional " if is_optional else "", self.kind.proto, self.name, self.number,
                                      " [(.relations.v1.column) = { %s }]" % " ".join(options) if options else "")


class Table:
    """`view`: the name of a view in front of it, which is what the models see."""

    def __init__(self, name, view):
        self.name, self.view = name, view
        self.fields, self.key, self.tag = [], [], None
        self.groups = []  # foreign keys in it
        self.polymorphic = []  # lists of groups that share their fields, and differ in their tags

    def add(self, name, column, kind, nullable):
        field = Field(name, column, len(self.fields) + 1, kind, nullable)
        self.fields.append(field)
        return field


class Group:
    """A foreign key: fields of a table, and what they refer to; with a type field, where that holds the tag."""

    def __init__(self, table, fields, to, references, type_field=None, tag=None):
        self.table, self.fields, self.to, self.references = table, fields, to, references
        self.type_field, self.tag = type_field, tag


class OfLink:
    """A term of an order: a field of the link that a relation leads through. A record is placed by the first of its links."""

    def __init__(self, relation, field):
        self.through, self.field = relation.through, field

    def __repr__(self):
        return "%s.%s" % (self.through, self.field)

    def of(self, oracle, record):
        return self.field.kind, record.link.raw[self.field]


class Model:
    def __init__(self, name, table, parent=None, value=None):
        self.name, self.table, self.parent, self.value = name, table, parent, value
        self.relations = []  # declared here
        self.methods = []
        self.children = []
        self.shown = []  # names of inherited relations that have a field here
        self.load_info = False
        self.counts = []  # names of relations whose counts have a field here
        if parent is not None:
            parent.children.append(self)

    def __repr__(self):
        return self.name

    @property
    def full(self):
        return "w.v1." + self.name

    @property
    def key(self):
        return self.table.key

    @property
    def fields(self):
        return self.table.fields

    def family(self):
        return [self] + [m for child in self.children for m in child.family()]

    def values(self):
        """The discriminator's values of its rows; None: every row is one of its."""
        return None if self.value is None else [m.value for m in self.family()]

    def effective(self):
        """Relations by name, inherited ones included."""
        found = self.parent.effective() if self.parent is not None else {}
        found.update({r.name: r for r in self.relations})
        return {name: r.seen_from(self) if r.through else r for name, r in found.items()}

    def effective_methods(self):
        """Query methods by name, inherited ones included."""
        found = self.parent.effective_methods() if self.parent is not None else {}
        return dict(found, **{m.name: m for m in self.methods})

    def nested(self):
        """Relations that have a field here, by name."""
        own = {r.name for r in self.relations if r.number is not None}
        return {n: r for n, r in self.effective().items() if n in own or n in self.shown}


class Relation:
    """`number` is its field's, or None. `overrides` is the inherited relation that it is an override of, `said` the aspects that
    are written then: the others are the same."""

    def __init__(self, name, kind, target, group, number, order=(), strict=False, where=None, limit=0, overrides=None, said=(),
                 oneof=None, through=None, source=None):
        self.name, self.kind, self.target, self.group, self.number = name, kind, target, group, number
        self.order, self.strict, self.where, self.limit = list(order), strict, where, limit
        self.overrides, self.said, self.oneof = overrides, said, oneof
        self.through, self.source, self.owner = through, source, None

    def seen_from(self, owner):
        """One that leads through others names them, and a child may have others of these names."""
        seen = copy.copy(self)
        seen.owner = owner
        return seen

    @property
    def first(self):
        return self.owner.effective()[self.through]

    @property
    def second(self):
        return self.first.target.effective()[self.source]

    def __repr__(self):
        return self.name

    @property
    def single(self):
        return self.kind != HAS_MANY

    @property
    def never_fails(self):
        """Whatever the data are: neither strict, nor a tag away from one that nobody knows."""
        return not self.strict and self.gate is None

    @property
    def gate(self):
        """The field of the owner whose tag decides whether it refers to anything."""
        return self.group.type_field if self.group is not None and self.kind == BELONGS_TO else None

    @property
    def mine(self):
        if self.through:
            return self.first.mine
        return self.group.fields if self.kind == BELONGS_TO else self.group.references

    @property
    def theirs(self):
        return self.group.references if self.kind == BELONGS_TO else self.group.fields

    def declared_order(self):
        """As a query's order: NULLs come last."""
        return [(f, descending, False) for f, descending in self.order]

    def filters(self):
        return [] if self.where is None else [self.where]

    def aspects(self):
        """What is written of each aspect; of an override, what takes the inherited one away as well."""
        order = ", ".join("%s%s" % (f, " desc" if d else "") for f, d in self.order)
        return {"order": 'order_by: "%s"' % order, "where": "where: %s" % in_quotes(self.where.text if self.where else ""),
                "limit": "limit: %d" % self.limit}

    def options(self):
        aspects = self.aspects()
        if self.overrides is not None:
            return " ".join(aspects[name] for name in self.said)
        if self.through:
            parts = ['through: "%s" source: "%s"' % (self.through, self.source)]
        else:
            parts = self.key_options()
        if self.strict:
            parts.append("strict: true")
        return " ".join(parts + [aspects[name] for name in aspects if getattr(self, name)])

    def key_options(self):
        parts = ['foreign_key: "%s"' % f for f in self.group.fields]
        if self.group.references != self.group.to.key:
            parts += ['references: "%s"' % f for f in self.group.references]
        if self.group.type_field is not None:
            parts.append('type_field: "%s" type_tag: "%s"' % (self.group.type_field, self.group.tag))
        return parts

    def proto(self):
        return "  %s%s %s = %d [(.relations.v1.%s) = { %s }];" % ("" if self.single else "repeated ", self.target, self.name,
                                                                  self.number, self.kind, self.options())

    def named(self):
        return '    relations: { name: "%s" model: "%s" %s { %s } }' % (self.name, self.target, self.kind, self.options())


class World:
    def __init__(self, pick):
        self.pick = pick
        self.tables, self.models, self.names = [], [], 0
        self.encoding = "UTF-16le" if pick.random() < 0.1 else "UTF-8"
        self.journal = "delete" if pick.random() < 0.2 else "wal"
        for _ in range(pick.randrange(2, 5)):
            self.add_table()
        for _ in range(pick.randrange(3, 7)):
            self.add_group()
        for _ in range(pick.choice([0, 0, 1, 2])):
            self.add_polymorphic()
        for table in self.tables:
            self.add_models(table)
        for table in self.tables:
            for group in table.groups:
                self.add_relations(group)
            for groups in table.polymorphic:
                self.add_polymorphic_relations(groups)
        for _ in range(pick.randrange(4)):
            self.add_through()
        self.override_some()
        self.add_methods()
        for model in self.models:
            model.counts = [name for name, r in model.nested().items() if not r.single and pick.random() < 0.3]

    def name(self, prefix):
        self.names += 1
        return "%s%d" % (prefix, self.names)

    # --- Tables ---

    def add_field(self, table, prefix, kind, nullable):
        name = self.name(prefix)
        column = self.pick.choice(["%s", "%s", "%s", "C %s", "%s select"]) % name
        return table.add(name, column, kind, nullable)

    def add_table(self):
        pick, number = self.pick, len(self.tables)
        table = Table(pick.choice(["t%d", "Table %d", "order%d"]) % number, "v%d" % number if pick.random() < 0.1 else None)
        if pick.random() < 0.25:
            table.key = [self.add_field(table, "k", pick.choice(KEYS), False) for _ in range(pick.randrange(2, 4))]
        elif pick.random() < 0.7:
            table.key = [table.add("id", "id", pick.choice(KEYS), False)]
        else:
            table.key = [self.add_field(table, "k", pick.choice(KEYS), False)]
        for _ in range(pick.randrange(1, 5)):
            self.add_field(table, "f", pick.choice(PLAIN), pick.random() < 0.5)
        self.tables.append(table)

    def references(self, table):
        """What a foreign key refers to: the primary key, or any other field that can be a key."""
        others = [f for f in table.fields if f not in table.key and f.kind in FITTING]
        return [self.pick.choice(others)] if others and self.pick.random() < 0.2 else table.key

    def add_group(self):
        pick = self.pick
        to = pick.choice(self.tables)
        table = to if pick.random() < 0.3 else pick.choice(self.tables)
        references = self.references(to)
        fields = [self.add_field(table, "r", pick.choice(FITTING[f.kind]), pick.random() < 0.7) for f in references]
        table.groups.append(Group(table, fields, to, references))

    def add_polymorphic(self):
        """A foreign key to one of several tables, whose keys are of one type."""
        pick = self.pick
        table, first = pick.choice(self.tables), pick.choice(self.tables)
        fitting = [t for t in self.tables if [f.kind for f in t.key] == [f.kind for f in first.key]]
        targets = pick.sample(fitting, pick.randrange(1, min(len(fitting), 3) + 1))
        fields = [self.add_field(table, "r", pick.choice(FITTING[f.kind]), pick.random() < 0.7) for f in first.key]
        type_field = self.add_field(table, "type", pick.choice(TAGS), pick.random() < 0.7)
        names = ["Post", "post", "a b", "x", "y"] if type_field.kind.texts else [0, 1, 2]
        tags = pick.sample(names, len(targets))
        groups = [Group(table, fields, to, to.key, type_field, tag) for to, tag in zip(targets, tags)]
        table.polymorphic.append(groups)

    # --- Models ---

    def add_models(self, table):
        pick = self.pick
        base = Model("M%d" % len(self.models), table)
        self.models.append(base)
        if pick.random() < 0.4:
            table.tag = self.add_field(table, "tag", pick.choice(TAGS), False)
            known = MOODS.values() if table.tag.kind == ENUM else table.tag.kind.pool
            values = pick.sample(sorted({v for v in known if not table.tag.kind.texts or v.isalnum() and v.lower() == v}), 3)
            for value in values[:pick.randrange(1, 4)]:
                parent = pick.choice(base.family())
                self.models.append(Model("M%d" % len(self.models), table, parent, value))
        for model in base.family():
            model.load_info = pick.random() < 0.7

    def family_of(self, table):
        return [m for m in self.models if m.table is table]

    def order(self, model):
        fields = self.pick.sample(model.fields, min(len(model.fields), self.pick.randrange(3)))
        return [(f, self.pick.random() < 0.5) for f in fields]

    def add_relations(self, group):
        pick = self.pick
        kinds = [BELONGS_TO, HAS_MANY] + [pick.choice([BELONGS_TO, HAS_ONE, HAS_MANY]) for _ in range(pick.randrange(2))]
        for kind in kinds:
            owner_table, target_table = (group.table, group.to) if kind == BELONGS_TO else (group.to, group.table)
            owner, target = pick.choice(self.family_of(owner_table)), pick.choice(self.family_of(target_table))
            if owner_table is target_table and pick.random() < 0.7:
                target = owner
            number = 100 + self.names if pick.random() < 0.85 else None
            owner.relations.append(Relation(self.name("rel"), kind, target, group, number, strict=pick.random() < 0.08,
                                            **self.random_aspects(kind, target)))

    def add_polymorphic_relations(self, groups):
        """Each of the tables has its tag's relation in the model of all rows, maybe in a oneof, and others that lead back."""
        pick, holder = self.pick, self.family_of(groups[0].table)[0]
        oneof = self.name("one") if pick.random() < 0.5 else None
        for group in groups:
            target = self.family_of(group.to)[0]
            number = 100 + self.names if oneof or pick.random() < 0.85 else None
            holder.relations.append(Relation(self.name("rel"), BELONGS_TO, target, group, number, strict=pick.random() < 0.08, oneof=oneof))
            for kind in pick.sample([HAS_ONE, HAS_MANY], pick.randrange(3)):
                number = 100 + self.names if pick.random() < 0.85 else None
                pick.choice(self.family_of(group.to)).relations.append(Relation(
                    self.name("rel"), kind, pick.choice(self.family_of(group.table)), group, number,
                    **self.random_aspects(kind, holder)))

    def leading_on(self, model):
        """Relations of a model that others may lead through."""
        return [r for r in model.effective().values() if r.never_fails and not (r.through and (r.single or r.limit))]

    def add_through(self):
        pick, model = self.pick, self.pick.choice(self.models)
        ways = [(first, second) for first in self.leading_on(model) for second in self.leading_on(first.target)]
        if not ways:
            return
        (first, second), kind = pick.choice(ways), pick.choice([HAS_MANY, HAS_MANY, HAS_ONE])
        number = 100 + self.names if pick.random() < 0.85 else None
        relation = Relation(self.name("rel"), kind, second.target, None, number, strict=kind == HAS_ONE and pick.random() < 0.1,
                            through=first.name, source=second.name, **self.random_aspects(kind, second.target)).seen_from(model)
        relation.order = self.with_links(relation, relation.order)
        model.relations.append(relation)

    def with_links(self, relation, order):
        """An order with fields of the link in it, here and there."""
        pick = self.pick
        if relation is None or not relation.through or self.encoding != "UTF-8" or pick.random() < 0.5:
            return order
        fields = relation.first.target.fields
        for field in pick.sample(fields, min(len(fields), pick.randrange(1, 3))):
            term = (OfLink(relation, field), pick.random() < 0.5)
            order = order[:]
            order.insert(pick.randrange(len(order) + 1), term)
        return order

    def random_aspects(self, kind, target, name=None):
        pick = self.pick
        return {"order": self.order(target), "where": self.where(target, name) if pick.random() < 0.25 else None,
                "limit": pick.choice([1, 2, 3]) if kind == HAS_MANY and pick.random() < 0.2 else 0}

    def where(self, target, name):
        """What follows relations leads along none that do so themselves, nor along the one of that name, so it comes to an end."""
        maker = Maker(self.pick, follows=lambda r: r.name != name and r.never_fails and not r.through and (
            r.where is None or r.where.sql is not None))
        return maker.filter(target, 1, self.pick.randrange(2))

    def override(self, inherited):
        """The relation of a child that says some aspects anew."""
        pick = self.pick
        aspects = self.random_aspects(inherited.kind, inherited.target, inherited.name)
        has_limit = (aspects["limit"] or inherited.limit) and not inherited.through  # others may lead through it
        said = [a for a in aspects if pick.random() < 0.5 and (a != "limit" or has_limit)] or ["order"]
        kept = {a: getattr(inherited, a) for a in aspects if a not in said}
        number = 100 + self.names if pick.random() < 0.8 else None
        self.name("override")
        return Relation(inherited.name, inherited.kind, inherited.target, inherited.group, number, strict=inherited.strict,
                        overrides=inherited, said=said, through=inherited.through, source=inherited.source, **dict(aspects, **kept))

    def override_some(self):
        """A child has what its parent has, with or without a field for it, or with other aspects."""
        pick = self.pick
        for model in self.models:
            if model.parent is None:
                continue
            for name, inherited in model.parent.effective().items():
                if pick.random() < 0.3:
                    model.relations.append(self.override(inherited))
                elif pick.random() < 0.7:
                    model.shown.append(name)

    def add_methods(self):
        for model in self.models:
            inherited = list(model.effective_methods())
            for _ in range(self.pick.choice([0, 0, 1, 2])):
                again = [name for name in inherited if name not in [m.name for m in model.methods]]
                name = self.pick.choice(again) if again and self.pick.random() < 0.5 else self.name("method")
                model.methods.append(Method(name, model, self.pick.random()))

    # --- As text ---

    def model_proto(self, model):
        table = model.table
        lines = ["message %s {" % model, "  option (.relations.v1.model) = {"]
        if model.parent is not None:
            lines.append('    extends: "%s" discriminator: { value: "%s" }' % (model.parent, model.value))
        else:
            lines.append('    table: "%s"' % (table.view or table.name))
            if table.tag is not None:
                lines.append('    discriminator: { field: "%s" }' % table.tag)
        if [f.name for f in table.key] != ["id"]:
            lines += ['    primary_key: "%s"' % f for f in table.key]
        lines += [r.named() for r in model.relations if r.number is None] + [m.proto() for m in model.methods]
        lines.append("  };")
        lines += [f.proto() for f in table.fields]
        lines += [r.proto() for r in model.relations if r.number is not None and not r.oneof]
        for oneof in sorted({r.oneof for r in model.relations if r.oneof}):
            lines += ["  oneof %s {" % oneof] + ["  " + r.proto() for r in model.relations if r.oneof == oneof] + ["  }"]
        for name in model.shown:
            relation = model.effective()[name]
            lines.append("  %s%s %s = %d;" % ("" if relation.single else "repeated ", relation.target, name, 1000 + len(lines)))
        if model.load_info:
            lines.append("  relations.v1.LoadInfo info = 99;")
        lines += ['  optional int64 %s_count = %d [(.relations.v1.column) = { count_of: "%s" }];' % (name, 2000 + i, name)
                  for i, name in enumerate(model.counts)]
        return "\n".join(lines + ["}"])

    def proto(self):
        head = ('syntax = "proto3";\npackage w.v1;\nimport "relations/v1/options.proto";\n'
                'import "relations/v1/types.proto";\nimport "google/protobuf/timestamp.proto";\n' + ENUM_PROTO + "\n")
        return head + "\n".join(self.model_proto(m) for m in self.models) + "\n"

    def sql(self):
        """Tables, views and indexes; the data come later."""
        pick, script = self.pick, []
        for table in self.tables:
            columns = ["%s %s%s" % (quoted(f.column), f.kind.sql, "" if f.nullable else " NOT NULL") for f in table.fields]
            key = ", ".join(quoted(f.column) for f in table.key)
            rowid = " WITHOUT ROWID" if pick.random() < 0.15 else ""
            script.append("CREATE TABLE %s (%s, PRIMARY KEY (%s))%s" % (quoted(table.name), ", ".join(columns), key, rowid))
            for group in table.groups + [groups[0] for groups in table.polymorphic]:
                if pick.random() < 0.7:
                    direction = pick.choice(["", "", " DESC"])
                    script.append("CREATE INDEX %s ON %s (%s)" % (self.name("i"), quoted(table.name), ", ".join(
                        quoted(f.column) + direction for f in group.fields)))
            if table.view is not None:
                script.append("CREATE VIEW %s AS SELECT * FROM %s" % (quoted(table.view), quoted(table.name)))
        return script
