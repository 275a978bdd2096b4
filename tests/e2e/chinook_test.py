"""The Chinook database through its introspected schema: every relation of every row is what plain SQL says.

The database is no part of this project: it lies in $RELATIONS_SHARED_DATA/chinook/chinook.sqlite, or in ../shared/data
beside the workspace. Without it nothing can be tested here: that is said, and in CI ($CI is set) it is a failure.
"""

import os
import sqlite3
import sys
import unittest

import relations_testing as rt
from comparing import Comparison

RELATIONS = {
    "Album": ["artist", "tracks"],
    "Artist": ["albums"],
    "Customer": ["support_rep", "invoices"],
    "Employee": ["reports_to_employee", "customers", "reports"],
    "Genre": ["tracks"],
    "Invoice": ["customer", "invoice_lines"],
    "InvoiceLine": ["invoice", "track"],
    "MediaType": ["tracks"],
    "Playlist": ["playlist_tracks", "tracks"],
    "PlaylistTrack": ["playlist", "track"],
    "Track": ["album", "genre", "media_type", "invoice_lines", "playlist_tracks", "playlists"],
}


def folder():
    workspace = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    return os.environ.get("RELATIONS_SHARED_DATA") or os.path.join(os.path.dirname(workspace), "shared", "data")


def find_database():
    path = os.path.join(folder(), "chinook", "chinook.sqlite")
    return path if os.path.exists(path) else None


class Chinook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.comparison = Comparison(cls("test_every_foreign_key_is_two_relations"), find_database(), "chinook.v1")

    @classmethod
    def tearDownClass(cls):
        cls.comparison.stop()

    def setUp(self):
        self.comparison.test = self

    def test_the_names_are_good(self):
        got = {m.name: [r.name for r in m.relations] for m in self.comparison.models.values()}
        self.assertEqual(got, {"chinook.v1." + model: names for model, names in RELATIONS.items()})

    def test_every_foreign_key_is_two_relations(self):
        keys = 0
        database = sqlite3.connect("file:%s?mode=ro" % find_database(), uri=True)
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            keys += len({row[0] for row in database.execute('PRAGMA foreign_key_list("%s")' % table)})
        database.close()
        self.assertGreater(keys, 0)
        plain = sum(not r.through for m in self.comparison.models.values() for r in m.relations)
        self.assertEqual(plain, 2 * keys)

    def test_the_join_table_is_many_to_many(self):
        tracks = next(r for r in self.comparison.models["chinook.v1.Playlist"].relations if r.name == "tracks")
        self.assertEqual((tracks.through, tracks.source, tracks.inverse_of), ("playlist_tracks", "track", "playlists"))

    def test_many_keys_by_reference(self):
        self.comparison.check_cold_and_warm(1000, "reference_keys")

    def test_many_keys_by_owner(self):
        self.comparison.check_cold_and_warm(1000, "owner_keys")

    def test_single_keys(self):
        self.comparison.check_cold_and_warm(1, "owner_keys")


if __name__ == "__main__":
    if find_database() is None:
        print("NOT TESTED: there is no chinook/chinook.sqlite in %s; set RELATIONS_SHARED_DATA" % folder())
        sys.exit(1 if os.environ.get("CI") else 0)
    rt.main()
