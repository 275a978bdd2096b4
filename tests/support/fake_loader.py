"""A LoaderService for tests, whose answers are the test's to choose: right, wrong, slow, or none at all."""

import importlib
import threading
from concurrent import futures

import grpc

import relations_testing as rt

rt.generate(rt._generated, rt.PROTO_ROOT, "relations/v1/loader_service.proto")
loader_pb = importlib.import_module("relations.v1.loader_service_pb2")


def key_values(keys):
    """The keys of a request, as Python values."""
    kind = keys.WhichOneof("kind")
    if kind != "composites":
        return list(getattr(keys, kind).values)
    return [tuple(getattr(part, part.WhichOneof("kind")) for part in key.parts) for key in keys.composites.keys]


class FakeLoader:
    """Answers with `answer(request, context)`: a LoadBatchResponse, or its bytes. Keeps every request."""

    def __init__(self, answer, address="127.0.0.1:0", threads=16, credentials=None):
        self.answer = answer
        self.requests = []
        self.lock = threading.Lock()
        handler = grpc.unary_unary_rpc_method_handler(
            self._load, request_deserializer=loader_pb.LoadBatchRequest.FromString,
            response_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString())
        self.server = grpc.server(futures.ThreadPoolExecutor(threads), options=[("grpc.so_reuseport", 0)])
        self.server.add_generic_rpc_handlers([
            grpc.method_handlers_generic_handler("relations.v1.LoaderService", {"LoadBatch": handler})])
        self.port = (self.server.add_secure_port(address, credentials) if credentials
                     else self.server.add_insecure_port(address))
        self.server.start()

    def _load(self, request, context):
        with self.lock:
            self.requests.append(request)
        return self.answer(request, context)

    def keys(self):
        """The keys of each request so far."""
        with self.lock:
            return [key_values(request.keys) for request in self.requests]

    def stop(self, grace=0):
        self.server.stop(grace).wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def records_of(by_key):
    """An answer that looks records up in a dict of lists of messages."""

    def answer(request, context):
        response = loader_pb.LoadBatchResponse()
        for key in key_values(request.keys):
            result = response.results.add()
            result.records.extend(record.SerializeToString() for record in by_key.get(key, []))
        return response

    return answer
