"""Random databases through their introspected schemas: every schema is without errors, and everything is what SQL says.

Usage: introspect_random_test.py [SEED]. Prints its seed, and the SQL of the database that failed.
"""

import os
import random
import sqlite3
import subprocess
import sys
import unittest

import relations_testing as rt
from comparing import RELATIONS, Comparison, quote

DATABASES = 15
SEED = int(os.environ.get("SEED", "1"))  # the same every time, unless another one is asked for

WORDS = ["user", "users", "order", "Order", "people", "Person", "status", "data", "address", "child", "id", "ID", "key", "list",
         "result", "model", "name", "größe", "名前", "2nd", "parent", "message", "string", "base", "tbl", "get", "n", "to", "of"]
TYPES = ["INTEGER", "INT", "BIGINT", "TEXT", "VARCHAR(20)", "REAL", "DOUBLE", "NUMERIC", "DECIMAL(10,2)", "NUMBER(8)", "BOOLEAN",
         "DATETIME", "DATE", "TIMESTAMP", "BLOB", "JSON", "", "POINT", "MONEY", "CLOB", "TINYINT(1)"]


class Maker:
    """A random database, as SQL and as a file."""

    def __init__(self, pick, path):
        self.pick = pick
        self.path = path
        self.tables = []  # (name, [(column, declared)], key columns, unique columns)
        self.script = []

    def name(self, taken):
        while True:
            words = [self.pick.choice(WORDS) for _ in range(self.pick.randrange(1, 4))]
            style = self.pick.randrange(5)
            name = {0: "_".join(words), 1: "".join(w.title() for w in words), 2: " ".join(words), 3: "_".join(words).upper(),
                    4: "tbl" + "".join(w.title() for w in words)}[style]
            if name.lower() not in taken and not name.lower().startswith("sqlite"):
                taken.add(name.lower())
                return name

    def fitting(self, declared):
        pick = self.pick
        if declared == "BOOLEAN":
            return pick.randrange(2)
        if any(t in declared for t in ("INT", "NUMBER", "POINT")):
            return pick.choice([0, 1, -1, 2**31, 2**53 + 1, -2**63, 2**63 - 1, pick.randrange(100)])
        if declared in ("REAL", "DOUBLE", "NUMERIC", "DECIMAL(10,2)", "MONEY"):
            return pick.choice([0, 0.5, -1.25, 1e20, 3, 1e-9])
        if "DATE" in declared or declared == "TIMESTAMP":
            return pick.choice(["2020-01-02", "1969-12-31 23:59:59.25", "9999-12-31T23:59:59", "0001-01-01 00:00:00"])
        if declared == "BLOB":
            return pick.choice([b"", b"\0\xff", b"abc"])
        return pick.choice(["", "a", "größe", "12", "1.50", "x" * 300, "2020-01-02", "line\nbreak"])

    def value(self, declared, odd):
        if odd and self.pick.random() < 0.2:
            return self.fitting(self.pick.choice(TYPES))
        return None if self.pick.random() < 0.15 else self.fitting(declared)

    def make_table(self, taken):
        pick = self.pick
        name, columns_taken = self.name(taken), set()
        columns = [[self.name(columns_taken), pick.choice(TYPES)] for _ in range(pick.randrange(1, 8))]
        key_type = pick.choice(["INTEGER", "INTEGER", "INT", "TEXT", "composite", "none"])
        key = []
        if key_type == "composite":
            key = [[self.name(columns_taken), pick.choice(["INT", "TEXT"])] for _ in range(pick.randrange(2, 4))]
        elif key_type != "none":
            key = [[self.name(columns_taken), key_type]]
        unique = [[self.name(columns_taken), pick.choice(["INT", "TEXT"])]] if pick.random() < 0.4 else []
        columns = key + unique + columns
        pick.shuffle(columns)
        foreign, clauses = [], []
        for _ in range(pick.randrange(0, 4)):
            parent = pick.choice(self.tables + [(name, columns, key, unique)])
            target = parent[3] if parent[3] and pick.random() < 0.3 else parent[2]
            if not target:
                continue
            # Mostly of the parent's type.
            mine = [[self.name(columns_taken), t if pick.random() < 0.9 else pick.choice(TYPES)] for _, t in target]
            foreign.append((mine, parent[0], target))
            columns = columns + mine
            named = "(%s)" % ", ".join(quote(c) for c, _ in target) if target is not parent[2] or pick.random() < 0.7 else ""
            clauses.append("FOREIGN KEY (%s) REFERENCES %s %s" % (", ".join(quote(c) for c, _ in mine), quote(parent[0]), named))
        lines = ["%s %s" % (quote(c), t) for c, t in columns]
        if key:
            order = key[:]
            pick.shuffle(order)
            lines.append("PRIMARY KEY (%s)" % ", ".join(quote(c) for c, _ in order))
        lines += ["UNIQUE (%s)" % quote(c) for c, _ in unique] + clauses
        self.run("CREATE TABLE %s (%s)" % (quote(name), ", ".join(lines)))
        self.tables.append((name, columns, key, unique))
        return name, columns, key, unique, foreign

    def fill(self, name, columns, key, unique, foreign):
        odd = self.pick.random() < 0.5
        odd_columns = {c for c, _ in columns if odd and self.pick.random() < 0.3}
        keys = {c for c, _ in key + unique}
        parents = {}
        for mine, parent, target in foreign:
            query = "SELECT %s FROM %s" % (", ".join(quote(c) for c, _ in target), quote(parent))
            rows = self.database.execute(query).fetchall()
            for row in range(len(mine)):
                parents[mine[row][0]] = [r[row] for r in rows]
        for _ in range(self.pick.randrange(0, 40)):
            values = []
            for column, declared in columns:
                if column in keys:
                    values.append(self.pick.choice([self.pick.randrange(-5, 50), 2**63 - 1] if "INT" in declared else
                                                   ["", "a", "b", "a,b", "名", "k%d" % self.pick.randrange(40)]))
                elif parents.get(column) and self.pick.random() < 0.8:
                    values.append(self.pick.choice(parents[column]))
                else:
                    values.append(self.value(declared, column in odd_columns))
            self.run("INSERT OR IGNORE INTO %s VALUES (%s)" % (quote(name), ", ".join("?" * len(values))), values)

    def run(self, sql, values=()):
        self.script.append((sql, values) if values else sql)
        self.database.execute(sql, values)

    def make(self):
        self.database = sqlite3.connect(self.path)
        taken = set()
        tables = [self.make_table(taken) for _ in range(self.pick.randrange(2, 8))]
        for table in tables:
            self.fill(*table)
        self.database.commit()
        self.database.close()


class Random(unittest.TestCase):
    def check(self, number):
        maker = Maker(random.Random(SEED + number), os.path.join(rt.temp_dir(), "random.db"))
        maker.make()
        try:
            self.compare(maker.path, "random%d.v1" % number)
        except BaseException:
            print("\n".join(str(line) for line in maker.script))
            raise

    def compare(self, path, package):
        schema = os.path.join(rt.temp_dir(), "random.proto")
        done = subprocess.run([RELATIONS, "introspect", "sqlite:" + path, "-p", package, "-o", schema],
                              stderr=subprocess.PIPE, text=True)
        if "can be a model" in done.stderr or "has no tables" in done.stderr:
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([RELATIONS, "check", schema, "--database", "sqlite:" + path], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        comparison = Comparison(self, path, package)
        try:
            self.asked += comparison.check_everything(1000, "owner_keys")
            self.asked += comparison.check_everything(7, "reference_keys")
        finally:
            comparison.stop()

    def test_databases(self):
        print("seed %d" % SEED)
        self.asked = 0
        for number in range(DATABASES):
            with self.subTest(seed=SEED + number):
                self.check(number)
        print("%d relations of rows compared" % self.asked)
        self.assertGreater(self.asked, 100)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SEED = int(sys.argv.pop())
    rt.main()
