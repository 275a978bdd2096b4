"""Starts relationsd for a test and talks to it with grpcio and classes that protoc generates on the spot.

Nothing here shares code with the server or the SDK: it is the client that a stranger would write.
"""

import importlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ElementTree

import grpc

RELATIONSD = os.path.abspath("server/relationsd")
PLUGIN = os.path.abspath("client/protoc-gen-relations")
PROTO_ROOT = os.path.abspath("proto")


def temp_dir():
    return tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))


def protoc(*args):
    subprocess.run(["protoc", "-I", PROTO_ROOT, "-I", "/usr/include", *args], check=True)


def generate(out, include, *files):
    """Generates Python classes of .proto files into `out`, which must be on sys.path."""
    protoc("-I", include, "--python_out=" + out, *files)


def generate_services(out, include, *files):
    """The same with the typed services of the files' models, and gRPC stubs of those. Returns the folder of the
    emitted .proto files."""
    emitted = temp_dir()
    protoc("-I", include, "--plugin=protoc-gen-relations=" + PLUGIN, "--relations_out=services=proto:" + emitted, *files)
    services = [file[:-len(".proto")] + "_services.proto" for file in files]
    protoc("-I", include, "-I", emitted, "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
           "--python_out=" + out, "--grpc_python_out=" + out, *files, *services)
    return emitted


_generated = temp_dir()
sys.path.insert(0, _generated)
_contract = ["types", "keys", "options", "query", "relation_service", "registry_service", "cache_service"]
generate(_generated, PROTO_ROOT, *["relations/v1/%s.proto" % name for name in _contract],
         "google/rpc/status.proto", "google/rpc/error_details.proto")

relation_pb = importlib.import_module("relations.v1.relation_service_pb2")
registry_pb = importlib.import_module("relations.v1.registry_service_pb2")
cache_pb = importlib.import_module("relations.v1.cache_service_pb2")
query_pb = importlib.import_module("relations.v1.query_pb2")
keys_pb = importlib.import_module("relations.v1.keys_pb2")
types_pb = importlib.import_module("relations.v1.types_pb2")
status_pb = importlib.import_module("google.rpc.status_pb2")
error_details_pb = importlib.import_module("google.rpc.error_details_pb2")

LOADED = types_pb.LOAD_STATE_LOADED
EMPTY = types_pb.LOAD_STATE_EMPTY
NULL = types_pb.LOAD_STATE_NULL
DANGLING = types_pb.LOAD_STATE_DANGLING
FILTERED = types_pb.LOAD_STATE_FILTERED


def make_database(path, sql, journal="wal"):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=" + journal)
    connection.executescript(sql)
    connection.commit()
    connection.close()


def descriptor_set(directory, files, out):
    protoc("-I", directory, "--include_imports", "--include_source_info", "--descriptor_set_out=" + out, *files)
    return out


def loader_directory(*files):
    """A directory for --loader-dir with copies of these shared objects."""
    directory = temp_dir()
    for file in files:
        os.chmod(shutil.copyfile(file, os.path.join(directory, os.path.basename(file))), 0o755)
    return directory


def key_part(value):
    part = keys_pb.KeyPart()
    if value is None:
        part.null_value = True
    elif isinstance(value, int):
        setattr(part, "int64_value" if value < 2**63 else "uint64_value", value)
    elif isinstance(value, str):
        part.string_value = value
    else:
        part.bytes_value = value
    return part


def make_keys(values):
    """Keys of a request from Python values: ints, strings, bytes, or tuples and None for composite ones."""
    keys = keys_pb.Keys()
    if any(v is None or isinstance(v, tuple) for v in values):
        for value in values:
            parts = value if isinstance(value, tuple) else (value,)
            keys.composites.keys.add().parts.extend(key_part(p) for p in parts)
    elif all(isinstance(v, int) for v in values):
        if any(v >= 2**63 for v in values):
            keys.uint64s.values.extend(values)
        else:
            keys.int64s.values.extend(values)
            keys.int64s.SetInParent()
    elif all(isinstance(v, str) for v in values):
        keys.strings.values.extend(values)
    else:
        keys.bytes.values.extend(values)
    return keys


def make_value(value):
    """A Value of a filter from a Python value."""
    if isinstance(value, bool):
        return query_pb.Value(bool_value=value)
    if isinstance(value, int):
        return query_pb.Value(int64_value=value) if value < 2**63 else query_pb.Value(uint64_value=value)
    if isinstance(value, float):
        return query_pb.Value(double_value=value)
    if isinstance(value, bytes):
        return query_pb.Value(bytes_value=value)
    return query_pb.Value(string_value=value)


def read_value(value):
    """The Python value of a Value; None is NULL. Times are (seconds, nanos)."""
    kind = value.WhichOneof("kind")
    if kind == "timestamp_value":
        return value.timestamp_value.seconds, value.timestamp_value.nanos
    return getattr(value, kind) if kind else None


def order_terms(text):
    """Terms of an order: "name desc nulls first, count(books), author.name"."""
    terms = []
    for part in filter(None, text.split(",")):
        words = part.split()
        nulls = query_pb.NULLS_FIRST if words[-2:] == ["nulls", "first"] else query_pb.NULLS_UNSPECIFIED
        counts = words[0].startswith("count(")
        what = {"count_of": words[0][6:-1]} if counts else {"field": words[0]}
        terms.append(query_pb.OrderTerm(descending="desc" in words, nulls=nulls, **what))
    return terms


def query_target(model, relation="", owner_key=None, reference_key=None, filter=None, where="", methods=()):
    """What a query is about. A key is a Python value as in make_keys, in a list."""
    target = relation_pb.QueryTarget(model=model, relation=relation, filter_text=where, filter=filter)
    if owner_key is not None:
        target.owner_key.CopyFrom(make_keys(owner_key))
    if reference_key is not None:
        target.reference_key.CopyFrom(make_keys(reference_key))
    for name, *arguments in methods:
        target.methods.add(name=name, arguments=[make_value(a) for a in arguments])
    return target


def includes_of(includes):
    """Includes from paths, or from dicts of an Include's fields with `order` as a text."""
    made = []
    for include in includes:
        fields = {"path": include} if isinstance(include, str) else dict(include)
        order = order_terms(fields.pop("order", ""))
        made.append(relation_pb.Include(order_by=order, **fields))
    return made


class Server:
    """A relationsd that serves a schema and a database; stops with the `with`."""

    def __init__(self, schema, database, flags=(), env=None, wrapper=()):
        args = [*wrapper, RELATIONSD, "--listen=127.0.0.1:0", "--database=sqlite:" + database, *flags]
        for file in [schema] if isinstance(schema, str) else schema:
            args.append("--schema=" + file)
        self.process = subprocess.Popen(args, stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **(env or {})))
        self.log = []
        self.port = None
        for line in self.process.stderr:
            self.log.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "listening":
                self.port = event["port"]
                break
        if self.port is None:
            raise RuntimeError("relationsd did not start: " + "".join(self.log))
        # Somebody has to read the log, or the server would block on a full pipe.
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.channel = grpc.insecure_channel("127.0.0.1:%d" % self.port)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        self.channel.close()
        self.process.terminate()
        code = self.process.wait(60)
        self.reader.join()
        self.process.stderr.close()
        if code != 0:
            raise RuntimeError("relationsd ended with %d: %s" % (code, "".join(self.log[-20:])))

    def call(self, service, method, request, response_type, timeout=30, **kwargs):
        stub = self.channel.unary_unary("/relations.v1.%s/%s" % (service, method),
                                        request_serializer=lambda m: m.SerializeToString(),
                                        response_deserializer=response_type.FromString)
        return stub(request, timeout=timeout, **kwargs)

    def load(self, model, relation, keys, by="owner_keys", includes=(), **kwargs):
        request = relation_pb.LoadRequest(model=model, relation=relation, includes=includes_of(includes))
        getattr(request, by).CopyFrom(make_keys(keys))
        return self.call("RelationService", "Load", request, relation_pb.LoadResponse, **kwargs)

    def get(self, model, keys, includes=(), **kwargs):
        request = relation_pb.GetRequest(model=model, keys=make_keys(keys), includes=includes_of(includes))
        return self.call("RelationService", "Get", request, relation_pb.GetResponse, **kwargs)

    def stream(self, request, timeout=60):
        """The answer of Query, message by message."""
        stub = self.channel.unary_stream("/relations.v1.RelationService/Query",
                                         request_serializer=lambda m: m.SerializeToString(),
                                         response_deserializer=relation_pb.QueryResponse.FromString)
        return stub(request, timeout=timeout)

    def query(self, model, order="", page_size=0, page_token="", record_type="", includes=(), **target):
        """All records of a query as bytes, the last message's token, and the first one's state."""
        request = relation_pb.QueryRequest(target=query_target(model, **target), order_by=order_terms(order),
                                           page_size=page_size, page_token=page_token, record_type=record_type,
                                           includes=includes_of(includes))
        parts = list(self.stream(request))
        records = [r for part in parts for r in part.records.records]
        return records, parts[-1].records.next_page_token, parts[0].records.state

    def pages(self, model, page_size, **kwargs):
        """All records of a query, page by page."""
        token, records = "", []
        while True:
            page, token, _ = self.query(model, page_size=page_size, page_token=token, **kwargs)
            assert len(page) <= page_size
            records += page
            if not token:
                return records

    def page(self, model, page_size, order="", page_token="", from_end=False, fields=(), **target):
        """A page of a query: its records, and the tokens of the page before and the next one."""
        request = relation_pb.QueryRequest(target=query_target(model, **target), order_by=order_terms(order), fields=fields,
                                           page_size=page_size, page_token=page_token, from_end=from_end)
        parts = list(self.stream(request))
        for part in parts[:-1]:
            assert not part.records.previous_page_token and not part.records.next_page_token
        last = parts[-1].records
        return [r for part in parts for r in part.records.records], last.previous_page_token, last.next_page_token

    def pages_backwards(self, model, page_size, **kwargs):
        """All records of a query, from the last page to the first."""
        page, token, _ = self.page(model, page_size, from_end=True, **kwargs)
        records = page
        while token:
            page, token, following = self.page(model, page_size, page_token=token, **kwargs)
            assert len(page) <= page_size and following
            records = page + records
        return records

    def count(self, model, **target):
        request = relation_pb.CountRequest(target=query_target(model, **target))
        return self.call("RelationService", "Count", request, relation_pb.CountResponse).count

    def exists(self, model, **target):
        request = relation_pb.ExistsRequest(target=query_target(model, **target))
        return self.call("RelationService", "Exists", request, relation_pb.ExistsResponse).exists

    def aggregate(self, model, terms=(), group_by=(), having="", order="", page_size=0, page_token="", **target):
        """The groups of an aggregate as [(keys, values)], Python values both, and the page token. A term is "count",
        "sum pages", or "sum pages total" with a name of its own."""
        request = relation_pb.AggregateRequest(target=query_target(model, **target), group_by=group_by, having_text=having,
                                               order_by=order_terms(order), page_size=page_size, page_token=page_token)
        for term in terms:
            function, field, name = (term.split() + ["", ""])[:3]
            request.terms.add(function=relation_pb.AggregateFunction.Value("AGGREGATE_FUNCTION_" + function.upper()),
                              field=field, name=name)
        answer = self.call("RelationService", "Aggregate", request, relation_pb.AggregateResponse)
        groups = [([read_value(v) for v in g.keys], [read_value(v) for v in g.values]) for g in answer.groups]
        return groups, answer.next_page_token

    def explain(self, **request):
        """What a request takes: {path: step}, and the whole answer."""
        answer = self.call("RelationService", "Explain", relation_pb.ExplainRequest(**request), relation_pb.ExplainResponse)
        return {step.path: step for step in answer.steps}, answer

    def stats(self):
        return self.call("CacheService", "Stats", cache_pb.StatsRequest(), cache_pb.StatsResponse)

    def clear(self, **scope):
        request = cache_pb.ClearRequest(**(scope or {"all": True}))
        return self.call("CacheService", "Clear", request, cache_pb.ClearResponse).cleared

    def describe(self, model):
        request = registry_pb.DescribeModelRequest(model=model)
        return self.call("RegistryService", "DescribeModel", request, registry_pb.DescribeModelResponse).model


class World:
    """A schema of one file, a database, and a server over both: what a module of tests is about.

    `fill` is given a connection to the database that `sql` has made. `messages` are the schema's Python classes."""

    def __init__(self, name, schema, sql, fill=None, flags=()):
        self.directory = temp_dir()
        file = name + ".proto"
        with open(os.path.join(self.directory, file), "w") as out:
            out.write(schema)
        self.database = os.path.join(self.directory, name + ".db")
        make_database(self.database, sql)
        if fill is not None:
            connection = sqlite3.connect(self.database)
            fill(connection)
            connection.commit()
            connection.close()
        self.schema = descriptor_set(self.directory, [file], os.path.join(self.directory, name + ".binpb"))
        generate(self.directory, self.directory, file)
        sys.path.insert(0, self.directory)
        self.messages = importlib.import_module(name + "_pb2")
        self.server = Server(self.schema, self.database, flags=flags)


class Case(unittest.TestCase):
    """A case asked for one key and for many, cold and warm, of the server that setUpModule puts here."""

    server = None
    maxDiff = None

    def answers(self, response, message):
        return [(r.state, [message.FromString(b) for b in r.records]) for r in response.results]

    def check(self, model, relation, message, expected, by="owner_keys", view=lambda m: m.id):
        """expected: {key: (state, [what `view` says of each record])}."""

        def ask(keys):
            response = (self.server.load(model, relation, keys, by=by) if relation else self.server.get(model, keys))
            self.assertEqual(response.record_type, message.DESCRIPTOR.full_name)
            for result in response.results:
                self.assertEqual(result.error.code, 0, result.error.message)
            return [(state, [view(m) for m in records]) for state, records in self.answers(response, message)]

        keys = list(expected)
        for key in keys:
            self.server.clear()
            self.assertEqual(ask([key]), [expected[key]], "one key, cold: %r" % (key,))
            self.assertEqual(ask([key]), [expected[key]], "one key, warm: %r" % (key,))
        mixed = keys + keys[::-1]
        self.server.clear()
        self.assertEqual(ask(mixed), [expected[k] for k in mixed], "many keys, cold")
        self.assertEqual(ask(mixed), [expected[k] for k in mixed], "many keys, warm")

    def refused(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception

    def statements(self):
        return self.server.stats().total.statements

    def findings(self, body, package="bad.v1"):
        """What Validate says of a schema."""
        path = os.path.join(temp_dir(), "bad.proto")
        with open(path, "w") as file:
            file.write('syntax = "proto3"; package %s; import "relations/v1/options.proto";\n%s' % (package, body))
        out = path + ".binpb"
        descriptor_set(os.path.dirname(path), ["bad.proto"], out)
        with open(out, "rb") as file:
            request = registry_pb.ValidateRequest(descriptor_set=file.read())
        response = self.server.call("RegistryService", "Validate", request, registry_pb.ValidateResponse)
        return [f for f in response.findings if f.severity == registry_pb.SEVERITY_ERROR]

    def assertFinding(self, findings, element, *fragments):
        for finding in findings:
            if finding.element == element and all(f in finding.message for f in fragments):
                self.assertGreater(finding.line, 0)
                return
        self.fail("no finding about %s with %s among:\n%s" % (element, fragments, findings))


def error_of(rpc_error):
    """The google.rpc.Status of a failed call."""
    for key, value in rpc_error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return status_pb.Status.FromString(value)
    return status_pb.Status()


def reason_of(status):
    for detail in status.details:
        info = error_details_pb.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return None


def violations_of(status):
    for detail in status.details:
        bad = error_details_pb.BadRequest()
        if detail.Unpack(bad):
            return [(v.field, v.description) for v in bad.field_violations]
    return []


class _Result(unittest.TextTestResult):
    """Remembers each case, for the XML file in which bazel looks for them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.cases.append((test.id(), None))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.cases.append((test.id(), str(err[1])))

    def addError(self, test, err):
        super().addError(test, err)
        self.cases.append((test.id(), str(err[1])))


def main():
    """unittest.main, with its cases listed where bazel and CI count them."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result)
    result = unittest.main(testRunner=runner, exit=False).result
    suite = ElementTree.Element("testsuite", name=sys.argv[0], tests=str(len(result.cases)))
    for name, failure in result.cases:
        case = ElementTree.SubElement(suite, "testcase", name=name)
        if failure is not None:
            ElementTree.SubElement(case, "failure", message=failure.encode("ascii", "replace").decode())
    if "XML_OUTPUT_FILE" in os.environ:
        ElementTree.ElementTree(suite).write(os.environ["XML_OUTPUT_FILE"])
    sys.exit(0 if result.wasSuccessful() else 1)
