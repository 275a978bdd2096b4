"""Typed services against the generic contract: whatever the schema of the conformance cases can be asked, the typed
method answers with the bytes of the generic one. With stubs that grpc_python_plugin makes of the emitted .proto."""

import importlib
import importlib.util
import os
import sqlite3
import sys
import threading
import unittest

import grpc
from google.protobuf import descriptor_pb2

import cases
import relations_testing as rt

MODELS = {  # of conf.v1: table and key columns
    "Author": ("authors", ["id"]), "Book": ("books", ["id"]), "Tag": ("tags", ["name"]), "Cell": ("cells", ["a", "b"]),
    "Folder": ("folders", ["code"]), "Paper": ("papers", ["id"]), "Device": ("devices", ["id"]),
    "Reading": ("readings", ["id"]), "File": ("files", ["hash"]), "Chunk": ("chunks", ["id"]),
    "Thing": ("things", ["id"]), "Box": ("boxes", ["id"]), "Person": ("people", ["id"]), "Employee": ("people", ["id"]),
    "Manager": ("people", ["id"]), "Guest": ("people", ["id"]), "Visitor": ("people", ["id"]), "Note": ("notes", ["id"]),
    "Badge": ("badges", ["id"]), "Stray": ("strays", ["id"]), "Remark": ("remarks", ["id"]),
}
NOBODY = {"name": ["nobody"], "code": ["nobody", "ALPHA"], "hash": [b"\1\2"], "a": [("a", "b"), ("", "")],
          "id": [0, -1, 12345, -2**63, 2**63 - 1]}
DEVICE_NOBODY = ["0d5f6a1e8c1b4d7e9f00aabbccddeeff", "00000000-0000-0000-0000-000000000000"]


def setUpModule():
    global source, emitted, schema, server, database, services, rpcs
    source, out = rt.temp_dir(), rt.temp_dir()
    sys.path.insert(0, out)
    for name, text in cases.FILES.items():
        os.makedirs(os.path.join(source, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(source, name), "w") as file:
            file.write(text)
    emitted = rt.generate_services(out, source, *cases.FILES)
    services = importlib.import_module("conf.v1.conf_services_pb2")
    rpcs = importlib.import_module("conf.v1.conf_services_pb2_grpc")
    database = os.path.join(rt.temp_dir(), "conformance.db")
    rt.make_database(database, cases.SQL)
    schema = rt.descriptor_set(source, list(cases.FILES), os.path.join(source, "conf.binpb"))
    server = rt.Server(schema, database, flags=["--allow-apply"])


def tearDownModule():
    server.stop()


def keys_of(model):
    table, columns = MODELS[model]
    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT %s FROM %s" % (", ".join(columns), table)).fetchall()
    connection.close()
    keys = [row if len(columns) > 1 else row[0] for row in rows]
    return keys + (DEVICE_NOBODY if model == "Device" else NOBODY[columns[0]])


def parts_of(raw, number=1):
    """The length-delimited fields of that number, as they stand in the bytes."""
    found, at = [], 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(raw):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            if tag >> 3 == number:
                found.append(raw[at:at + value])
            at += value
    return found


def call_raw(path, data, timeout=30):
    """The answer's bytes."""
    return server.channel.unary_unary(path)(data, timeout=timeout)


def request(service, method, *values):
    """The typed request of a method: its key's fields, or, for a batch, the keys."""
    message = getattr(services, service + method + "Request")()
    fields = message.DESCRIPTOR.fields
    if not method.startswith("Batch"):
        key = values[0] if isinstance(values[0], tuple) else (values[0],)
        for field, value in zip(fields, key):
            setattr(message, field.name, value)
        return message
    keys = getattr(message, fields[0].name)
    for value in values:
        if isinstance(value, tuple):
            keys.add(**{f.name: v for f, v in zip(fields[0].message_type.fields, value)})
        else:
            keys.append(value)
    return message


def generic(model, relation, keys):
    if relation is None:
        message = rt.relation_pb.GetRequest(model="conf.v1." + model, keys=rt.make_keys(keys))
        return parts_of(call_raw("/relations.v1.RelationService/Get", message.SerializeToString()))
    message = rt.relation_pb.LoadRequest(model="conf.v1." + model, relation=relation, owner_keys=rt.make_keys(keys))
    return parts_of(call_raw("/relations.v1.RelationService/Load", message.SerializeToString()))


def caught(function, *args):
    try:
        function(*args)
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


class EqualsTheGenericAnswer(unittest.TestCase):
    def every_relation(self):
        for model in MODELS:
            yield model, None
            for relation in server.describe("conf.v1." + model).relations:
                yield model, relation.name

    def path(self, model, method):
        return "/conf.v1.%sService/%s" % (model, method)

    def check_batch(self, model, relation, method, keys, expected):
        message = request(model + "Service", "Batch" + method, *keys)
        raw = call_raw(self.path(model, "Batch" + method), message.SerializeToString())
        self.assertEqual(parts_of(raw), expected)
        answer = getattr(services, "%sServiceBatch%sResponse" % (model, method)).FromString(raw)
        self.assertEqual(len(answer.results), len(keys))
        for result, bytes_of_it in zip(answer.results, expected):
            self.assertFalse(result.UnknownFields(), "every field of a RecordSet is declared")
            self.assertEqual(result.state, rt.relation_pb.RecordSet.FromString(bytes_of_it).state)

    def check_single(self, model, relation, method, key, expected):
        path, message = self.path(model, method), request(model + "Service", method, key).SerializeToString()
        generic_set = rt.relation_pb.RecordSet.FromString(expected)
        if generic_set.HasField("error"):
            error = caught(call_raw, path, message)
            self.assertEqual(error.code().value[0], generic_set.error.code)
            self.assertEqual(rt.error_of(error).SerializeToString(), generic_set.error.SerializeToString())
        elif relation is None and generic_set.state != rt.LOADED:
            error = caught(call_raw, path, message)
            self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)
        else:
            self.assertEqual(call_raw(path, message), expected)

    def check_all(self):
        checked = 0
        for model, relation in self.every_relation():
            method = "Get" if relation is None else "".join(part.capitalize() for part in relation.split("_"))
            keys = keys_of(model)
            keys += keys[:2]
            expected = generic(model, relation, keys)
            with self.subTest(model=model, method=method):
                self.check_batch(model, relation, method, keys, expected)
                for key, one in zip(keys, expected):
                    self.check_single(model, relation, method, key, one)
                    checked += 1
        self.assertGreater(checked, 300)

    def test_warm(self):
        self.check_all()
        self.check_all()

    def test_cold_typed_first(self):
        for model, relation in self.every_relation():
            method = "Get" if relation is None else "".join(part.capitalize() for part in relation.split("_"))
            keys = keys_of(model)
            server.clear()
            message = request(model + "Service", "Batch" + method, *keys)
            raw = call_raw(self.path(model, "Batch" + method), message.SerializeToString())
            server.clear()
            self.assertEqual(parts_of(raw), generic(model, relation, keys), (model, method))

    def test_an_error_is_one_of_the_cases(self):
        error = caught(call_raw, "/conf.v1.BoxService/Things", request("BoxService", "Things", 3).SerializeToString())
        self.assertEqual(error.code(), grpc.StatusCode.DATA_LOSS)
        self.assertEqual(rt.reason_of(rt.error_of(error)), "VALUE_DOES_NOT_FIT")

    def test_typed_and_generic_share_their_cache_entries(self):
        server.clear()
        stub = rpcs.AuthorServiceStub(server.channel)
        before = server.stats().total
        generic("Author", "books", [1])
        stub.Books(services.AuthorServiceBooksRequest(id=1))
        stub.BatchBooks(services.AuthorServiceBatchBooksRequest(ids=[1, 1]))
        after = server.stats().total
        self.assertEqual((after.misses - before.misses, after.hits - before.hits), (1, 3))


class Stubs(unittest.TestCase):
    def test_a_client_reads_naturally(self):
        authors = rpcs.AuthorServiceStub(server.channel)
        author = authors.Get(services.AuthorServiceGetRequest(id=1)).record
        self.assertEqual((author.id, author.name, author.mentor_id), (1, "One", 0))
        self.assertEqual([book.title for book in authors.Books(services.AuthorServiceBooksRequest(id=author.id)).books],
                         ["B", "C", "A"])
        answer = authors.BatchMentor(services.AuthorServiceBatchMentorRequest(ids=[1, 0, 4, 555]))
        self.assertEqual([(r.record.name, r.state) for r in answer.results],
                         [("Zero", rt.LOADED), ("", rt.NULL), ("", rt.DANGLING), ("", rt.EMPTY)])

    def test_composite_keys(self):
        cells = rpcs.CellServiceStub(server.channel)
        self.assertEqual([c.b for c in cells.Downs(services.CellServiceDownsRequest(a="a", b="bc")).downs], ["1"])
        keys = [services.CellServiceKey(a="ab", b="c"), services.CellServiceKey(a="x", b="3")]
        answer = cells.BatchUp(services.CellServiceBatchUpRequest(keys=keys))
        self.assertEqual([r.state for r in answer.results], [rt.NULL, rt.NULL])

    def test_inherited_relations_are_the_childs(self):
        managers, people = rpcs.ManagerServiceStub(server.channel), rpcs.PersonServiceStub(server.channel)
        self.assertEqual([n.text for n in people.Notes(services.PersonServiceNotesRequest(id=1)).notes], ["a", "b", "c"])
        self.assertEqual([n.text for n in managers.Notes(services.ManagerServiceNotesRequest(id=1)).notes],
                         ["c", "b", "a"])
        visitors = rpcs.VisitorServiceStub(server.channel)
        self.assertEqual(visitors.Notes(services.VisitorServiceNotesRequest(id=1)).record.id, 7)

    def test_not_found_names_the_key(self):
        cells = rpcs.CellServiceStub(server.channel)
        error = caught(cells.Get, services.CellServiceGetRequest(a="no", b="body"))
        self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)
        self.assertEqual(error.details(), 'there is no conf.v1.Cell with the key "no", "body"')


class Refused(unittest.TestCase):
    """Requests that are wrong: INVALID_ARGUMENT, with the field."""

    def check(self, path, data, field, code=grpc.StatusCode.INVALID_ARGUMENT):
        error = caught(call_raw, "/conf.v1." + path, data)
        self.assertEqual(error.code(), code, error.details())
        fields = [name for name, _ in rt.violations_of(rt.error_of(error))]
        self.assertEqual(fields, [field] if field else [])

    def test_03_a_missing_key_is_named(self):
        self.check("AuthorService/Books", b"", "id")
        self.check("AuthorService/Get", b"", "id")
        self.check("CellService/Get", services.CellServiceGetRequest(a="x").SerializeToString(), "b")
        batch = services.CellServiceBatchGetRequest(keys=[dict(a="x", b="1"), dict(b="1")])
        self.check("CellService/BatchGet", batch.SerializeToString(), "keys[1].a")

    def test_a_key_of_another_type(self):
        self.check("AuthorService/Get", b"\x0a\x01x", "id")
        self.check("AuthorService/BatchGet", b"\x09" + bytes(8), "ids[0]")
        self.check("TagService/Get", b"\x08\x01", "name")
        self.check("TagService/Get", b"\x0a\x02\xff\xfe", "name")
        self.check("TagService/Get", b"\x0a\x03a\0b", "name")
        self.check("DeviceService/Get", b"\x0a\x03abc", "id")
        self.check("DeviceService/BatchGet", b"\x0a\x03abc", "ids[0]")

    def test_malformed_bytes(self):
        for data in [b"\x08", b"\xff" * 11, b"\x0a\x7fxx", b"\x0b\x0c", b"\x00\x01"]:
            for path in ["AuthorService/Get", "AuthorService/BatchBooks", "CellService/BatchGet"]:
                self.check(path, data, None)
        self.check("CellService/BatchGet", b"\x0a\x02\x0a\x7f", None)
        self.check("AuthorService/BatchGet", b"\x0a\x02\x01\x80", None)

    def test_an_empty_batch_is_answered_with_nothing(self):
        self.assertEqual(call_raw("/conf.v1.AuthorService/BatchGet", b""), b"")
        self.assertEqual(call_raw("/conf.v1.CellService/BatchUp", b""), b"")

    def test_fields_that_are_not_known_are_skipped(self):
        known = services.AuthorServiceGetRequest(id=1).SerializeToString()
        more = b"\x9a\x06\x03abc" + known + b"\xa0\x06\x01"
        self.assertEqual(call_raw("/conf.v1.AuthorService/Get", more), call_raw("/conf.v1.AuthorService/Get", known))

    def test_47_unknown_method(self):
        for path in ["AuthorService/Nope", "AuthorService/", "AuthorService/books", "NopeService/Get", "AuthorService"]:
            error = caught(call_raw, "/conf.v1." + path, b"")
            self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)


def load_grpc_module(name):
    """A class file of gRPC's own protos: they would be taken for grpcio's modules if they were imported by name."""
    out = rt.temp_dir()
    rt.protoc("-I", "/usr/share/grpc-proto", "--python_out=" + out, name + ".proto")
    spec = importlib.util.spec_from_file_location(name.replace("/", "_"), os.path.join(out, name + "_pb2.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tools(unittest.TestCase):
    """What reflection and health say."""

    def ask(self, **question):
        pb = load_grpc_module("grpc/reflection/v1/reflection")
        stub = server.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                            pb.ServerReflectionRequest.SerializeToString,
                                            pb.ServerReflectionResponse.FromString)
        return next(iter(stub(iter([pb.ServerReflectionRequest(**question)]), timeout=30)))

    def test_services_are_listed(self):
        listed = [s.name for s in self.ask(list_services="").list_services_response.service]
        self.assertEqual(len(listed), len(set(listed)))
        for name in ["conf.v1.%sService" % model for model in MODELS] + ["shop.v1.ReviewService"]:
            self.assertIn(name, listed)

    def test_reflection_says_what_protoc_makes_of_the_emitted_text(self):
        for proto in cases.FILES:
            name = proto.replace(".proto", "_services.proto")
            described = descriptor_pb2.FileDescriptorProto.FromString(
                self.ask(file_by_filename=name).file_descriptor_response.file_descriptor_proto[0])
            path = os.path.join(emitted, "set.binpb")
            rt.protoc("-I", source, "-I", emitted, "--descriptor_set_out=" + path, name)
            with open(path, "rb") as file:
                compiled = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file[0]
            described.ClearField("source_code_info")
            for outer in compiled.message_type:
                for message in [outer, *outer.nested_type]:
                    for field in message.field:
                        field.ClearField("json_name")
            self.assertEqual(described, compiled)

    def test_health(self):
        pb = load_grpc_module("grpc/health/v1/health")
        check = server.channel.unary_unary("/grpc.health.v1.Health/Check", pb.HealthCheckRequest.SerializeToString,
                                           pb.HealthCheckResponse.FromString)
        self.assertEqual(check(pb.HealthCheckRequest(service="conf.v1.BookService"), timeout=30).status,
                         pb.HealthCheckResponse.SERVING)
        error = caught(check, pb.HealthCheckRequest(service="conf.v1.NobodyService"))
        self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)


class Applied(unittest.TestCase):
    """Another schema, while the server runs."""

    def setUp(self):
        with open(schema, "rb") as file:
            self.addCleanup(self.apply, file.read())

    def apply(self, data):
        return server.call("RegistryService", "Apply", rt.registry_pb.ApplyRequest(descriptor_set=data),
                           rt.registry_pb.ApplyResponse)

    def changed(self, old, new):
        name = "conf/v1/conf.proto"
        folder = rt.temp_dir()
        os.makedirs(os.path.join(folder, "conf/v1"))
        self.assertIn(old, cases.FILES[name])
        with open(os.path.join(folder, name), "w") as file:
            file.write(cases.FILES[name].replace(old, new))
        path = rt.descriptor_set(folder, [name], os.path.join(folder, "set.binpb"))
        with open(path, "rb") as file:
            return file.read()

    def test_methods_come_and_go(self):
        data = services.AuthorServiceLatestRequest(id=1).SerializeToString()
        latest = call_raw("/conf.v1.AuthorService/Latest", data)
        self.assertEqual(caught(call_raw, "/conf.v1.AuthorService/Newest", data).code(), grpc.StatusCode.UNIMPLEMENTED)
        self.apply(self.changed("Book latest = 12", "Book newest = 12"))
        self.assertEqual(call_raw("/conf.v1.AuthorService/Newest", data), latest)
        self.assertEqual(caught(call_raw, "/conf.v1.AuthorService/Latest", data).code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(caught(call_raw, "/shop.v1.ReviewService/Get", data).code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_a_name_that_is_taken_is_a_warning_and_no_service(self):
        answer = self.apply(self.changed("message Badge {", "message BadgeServiceGetRequest { int64 id = 1; }\nmessage Badge {"))
        found = [f for f in answer.findings if f.model == "conf.v1.Badge"]
        self.assertEqual([f.severity for f in found], [rt.registry_pb.SEVERITY_WARNING])
        self.assertIn("conf.v1.BadgeServiceGetRequest", found[0].message)
        self.assertIn("conf/v1/conf.proto", found[0].message)
        self.assertEqual(caught(call_raw, "/conf.v1.BadgeService/Get", b"\x08\x07").code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(len(generic("Badge", None, [7])), 1)

    def test_calls_while_schemas_change(self):
        with open(schema, "rb") as file:
            same = file.read()
        expected = generic("Author", "books", [1])[0]
        wrong, stop = [], threading.Event()

        def ask(path, data):
            while not stop.is_set():
                try:
                    raw = call_raw(path, data)
                    if raw != expected and parts_of(raw) != [expected]:
                        wrong.append(raw)
                except grpc.RpcError as error:
                    wrong.append(error)

        asking = [("/conf.v1.AuthorService/Books", services.AuthorServiceBooksRequest(id=1)),
                  ("/conf.v1.AuthorService/BatchBooks", services.AuthorServiceBatchBooksRequest(ids=[1]))] * 2
        threads = [threading.Thread(target=ask, args=(path, message.SerializeToString())) for path, message in asking]
        for thread in threads:
            thread.start()
        for _ in range(20):
            self.apply(same)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
