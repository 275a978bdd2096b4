// From files to a descriptor set: .proto files are compiled with protoc, descriptor sets are read.
//
// For programs that take a schema on their command line; the reader of schema.h only knows bytes.
// Thread-safe: nothing is kept between calls. A call may take as long as protoc does.
#ifndef RELATIONS_COMMON_SCHEMA_COMPILE_H
#define RELATIONS_COMMON_SCHEMA_COMPILE_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// What to read. An import is looked for in include_dirs, then beside each .proto that is given by an absolute
// or "../" path, then in the current directory, then beside the others, then among relations/v1/options.proto
// and types.proto as this build has them, then in /usr/include. A file's name in the schema is its path below
// the first of these that holds it.
typedef struct rel_schema_sources {
  const char *const *paths; // .proto is compiled; anything else is a descriptor set (.binpb, .pb, .desc)
  size_t path_count;
  const char *const *include_dirs;
  size_t include_count;
} rel_schema_sources;

// Compiles .proto files, all paths together, and appends their serialized FileDescriptorSet to `set`, with
// every imported file and source positions. A private folder in $TMPDIR or /tmp holds what
// protoc reads and writes. protoc's own messages are the error's; without protoc it says
// what to install.
rel_code rel_schema_compile(const rel_schema_sources *sources, rel_buf *set, rel_error *error) REL_MUST_CHECK;

// The same for paths of both sorts. The sets are appended one after the other, which is their union:
// rel_schema_read takes a file that several of them hold once.
rel_code rel_schema_load(const rel_schema_sources *sources, rel_buf *set, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
