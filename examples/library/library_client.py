#!/usr/bin/python3
"""Prints authors and their books, from Python, with what protoc generates. Usage: library_client.py [TARGET]"""
import sys

import grpc
from library_pb2 import Author, Book
from relations.v1.keys_pb2 import Int64Keys, Keys
from relations.v1.relation_service_pb2 import GetRequest, GetResponse, LoadRequest, LoadResponse


def keys(*values):
    return Keys(int64s=Int64Keys(values=values))


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
    with grpc.insecure_channel(target) as channel:
        service = "/relations.v1.RelationService/"
        get = channel.unary_unary(service + "Get", GetRequest.SerializeToString, GetResponse.FromString)
        load = channel.unary_unary(service + "Load", LoadRequest.SerializeToString, LoadResponse.FromString)

        answer = get(GetRequest(model="library.v1.Author", keys=keys(1, 2, 3)), timeout=30, wait_for_ready=True)
        authors = [Author.FromString(result.records[0]) for result in answer.results]

        # The books of all three in one call, each author's at the author's place.
        answer = load(
            LoadRequest(
                model="library.v1.Author",
                relation="books",
                owner_keys=keys(*[author.id for author in authors]),
                record_type="library.v1.Book",
            ),
            timeout=30,
        )
        for author, result in zip(authors, answer.results):
            titles = [Book.FromString(record).title for record in result.records]
            print(f"{author.name}: {', '.join(titles)}")


if __name__ == "__main__":
    main()
