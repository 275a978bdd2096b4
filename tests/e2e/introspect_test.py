"""A database with odd names, keys and values through its introspected schema: everything is what plain SQL says."""

import os
import unittest

import relations_testing as rt
from comparing import Comparison

SQL = """
CREATE TABLE "tblPeople" ("PersonID" INTEGER PRIMARY KEY, "Full Name" TEXT NOT NULL, "größe" REAL, parent_id INT REFERENCES "tblPeople",
  mentor INT REFERENCES "tblPeople", born DATETIME, seen_ms TIMESTAMP, active BOOLEAN NOT NULL, photo BLOB, "2fa" INT, balance DECIMAL(10, 2));
INSERT INTO "tblPeople" VALUES
  (-9223372036854775808, 'least', 1.5, NULL, NULL, '0001-01-01', 1700000000123, 1, x'00ff', 0, 0.1),
  (0, '', -0.5, -9223372036854775808, 0, '9999-12-31 23:59:59.999999999', 0, 0, x'', NULL, 12345678.99),
  (9223372036854775807, 'größte 名前', NULL, 0, 99, '1969-12-31T23:59:59.5', NULL, 1, NULL, 9007199254740993, 1e21),
  (5, 'five', 1e300, 0, 0, '2024-02-29 12:00:00+02:00', -1, 0, NULL, 1, -7);

CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT);
INSERT INTO countries VALUES ('DE', 'Germany'), ('', 'nowhere'), ('a,b', NULL);

CREATE TABLE addresses (person INT NOT NULL REFERENCES "tblPeople", nr INT NOT NULL, country_code TEXT REFERENCES countries, street TEXT,
  PRIMARY KEY (nr, person)) WITHOUT ROWID;
INSERT INTO addresses VALUES (5, 1, 'DE', 'a'), (5, 2, '', 'b'), (0, 1, 'XX', NULL), (0, 2, NULL, 'c'), (7, 1, 'a,b', 'd');

CREATE TABLE letters (id INTEGER PRIMARY KEY, to_person INT, to_nr INT, from_person INT, from_nr INT,
  FOREIGN KEY (to_person, to_nr) REFERENCES addresses (person, nr), FOREIGN KEY (from_nr, from_person) REFERENCES addresses);
INSERT INTO letters VALUES (1, 5, 1, 0, 1), (2, 5, 1, NULL, 1), (3, 5, 9, 5, NULL), (4, 0, 2, 0, 2);

CREATE TABLE passports (id TEXT PRIMARY KEY, person_id INTEGER UNIQUE REFERENCES "tblPeople", number TEXT NOT NULL UNIQUE);
INSERT INTO passports VALUES ('x', 5, 'N1'), ('y', 0, 'N2'), ('z', NULL, 'N3');
CREATE TABLE visas (id INTEGER PRIMARY KEY, passport_number TEXT REFERENCES passports (number));
INSERT INTO visas VALUES (1, 'N1'), (2, 'N1'), (3, 'gone'), (4, NULL);

CREATE TABLE things (id UUID PRIMARY KEY, owner_id INT REFERENCES "tblPeople"(PersonID), mixed INTEGER, when_ DATETIME);
INSERT INTO things VALUES ('0AB3C4D5-0000-1111-2222-333344445555', 5, 'text', 'soon'), ('1ab3c4d5-0000-1111-2222-333344445555', 5, 'ten', '2020-01-01');
CREATE TABLE parts (id INTEGER PRIMARY KEY, thing_id UUID REFERENCES things);
INSERT INTO parts VALUES (1, '0ab3c4d5-0000-1111-2222-333344445555'), (2, '1ab3c4d5-0000-1111-2222-333344445555');

CREATE VIEW short_people AS SELECT "PersonID" AS id, substr("Full Name", 1, 2) AS name FROM "tblPeople" WHERE "größe" < 2;
CREATE TABLE clubs (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO clubs VALUES (1, 'chess'), (2, 'go'), (3, NULL);
CREATE TABLE members (person_id INT REFERENCES "tblPeople", club_id INT REFERENCES clubs);
INSERT INTO members VALUES (5, 1), (5, 2), (5, 1), (0, 1), (NULL, 2), (0, NULL), (77, 3);
CREATE TABLE log (line TEXT);
INSERT INTO log VALUES ('one'), ('one'), (NULL);
"""


class Odd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        database = os.path.join(rt.temp_dir(), "odd.db")
        rt.make_database(database, SQL)
        cls.comparison = Comparison(cls("test_single_keys"), database, "odd.v1", ("id", "thing_id"))

    @classmethod
    def tearDownClass(cls):
        cls.comparison.stop()

    def setUp(self):
        self.comparison.test = self

    def test_what_is_a_model(self):
        relations = {m.name.split(".")[-1]: [r.name for r in m.relations] for m in self.comparison.models.values()}
        self.assertEqual(relations, {
            "Address": ["person_record", "country", "to_letters", "from_letters"],
            "Club": ["members", "people"],
            "Country": ["addresses"],
            "Letter": ["to", "from"],
            "Part": ["thing"],
            "Log": [],
            "Member": ["person", "club"],
            "Passport": ["person", "visas"],
            "Person": ["parent", "mentor_person", "children", "mentor_people", "addresses", "passport", "things", "members", "clubs"],
            "ShortPerson": [],
            "Thing": ["owner", "parts"],
            "Visa": ["passport"],
        })

    def test_single_keys(self):
        self.comparison.check_cold_and_warm(1, "owner_keys")
        self.comparison.check_cold_and_warm(1, "reference_keys")

    def test_many_keys(self):
        self.comparison.check_cold_and_warm(1000, "owner_keys")
        self.comparison.check_cold_and_warm(1000, "reference_keys")


if __name__ == "__main__":
    rt.main()
