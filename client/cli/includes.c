// Includes: see includes.h.
#include "client/cli/includes.h"

#include "client/cli/include_args.h"
#include "client/cli/json.h"
#include "client/cli/keys.h"
#include "client/cli/results.h"
#include "common/wire.h"

#include <inttypes.h>

// --- Reading ---

static bool is_shown(const Relations__V1__Model *model, const char *name, char *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(fields[i], name) == 0) return true;
  for (size_t i = 0; i < model->n_primary_key; i++)
    if (strcmp(model->primary_key[i], name) == 0) return true;
  return false;
}

const Relations__V1__Model *rel_include_shown(const Relations__V1__Model *model, char *const *fields,
                                              size_t count, rel_arena *arena) {
  if (count == 0) return model;
  Relations__V1__Model *shown = REL_ARENA_NEW(arena, Relations__V1__Model);
  *shown = *model;
  shown->n_fields = 0;
  shown->fields = REL_ARENA_ARRAY(arena, Relations__V1__Field *, model->n_fields);
  for (size_t i = 0; i < model->n_fields; i++)
    if (is_shown(model, model->fields[i]->name, fields, count))
      shown->fields[shown->n_fields++] = model->fields[i];
  return shown;
}

static rel_include_view *child_of(const rel_include_view *view, const char *relation) {
  for (rel_include_view *child = view->children; child != NULL; child = child->next)
    if (strcmp(child->relation->name, relation) == 0) return child;
  return NULL;
}

static rel_code add_child(rel_client *client, rel_include_view *parent, const char *name, rel_arena *arena,
                          rel_include_view **out, rel_error *error) {
  const Relations__V1__EffectiveRelation *relation;
  rel_code code = rel_find_relation(parent->model, name, &relation, error);
  if (code != REL_OK) return code;
  rel_include_view *child = REL_ARENA_NEW(arena, rel_include_view);
  child->relation = relation;
  code = rel_remote_model(client, relation->model, &child->described, error);
  if (code != REL_OK) return code;
  child->model = child->described->model;
  rel_include_view **end = &parent->children;
  while (*end != NULL)
    end = &(*end)->next;
  *end = child;
  *out = child;
  return REL_OK;
}

static void end_path(rel_include_view *view, const Relations__V1__Include *include, rel_arena *arena) {
  view->counted |= include->count_only;
  view->listed |= !include->count_only;
  view->model = rel_include_shown(view->model, include->fields, include->n_fields, arena);
}

// A oneof's name asks for each of its relations; what is behind it is for the server to refuse.
static rel_code add_members(rel_client *client, rel_include_view *view, const char *oneof,
                            const Relations__V1__Include *include, rel_arena *arena, bool *found,
                            rel_error *error) {
  rel_code code = REL_OK;
  *found = false;
  for (size_t i = 0; i < view->model->n_relations && code == REL_OK; i++) {
    const Relations__V1__EffectiveRelation *relation = view->model->relations[i];
    if (oneof[0] == '\0' || strcmp(relation->oneof, oneof) != 0) continue;
    rel_include_view *child = child_of(view, relation->name);
    if (child == NULL) code = add_child(client, view, relation->name, arena, &child, error);
    if (code == REL_OK) end_path(child, include, arena);
    *found = true;
  }
  return code;
}

// Follows "books.reviews" from the root, making what is not there yet.
static rel_code add_path(rel_client *client, rel_include_view *view, const Relations__V1__Include *include,
                         rel_arena *arena, rel_error *error) {
  const char *path = include->path;
  while (*path != '\0') {
    size_t len = strcspn(path, ".");
    bool repeated = len > 0 && path[len - 1] == '*', members;
    const char *name = rel_arena_copy(arena, rel_bytes(path, len - (repeated ? 1 : 0))).ptr;
    rel_code code = add_members(client, view, name, include, arena, &members, error);
    if (code != REL_OK || members) return code;
    rel_include_view *child = child_of(view, name);
    if (child == NULL) code = add_child(client, view, name, arena, &child, error);
    if (code != REL_OK) return code;
    child->repeated |= repeated;
    child->listed |= path[len] == '.';
    view = child;
    path += len + (path[len] == '.' ? 1 : 0);
  }
  end_path(view, include, arena);
  return REL_OK;
}

rel_code rel_includes_read(const rel_args *args, rel_client *client, const Relations__V1__Model *model,
                           rel_arena *arena, Relations__V1__Include ***out, size_t *count,
                           rel_include_view **view, rel_error *error) {
  rel_code code = REL_OK;
  rel_include_view *root = REL_ARENA_NEW(arena, rel_include_view);
  root->model = model;
  *out = REL_ARENA_ARRAY(arena, Relations__V1__Include *, args->value_count);
  *count = 0;
  for (size_t i = 0; i < args->value_count && code == REL_OK; i++) {
    if (strcmp(args->values[i].option->name, "include") != 0) continue;
    Relations__V1__Include **include = &(*out)[(*count)++];
    code = rel_include_parse(args->values[i].value, arena, include, error);
    if (code == REL_OK) code = add_path(client, root, *include, arena, error);
  }
  *view = *count > 0 ? root : NULL;
  if (code == REL_OK) return REL_OK;
  rel_include_view_fini(root);
  *view = NULL;
  return code;
}

void rel_include_view_fini(rel_include_view *view) {
  if (view == NULL) return;
  for (rel_include_view *child = view->children; child != NULL; child = child->next)
    rel_include_view_fini(child);
  if (view->described != NULL) relations__v1__describe_model_response__free_unpacked(view->described, NULL);
  view->described = NULL;
}

// --- Writing ---

// The relation of the model by the name of another one's: a repeated relation's records may be of a model
// with another field number for it.
static const Relations__V1__EffectiveRelation *same_relation(const rel_include_view *view) {
  for (size_t i = 0; i < view->model->n_relations; i++)
    if (strcmp(view->model->relations[i]->name, view->relation->name) == 0) return view->model->relations[i];
  return NULL;
}

static rel_code put_related(const rel_include_view *view, const Relations__V1__EffectiveRelation *relation,
                            rel_str record, rel_buf *out, rel_error *error) {
  bool many = relation->kind == RELATIONS__V1__RELATION_KIND__RELATION_KIND_HAS_MANY;
  rel_wire_reader reader = {record};
  rel_wire_field field;
  rel_code code = REL_OK;
  size_t count = 0;
  rel_buf_cstr(out, ",");
  rel_json_name(out, relation->name);
  rel_buf_cstr(out, many ? ":[" : ":");
  while (code == REL_OK && rel_wire_next(&reader, &field) > 0) {
    if (field.number != (uint32_t)relation->field_number || field.type != REL_WIRE_BYTES) continue;
    if (count++ > 0 && many) rel_buf_cstr(out, ",");
    if (count == 1 || many) code = rel_include_json(view, field.bytes, out, error);
  }
  if (!many && count == 0) rel_buf_cstr(out, "null");
  if (many) rel_buf_cstr(out, "]");
  return code;
}

// --- What came with a record ---

// Whether the records that stand there do not tell it.
static bool is_told(const rel_include_view *view, const Relations__V1__RelationInfo *info) {
  const rel_include_view *child = child_of(view, info->relation);
  return info->next_page_token[0] != '\0' || (child != NULL && child->counted) ||
         info->state == RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING ||
         info->state == RELATIONS__V1__LOAD_STATE__LOAD_STATE_FILTERED;
}

// Only what it tells: a count of 0 beside a token would say that there is nothing.
static void put_info(const rel_include_view *view, const Relations__V1__RelationInfo *info, rel_buf *out) {
  const rel_include_view *child = child_of(view, info->relation);
  const ProtobufCEnumValue *state =
      protobuf_c_enum_descriptor_get_value(&relations__v1__load_state__descriptor, (int)info->state);
  rel_buf_cstr(out, "{\"relation\":");
  rel_json_string(out, rel_cstr(info->relation));
  if (state != NULL) rel_buf_printf(out, ",\"state\":\"%s\"", state->name);
  if (info->next_page_token[0] != '\0') {
    rel_buf_cstr(out, ",\"nextPageToken\":");
    rel_json_string(out, rel_cstr(info->next_page_token));
  }
  if (child != NULL && child->counted) rel_buf_printf(out, ",\"count\":\"%" PRId64 "\"", info->count);
  rel_buf_cstr(out, "}");
}

static void put_told(const rel_include_view *view, const char *name, const Relations__V1__LoadInfo *info,
                     rel_buf *out) {
  size_t told = 0;
  for (size_t i = 0; i < info->n_relations; i++) {
    if (!is_told(view, info->relations[i])) continue;
    rel_buf_cstr(out, ",");
    if (told++ == 0) {
      rel_json_name(out, name);
      rel_buf_cstr(out, ":{\"relations\":[");
    }
    put_info(view, info->relations[i], out);
  }
  if (told > 0) rel_buf_cstr(out, "]}");
}

static rel_code put_load_info(const rel_include_view *view, const char *name, rel_str bytes, rel_buf *out,
                              rel_error *error) {
  const rel_wire_limits limits = {.max_depth = 4, .max_fields = 100000};
  rel_code code = rel_wire_check(&relations__v1__load_info__descriptor, bytes, &limits, error);
  if (code != REL_OK) return code;
  Relations__V1__LoadInfo *info =
      relations__v1__load_info__unpack(NULL, bytes.len, (const uint8_t *)bytes.ptr);
  if (info == NULL) return rel_fail(error, REL_INTERNAL, "the server's answer is broken");
  put_told(view, name, info, out);
  relations__v1__load_info__free_unpacked(info, NULL);
  return REL_OK;
}

static void put_count(const Relations__V1__Field *known, uint64_t count, rel_buf *out) {
  rel_value value = {.kind = REL_VALUE_UINT, .natural = count, .wide = strstr(known->type, "64") != NULL};
  rel_buf_cstr(out, ",");
  rel_json_name(out, known->name);
  rel_buf_cstr(out, ":");
  rel_value_json(&value, out);
}

// The fields that have no column; one that is not there says nothing.
static rel_code put_loaded(const rel_include_view *view, rel_str record, rel_buf *out, rel_error *error) {
  const Relations__V1__Model *model = view->model;
  rel_wire_reader reader = {record};
  rel_wire_field field;
  rel_code code = REL_OK;
  while (code == REL_OK && rel_wire_next(&reader, &field) > 0) {
    for (size_t i = 0; code == REL_OK && i < model->n_loaded_fields; i++) {
      const Relations__V1__Field *known = model->loaded_fields[i];
      if (field.number != (uint32_t)known->number) continue;
      if (field.type == REL_WIRE_BYTES)
        code = put_load_info(view, known->name, field.bytes, out, error);
      else
        put_count(known, field.value, out);
    }
  }
  return code;
}

// As deep as the answer, which its reader has checked.
rel_code rel_include_json(const rel_include_view *view, rel_str record, rel_buf *out, rel_error *error) {
  const Relations__V1__Model *model = view->model;
  rel_value *values = rel_alloc0(model->n_fields, sizeof *values);
  rel_buf_cstr(out, "{");
  rel_code code = rel_results_fields_json(model, record, values, out, error);
  free(values);
  for (const rel_include_view *child = view->children; child != NULL && code == REL_OK; child = child->next)
    if (child->listed) code = put_related(child, child->relation, record, out, error);
  const Relations__V1__EffectiveRelation *again = view->repeated ? same_relation(view) : NULL;
  if (code == REL_OK && again != NULL) code = put_related(view, again, record, out, error);
  if (code == REL_OK) code = put_loaded(view, record, out, error);
  rel_buf_cstr(out, "}");
  return code;
}

rel_code rel_include_record_json(const void *view, rel_str record, rel_buf *out, rel_error *error) {
  return rel_include_json(view, record, out, error);
}
