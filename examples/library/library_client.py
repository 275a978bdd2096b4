#!/usr/bin/python3
"""Prints authors and their books, from Python, with typed services. Usage: library_client.py [TARGET]"""
import sys

import grpc
from library_services_pb2 import (AuthorServiceBatchBooksRequest, AuthorServiceBatchGetRequest,
                                  AuthorServiceBooksQueryRequest)
from library_services_pb2_grpc import AuthorServiceStub


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
    with grpc.insecure_channel(target) as channel:
        service = AuthorServiceStub(channel)
        authors = service.BatchGet(AuthorServiceBatchGetRequest(ids=[1, 2, 3]), timeout=30, wait_for_ready=True)

        # The books of all three in one call, each author's at the author's place.
        books = service.BatchBooks(AuthorServiceBatchBooksRequest(ids=[1, 2, 3]), timeout=30)
        for author, works in zip(authors.results, books.results):
            print(f"{author.record.name}: {', '.join(book.title for book in works.books)}")

        # A query: with a query method of the model, a filter and an order, streamed from the database.
        later = AuthorServiceBooksQueryRequest(id=1, published_after=dict(date="1968-12-31"),
                                               filter='prefix(title, "The ")', order_by="title desc")
        for part in service.BooksQuery(later, timeout=30):
            print("After 1968:", ", ".join(book.title for book in part.books))


if __name__ == "__main__":
    main()
