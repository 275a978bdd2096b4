// Wire bytes for tests, put together by hand so that they can be wrong.
#ifndef RELATIONS_TESTS_CLIENT_RUNTIME_WIRE_H
#define RELATIONS_TESTS_CLIENT_RUNTIME_WIRE_H

#include "common/wire.h"

#include <string>

inline std::string Take(rel_buf *buf) {
  std::string text(reinterpret_cast<const char *>(buf->data), buf->len);
  rel_buf_fini(buf);
  return text;
}

inline std::string Bytes(uint32_t field, const std::string &bytes) {
  rel_buf buf = {};
  rel_wire_put_bytes(&buf, field, rel_bytes(bytes.data(), bytes.size()));
  return Take(&buf);
}

inline std::string Uint(uint32_t field, uint64_t value) {
  rel_buf buf = {};
  rel_wire_put_uint(&buf, field, value);
  return Take(&buf);
}

inline std::string Varint(uint64_t value) {
  rel_buf buf = {};
  rel_wire_put_varint(&buf, value);
  return Take(&buf);
}

// RecordSet and the answers of Get and Load.
inline std::string Set(int state, const std::string &records = "") {
  return Bytes(1, records + Uint(3, static_cast<uint64_t>(state)));
}
inline std::string Record(const std::string &bytes) {
  return Bytes(1, bytes);
}
inline std::string Type(const std::string &name) {
  return Bytes(2, name);
}

#endif
