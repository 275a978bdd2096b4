#!/usr/bin/python3
"""A custom loader in Python: the ratings of books. Usage: ratings_loader.py [ADDRESS]

The classes are protoc's: protoc --python_out and --grpc_python_out of bookshop.proto and relations/v1/*.proto.
"""
import sys
from concurrent import futures

import grpc
from bookshop_pb2 import Rating
from relations.v1.loader_service_pb2 import LoadBatchResponse
from relations.v1.loader_service_pb2_grpc import LoaderServiceServicer, add_LoaderServiceServicer_to_server

# Where a loader of yours would ask another service, a search index, a file.
RATINGS = {1: [("ann", 5), ("bob", 3)], 2: [("cid", 4)]}


class Ratings(LoaderServiceServicer):
    def LoadBatch(self, request, context):
        if request.relation != "ratings":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "this loader knows ratings only")
        response = LoadBatchResponse()
        for book_id in request.keys.int64s.values:  # one result a key, in order; an empty one is an answer too
            records = [Rating(book_id=book_id, reader=reader, stars=stars)
                       for reader, stars in RATINGS.get(book_id, [])]
            response.results.add(records=[record.SerializeToString() for record in records])
        return response


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50052"
    server = grpc.server(futures.ThreadPoolExecutor(4))
    add_LoaderServiceServicer_to_server(Ratings(), server)
    port = server.add_insecure_port(address)
    server.start()
    print("listening on port", port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
