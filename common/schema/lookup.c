// Lookups in a finished schema, and what can be told of a field or a relation from itself. All of it only
// reads.
#include "common/ascii.h"
#include "common/schema/build.h"

#include <relations/v1/types.pb-c.h>

const char *rel_type_name(rel_type type) {
  static const char *const names[] = {
      [REL_TYPE_DOUBLE] = "double",   [REL_TYPE_FLOAT] = "float",       [REL_TYPE_INT64] = "int64",
      [REL_TYPE_UINT64] = "uint64",   [REL_TYPE_INT32] = "int32",       [REL_TYPE_FIXED64] = "fixed64",
      [REL_TYPE_FIXED32] = "fixed32", [REL_TYPE_BOOL] = "bool",         [REL_TYPE_STRING] = "string",
      [REL_TYPE_MESSAGE] = "message", [REL_TYPE_BYTES] = "bytes",       [REL_TYPE_UINT32] = "uint32",
      [REL_TYPE_ENUM] = "enum",       [REL_TYPE_SFIXED32] = "sfixed32", [REL_TYPE_SFIXED64] = "sfixed64",
      [REL_TYPE_SINT32] = "sint32",   [REL_TYPE_SINT64] = "sint64",
  };
  if (type == REL_TYPE_TIMESTAMP) return "google.protobuf.Timestamp";
  if ((size_t)type >= sizeof names / sizeof names[0] || names[type] == NULL) return "unknown";
  return names[type];
}

rel_key_kind rel_field_key_kind(const rel_field *field) {
  if (field->repeated || !field->has_column || field->decimal) return REL_KEY_NONE;
  switch (field->type) {
  case REL_TYPE_INT32:
  case REL_TYPE_INT64:
  case REL_TYPE_UINT32:
  case REL_TYPE_UINT64:
  case REL_TYPE_SINT32:
  case REL_TYPE_SINT64:
  case REL_TYPE_FIXED32:
  case REL_TYPE_FIXED64:
  case REL_TYPE_SFIXED32:
  case REL_TYPE_SFIXED64:
    return REL_KEY_INT;
  case REL_TYPE_STRING:
    return field->uuid ? REL_KEY_UUID : REL_KEY_TEXT;
  case REL_TYPE_BYTES:
    return field->uuid ? REL_KEY_UUID : REL_KEY_BYTES;
  default:
    return REL_KEY_NONE;
  }
}

const char *rel_relation_kind_name(rel_relation_kind kind) {
  switch (kind) {
  case REL_BELONGS_TO:
    return "belongs_to";
  case REL_HAS_ONE:
    return "has_one";
  case REL_HAS_MANY:
    return "has_many";
  }
  return "unknown";
}

const rel_field *const *rel_relation_owner_key(const rel_relation *relation) {
  return relation->kind == REL_BELONGS_TO ? relation->foreign_key : relation->references;
}

const rel_field *const *rel_relation_target_key(const rel_relation *relation) {
  return relation->kind == REL_BELONGS_TO ? relation->references : relation->foreign_key;
}

bool rel_loader_name_valid(rel_str name) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool follows = rel_is_digit(c) || c == '_' || c == '-';
    if (!rel_is_lower(c) && (i == 0 || !follows)) return false;
  }
  return name.len > 0 && name.len <= REL_LOADER_NAME_MAX;
}

rel_loader_kind rel_loader_parse(rel_str loader, rel_str *name) {
  static const struct {
    rel_str prefix;
    rel_loader_kind kind;
  } kinds[] = {{{"grpc:", 5}, REL_LOADER_GRPC}, {{"so:", 3}, REL_LOADER_SO}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    rel_str prefix = kinds[i].prefix;
    if (loader.len < prefix.len || memcmp(loader.ptr, prefix.ptr, prefix.len) != 0) continue;
    *name = rel_bytes(loader.ptr + prefix.len, loader.len - prefix.len);
    if (rel_loader_name_valid(*name)) return kinds[i].kind;
  }
  *name = rel_bytes("", 0);
  return REL_LOADER_NONE;
}

bool rel_relation_has_queries(const rel_relation *relation) {
  return relation->kind == REL_HAS_MANY && relation->loader.len == 0 && !relation->owner->abstract &&
         !relation->target->abstract;
}

rel_type rel_parameter_type(int type) {
  switch (type) {
  case RELATIONS__V1__TYPE__TYPE_BOOL:
    return REL_TYPE_BOOL;
  case RELATIONS__V1__TYPE__TYPE_INT64:
    return REL_TYPE_INT64;
  case RELATIONS__V1__TYPE__TYPE_UINT32:
    return REL_TYPE_UINT32;
  case RELATIONS__V1__TYPE__TYPE_UINT64:
    return REL_TYPE_UINT64;
  case RELATIONS__V1__TYPE__TYPE_FLOAT:
    return REL_TYPE_FLOAT;
  case RELATIONS__V1__TYPE__TYPE_DOUBLE:
    return REL_TYPE_DOUBLE;
  case RELATIONS__V1__TYPE__TYPE_STRING:
    return REL_TYPE_STRING;
  case RELATIONS__V1__TYPE__TYPE_BYTES:
    return REL_TYPE_BYTES;
  case RELATIONS__V1__TYPE__TYPE_TIMESTAMP:
    return REL_TYPE_TIMESTAMP;
  default:
    return REL_TYPE_INT32;
  }
}

const rel_gate *rel_relation_owner_gate(const rel_relation *relation) {
  return relation->kind == REL_BELONGS_TO ? relation->gate : NULL;
}

bool rel_relation_joins_on_primary_key(const rel_relation *relation) {
  if (rel_relation_owner_gate(relation) != NULL) return false;
  const rel_model *owner = relation->owner;
  const rel_field *const *key = rel_relation_owner_key(relation);
  if (relation->key_count != owner->primary_key_count) return false;
  for (size_t i = 0; i < relation->key_count; i++)
    if (key[i] != owner->primary_key[i]) return false;
  return true;
}

// --- By name ---

// The names that are searched: each array is sorted by the rel_str that its elements, or what they point at,
// begin with.
static int compare_pointed(const void *wanted, const void *element) {
  return rel_str_cmp(*(const rel_str *)wanted, **(const rel_str *const *)element);
}

static const void *find(const void *sorted, size_t count, rel_str name) {
  if (count == 0) return NULL;
  const void *const *found = bsearch(&name, sorted, count, sizeof(void *), compare_pointed);
  return found != NULL ? *found : NULL;
}

const rel_field *rel_model_field(const rel_model *model, rel_str name) {
  return find(((const rel_model_impl *)model)->fields_by_name, model->field_count, name);
}

const rel_field *rel_model_count_field(const rel_model *model, const rel_relation *relation) {
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i]->count_of.len > 0 && rel_str_eq(model->fields[i]->count_of, relation->name))
      return model->fields[i];
  return NULL;
}

const rel_relation *rel_model_relation(const rel_model *model, rel_str name) {
  return find(((const rel_model_impl *)model)->relations_by_name, model->relation_count, name);
}

const rel_group *rel_model_group(const rel_model *model, rel_str oneof) {
  for (size_t i = 0; i < model->group_count; i++)
    if (rel_str_eq(model->groups[i].name, oneof)) return &model->groups[i];
  return NULL;
}

const rel_model *rel_schema_model(const rel_schema *schema, rel_str full_name) {
  return find(schema->models, schema->model_count, full_name);
}

const rel_file *rel_schema_file(const rel_schema *schema, rel_str name) {
  return find(((const rel_schema_impl *)schema)->files_by_name, schema->file_count, name);
}

static int compare_symbol(const void *wanted, const void *symbol) {
  return rel_str_cmp(*(const rel_str *)wanted, ((const rel_symbol *)symbol)->name);
}

const rel_file *rel_schema_file_of_symbol(const rel_schema *schema, rel_str full_name) {
  const rel_schema_impl *impl = (const rel_schema_impl *)schema;
  if (impl->symbol_count == 0) return NULL;
  const rel_symbol *symbol =
      bsearch(&full_name, impl->symbols, impl->symbol_count, sizeof *impl->symbols, compare_symbol);
  if (symbol == NULL || symbol->kind == REL_SYMBOL_PACKAGE) return NULL;
  return &schema->files[symbol->file];
}

bool rel_model_is_a(const rel_model *model, const rel_model *ancestor) {
  bool is = model == ancestor;
  for (size_t i = 0; i < model->ancestor_count && !is; i++)
    is = model->ancestors[i] == ancestor;
  return is;
}

// --- Models that no schema has ---

static int compare_names(const void *a, const void *b) {
  return rel_str_cmp((*(const rel_field *const *)a)->name, (*(const rel_field *const *)b)->name);
}

const rel_model *rel_model_of_fields(rel_str name, rel_field **fields, size_t count, rel_arena *arena) {
  rel_model_impl *impl = REL_ARENA_NEW(arena, rel_model_impl);
  impl->model = (rel_model){.name = name, .fields = fields, .field_count = count};
  impl->fields_by_name = REL_ARENA_ARRAY(arena, const rel_field *, count);
  for (size_t i = 0; i < count; i++)
    impl->fields_by_name[i] = fields[i];
  if (count > 0) qsort(impl->fields_by_name, count, sizeof *impl->fields_by_name, compare_names);
  return &impl->model;
}

bool rel_fields_have(const rel_field *const *fields, size_t count, const rel_field *field) {
  for (size_t i = 0; i < count; i++)
    if (fields[i] == field) return true;
  return false;
}

bool rel_model_has_in_key(const rel_model *model, const rel_field *field) {
  return rel_fields_have((const rel_field *const *)model->primary_key, model->primary_key_count, field);
}

// --- Near names ---

rel_str rel_schema_near_model(const rel_schema *schema, rel_str full_name) {
  // A name without its package is compared with names without theirs.
  bool qualified = memchr(full_name.ptr, '.', full_name.len) != NULL;
  rel_near near = rel_near_begin(full_name);
  for (size_t i = 0; i < schema->model_count; i++) {
    rel_str name = schema->models[i]->name;
    rel_near_offer_as(&near, name, qualified ? name : rel_last_component(name));
  }
  return near.best;
}

rel_str rel_model_near_relation(const rel_model *model, rel_str name) {
  rel_near near = rel_near_begin(name);
  for (size_t i = 0; i < model->relation_count; i++)
    rel_near_offer(&near, model->relations[i]->name);
  return near.best;
}

rel_str rel_model_near_field(const rel_model *model, rel_str name) {
  rel_near near = rel_near_begin(name);
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i]->has_column) rel_near_offer(&near, model->fields[i]->name);
  return near.best;
}
