// Descriptor sets that somebody uploads: read, every finding put into words.
#include "common/schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rel_findings findings = {0};
  rel_schema *schema = NULL;
  rel_code code = rel_schema_read(rel_bytes(data, size), NULL, &findings, &schema);
  if ((code == REL_OK) != (schema != NULL) || (code != REL_OK && findings.errors == 0)) abort();
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
