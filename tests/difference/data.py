"""Random rows: keys that refer to something, to nothing and to NULL, the same value in several forms, and changes of them."""

from kinds import BLOB, quoted


class Data:
    """Writes into the database of a world, as another program would."""

    def __init__(self, pick, world, connection):
        self.pick, self.world, self.connection = pick, world, connection
        self.keys = {table: {} for table in world.tables}  # primary keys as they compare: as they are stored

    def fill(self):
        for script in self.world.sql():
            self.connection.execute(script)
        for table in self.world.tables:
            for _ in range(self.pick.choice([0, 3, 8, 15, 25])):
                self.insert(table)
        self.connection.commit()

    # --- Values ---

    def store(self, kind, value):
        if value is None:
            return None
        forms = kind.forms(value)
        if kind == BLOB and self.world.encoding != "UTF-8":
            return forms[0]  # text there has other bytes
        return self.pick.choice(forms) if self.pick.random() < 0.5 else forms[0]

    def rows_of(self, table, fields):
        columns = ", ".join(quoted(f.column) for f in fields)
        key = ", ".join(quoted(f.column) for f in table.key)
        rows = self.connection.execute("SELECT %s FROM %s ORDER BY %s" % (columns, quoted(table.name), key)).fetchall()
        return [tuple(None if raw is None else f.kind.read(raw) for f, raw in zip(fields, row)) for row in rows]

    def reference(self, group):
        """Values of the fields of a foreign key."""
        pick = self.pick
        rows = [r for r in self.rows_of(group.to, group.references) if None not in r]
        if rows and pick.random() < 0.7:
            values = list(pick.choice(rows))
            if pick.random() < 0.1:
                values = [v.swapcase() if isinstance(v, str) else v for v in values]
        else:
            values = [pick.choice(f.kind.pool) for f in group.fields]
        for i, field in enumerate(group.fields):
            if field.nullable and pick.random() < 0.15:
                values[i] = None
        return values

    def row(self, table):
        pick = self.pick
        values = {f: None if f.nullable and pick.random() < 0.25 else pick.choice(f.kind.pool) for f in table.fields}
        for group in table.groups:
            values.update(zip(group.fields, self.reference(group)))
        for groups in table.polymorphic:
            group = pick.choice(groups)
            values.update(zip(group.fields, self.reference(group)))
            if values[group.type_field] is not None and pick.random() < 0.97:  # else something that nobody knows
                values[group.type_field] = group.tag
        models = self.world.family_of(table)
        tags = [m.value for m in models if m.value is not None]
        if tags and pick.random() < 0.8:
            values[table.tag] = pick.choice(tags)
        return values

    # --- Rows ---

    def insert(self, table):
        for _ in range(5):
            values = self.row(table)
            key = tuple(f.kind.key(values[f]) for f in table.key)
            if key in self.keys[table]:
                continue
            stored = [self.store(f.kind, values[f]) for f in table.fields]
            self.connection.execute("INSERT INTO %s VALUES (%s)" % (quoted(table.name), ", ".join("?" * len(stored))), stored)
            self.keys[table][key] = [stored[table.fields.index(f)] for f in table.key]
            return

    def where(self, table):
        return " AND ".join("%s IS ?" % quoted(f.column) for f in table.key)

    def delete(self, table):
        key = self.pick.choice(list(self.keys[table]))
        self.connection.execute("DELETE FROM %s WHERE %s" % (quoted(table.name), self.where(table)), self.keys[table].pop(key))

    def update(self, table):
        key = self.keys[table][self.pick.choice(list(self.keys[table]))]
        row = {f: v for f, v in self.row(table).items() if f not in table.key}  # never empty: tables have other fields
        fields = self.pick.sample(list(row), self.pick.randrange(1, len(row) + 1))
        assignments = ", ".join("%s = ?" % quoted(f.column) for f in fields)
        self.connection.execute("UPDATE %s SET %s WHERE %s" % (quoted(table.name), assignments, self.where(table)),
                                [self.store(f.kind, row[f]) for f in fields] + key)

    def change(self):
        """A few changes in one transaction."""
        for _ in range(self.pick.randrange(1, 4)):
            table = self.pick.choice(self.world.tables)
            kind = self.pick.choice([self.insert, self.update, self.update, self.delete])
            if kind == self.insert or self.keys[table]:
                kind(table)
        self.connection.commit()
