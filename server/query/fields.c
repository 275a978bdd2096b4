// Field masks: see fields.h.
#include "server/query/fields.h"

#include "server/query/internal.h"

#include <stdio.h>

static rel_code no_field(const rel_model *model, const char *name, size_t index, rel_error *error) {
  char path[32];
  snprintf(path, sizeof path, "fields[%zu]", index);
  return rel_no_field(model, rel_cstr(name), " with a column", &(rel_spot){.path = path}, error);
}

rel_code rel_field_mask_read(const rel_model *model, char *const *names, size_t count, rel_arena *arena,
                             rel_field_mask *out, rel_error *error) {
  *out = (rel_field_mask){.model = model};
  if (count == 0) return REL_OK;
  if (count > model->field_count)
    return rel_fail_field(error, REL_INVALID, "fields", REL_STR_F " has %zu fields, not %zu",
                          REL_STR_A(model->name), model->field_count, count);
  out->wanted = REL_ARENA_ARRAY(arena, bool, model->field_count);
  for (size_t i = 0; i < count; i++) {
    const rel_field *field = rel_model_field(model, rel_cstr(names[i]));
    if (field == NULL || !field->has_column) return no_field(model, names[i], i, error);
    rel_field_mask_add(out, field);
  }
  for (size_t i = 0; i < model->primary_key_count; i++)
    rel_field_mask_add(out, model->primary_key[i]);
  return REL_OK;
}

void rel_field_mask_add(rel_field_mask *mask, const rel_field *field) {
  for (size_t i = 0; i < mask->model->field_count && mask->wanted != NULL; i++)
    if (mask->model->fields[i] == field) mask->wanted[i] = true;
}

const rel_field *const *rel_field_mask_columns(const rel_field_mask *mask, rel_arena *arena, size_t *count) {
  *count = 0;
  if (mask->wanted == NULL) return NULL;
  const rel_field **columns = REL_ARENA_ARRAY(arena, const rel_field *, mask->model->field_count);
  for (size_t i = 0; i < mask->model->field_count; i++)
    if (mask->wanted[i]) columns[(*count)++] = mask->model->fields[i];
  return columns;
}
