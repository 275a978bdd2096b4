// Asks one method of a typed service of the library, as node_test.py says: ask_library.js TARGET SERVICE METHOD REQUEST
// Prints {"answer": …}, of a stream the list of its messages, or {"code": …, "details": …} of the status. Keeps what was on the wire visible: no defaults.
"use strict";

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [target, service, method, request] = process.argv.slice(2);
const options = { includeDirs: [process.env.PROTO_PATH], longs: String, enums: String };
const { library } = grpc.loadPackageDefinition(loader.loadSync("library_services.proto", options));
const client = new library.v1[service](target, grpc.credentials.createInsecure());
const deadline = { deadline: Date.now() + 60000 };

function done(error, answer) {
  console.log(JSON.stringify(error ? { code: error.code, details: error.details } : { answer }));
  client.close();
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

if (client[method].responseStream) {
  collect(client[method](JSON.parse(request), deadline)).then((parts) => done(null, parts), done);
} else {
  client[method](JSON.parse(request), deadline, done);
}
