"""Arguments of includes, for relations of every kind: an include has for each owner what a Query of the relation has
with the same arguments, and says in LoadInfo what Query says, however many owners are asked for at once.
"""

import sqlite3

import grpc

import arguments_world as world
import relations_testing as rt
from arguments_world import ARTIST, FILTERS, KEYS, MANY, NOTE, ONE, ORDERS, RELATED_ORDERS, Case
from relations_testing import DANGLING, EMPTY, FILTERED, LOADED, NULL


def setUpModule():
    global args, database, server
    world.set_up()
    args, database, server = world.args, world.database, world.server


def tearDownModule():
    world.tear_down()


class EveryKind(Case):
    def test_filters_of_relations_to_many(self):
        for relation in MANY:
            for text in FILTERS:
                self.compare({"path": relation, "filter_text": text})

    def test_filters_of_relations_to_one(self):
        for relation in ONE:
            for text in FILTERS:
                self.compare({"path": relation, "filter_text": text})

    def test_orders_and_limits(self):
        for relation in MANY:
            for order in ORDERS:
                for limit in (1, 2, 5):
                    self.compare({"path": relation, "limit": limit}, order)
                self.compare({"path": relation, "limit": 1, "filter_text": "rank > 2"}, order)
                self.compare({"path": relation}, order)

    def test_orders_by_related_fields_and_counts(self):
        for relation, orders in RELATED_ORDERS.items():
            for order in orders:
                self.compare({"path": relation}, order)
                self.compare({"path": relation, "limit": 2, "filter_text": "NOT rank = 3"}, order)
                self.compare({"path": relation, "limit": 1}, order)

    def test_43_a_token_of_a_relation_that_joins_on_another_value_than_the_primary_key(self):
        """Whoever has the join value may go on, and the owner's primary key leads there; nobody else's does."""
        artists = self.get(KEYS, {"path": "rivals", "limit": 1})
        one = next(a for a in artists if self.info(a, "rivals").next_page_token)
        other = next(a for a in artists if a.rivals and a.label_id != one.label_id)
        token = self.info(one, "rivals").next_page_token
        rest = self.queried(one.id, "rivals", page_token=token)[0]
        records, _, _ = server.query(ARTIST, relation="rivals", reference_key=[one.label_id], page_token=token)
        self.assertEqual([args.Artist.FromString(r).id for r in records], rest)
        self.assertEqual(self.related(one, "rivals") + rest, self.queried(one.id, "rivals")[0])
        nobody, unlabelled = 999, next(a.id for a in artists if not a.HasField("label_id"))
        for key, altered in [(other.id, token), (nobody, token), (unlabelled, token), (one.id, token[:-1]),
                             (one.id, ("B" if token[0] == "A" else "A") + token[1:])]:
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.queried(key, "rivals", page_token=altered))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], ["page_token"])

    def test_an_order_by_a_related_field_by_plain_sql(self):
        connection = sqlite3.connect(database)
        for key, record in zip(KEYS, self.get(KEYS, {"path": "followers", "limit": 3, "order": "label.rank desc, count(songs)"})):
            rows = connection.execute("""
                SELECT a.id FROM artists a LEFT JOIN labels l ON l.id = a.label_id WHERE a.leader_id = ?
                ORDER BY l.rank DESC NULLS LAST, (SELECT count(*) FROM songs s WHERE s.artist_id = a.id), a.id LIMIT 3""", (key,))
            self.assertEqual(self.related(record, "followers"), [row[0] for row in rows], key)
        connection.close()

    def test_counts(self):
        for relation in MANY + ONE:
            for text in [""] + FILTERS:
                include = {"path": relation, "count_only": True, "filter_text": text}
                states = {}
                for key, record in zip(KEYS, self.get(KEYS, include)):
                    info = self.info(record, relation)
                    states[key] = info.state
                    self.assertEqual(info.count, server.count(ARTIST, relation=relation, owner_key=[key], where=text), (include, key))
                    self.assertEqual(self.related(record, relation), [])
                    self.assertEqual(info.state, self.queried(key, relation, where=text)[2], (include, key))
                self.assertEqual(self.info(self.get([7], include)[0], relation).state, states[7])

    def test_query_methods(self):
        call = [rt.query_pb.MethodCall(name="ranked", arguments=[rt.make_value(5)])]
        for relation in ("songs", "newest", "latest"):
            for key, record in zip(KEYS, self.get(KEYS, {"path": relation, "methods": call})):
                expected = self.queried(key, relation, methods=[("ranked", 5)])
                self.assertEqual((self.related(record, relation), self.info(record, relation).state), (expected[0], expected[2]))

    def test_data_that_others_write_is_seen(self):
        include = {"path": "label", "filter_text": "rank = 77"}
        key = next(k for k, a in zip(KEYS, self.get(KEYS, "label")) if a.HasField("label"))
        label = self.get([key], "label")[0].label
        self.assertEqual(self.info(self.get([key], include)[0], "label").state, FILTERED)
        connection = sqlite3.connect(database)
        connection.execute("UPDATE labels SET rank = 77 WHERE id = ?", (label.id,))
        connection.commit()
        self.assertEqual(self.get([key], include)[0].label.rank, 77)
        connection.execute("UPDATE labels SET rank = ? WHERE id = ?", (label.rank if label.HasField("rank") else None, label.id))
        connection.commit()
        connection.close()


class States(Case):
    def test_32_what_a_filter_leaves_out_is_told_apart(self):
        """By plain SQL: NULL, DANGLING, EMPTY and FILTERED of each owner."""
        connection = sqlite3.connect(database)
        ranks = dict(connection.execute("SELECT id, rank FROM labels"))
        labels = dict(connection.execute("SELECT id, label_id FROM artists"))
        last = dict(connection.execute("SELECT artist_id, id FROM songs ORDER BY year, id DESC"))
        songs = dict(connection.execute("SELECT id, rank FROM songs"))
        connection.close()

        def of_label(key):
            if labels[key] is None:
                return NULL
            if labels[key] not in ranks:
                return DANGLING
            return LOADED if (ranks[labels[key]] or 0) >= 5 else FILTERED

        def of_song(key):
            if key not in last:
                return EMPTY
            return LOADED if (songs[last[key]] or 0) >= 5 else FILTERED

        includes = [{"path": path, "filter_text": "rank >= 5"} for path in ("label", "latest")]
        seen = set()
        for key, record in zip(KEYS, self.get(KEYS, *includes)):
            states = self.info(record, "label").state, self.info(record, "latest").state
            self.assertEqual(states, (of_label(key), of_song(key)), key)
            seen.update(states)
        self.assertEqual(seen, {LOADED, EMPTY, NULL, DANGLING, FILTERED})

    def test_polymorphic_relations_to_one(self):
        """Each note has the member of its oneof that passes; the filter holds for fields that all of them have."""
        notes = [args.Note.FromString(r) for r in server.query(NOTE)[0]]
        found = self.get([n.id for n in notes], {"path": "subject", "filter_text": "rank >= 5"}, model=NOTE, message=args.Note)
        seen = set()
        for note, record in zip(notes, found):
            for member in ("artist", "label"):
                ids, _, state = server.query(NOTE, relation=member, owner_key=[note.id], where="rank >= 5")
                self.assertEqual((record.HasField(member), self.info(record, member).state), (bool(ids), state), (note, member))
                seen.add(state)
        self.assertEqual(seen, {LOADED, NULL, DANGLING, FILTERED})

    def test_strict_relations_refuse_whatever_the_filter(self):
        for relation in ("only", "only_genre", "strict_label"):
            for arguments in ({"filter_text": "rank < 0"}, {"count_only": True}, {"filter_text": "rank >= 1"}):
                response = server.get(ARTIST, KEYS, includes=[dict(arguments, path=relation)])
                codes = []
                for key, result in zip(KEYS, response.results):
                    try:
                        server.query(ARTIST, relation=relation, owner_key=[key])
                        codes.append(0)
                    except grpc.RpcError as error:
                        self.assertEqual(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
                        codes.append(9)
                    self.assertEqual(result.error.code, codes[-1], (relation, arguments, key))
                self.assertEqual(set(codes), {0, 9})

    def test_a_record_that_is_left_out_need_not_fit_its_types(self):
        connection = sqlite3.connect(database)
        connection.execute("INSERT INTO labels VALUES (50, 'no rank'), (51, 2)")
        connection.execute("INSERT INTO artists VALUES (50, 1, 50, NULL), (51, 1, 51, NULL)")
        connection.commit()
        self.addCleanup(connection.close)
        self.addCleanup(connection.commit)
        self.addCleanup(connection.execute, "DELETE FROM labels WHERE id >= 50")
        self.addCleanup(connection.execute, "DELETE FROM artists WHERE id >= 50")
        record = self.get([50], {"path": "label", "filter_text": "id = 1"})[0]
        self.assertEqual(self.info(record, "label").state, FILTERED)
        response = server.get(ARTIST, [50, 51], includes=[{"path": "label", "filter_text": "id >= 50"}])
        self.assertEqual([r.error.code for r in response.results], [15, 0])  # DATA_LOSS


class Trees(Case):
    def test_below_what_is_left_out_there_is_nothing(self):
        record = next(a for a in self.get(KEYS, {"path": "latest", "filter_text": "rank >= 5"}, "latest.artist") if a.HasField("latest"))
        self.assertEqual(record.latest.artist.id, record.id)
        for record in self.get(KEYS, {"path": "latest", "filter_text": "rank < 0"}, "latest.artist.songs"):
            self.assertFalse(record.HasField("latest"))

    def test_recursion_upwards_ends_where_the_filter_does_not_hold(self):
        connection = sqlite3.connect(database)
        rows = {i: (rank, leader) for i, rank, leader in connection.execute("SELECT id, rank, leader_id FROM artists")}
        connection.close()
        lengths = set()
        for record in self.get(KEYS, {"path": "leader*", "filter_text": "rank >= 3"}):
            way, ids = [record.id], [record.id]
            while record.HasField("leader"):
                record = record.leader
                ids.append(record.id)
            leader = rows[way[0]][1]
            while leader in rows and (rows[leader][0] or 0) >= 3:
                way.append(leader)
                if leader in way[1:-1]:
                    break
                leader = rows[leader][1]
            self.assertEqual(ids, way)
            lengths.add(len(way))
        self.assertGreater(len(lengths), 2)

    def test_recursion_within_a_limit_of_the_relation(self):
        """At each step the arguments choose among the few that the relation has there."""
        def walk(record):
            if all(i.relation != "few_followers" for i in record.load_info.relations):
                return
            ids, token, state = self.queried(record.id, "few_followers", where="rank >= 2", order="rank", page_size=1)
            info = self.info(record, "few_followers")
            self.assertEqual((self.related(record, "few_followers"), bool(info.next_page_token), info.state), (ids, token, state))
            for follower in record.few_followers:
                walk(follower)
        for record in self.get(KEYS, {"path": "few_followers*", "filter_text": "rank >= 2", "order": "rank", "limit": 1}):
            walk(record)

    def test_one_statement_for_each_relation_whoever_asks(self):
        includes = [{"path": "newest", "filter_text": "rank > 1", "order": "rank", "limit": 1}, {"path": "label", "filter_text": "rank > 1"},
                    {"path": "first_genres", "order": "id"}, {"path": "first_genre", "count_only": True},
                    {"path": "followers", "order": "count(songs) desc, label.rank", "limit": 1}]
        for keys in ([3], KEYS):
            request = rt.relation_pb.GetRequest(model=ARTIST, keys=rt.make_keys(keys), includes=rt.includes_of(includes))
            steps, _ = server.explain(get=request)
            self.assertEqual({path: step.statements for path, step in steps.items() if path != "request"},
                             {include["path"]: 1 for include in includes})
            self.assertIn("order by year desc, id limit 3 each, of those where rank > ? order by rank, id limit 2 each",
                          steps["newest"].shape)
            self.assertIn(", if rank > ?", steps["label"].shape)
            self.assertIn("order by count(songs) desc, label.rank, id limit 2 each", steps["followers"].shape)


class CountsBesideRecords(Case):
    """How many there are, and some of them."""

    def test_of_every_kind(self):
        for relation in MANY:
            for first in (True, False):
                records, count = {"path": relation, "limit": 2, "order": "rank desc"}, {"path": relation, "count_only": True, "filter_text": "rank >= 2"}
                both = self.get(KEYS, *([records, count] if first else [count, records]))
                for record, alone, counted in zip(both, self.get(KEYS, records), self.get(KEYS, count)):
                    self.assertEqual(self.info(record, relation).count, self.info(counted, relation).count)
                    for info in (i for r in (record, counted) for i in r.load_info.relations):
                        info.ClearField("count")
                    self.assertEqual(record, alone, relation)

    def test_within_records_that_are_counted_by_themselves(self):
        include = [{"path": "followers", "count_only": True}, {"path": "followers.songs", "count_only": True}, "followers.songs.artist"]
        for record, whole in zip(self.get(KEYS, *include), self.get(KEYS, "followers.songs.artist")):
            self.assertEqual(self.info(record, "followers").count, len(whole.followers))
            for follower, same in zip(record.followers, whole.followers):
                self.assertEqual(self.info(follower, "songs").count, len(same.songs))
                self.assertEqual(list(follower.songs), list(same.songs))

    def test_each_is_a_statement(self):
        request = rt.relation_pb.GetRequest(model=ARTIST, keys=rt.make_keys(KEYS), includes=rt.includes_of(["songs", {"path": "songs", "count_only": True}]))
        server.clear()
        steps, _ = server.explain(get=request)
        self.assertEqual({path: step.statements for path, step in steps.items()}, {"request": 1, "songs": 1, "count(songs)": 1})

    def test_what_is_asked_twice_is_refused(self):
        count = {"path": "songs", "count_only": True}
        for includes, fragment in (([count, count], "stands there twice"), (["songs", count, "songs"], "stands there twice"),
                                   (["followers*", {"path": "followers", "count_only": True}], "is repeated")):
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.get(ARTIST, [1], includes=includes))
            self.assertIn(fragment, error.details())


class Fields(Case):
    """Only some fields of the included records."""

    def set_fields(self, record):
        return {f.name for f, _ in record.ListFields() if f.message_type is None}

    def test_of_every_kind(self):
        for relation in MANY + ONE:
            whole, some = self.get(KEYS, relation), self.get(KEYS, {"path": relation, "fields": ["rank"]})
            for a, b in zip(whole, some):
                self.assertEqual(self.related(b, relation), self.related(a, relation))
                records = getattr(b, relation) if relation in MANY else [getattr(b, relation)] * b.HasField(relation)
                for record in records:
                    self.assertLessEqual(self.set_fields(record), {"id", "rank"}, relation)
                ranks = [r.rank for r in getattr(a, relation)] if relation in MANY else [getattr(a, relation).rank]
                self.assertEqual([r.rank for r in records], ranks[:len(records)])

    def test_what_is_within_them_joins_on_what_is_left_out(self):
        whole = self.get(KEYS, "followers.label", "followers.songs.artist")
        includes = [{"path": "followers", "fields": ["rank"]}, "followers.label", {"path": "followers.songs", "fields": ["id"]},
                    {"path": "followers.songs.artist", "fields": ["id"]}]
        seen = set()
        for a, b in zip(whole, self.get(KEYS, *includes)):
            self.assertEqual([(f.id, f.label.id, [(s.id, s.artist.id) for s in f.songs]) for f in b.followers],
                             [(f.id, f.label.id, [(s.id, s.artist.id) for s in f.songs]) for f in a.followers])
            for follower in b.followers:
                seen |= self.set_fields(follower)
        self.assertEqual(seen, {"id", "rank", "label_id"})

    def test_of_what_is_repeated_and_polymorphic(self):
        def ids(record):
            return [(f.id, ids(f)) for f in record.followers]
        for a, b in zip(self.get(KEYS, "followers*"), self.get(KEYS, {"path": "followers*", "fields": ["id"]})):
            self.assertEqual(ids(a), ids(b))
            self.assertTrue(all(self.set_fields(f) <= {"id"} for f in b.followers))
        for a, b in zip(self.get(KEYS, "leader*"), self.get(KEYS, {"path": "leader*", "fields": ["id"]})):
            while a.HasField("leader"):
                a, b = a.leader, b.leader
                self.assertEqual(a.id, b.id)
                self.assertLessEqual(self.set_fields(b), {"id", "leader_id"})
        record = next(a for a in self.get(KEYS, {"path": "notes", "fields": ["rank"]}, "notes.artist") if a.notes)
        self.assertEqual(record.notes[0].artist.id, record.id)
        self.assertLessEqual(self.set_fields(record.notes[0]), {"id", "rank", "of", "of_id"})

    def test_a_tree_of_some_fields_is_never_taken_for_a_whole_one(self):
        """Nor the other way round, whichever is asked for first."""
        some = [{"path": "songs", "fields": ["id"]}, "songs.artist"]
        for first, second in ((["songs.artist"], some), (some, ["songs.artist"])):
            server.clear()
            for _ in range(2):
                for includes in (first, second):
                    records = self.get(KEYS, *includes)
                    self.assertEqual(any(s.HasField("rank") for a in records for s in a.songs), includes is not some)

    def test_with_the_other_arguments(self):
        self.compare({"path": "newest", "fields": ["id"], "limit": 2, "filter_text": "rank > 1"}, "rank desc")
        self.compare({"path": "label", "fields": ["id"], "filter_text": "rank > 4"})

    def test_a_field_that_is_left_out_need_not_fit(self):
        connection = sqlite3.connect(database)
        connection.execute("INSERT INTO songs VALUES (1000, 30, 'no rank', 1)")
        connection.commit()
        self.addCleanup(connection.close)
        self.addCleanup(connection.commit)
        self.addCleanup(connection.execute, "DELETE FROM songs WHERE id = 1000")
        self.assertEqual(server.get(ARTIST, [30], includes=["songs"]).results[0].error.code, 15)
        self.assertIn(1000, self.related(self.get([30], {"path": "songs", "fields": ["year"]})[0], "songs"))


class Refused(Case):
    def test_fields_that_are_none(self):
        for include, field, fragment in [
                ({"path": "songs", "fields": ["id", "rang"]}, "includes[0].fields[1]", "did you mean rank"),
                ({"path": "songs", "fields": ["artist"]}, "includes[0].fields[0]", "with a column"),
                ({"path": "songs", "fields": ["id"] * 9}, "includes[0].fields", "not 9"),
                ({"path": "songs", "fields": ["id"], "count_only": True}, "includes[0].fields", "a count")]:
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.get(ARTIST, [1], includes=[include]))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], [field])
            self.assertIn(fragment, error.details())

    def test_what_has_no_meaning(self):
        for include, field, fragment in [
                ({"path": "label", "limit": 1}, "includes[0].limit", "one record at most"),
                ({"path": "latest", "order": "rank"}, "includes[0].order_by", "the relation's own order"),
                ({"path": "first_genre", "limit": 3}, "includes[0].limit", "leave it out"),
                ({"path": "leader*", "order": "rank"}, "includes[0].order_by", "leave it out"),
                ({"path": "followers", "order": "songs.year"}, "includes[0].order_by[0].field", "may be by count(songs)"),
                ({"path": "followers", "order": "songs"}, "includes[0].order_by[0].field", "may be by count(songs)"),
                ({"path": "followers", "order": "label"}, "includes[0].order_by[0].field", "name a field of its record"),
                ({"path": "followers", "order": "count(song)"}, "includes[0].order_by[0].count_of", "did you mean songs"),
                ({"path": "label", "filter_text": "rang = 1"}, "includes[0].filter_text", "rang"),
                ({"path": "newest", "count_only": True, "limit": 1}, "includes[0].count_only", "no limit")]:
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, lambda: server.get(ARTIST, [1], includes=[include]))
            self.assertEqual([f for f, _ in rt.violations_of(rt.error_of(error))], [field])
            self.assertIn(fragment, error.details())

    def test_a_count_of_one_needs_a_place(self):
        error = self.refused(grpc.StatusCode.INVALID_ARGUMENT,
                             lambda: server.get("args.v1.Style", [1], includes=[{"path": "genre", "count_only": True}]))
        self.assertIn("LoadInfo", error.details())

    def test_a_oneof_whose_members_differ(self):
        error = self.refused(grpc.StatusCode.INVALID_ARGUMENT,
                             lambda: server.get(NOTE, [1], includes=[{"path": "subject", "filter_text": "label_id = 1"}]))
        self.assertIn("args.v1.Label", error.details())


if __name__ == "__main__":
    rt.main()
