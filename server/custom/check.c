// The loaders of a schema: see check.h.
#include "server/custom/check.h"

void rel_schema_check_loaders(const rel_schema *schema, rel_look_at_loader *look, void *context,
                              rel_findings *findings) {
  for (size_t i = 0; i < schema->model_count; i++) {
    const rel_model *model = schema->models[i];
    for (size_t j = 0; j < model->relation_count; j++) {
      const rel_relation *relation = model->relations[j];
      rel_error error;
      if (relation->loader.len == 0 || relation->declared_in != model ||
          look(context, relation->loader, &error) == REL_OK)
        continue;
      rel_findings_add(findings, REL_ERROR, relation->place, model->name, relation->name, "%s",
                       error.message);
    }
  }
}
