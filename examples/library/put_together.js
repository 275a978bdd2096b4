// Records that are larger than a message, put together: what a typed query with in_pieces streams, merged into one answer. Of a
// service that was loaded without `defaults`, so that a field which a message does not have is not there.
//
//   const whole = await putTogether(service.Query({ includes: [{ path: "books.reviews" }], inPieces: true }));
//   whole.records[0].books[0].reviews[0].comment;
"use strict";

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

// As every Protobuf library merges: lists grow, messages merge, anything else is taken.
function merge(whole, part) {
  for (const [name, value] of Object.entries(part)) {
    const known = whole[name];
    const isMessage = typeof value === "object" && value !== null && !Buffer.isBuffer(value);
    if (known === undefined || !isMessage) whole[name] = value;
    else if (Array.isArray(value)) value.forEach((item) => known.push(item));
    else merge(known, value);
  }
}

// Adds a part to what came before; `path` is what the part before says in `continues`: the lists whose last record goes on with
// the first one of the part, each within the one before.
function add(whole, part, path) {
  if (path.length > 0) {
    const at = (message) => path[0].split(".").reduce((within, name) => within[camelCase(name)], message);
    const last = at(whole);
    add(last[last.length - 1], at(part).shift(), path.slice(1));
  }
  merge(whole, part);
}

async function putTogether(stream) {
  const whole = {};
  let path = [];
  for await (const part of stream) {
    add(whole, part, path);
    path = part.continues || [];
  }
  delete whole.continues;
  return whole;
}

module.exports = { putTogether };
