"""Custom loaders against the running server: right answers, and loaders that lie, stall, die and come back."""

import importlib
import os
import socket
import threading
import time
import unittest

import grpc

import fake_loader
import relations_testing as rt
from fake_loader import FakeLoader, loader_pb, records_of
from security_test import Authority, read

SCHEMA = """
syntax = "proto3";
package shop.v1;
import "relations/v1/options.proto";

message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  string isbn = 2;
  int64 owner_id = 3;
  repeated Review reviews = 10 [(.relations.v1.has_many) = { foreign_key: "book_id" loader: "grpc:reviews" }];
  Rating rating = 11 [(.relations.v1.has_one) = {
    foreign_key: "isbn" references: "isbn" loader: "grpc:reviews" cache { ttl { seconds: 3600 } } }];
  Owner owner = 12 [(.relations.v1.belongs_to) = { foreign_key: "owner_id" loader: "grpc:owners" strict: true }];
  repeated Copy copies = 13 [(.relations.v1.has_many).foreign_key = "book_id"];
}
message Novel {
  option (.relations.v1.model) = { extends: "Book" table: "books" };
  int64 id = 1;
  string isbn = 2;
  int64 owner_id = 3;
}
message Review {
  option (.relations.v1.model) = { abstract: true };
  int64 book_id = 1;
  string text = 2;
  repeated int32 marks = 3;
  Rating rating = 4;
}
message Rating {
  option (.relations.v1.model) = { abstract: true };
  string isbn = 1;
  double stars = 2;
}
message Owner {
  option (.relations.v1.model) = { abstract: true primary_key: "id" };
  int64 id = 1;
  string name = 2;
}
message Copy {
  option (.relations.v1.model) = { table: "copies" };
  int64 id = 1;
  int64 book_id = 2;
}
"""

SQL = """
CREATE TABLE books (id INTEGER PRIMARY KEY, isbn TEXT NOT NULL, owner_id INTEGER NOT NULL);
CREATE TABLE copies (id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL);
CREATE INDEX copies_by_book ON copies (book_id);
INSERT INTO books VALUES (1, 'one', 7), (2, 'two', 8), (3, 'three', 9);
INSERT INTO copies VALUES (11, 1), (12, 1), (21, 2);
"""

BOOK = "shop.v1.Book"


def results(*sets):
    """An answer that is the same whatever was asked: RecordSets, or their fields."""
    response = loader_pb.LoadBatchResponse()
    for one in sets:
        response.results.add().MergeFrom(one if isinstance(one, rt.relation_pb.RecordSet)
                                         else rt.relation_pb.RecordSet(**one))
    return lambda request, context: response


class LoaderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = rt.temp_dir()
        with open(os.path.join(cls.dir, "shop.proto"), "w") as file:
            file.write(SCHEMA)
        cls.schema = rt.descriptor_set(cls.dir, ["shop.proto"], os.path.join(cls.dir, "shop.binpb"))
        cls.database = os.path.join(cls.dir, "shop.db")
        rt.make_database(cls.database, SQL)
        rt.generate(rt._generated, cls.dir, "shop.proto")
        cls.pb = importlib.import_module("shop_pb2")

    def setUp(self):
        self.loader = FakeLoader(records_of({}))
        self.addCleanup(lambda: self.loader.stop())
        self.server = self.start()
        self.addCleanup(self.server.stop)

    def start(self, *flags):
        address = "127.0.0.1:%d" % self.loader.port
        return rt.Server(self.schema, self.database,
                         ["--loader=reviews=" + address, "--loader=owners=" + address, *flags])

    def review(self, book, text):
        return self.pb.Review(book_id=book, text=text)

    def reviews(self, keys, **kwargs):
        response = self.server.load(BOOK, "reviews", keys, **kwargs)
        return [[self.pb.Review.FromString(r).text for r in result.records] for result in response.results]

    def error_of_call(self, *args, **kwargs):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.load(*args, **kwargs)
        return caught.exception

    def refused(self, relation, key=1):
        """The error of the only key."""
        result = self.server.load(BOOK, relation, [key]).results[0]
        self.assertEqual(len(result.records), 0)
        return result.error

    def statements(self):
        return self.server.stats().total.statements

    # --- Answers ---

    def test_records_come_in_the_loaders_order_and_in_that_of_the_keys(self):
        self.loader.answer = records_of({1: [self.review(1, "b"), self.review(1, "a")], 3: [self.review(3, "c")]})
        self.assertEqual(self.reviews([3, 2, 1, 3]), [["c"], [], ["b", "a"], ["c"]])
        self.assertEqual(self.loader.keys(), [[3, 2, 1]])
        request = self.loader.requests[0]
        self.assertEqual((request.model, request.relation, request.record_type),
                         (BOOK, "reviews", "shop.v1.Review"))

    def test_states_follow_from_the_records(self):
        self.loader.answer = records_of({1: [self.review(1, "a")], 7: [self.pb.Owner(id=7)]})
        states = lambda *args: [r.state for r in self.server.load(*args).results]
        self.assertEqual(states(BOOK, "reviews", [1, 2]), [rt.LOADED, rt.EMPTY])
        self.assertEqual(states(BOOK, "owner", [1]), [rt.LOADED])
        error = self.server.load(BOOK, "owner", [2]).results[0].error
        self.assertEqual(error.code, grpc.StatusCode.FAILED_PRECONDITION.value[0], "strict, and dangling")

    def test_a_relation_by_another_key_reads_that_from_the_database(self):
        self.loader.answer = records_of({"two": [self.pb.Rating(isbn="two", stars=4.5)]})
        result = self.server.load(BOOK, "rating", [2]).results[0]
        self.assertEqual(self.pb.Rating.FromString(result.records[0]).stars, 4.5)
        self.assertEqual(self.loader.keys(), [["two"]])

    def test_an_heir_loads_in_its_own_name(self):
        self.reviews([1])
        self.server.load("shop.v1.Novel", "reviews", [1])
        self.assertEqual([r.model for r in self.loader.requests], [BOOK, "shop.v1.Novel"])

    def test_metadata_names_the_loader(self):
        relations = {r.name: r for r in self.server.describe(BOOK).relations}
        self.assertEqual(relations["reviews"].loader, "grpc:reviews")
        self.assertEqual(list(relations["reviews"].order_by), [])
        self.assertFalse(relations["reviews"].cache.enabled)
        self.assertTrue(relations["rating"].cache.enabled)
        self.assertEqual(relations["copies"].loader, "")

    def test_a_query_says_that_a_loader_has_none(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.exists(BOOK, relation="reviews", owner_key=[1])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("reviews is loaded by grpc:reviews, which has no queries; use Load", caught.exception.details())

    # --- The cache and batches ---

    def test_only_a_relation_that_says_so_is_cached(self):
        self.loader.answer = records_of({1: [self.review(1, "a")], "one": [self.pb.Rating(isbn="one")]})
        for _ in range(3):
            self.reviews([1])
        self.assertEqual(len(self.loader.keys()), 3)
        before = self.statements()
        for _ in range(3):
            self.server.load(BOOK, "rating", [1])
            self.server.load(BOOK, "rating", ["one"], by="reference_keys")
        self.assertEqual(self.loader.keys()[3:], [["one"]])
        self.assertEqual(self.statements() - before, 2, "one for the isbn, one LoadBatch")

    def test_callers_share_calls_and_gather_while_calls_are_under_way(self):
        entered, gate = threading.Semaphore(0), threading.Event()

        def answer(request, context):
            entered.release()
            gate.wait(60)
            return records_of({})(request, context)

        self.loader.answer = answer
        threads = []

        def ask(keys):
            threads.append(threading.Thread(target=self.server.load, args=(BOOK, "reviews", keys)))
            threads[-1].start()

        for key in range(4):  # as many as there are calls at a time
            ask([key])
            self.assertTrue(entered.acquire(timeout=60))
        for key in range(100, 120):
            ask([key, 0])
        while self.server.stats().total.joined < 20:
            time.sleep(0.01)
        gate.set()
        for thread in threads:
            thread.join()
        keys = self.loader.keys()
        self.assertEqual(sorted(keys[:4]), [[0], [1], [2], [3]])
        self.assertLess(len(keys), 4 + 20)
        self.assertEqual(sorted(k for batch in keys[4:] for k in batch), list(range(100, 120)))

    def test_many_keys_are_several_calls(self):
        self.loader.answer = records_of({k: [self.review(k, str(k))] for k in range(5000)})
        self.assertEqual(self.reviews(list(range(5000))), [[str(k)] for k in range(5000)])
        self.assertEqual([len(batch) for batch in self.loader.keys()], [1000] * 5)

    def test_large_keys_are_several_calls(self):
        keys = ["%03d" % i + "x" * 15000 for i in range(100)]
        self.loader.answer = records_of({key: [self.pb.Rating(isbn=key[:3])] for key in keys})
        results = self.server.load(BOOK, "rating", keys, by="reference_keys").results
        self.assertEqual([self.pb.Rating.FromString(r.records[0]).isbn for r in results], [key[:3] for key in keys])
        sizes = [sum(map(len, batch)) for batch in self.loader.keys()]
        self.assertEqual(len(sizes), 2)
        self.assertLessEqual(max(sizes), 1 << 20)

    # --- Failures (row 33) ---

    def test_a_loaders_status_is_returned_and_not_cached(self):
        for code in grpc.StatusCode:
            if code == grpc.StatusCode.OK:
                continue
            self.loader.answer = lambda request, context, c=code: context.abort(c, "no luck \u20ac today")
            error = self.error_of_call(BOOK, "rating", ["one"], by="reference_keys")
            self.assertEqual(error.code(), code)
            self.assertIn("shop.v1.Book.rating: loader reviews: no luck \u20ac today", error.details())
        self.loader.answer = records_of({"one": [self.pb.Rating(isbn="one", stars=5)]})
        result = self.server.load(BOOK, "rating", ["one"], by="reference_keys").results[0]
        self.assertEqual(result.state, rt.LOADED, "the next call tries again")

    def test_an_exception_of_the_loader_is_unknown(self):
        self.loader.answer = lambda request, context: {}["missing"]
        self.assertEqual(self.error_of_call(BOOK, "reviews", [1]).code(), grpc.StatusCode.UNKNOWN)

    def test_unavailable_is_tried_again_within_the_call(self):
        failures = [1, 1]

        def answer(request, context):
            if failures:
                failures.pop()
                context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
            return records_of({1: [self.review(1, "at last")]})(request, context)

        self.loader.answer = answer
        self.assertEqual(self.reviews([1]), [["at last"]])

    def test_one_keys_error_is_that_keys(self):
        good = {"records": [self.review(1, "a").SerializeToString()]}
        bad = {"error": rt.status_pb.Status(code=7, message="not for you")}
        self.loader.answer = results(good, bad)
        response = self.server.load(BOOK, "reviews", [1, 2])
        self.assertEqual(response.results[0].state, rt.LOADED)
        self.assertEqual(response.results[1].error.code, 7)
        self.assertIn("loader reviews: not for you", response.results[1].error.message)

    # --- Lies ---

    def test_results_that_do_not_fit_are_refused_by_name(self):
        review = self.review(1, "a").SerializeToString()
        rating = self.pb.Rating(isbn="one").SerializeToString()
        cases = [
            ("reviews", {"records": [b"\x0a\x03abc"]}, 'field "book_id" (int64) of shop.v1.Review has the wire type'),
            ("reviews", {"records": [b"\x12\x02\xc3\x28"]}, 'field "text" (string) of shop.v1.Review is not UTF-8'),
            ("reviews", {"records": [b"\x12\x01\x00"]}, "holds a NUL character"),
            ("reviews", {"records": [b"\x12\xff\xff\xff\x7fab"]}, "no well-formed message of shop.v1.Review"),
            ("reviews", {"records": [review, b"\x1a\x02\x01\xff"]}, "record 1 of the answer: field \"marks\""),
            ("reviews", {"records": [b"\x22\x02\x12\x00"]}, 'field "stars" (double) of shop.v1.Rating'),
            ("reviews", {"records": [review], "state": rt.EMPTY}, "the state does not fit"),
            ("reviews", {"state": rt.LOADED}, "the state does not fit"),
            ("reviews", {"state": rt.NULL}, "the state does not fit"),
            ("reviews", {"state": rt.DANGLING}, "the state does not fit"),
            ("reviews", {"state": 99}, "the state does not fit"),
            ("reviews", {"records": [review], "next_page_token": "more"}, "next_page_token and count"),
            ("reviews", {"error": rt.status_pb.Status(code=0)}, "no google.rpc.Status"),
            ("rating", {"records": [rating, rating]}, "more than one record"),
            ("owner", {"state": rt.EMPTY}, "the state does not fit"),
        ]
        for relation, result, message in cases:
            self.loader.answer = results(result)
            error = self.refused(relation)
            self.assertEqual(error.code, grpc.StatusCode.DATA_LOSS.value[0], message)
            self.assertIn("shop.v1.Book.%s: loader " % relation, error.message)
            self.assertIn(message, error.message)

    def test_a_misfit_leaves_the_other_keys_alone(self):
        self.loader.answer = results({"records": [b"\xff"]}, {"records": [self.review(2, "b").SerializeToString()]})
        response = self.server.load(BOOK, "reviews", [1, 2])
        self.assertEqual(response.results[0].error.code, grpc.StatusCode.DATA_LOSS.value[0])
        self.assertEqual(response.results[1].state, rt.LOADED)

    def test_answers_that_cannot_be_told_apart_fail_the_call(self):
        for answer, message in [
                (results(), "answered 0 results for 2 keys"),
                (results({}, {}, {}), "answered 3 results for 2 keys"),
                (lambda request, context: b"\x0a\xff\xff\xff\xff\x0f", "no well-formed LoadBatchResponse"),
                (lambda request, context: b"\x08\x01", "no well-formed LoadBatchResponse"),
                (lambda request, context: b"", "answered 0 results for 2 keys")]:
            self.loader.answer = answer
            error = self.error_of_call(BOOK, "reviews", [1, 2])
            self.assertEqual(error.code(), grpc.StatusCode.DATA_LOSS)
            self.assertIn(message, error.details())

    def test_nesting_without_end_is_refused(self):
        record = b""
        for _ in range(40):  # Review.rating is a Rating, which knows no field 4: the nesting is unknown bytes
            record = b"\x22" + bytes([len(record)]) + record
        self.loader.answer = results({"records": [record]})
        self.assertEqual(self.server.load(BOOK, "reviews", [1]).results[0].state, rt.LOADED)

    def test_answers_over_the_limits_are_errors_of_the_owner_or_of_the_call(self):
        huge = self.pb.Review(book_id=1, text="x" * (5 << 20)).SerializeToString()
        self.loader.answer = results({"records": [huge]}, {})
        response = self.server.load(BOOK, "reviews", [1, 2])
        self.assertEqual(response.results[0].error.code, grpc.StatusCode.RESOURCE_EXHAUSTED.value[0])
        self.assertEqual(response.results[1].state, rt.EMPTY)
        self.loader.answer = lambda request, context: bytes(70 << 20)
        error = self.error_of_call(BOOK, "reviews", [1])
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    # --- Stalls and deaths ---

    def test_a_stalled_loader_holds_up_nobody_else(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def stall(request, context):
            if request.relation == "reviews":
                gate.wait(60)
            return records_of({1: [self.review(1, "back")], 7: [self.pb.Owner(id=7)]})(request, context)

        self.loader.answer = stall
        stuck = []
        for key in range(8):
            thread = threading.Thread(
                target=lambda k=key: stuck.append(self.error_of_call(BOOK, "reviews", [k], timeout=2).code()))
            thread.start()
            stuck.append(thread)
        self.assertEqual(len(self.server.load(BOOK, "copies", [1]).results[0].records), 2)
        self.assertEqual(self.server.load(BOOK, "owner", [1]).results[0].state, rt.LOADED)
        for thread in [t for t in stuck if isinstance(t, threading.Thread)]:
            thread.join()
        codes = [c for c in stuck if not isinstance(c, threading.Thread)]
        self.assertEqual(codes, [grpc.StatusCode.DEADLINE_EXCEEDED] * 8)
        gate.set()
        self.assertEqual(self.reviews([1]), [["back"]])

    def test_who_joins_with_a_later_deadline_is_not_failed_with_the_earlier_one(self):
        entered, gate = threading.Event(), threading.Event()
        self.addCleanup(gate.set)

        def answer(request, context):
            if not entered.is_set():
                entered.set()
                gate.wait(60)
            return records_of({1: [self.review(1, "patient")]})(request, context)

        self.loader.answer = answer
        codes = []
        hasty = threading.Thread(
            target=lambda: codes.append(self.error_of_call(BOOK, "reviews", [1], timeout=2).code()))
        hasty.start()
        self.assertTrue(entered.wait(60))
        self.assertEqual(self.reviews([1], timeout=60), [["patient"]])
        hasty.join()
        self.assertEqual(codes, [grpc.StatusCode.DEADLINE_EXCEEDED])

    def test_a_call_that_nobody_waits_for_is_cancelled(self):
        cancelled = threading.Event()

        def answer(request, context):
            context.add_callback(cancelled.set)
            cancelled.wait(60)
            return loader_pb.LoadBatchResponse()

        self.loader.answer = answer
        request = rt.relation_pb.LoadRequest(model=BOOK, relation="reviews", owner_keys=rt.make_keys([1]))
        stub = self.server.channel.unary_unary("/relations.v1.RelationService/Load",
                                               request_serializer=lambda m: m.SerializeToString(),
                                               response_deserializer=rt.relation_pb.LoadResponse.FromString)
        future = stub.future(request, timeout=120)
        while not self.loader.keys():
            time.sleep(0.01)
        future.cancel()
        self.assertTrue(cancelled.wait(60))

    def test_a_loader_that_dies_is_unavailable_until_it_is_back(self):
        port = self.loader.port
        entered, gate = threading.Event(), threading.Event()
        self.addCleanup(gate.set)

        def answer(request, context):
            entered.set()
            gate.wait(60)

        self.loader.answer = answer
        codes = []
        thread = threading.Thread(target=lambda: codes.append(self.error_of_call(BOOK, "reviews", [1]).code()))
        thread.start()
        self.assertTrue(entered.wait(60))
        self.loader.server.stop(0)
        thread.join()
        self.assertIn(codes[0], [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
        self.assertEqual(self.error_of_call(BOOK, "reviews", [1]).code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(self.server.load(BOOK, "copies", [1]).results[0].records), 2)
        self.loader = FakeLoader(records_of({1: [self.review(1, "reborn")]}), "127.0.0.1:%d" % port)
        for _ in range(600):
            try:
                self.assertEqual(self.reviews([1]), [["reborn"]])
                return
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
                time.sleep(0.1)
        self.fail("the loader was not found again")

    def test_the_server_stops_while_a_loader_stalls(self):
        entered, gate = threading.Event(), threading.Event()
        self.addCleanup(gate.set)

        def answer(request, context):
            entered.set()
            gate.wait(120)

        self.loader.answer = answer
        server = self.start("--grace=100ms")
        codes = []

        def ask():
            try:
                server.load(BOOK, "reviews", [1], timeout=250)
            except grpc.RpcError as error:
                codes.append(error.code())

        thread = threading.Thread(target=ask)
        thread.start()
        self.assertTrue(entered.wait(60))
        server.process.terminate()
        self.assertEqual(server.process.wait(100), 0)
        thread.join()
        self.assertEqual(len(codes), 1)
        server.channel.close()

    def test_peers_that_speak_no_http2_or_hardly_any_hold_up_nobody_else(self):
        settings = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
        data = bytes([0x3f, 0xff, 0, 0, 0, 0, 0, 0, 1])  # the head of a long frame of the answer
        done = threading.Event()
        self.addCleanup(done.set)

        def drip(connection):
            try:
                connection.sendall(settings)
                for byte in data + bytes(16000):
                    if done.wait(0.05):
                        break
                    connection.sendall(bytes([byte]))
            except OSError:
                pass

        def mute(connection):
            done.wait(60)

        def garble(connection):
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + os.urandom(1000))

        for talk in (drip, mute, garble):
            listener = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(listener.close)

            def accept(listener=listener, talk=talk):
                while not done.is_set():
                    try:
                        connection = listener.accept()[0]
                    except OSError:
                        return
                    threading.Thread(target=lambda: (talk(connection), connection.close()), daemon=True).start()

            threading.Thread(target=accept, daemon=True).start()
            address = "127.0.0.1:%d" % listener.getsockname()[1]
            with rt.Server(self.schema, self.database,
                           ["--loader=reviews=" + address, "--loader=owners=" + address]) as server:
                with self.assertRaises(grpc.RpcError) as caught:
                    server.load(BOOK, "reviews", [1], timeout=2)
                self.assertIn(caught.exception.code(), [grpc.StatusCode.DEADLINE_EXCEEDED,
                                                        grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
                self.assertEqual(len(server.load(BOOK, "copies", [1]).results[0].records), 2)

    # --- Configuration ---

    def test_mutual_tls_and_a_token(self):
        directory = rt.temp_dir()
        authority = Authority(directory, "ca")
        cert, key = authority.issue("loader")
        own_cert, own_key = authority.issue("relationsd")
        token = os.path.join(directory, "token")
        with open(token, "w") as file:
            file.write("relations-secret\n")
        credentials = grpc.ssl_server_credentials([(read(key), read(cert))], read(authority.pem), True)
        seen = []

        def answer(request, context):
            seen.append(dict(context.invocation_metadata()).get("authorization"))
            return records_of({1: [self.review(1, "sealed")]})(request, context)

        with FakeLoader(answer, credentials=credentials) as loader:
            flags = ["--loader=%s=127.0.0.1:%d" % (name, loader.port) for name in ("reviews", "owners")]
            tls = ["--loader-tls-ca=" + authority.pem]
            own = ["--loader-tls-cert=" + own_cert, "--loader-tls-key=" + own_key, "--loader-token-file=" + token]
            with rt.Server(self.schema, self.database, flags + tls + own) as server:
                self.assertEqual(server.load(BOOK, "reviews", [1]).results[0].state, rt.LOADED)
            self.assertEqual(seen, ["Bearer relations-secret"])
            for wrong in ([], tls):
                with rt.Server(self.schema, self.database, flags + wrong) as server:
                    with self.assertRaises(grpc.RpcError) as caught:
                        server.load(BOOK, "reviews", [1])
                    self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(seen), 1)

    def test_other_machines_need_tls_or_consent(self):
        for setting, message in [(["--loader=a=10.0.0.1:1"], "give --loader-tls-ca, or, if that is meant, --insecure-loaders"),
                                 (["--loader-tls-cert=/x"], "loader-tls-cert and loader-tls-key need each other"),
                                 (["--insecure-loaders", "--loader=a=10.0.0.1:1"], "start it with --loader reviews=")]:
            with self.assertRaises(RuntimeError) as caught:
                rt.Server(self.schema, self.database, setting)
            self.assertIn(message, str(caught.exception))

    def test_a_loader_that_is_not_configured_is_named_with_its_setting(self):
        with self.assertRaises(RuntimeError) as caught:
            rt.Server(self.schema, self.database, ["--loader=reviews=127.0.0.1:1"])
        self.assertIn('shop.v1.Book.owner: loader: the server\'s configuration has no "owners"; '
                      "start it with --loader owners=HOST:PORT", str(caught.exception))

    def test_wrong_settings_are_named(self):
        for setting, message in [("reviews", "write NAME=HOST:PORT"), ("=127.0.0.1:1", "write NAME="),
                                 ("Big=127.0.0.1:1", "write NAME="), ("a=", "write NAME=")]:
            with self.assertRaises(RuntimeError) as caught:
                rt.Server(self.schema, self.database, ["--loader=" + setting])
            self.assertIn("loader %s: " % setting, str(caught.exception))
            self.assertIn(message, str(caught.exception))
        with self.assertRaises(RuntimeError) as caught:
            rt.Server(self.schema, self.database, ["--loader=a=127.0.0.1:1", "--loader=a=127.0.0.1:2"])
        self.assertIn("there are two of the name a", str(caught.exception))


if __name__ == "__main__":
    rt.main()
