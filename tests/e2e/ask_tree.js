// All rooms with their shelves and boxes, of large_tree_test.py, put together: ask_tree.js TARGET
// Prints for each shelf of each room its id, the number of its boxes, and the SHA-256 of their contents, one after the other.
"use strict";

const crypto = require("crypto");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { putTogether } = require("../../examples/library/put_together.js");

const options = { includeDirs: process.env.PROTO_PATH.split(":"), longs: String };
const { big } = grpc.loadPackageDefinition(loader.loadSync("big_services.proto", options));
const service = new big.v1.RoomService(process.argv[2], grpc.credentials.createInsecure()); // with the limits of grpc-js

function show(shelf) {
  const hash = crypto.createHash("sha256");
  shelf.boxes.forEach((box) => hash.update(box.content));
  return [shelf.id, shelf.boxes.length, hash.digest("hex")];
}

async function main() {
  const query = { includes: [{ path: "shelves.boxes" }], inPieces: true };
  const whole = await putTogether(service.Query(query, { deadline: Date.now() + 600000 }));
  console.log(JSON.stringify(whole.records.map((room) => room.shelves.map(show))));
  const shelves = await putTogether(service.ShelvesQuery({ id: 1, filter: "id = 8", includes: [{ path: "room.shelves.boxes" }], inPieces: true }));
  console.log(JSON.stringify(shelves.shelves.map((shelf) => [shelf.id, shelf.room.shelves.map(show)])));
  service.close();
}

main();
