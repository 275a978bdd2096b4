"""Queries of typed services against the generic contract: the same records, pages, counts and refusals, with the stubs that
grpc_python_plugin makes of the emitted .proto."""

import importlib
import os
import sqlite3
import sys
import unittest

import grpc

import cases
import relations_testing as rt

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
METHODS = """
syntax = "proto3"; package bulk.v1; import "relations/v1/options.proto"; import "google/protobuf/timestamp.proto";
message Owner {
  option (.relations.v1.model) = { table: "bulk_owners" };
  string id = 1;
  repeated Bulk bulks = 2 [(.relations.v1.has_many) = { foreign_key: "owner" order_by: "rank desc" }];
  optional string nick = 3;
  repeated Bulk nicked = 4 [(.relations.v1.has_many) = { foreign_key: "owner" references: "nick" }];
}
message Bulk {
  option (.relations.v1.model) = {
    table: "bulk"
    query_methods: { name: "below" params: { name: "most" type: TYPE_INT64 } filter: "id < $most" }
    query_methods: { name: "ranked" filter: "NOT is_null(rank)" }
    query_methods: { name: "within" params: { name: "low" type: TYPE_INT32 } params: { name: "high" type: TYPE_INT32 }
                     filter: "rank >= $low AND rank <= $high" }
    query_methods: { name: "since" params: { name: "when" type: TYPE_TIMESTAMP } filter: "at >= $when" }
  };
  int64 id = 1; optional string owner = 2; string text = 3; optional int32 rank = 4; google.protobuf.Timestamp at = 5;
  Owner who = 6 [(relations.v1.belongs_to) = { foreign_key: "owner" }];
}
message Small {
  option (.relations.v1.model) = {
    table: "bulk" extends: "Bulk"
    query_methods: { name: "below" params: { name: "most" type: TYPE_INT64 } filter: "id <= $most" }
  };
  int64 id = 1; optional string owner = 2; optional int32 rank = 4;
}
"""
SQL = """
CREATE TABLE bulk_owners (id TEXT PRIMARY KEY, nick TEXT);
INSERT INTO bulk_owners VALUES ('', 'a'), ('a', ''), ('nobody', NULL);
CREATE TABLE bulk (id INTEGER PRIMARY KEY, owner TEXT, text TEXT NOT NULL, rank INTEGER, at TEXT NOT NULL);
CREATE INDEX bulk_owner ON bulk (owner);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO bulk SELECT i, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN 'a' END, printf('%0200d', i),
  CASE WHEN i % 7 = 0 THEN NULL ELSE i % 5 END, date('2020-01-01', i || ' days') FROM n;
"""


def setUpModule():
    global directory, database, server, out, bulk, conf, bulk_rpcs, conf_rpcs
    directory, out = rt.temp_dir(), rt.temp_dir()
    sys.path.insert(0, out)
    for name, text in list(cases.FILES.items()) + [("bulk.proto", METHODS)]:
        os.makedirs(os.path.join(directory, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    files = list(cases.FILES) + ["bulk.proto"]
    rt.generate_services(out, directory, *files)
    bulk, bulk_rpcs = importlib.import_module("bulk_services_pb2"), importlib.import_module("bulk_services_pb2_grpc")
    conf, conf_rpcs = (importlib.import_module("conf.v1.conf_services_pb2" + end) for end in ("", "_grpc"))
    database = os.path.join(directory, "conformance.db")
    rt.make_database(database, cases.SQL + SQL)
    schema = rt.descriptor_set(directory, files, os.path.join(directory, "conf.binpb"))
    server = rt.Server(schema, database)


def tearDownModule():
    server.stop()


def sql(text, *values):
    connection = sqlite3.connect(database)
    try:
        return [row[0] for row in connection.execute(text, values)]
    finally:
        connection.close()


def stream_raw(path, message):
    """The messages of the answer, as bytes."""
    return list(server.channel.unary_stream(path)(message.SerializeToString(), timeout=60))


def pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


class Case(unittest.TestCase):
    def refused(self, field, call, *args, **kwargs):
        with self.assertRaises(grpc.RpcError) as caught:
            answer = call(*args, timeout=30, **kwargs)
            list(answer)  # of a stream; an answer to one message fails by itself
        error = caught.exception
        self.assertEqual(error.code(), INVALID_ARGUMENT, error.details())
        self.assertEqual([name for name, _ in rt.violations_of(rt.error_of(error))], [field] if field else [])
        return error.details()

    def ids(self, stream, records="bulks"):
        return [record.id for part in stream for record in getattr(part, records)]


class EqualsTheGenericQuery(Case):
    """Every model and every has_many of the cases, whole and page by page: the generic answer's RecordSets, byte for byte."""

    def pages(self, path, message, page_size):
        message.page_size = page_size
        raw = []
        while True:
            parts = stream_raw(path, message)
            raw.append(parts)
            message.page_token = rt.relation_pb.RecordSet.FromString(parts[-1]).next_page_token
            if not message.page_token:
                return raw

    def check(self, module, service, method, fields, target, page_sizes=(1, 2, 1000)):
        path = "/%s/%s" % (service, method)
        name = service.rsplit(".", 1)[1] + method
        message = getattr(module, name + "Request")(**fields)
        request = rt.relation_pb.QueryRequest(target=target)
        expected = [part.records for part in server.stream(request)]
        got = stream_raw(path, message)
        self.assertEqual([rt.relation_pb.RecordSet.FromString(part) for part in got], expected)
        typed = getattr(module, name + "Response").FromString(got[0])
        self.assertFalse(typed.UnknownFields())
        records = [r for part in expected for r in part.records]
        for page_size in page_sizes:
            paged = [rt.relation_pb.RecordSet.FromString(part) for page in self.pages(path, message, page_size) for part in page]
            self.assertEqual([r for part in paged for r in part.records], records, page_size)
            message.page_token = ""
        stem = name[:-len("Query")]
        for method_name, field in (("Count", "count"), ("Exists", "exists")):
            ask = server.channel.unary_unary("/%s/%s" % (service, method[:-len("Query")] + method_name))
            raw = ask(getattr(module, stem + method_name + "Request")(**fields).SerializeToString(), timeout=30)
            answer = getattr(module, stem + method_name + "Response").FromString(raw)
            self.assertEqual(getattr(answer, field), len(records) if field == "count" else bool(records))
        return len(records)

    def test_every_model(self):
        checked = 0
        for model in ("Author", "Book", "Tag", "Cell", "Folder", "Device", "Chunk", "Person", "Manager", "Visitor", "Badge"):
            with self.subTest(model=model):
                checked += self.check(conf, "conf.v1.%sService" % model, "Query", {}, rt.query_target("conf.v1." + model))
        self.assertGreater(checked, 30)

    def test_every_relation(self):
        checked = 0
        for model, keys in (("Author", [0, 1, 3, 4, 555]), ("Tag", ["", "x", "A"]), ("Person", [1, 2]), ("Manager", [1]),
                            ("Folder", ["ALPHA"]), ("File", [b"\0", b"a\0b", b""]), ("Cell", [("a", "bc"), ("ab", "c"), ("x", "y")])):
            described = server.describe("conf.v1." + model)
            for relation in described.relations:
                if relation.kind != rt.registry_pb.RELATION_KIND_HAS_MANY:
                    continue
                for key in keys:
                    names = [f.name for f in getattr(conf, "%sService%sQueryRequest" % (model, pascal(relation.name)))
                             .DESCRIPTOR.fields if f.number <= 16]
                    fields = dict(zip(names, key if isinstance(key, tuple) else (key,)))
                    with self.subTest(model=model, relation=relation.name, key=key):
                        target = rt.query_target("conf.v1." + model, relation=relation.name, owner_key=[key])
                        checked += self.check(conf, "conf.v1.%sService" % model, pascal(relation.name) + "Query", fields, target)
        self.assertGreater(checked, 20)

    def test_streams_of_many_messages(self):
        parts = stream_raw("/bulk.v1.BulkService/Query", bulk.BulkServiceQueryRequest())
        self.assertGreater(len(parts), 2)
        expected = [part.records for part in server.stream(rt.relation_pb.QueryRequest(target=rt.query_target("bulk.v1.Bulk")))]
        self.assertEqual([rt.relation_pb.RecordSet.FromString(part) for part in parts], expected)
        self.assertLessEqual(max(map(len, parts)), 256 * 1024 + 100)

    def test_02_04_a_null_key_is_the_empty_set_and_an_empty_one_a_key(self):
        for relation, counts in (("bulks", {"": 1000, "a": 1000, "nobody": 0, "unknown": 0}),
                                 ("nicked", {"": 1000, "a": 1000, "nobody": 0, "unknown": 0})):
            for owner, count in counts.items():
                target = rt.query_target("bulk.v1.Owner", relation=relation, owner_key=[owner])
                method = relation.capitalize() + "Query"
                self.assertEqual(self.check(bulk, "bulk.v1.OwnerService", method, {"id": owner}, target, (400,)), count)
        null = stream_raw("/bulk.v1.OwnerService/NickedQuery", bulk.OwnerServiceNickedQueryRequest(id="nobody"))
        self.assertEqual([bulk.OwnerServiceNickedQueryResponse.FromString(part).state for part in null], [rt.NULL])

    def test_the_cache_is_neither_read_nor_filled(self):
        server.clear()
        before = server.stats().total
        list(bulk_rpcs.OwnerServiceStub(server.channel).BulksQuery(bulk.OwnerServiceBulksQueryRequest(id="a"), timeout=30))
        after = server.stats().total
        self.assertEqual((after.entries, after.hits, after.misses), (before.entries, before.hits, before.misses))


class Asking(Case):
    """As a client of the stubs writes it."""

    def setUp(self):
        self.owners, self.bulks = bulk_rpcs.OwnerServiceStub(server.channel), bulk_rpcs.BulkServiceStub(server.channel)

    def test_methods_compose_with_filters_orders_and_each_other(self):
        request = bulk.OwnerServiceBulksQueryRequest(id="a", below=dict(most=2000), within=dict(low=1, high=3), ranked=True,
                                                     filter="id > 10", order_by="rank desc nulls first, id desc")
        expected = sql("SELECT id FROM bulk WHERE owner = 'a' AND id < 2000 AND rank BETWEEN 1 AND 3 AND id > 10 "
                       "ORDER BY rank DESC, id DESC")
        self.assertEqual(self.ids(self.owners.BulksQuery(request, timeout=30)), expected)
        self.assertGreater(len(expected), 100)
        counted = bulk.OwnerServiceBulksCountRequest(id="a", below=dict(most=2000), within=dict(low=1, high=3), filter="id > 10")
        self.assertEqual(self.owners.BulksCount(counted, timeout=30).count, len(expected))

    def test_without_an_order_it_is_the_relations(self):
        self.assertEqual(self.ids(self.owners.BulksQuery(bulk.OwnerServiceBulksQueryRequest(id="a"), timeout=30)),
                         sql("SELECT id FROM bulk WHERE owner = 'a' ORDER BY rank DESC NULLS LAST, id"))

    def test_times_and_bare_methods(self):
        request = bulk.BulkServiceCountRequest()
        request.since.when.FromJsonString("2027-01-01T00:00:00Z")
        self.assertEqual(self.bulks.Count(request, timeout=30).count, sql("SELECT count(*) FROM bulk WHERE at >= '2027-01-01'")[0])
        self.assertEqual(self.bulks.Count(bulk.BulkServiceCountRequest(ranked=True), timeout=30).count,
                         sql("SELECT count(rank) FROM bulk")[0])
        self.assertEqual(self.bulks.Count(bulk.BulkServiceCountRequest(ranked=False), timeout=30).count, 3000)

    def test_a_tree_and_a_text_must_both_hold(self):
        tree = rt.query_pb.Filter(comparison=rt.query_pb.Comparison(field="id", operator=rt.query_pb.OPERATOR_LE,
                                                                    values=[rt.make_value(10)]))
        request = bulk.BulkServiceQueryRequest(filter_tree=tree, filter="id > 5")
        self.assertEqual(self.ids(self.bulks.Query(request, timeout=30), "records"), [6, 7, 8, 9, 10])

    def test_a_childs_methods(self):
        small = bulk_rpcs.SmallServiceStub(server.channel)
        self.assertEqual(small.Count(bulk.SmallServiceCountRequest(below=dict(most=10)), timeout=30).count, 10)
        self.assertEqual(self.bulks.Count(bulk.BulkServiceCountRequest(below=dict(most=10)), timeout=30).count, 9)
        self.assertTrue(small.Exists(bulk.SmallServiceExistsRequest(within=dict(low=0, high=0)), timeout=30).exists)
        numbers = [message.DESCRIPTOR.fields_by_name["within"].number
                   for message in (bulk.SmallServiceQueryRequest, bulk.BulkServiceCountRequest, bulk.OwnerServiceBulksExistsRequest)]
        self.assertEqual(len(set(numbers)), 1)

    def test_41_nulls_in_orders_and_cursors(self):
        for order, by in (("rank", "rank NULLS LAST"), ("rank desc nulls first", "rank DESC NULLS FIRST")):
            request = bulk.BulkServiceQueryRequest(filter="id <= 50", order_by=order, page_size=7)
            got = []
            while not got or request.page_token:
                parts = list(self.bulks.Query(request, timeout=30))
                got += self.ids(parts, "records")
                request.page_token = parts[-1].next_page_token
            self.assertEqual(got, sql("SELECT id FROM bulk WHERE id <= 50 ORDER BY %s, id" % by))

    def test_the_last_page_and_those_before_it(self):
        request = bulk.BulkServiceQueryRequest(filter="id <= 50", page_size=20, order_by="id", from_end=True)
        last = list(self.bulks.Query(request, timeout=30))
        self.assertEqual(self.ids(last, "records"), list(range(31, 51)))
        request.page_token, request.from_end = last[-1].previous_page_token, False
        before = list(self.bulks.Query(request, timeout=30))
        self.assertEqual(self.ids(before, "records"), list(range(11, 31)))
        self.assertFalse(before[-1].UnknownFields())

    def test_only_some_fields(self):
        request = bulk.BulkServiceQueryRequest(filter="id = 8", fields=["rank"])
        record = list(self.bulks.Query(request, timeout=30))[0].records[0]
        self.assertEqual((record.id, record.rank, record.text, record.HasField("at")), (8, 3, "", False))
        self.refused("fields[0]", self.bulks.Query, bulk.BulkServiceQueryRequest(fields=["nothing"]))

    def test_42_the_row_under_the_cursor_goes_away(self):
        request = bulk.BulkServiceQueryRequest(page_size=10, order_by="rank, id desc")
        first = list(self.bulks.Query(request, timeout=30))
        connection = sqlite3.connect(database)
        row = connection.execute("SELECT * FROM bulk WHERE id = ?", (first[-1].records[-1].id,)).fetchone()
        connection.execute("DELETE FROM bulk WHERE id = ?", row[:1])
        connection.commit()
        request.page_token = first[-1].next_page_token
        second = self.ids(self.bulks.Query(request, timeout=30), "records")
        connection.execute("INSERT INTO bulk VALUES (?, ?, ?, ?, ?)", row)
        connection.commit()
        connection.close()
        self.assertEqual(second, sql("SELECT id FROM bulk ORDER BY rank NULLS LAST, id DESC LIMIT 10 OFFSET 10"))


class Includes(Case):
    """Trees within typed answers: the generic answer's, byte for byte."""

    INCLUDES = [rt.relation_pb.Include(path="nicked", filter_text="id < 30"),
                rt.relation_pb.Include(path="bulks", filter_text="id > 2990"), rt.relation_pb.Include(path="bulks.who")]

    def raw(self, path, message):
        return server.channel.unary_unary("/bulk.v1." + path)(message.SerializeToString(), timeout=60)

    def results(self, message):
        path = "/relations.v1.RelationService/" + type(message).__name__[:-len("Request")]
        raw = server.channel.unary_unary(path)(message.SerializeToString(), timeout=60)
        response = rt.relation_pb.LoadResponse.FromString(raw)  # GetResponse has the same form
        return [part.SerializeToString() for part in response.results]

    def parsed(self, raw):
        return rt.relation_pb.RecordSet.FromString(raw).SerializeToString()

    def test_get_one_and_many(self):
        for includes in (self.INCLUDES[:1], self.INCLUDES[1:], self.INCLUDES):
            keys = ["a", "nobody", "", "unknown", "a"]
            expected = self.results(rt.relation_pb.GetRequest(model="bulk.v1.Owner", keys=rt.make_keys(keys), includes=includes))
            raw = self.raw("OwnerService/BatchGet", bulk.OwnerServiceBatchGetRequest(ids=keys, includes=includes))
            got = rt.relation_pb.LoadResponse.FromString(raw).results
            self.assertEqual([part.SerializeToString() for part in got], expected)
            self.assertEqual(self.parsed(self.raw("OwnerService/Get", bulk.OwnerServiceGetRequest(id="a", includes=includes))),
                             expected[0])

    def test_relations_one_and_many(self):
        includes = [rt.relation_pb.Include(path="who.nicked", filter_text="id < 6")]
        expected = self.results(rt.relation_pb.LoadRequest(model="bulk.v1.Owner", relation="bulks",
                                                           owner_keys=rt.make_keys(["a", ""]), includes=includes))
        raw = self.raw("OwnerService/BatchBulks", bulk.OwnerServiceBatchBulksRequest(ids=["a", ""], includes=includes))
        self.assertEqual([part.SerializeToString() for part in rt.relation_pb.LoadResponse.FromString(raw).results], expected)
        one = self.raw("OwnerService/Bulks", bulk.OwnerServiceBulksRequest(id="a", includes=includes))
        self.assertEqual(self.parsed(one), expected[0])
        first = bulk.OwnerServiceBulksResponse.FromString(one).bulks[0]
        self.assertEqual(first.who.id, "a")
        self.assertEqual([b.id for b in first.who.nicked], sql("SELECT id FROM bulk WHERE owner = '' AND id < 6 ORDER BY id"))

    def test_queries(self):
        includes = [rt.relation_pb.Include(path="who")]
        request = bulk.BulkServiceQueryRequest(filter="id < 400", includes=includes)
        parts = list(bulk_rpcs.BulkServiceStub(server.channel).Query(request, timeout=60))
        expected = server.query("bulk.v1.Bulk", where="id < 400", includes=["who"])[0]
        self.assertEqual([r.SerializeToString(deterministic=True) for part in parts for r in part.records],
                         [type(parts[0].records[0]).FromString(r).SerializeToString(deterministic=True) for r in expected])
        self.assertEqual(sum(r.HasField("who") for part in parts for r in part.records), len(sql(
            "SELECT id FROM bulk WHERE id < 400 AND owner IS NOT NULL")))

    def test_mistakes_are_those_of_the_generic_request(self):
        owners = bulk_rpcs.OwnerServiceStub(server.channel)
        for include in (dict(path="nothing"), dict(path=""), dict(path="bulks", filter_text="idd = 1"), dict(path="bulks*"),
                        dict(path="bulks", limit=2)):
            includes = [rt.relation_pb.Include(path="bulks"), rt.relation_pb.Include(**include)]
            with self.assertRaises(grpc.RpcError) as generic:
                self.results(rt.relation_pb.GetRequest(model="bulk.v1.Owner", keys=rt.make_keys(["a"]), includes=includes))
            for call, request in ((owners.Get, bulk.OwnerServiceGetRequest(id="a", includes=includes)),
                                  (owners.BatchGet, bulk.OwnerServiceBatchGetRequest(ids=["a"], includes=includes)),
                                  (owners.Query, bulk.OwnerServiceQueryRequest(includes=includes))):
                with self.assertRaises(grpc.RpcError) as typed:
                    list(call(request, timeout=30))
                self.assertEqual((typed.exception.code(), typed.exception.details()),
                                 (generic.exception.code(), generic.exception.details()))


    def test_a_budget_is_the_generic_requests(self):
        owners = bulk_rpcs.OwnerServiceStub(server.channel)
        budget = rt.relation_pb.Budget(max_relations=1)
        for call, request in ((owners.Get, bulk.OwnerServiceGetRequest(id="a", includes=self.INCLUDES, budget=budget)),
                              (owners.Query, bulk.OwnerServiceQueryRequest(includes=self.INCLUDES, budget=budget))):
            with self.assertRaises(grpc.RpcError) as caught:
                list(call(request, timeout=30))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertEqual(owners.Get(bulk.OwnerServiceGetRequest(id="a", budget=budget), timeout=30).record.id, "a")


class Refused(Case):
    def setUp(self):
        self.owners, self.bulks = bulk_rpcs.OwnerServiceStub(server.channel), bulk_rpcs.BulkServiceStub(server.channel)

    def test_03_keys(self):
        for call, request in ((self.owners.BulksQuery, bulk.OwnerServiceBulksQueryRequest()),
                              (self.owners.BulksCount, bulk.OwnerServiceBulksCountRequest(filter="id = 1")),
                              (self.owners.BulksExists, bulk.OwnerServiceBulksExistsRequest())):
            self.refused("id", call, request)
        cells = conf_rpcs.CellServiceStub(server.channel)
        self.refused("b", cells.DownsQuery, conf.CellServiceDownsQueryRequest(a="x"))

    def test_mistakes_are_named_as_the_request_names_them(self):
        for field, request in (
                ("filter", dict(filter="idd = 1")), ("filter", dict(filter="id = 1 AND text > 5")),
                ("order_by", dict(order_by="nothing")), ("order_by", dict(order_by="id down")),
                ("order_by", dict(order_by="id, id desc")), ("order_by", dict(order_by=",")),
                ("page_size", dict(page_size=-1)), ("page_token", dict(page_token="x")),
                ("below.most", dict(below=dict())), ("within.high", dict(within=dict(low=1))),
                ("filter_tree", dict(filter_tree=rt.query_pb.Filter())),
                ("filter_tree.comparison.field", dict(filter_tree=rt.query_pb.Filter(
                    comparison=rt.query_pb.Comparison(field="idd", operator=rt.query_pb.OPERATOR_IS_NULL))))):
            with self.subTest(request=request):
                self.refused(field, self.bulks.Query, bulk.BulkServiceQueryRequest(**request))
        time = bulk.BulkServiceQueryRequest()
        time.since.when.nanos = -5
        self.refused("since.when", self.bulks.Query, time)
        self.assertIn("column 19: text is string",
                      self.refused("filter", self.bulks.Count, bulk.BulkServiceCountRequest(filter="id = 1 AND text > 5")))

    def refused_token(self, token, **fields):
        self.refused("page_token", self.bulks.Query, bulk.BulkServiceQueryRequest(page_size=2, page_token=token, **fields))

    def test_43_altered_tokens_and_those_of_other_queries(self):
        asked = dict(filter="id > 5", below=dict(most=100))
        token = list(self.bulks.Query(bulk.BulkServiceQueryRequest(page_size=2, **asked), timeout=30))[-1].next_page_token
        again = bulk.BulkServiceQueryRequest(page_size=3, page_token=token, **asked)
        self.assertEqual(self.ids(self.bulks.Query(again, timeout=30), "records"), [8, 9, 10])
        for i in range(0, len(token), 3):
            self.refused_token(token[:i] + chr(ord(token[i]) ^ 1) + token[i + 1:], **asked)
        for other in (dict(filter="id > 5"), dict(filter="id > 6", below=dict(most=100)),
                      dict(filter="id > 5", below=dict(most=101)), dict(asked, order_by="id desc"), dict(asked, ranked=True)):
            self.refused_token(token, **other)
        owned = self.owners.BulksQuery(bulk.OwnerServiceBulksQueryRequest(id="a", page_size=2), timeout=30)
        token = list(owned)[-1].next_page_token
        self.refused("page_token", self.owners.BulksQuery, bulk.OwnerServiceBulksQueryRequest(id="", page_size=2, page_token=token))

    def raw(self, path, data):
        return server.channel.unary_stream(path)(data, timeout=30)

    def test_a_method_that_the_server_does_not_have_is_never_skipped(self):
        for data in (b"\x88\x80\x80\x80\x08\x01", b"\xfa\xff\xff\xff\x0f\x01x"):  # numbers 2^28 + 1 and 2^29 - 1
            with self.assertRaises(grpc.RpcError) as caught:
                list(self.raw("/bulk.v1.BulkService/Query", data))
            self.assertEqual(caught.exception.code(), INVALID_ARGUMENT)
            self.assertIn("the client knows another schema", caught.exception.details())

    def test_malformed_bytes(self):
        for data in (b"\x08", b"\xff" * 11, b"\x0b\x0c", b"\x8a\x01\x7fx", b"\x8a\x01\x01\xff", b"\x8a\x01\x03a\0b",
                     b"\x92\x01\x02\x08\x08"):
            for path in ("/bulk.v1.BulkService/Query", "/bulk.v1.BulkService/Count", "/bulk.v1.OwnerService/BulksExists"):
                with self.assertRaises(grpc.RpcError) as caught:
                    list(self.raw(path, data))
                self.assertEqual(caught.exception.code(), INVALID_ARGUMENT, caught.exception.details())

    def test_deeply_nested_trees(self):
        tree = b""
        for _ in range(1000):
            length = len(tree)
            head = b"\x22" + (bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7]))
            tree = head + tree
        data = b"\x92\x01" + bytes([len(tree) & 127 | 128, len(tree) >> 7]) + tree
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.raw("/bulk.v1.BulkService/Query", data))
        self.assertEqual(caught.exception.code(), INVALID_ARGUMENT)

    def test_47_what_has_no_queries(self):
        for path in ("/conf.v1.AuthorService/MentorQuery", "/conf.v1.AuthorService/BatchQuery", "/bulk.v1.BulkService/query"):
            with self.assertRaises(grpc.RpcError) as caught:
                list(self.raw(path, b"\x08\x01"))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_46_bad_rows_end_the_stream(self):
        boxes = conf_rpcs.BoxServiceStub(server.channel)
        with self.assertRaises(grpc.RpcError) as caught:
            list(boxes.ThingsQuery(conf.BoxServiceThingsQueryRequest(id=3), timeout=30))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DATA_LOSS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
