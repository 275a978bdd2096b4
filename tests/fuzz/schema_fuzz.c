// Descriptor sets that somebody uploads: read, their filters compiled, the ways of their relations found,
// every finding put into words.
#include "common/schema/schema.h"
#include "server/query/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is good has a scope.
static void read_scopes(const rel_schema *schema) {
  rel_arena arena;
  rel_arena_init(&arena);
  for (size_t i = 0; i < schema->model_count; i++) {
    const rel_model *model = schema->models[i];
    for (size_t r = 0; r < model->relation_count; r++) {
      rel_scope scope;
      rel_error error = {0};
      if (rel_scope_read(model->relations[r], &arena, &scope, &error) != REL_OK) abort();
    }
  }
  rel_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rel_findings findings = {0};
  rel_schema *schema = NULL;
  rel_code code = rel_schema_read(rel_bytes(data, size), NULL, &findings, &schema);
  if ((code == REL_OK) != (schema != NULL) || (code != REL_OK && findings.errors == 0)) abort();
  if (schema != NULL) rel_filters_check(schema, &findings);
  if (schema != NULL && findings.errors == 0) read_scopes(schema);
  rel_findings_sort(&findings);
  for (size_t i = 0; i < findings.count; i++) {
    rel_buf line = {0};
    rel_finding_format(&findings.items[i], &line);
    rel_buf_fini(&line);
  }
  rel_findings_fini(&findings);
  rel_schema_free(schema);
  return 0;
}
