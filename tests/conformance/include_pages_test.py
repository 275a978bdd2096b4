"""Page tokens of includes; that pages are the whole, for relations of every kind, is said by include_arguments_test."""

import sqlite3

import grpc

import arguments_world as world
import relations_testing as rt
from arguments_world import ARTIST, KEYS, Case
from relations_testing import EMPTY


def setUpModule():
    global args, database, server
    world.set_up()
    args, database, server = world.args, world.database, world.server


def tearDownModule():
    world.tear_down()


class Pages(Case):
    def cut(self, keys, **more):
        include = dict({"path": "songs", "limit": 1}, **more)
        return include, {r.id: self.info(r, "songs").next_page_token for r in self.get(keys, include)}

    def ids(self, keys, include):
        return [self.related(r, "songs") for r in self.get(keys, include)]

    def test_43_a_token_is_of_its_relation_its_arguments_and_its_server(self):
        include, tokens = self.cut(KEYS, filter_text="rank >= 1", order="year desc")
        token = next(t for t in tokens.values() if t)
        other = {"path": "newest", "limit": 1, "filter_text": "rank >= 1", "order": "year desc"}
        for changed in (dict(include, filter_text="rank >= 2"), dict(include, order="year"), dict(include, methods=[
                rt.query_pb.MethodCall(name="ranked", arguments=[rt.make_value(5)])]), other,
                        dict(include, page_tokens=[token[:-1]]), dict(include, page_tokens=["no token"]), dict(include, page_tokens=[""]),
                        dict(include, page_tokens=[("B" if token[0] == "A" else "A") + token[1:]])):
            asked = dict({"page_tokens": [token]}, **changed)
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.get(ARTIST, KEYS, includes=[asked]))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], ["includes[0].page_tokens[0]"], changed)
            self.assertIn("with this filter and order", error.details())

    def test_a_token_whose_owner_is_not_there_says_nothing(self):
        include, tokens = self.cut(KEYS)
        one, other = [key for key in KEYS if tokens[key]][:2]
        self.assertEqual(self.ids([one], dict(include, page_tokens=[tokens[other]])), self.ids([one], include))
        self.assertEqual(server.get(ARTIST, [999], includes=[dict(include, page_tokens=[tokens[one]])]).results[0].state, EMPTY)

    def test_a_token_of_a_query_and_one_of_an_include_lead_to_the_same(self):
        key = next(key for key in KEYS if len(self.queried(key, "songs")[0]) > 2)
        ids, _, _ = self.queried(key, "songs", order="rank desc")
        _, token, _ = server.query(ARTIST, relation="songs", owner_key=[key], order="rank desc", page_size=2)
        self.assertEqual(self.ids([key], {"path": "songs", "order": "rank desc", "page_tokens": [token]}), [ids[2:]])

    def test_within_a_tree_below_many_owners(self):
        """The token is of one label's artists, wherever that label stands in the tree."""
        include = {"path": "rivals.followers", "limit": 1}
        records = self.get(KEYS, include)
        rival = next(r for a in records for r in a.rivals if self.info(r, "followers").next_page_token)
        token, seen = self.info(rival, "followers").next_page_token, 0
        for before, after in zip(records, self.get(KEYS, dict(include, page_tokens=[token]))):
            for a, b in zip(before.rivals, after.rivals):
                ids = self.queried(a.id, "followers")[0]
                self.assertEqual(self.related(b, "followers"), ids[1:2] if a.id == rival.id else ids[:1])
                seen += a.id == rival.id
        self.assertGreater(seen, 0)

    def test_in_every_message_of_a_query(self):
        """A stream puts trees together message by message; a token is good in whichever its owner comes."""
        include, tokens = self.cut(KEYS)
        cut = [key for key in KEYS if tokens[key]]
        asked = dict(include, page_tokens=[tokens[cut[-1]], tokens[cut[0]]])
        for record in server.query(ARTIST, includes=[asked])[0]:
            record = args.Artist.FromString(record)
            ids = self.queried(record.id, "songs")[0]
            self.assertEqual(self.related(record, "songs"), ids[1:2] if record.id in (cut[-1], cut[0]) else ids[:1])

    def test_one_statement_however_many_tokens(self):
        include, tokens = self.cut(KEYS)
        given = [t for t in tokens.values() if t]
        request = rt.relation_pb.GetRequest(model=ARTIST, keys=rt.make_keys(KEYS), includes=rt.includes_of([dict(include, page_tokens=given)]))
        steps, _ = server.explain(get=request)
        self.assertEqual(steps["songs"].statements, 1)
        self.assertIn("behind page tokens of %d owners" % len(given), steps["songs"].shape)

    def test_a_row_under_the_cursor_may_go(self):
        connection = sqlite3.connect(database)
        connection.executemany("INSERT INTO songs VALUES (?, 30, NULL, 3)", [(2000,), (2001,), (2002,)])
        connection.commit()
        self.addCleanup(connection.close)
        self.addCleanup(connection.commit)
        self.addCleanup(connection.execute, "DELETE FROM songs WHERE id >= 2000")
        include = {"path": "songs", "filter_text": "id >= 2000", "limit": 2}
        record = self.get([30], include)[0]
        self.assertEqual(self.related(record, "songs"), [2000, 2001])
        connection.execute("DELETE FROM songs WHERE id = 2001")
        connection.commit()
        page = dict(include, page_tokens=[self.info(record, "songs").next_page_token])
        self.assertEqual(self.ids([30], page), [[2002]])

    def test_a_value_too_large_for_a_token_is_refused_and_no_token_is_given(self):
        connection = sqlite3.connect(database)
        connection.executemany("INSERT INTO styles VALUES (?, 30, ?)", [(3000, "x" * 20000), (3001, "y" * 20000)])
        connection.commit()
        self.addCleanup(connection.close)
        self.addCleanup(connection.commit)
        self.addCleanup(connection.execute, "DELETE FROM styles WHERE id >= 3000")
        include = {"path": "styles", "filter_text": "id >= 3000", "order": "genre_code"}
        error = self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: server.get(ARTIST, [30], includes=[dict(include, limit=1)]))
        self.assertIn('"styles" was cut off', error.details())
        self.assertEqual([s.id for s in self.get([30], include)[0].styles], [3000, 3001])

    def test_orders_as_text(self):
        for relation, order in (("songs", "rank desc nulls first, year"), ("followers", "count(songs) desc, label.rank")):
            tree, text = {"path": relation, "limit": 1, "order": order}, {"path": relation, "limit": 1, "order_by_text": order}
            self.assertEqual([r.SerializeToString() for r in self.get(KEYS, tree)], [r.SerializeToString() for r in self.get(KEYS, text)])
        for include, field in (({"order_by_text": "rang"}, "includes[0].order_by[0].field"), ({"order_by_text": "rank dsc"}, "includes[0].order_by_text"),
                               ({"order_by_text": "rank", "order": "rank"}, "includes[0].order_by_text")):
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.get(ARTIST, [1], includes=[dict(include, path="songs")]))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], [field])

    def test_what_has_no_pages(self):
        _, tokens = self.cut(KEYS)
        token = next(t for t in tokens.values() if t)
        for include, field, fragment in [
                ({"path": "label"}, "includes[0].page_tokens", "no pages"), ({"path": "note"}, "includes[0].page_tokens", "no pages"),
                ({"path": "few_followers*"}, "includes[0].page_tokens", "is repeated"), ({"path": "songs", "count_only": True}, "includes[0].count_only", "no pages")]:
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT,
                                 lambda: server.get(ARTIST, [1], includes=[dict(include, page_tokens=[token])]))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], [field])
            self.assertIn(fragment, error.details())
        error = self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED,
                             lambda: server.get(ARTIST, [1], includes=[{"path": "songs", "page_tokens": [token] * 101}]))
        self.assertIn("may have 100", error.details())


if __name__ == "__main__":
    rt.main()
