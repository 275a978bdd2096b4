#!/usr/bin/env node
// Prints authors and their books, from Node, with typed services. Usage: library_client.js [TARGET]
// PROTO_PATH is the folder of library.proto, of library_services.proto that is made from it, and of what they import.
// Type-checked with the types that proto-loader-gen-types makes of library_services.proto (docs/services.md).
// @ts-check
"use strict";

const { promisify } = require("util");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

// int64 as strings: a number of JavaScript is exact up to 2^53 only.
const options = { includeDirs: [process.env.PROTO_PATH || "proto"], longs: String, enums: String, defaults: true };
const loaded = grpc.loadPackageDefinition(loader.loadSync("library_services.proto", options));
/** @type {import("./types/library_services").ProtoGrpcType} */
const { library } = /** @type {any} */ (loaded);

async function main() {
  const target = process.argv[2] || "127.0.0.1:50051";
  const service = new library.v1.AuthorService(target, grpc.credentials.createInsecure());
  const batchGet = promisify(service.BatchGet.bind(service));
  const batchBooks = promisify(service.BatchBooks.bind(service));

  const authors = await batchGet({ ids: [1, 2, 3] });
  // The books of all three in one call, each author's at the author's place.
  const books = await batchBooks({ ids: [1, 2, 3] });
  authors?.results.forEach((author, i) => {
    const titles = books?.results[i].books.map((book) => book.title);
    console.log(`${author.record?.name}: ${titles?.join(", ")}`);
  });
  service.close();
}

main().catch((error) => {
  console.error(`library_client.js: ${error.message}`);
  process.exitCode = 1;
});
