// Reading a schema: runs the stages of build.h over the bytes of a descriptor set. Owns the builder and the
// limits.
#include "common/schema/build.h"

#include <xxhash.h>

enum { DEFAULT_MAX_BYTES = 64 * 1024 * 1024, DEFAULT_MAX_MESSAGES = 20000, DEFAULT_MAX_DEPTH = 100 };

static rel_schema_limits with_defaults(const rel_schema_limits *limits) {
  rel_schema_limits all = limits != NULL ? *limits : (rel_schema_limits){0};
  if (all.max_bytes == 0) all.max_bytes = DEFAULT_MAX_BYTES;
  if (all.max_messages == 0) all.max_messages = DEFAULT_MAX_MESSAGES;
  if (all.max_depth == 0) all.max_depth = DEFAULT_MAX_DEPTH;
  return all;
}

static void write_digest(rel_str set, char digest[33]) {
  static const char hex[] = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(set.ptr, set.len));
  for (size_t i = 0; i < sizeof canonical.digest; i++) {
    digest[2 * i] = hex[canonical.digest[i] >> 4];
    digest[2 * i + 1] = hex[canonical.digest[i] & 15];
  }
  digest[32] = '\0';
}

static void build(rel_builder *b, rel_str set) {
  if (!rel_build_descriptors(b, set)) return;
  rel_build_models(b);
  rel_build_declarations(b);
  rel_build_extends(b);
  rel_build_tables(b);
  if (!rel_build_links(b)) return;
  rel_build_relations(b);
  rel_build_gates(b);
  rel_build_inverses(b);
  rel_build_methods(b);
}

rel_code rel_schema_read(rel_str set, const rel_schema_limits *limits, rel_findings *findings,
                         rel_schema **out) {
  rel_builder b = {.limits = with_defaults(limits), .findings = findings, .errors_before = findings->errors};
  *out = NULL;
  b.schema = REL_NEW(rel_schema_impl);
  b.arena = &b.schema->arena;
  rel_arena_init(b.arena);
  rel_arena_init(&b.scratch);
  write_digest(set, b.schema->schema.digest);
  build(&b, set);
  rel_arena_fini(&b.scratch);
  free(b.messages);
  free(b.symbols);
  if (findings->errors > b.errors_before) {
    rel_schema_free(&b.schema->schema);
    return REL_BAD_SCHEMA;
  }
  *out = &b.schema->schema;
  return REL_OK;
}

void rel_schema_free(rel_schema *schema) {
  if (schema == NULL) return;
  rel_schema_impl *impl = (rel_schema_impl *)schema;
  rel_arena_fini(&impl->arena);
  free(impl);
}
