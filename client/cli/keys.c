// Keys as arguments: see keys.h.
#include "client/cli/keys.h"

#include "client/cli/command.h"
#include "client/cli/record.h"

#include <errno.h>

rel_code rel_key_fields(const Relations__V1__Model *model, const Relations__V1__EffectiveRelation *joined,
                        rel_arena *arena, const Relations__V1__Field ***out, size_t *count,
                        rel_error *error) {
  char **names = model->primary_key;
  *count = model->n_primary_key;
  if (joined != NULL) {
    bool on_owner = joined->kind == RELATIONS__V1__RELATION_KIND__RELATION_KIND_BELONGS_TO;
    names = on_owner ? joined->foreign_key : joined->references;
    *count = on_owner ? joined->n_foreign_key : joined->n_references;
  }
  *out = REL_ARENA_ARRAY(arena, const Relations__V1__Field *, *count);
  for (size_t i = 0; i < *count; i++) {
    (*out)[i] = rel_record_field(model, names[i]);
    if ((*out)[i] == NULL)
      return rel_fail(error, REL_INTERNAL, "the server did not describe the key field %s.%s", model->name,
                      names[i]);
  }
  return REL_OK;
}

rel_code rel_find_relation(const Relations__V1__Model *model, const char *name,
                           const Relations__V1__EffectiveRelation **out, rel_error *error) {
  const char **names = rel_alloc0(model->n_relations, sizeof *names);
  *out = NULL;
  for (size_t i = 0; i < model->n_relations; i++) {
    names[i] = model->relations[i]->name;
    if (strcmp(names[i], name) == 0) *out = model->relations[i];
  }
  const char *near = rel_nearest(name, names, model->n_relations);
  free(names);
  if (*out != NULL) return REL_OK;
  return rel_fail(error, REL_NO_RELATION, "%s has no relation %s%s%s%s", model->name, name,
                  near != NULL ? "; did you mean " : "; `relations describe` lists them",
                  near != NULL ? near : "", near != NULL ? "?" : "");
}

// --- One part ---

static bool parse_hexadecimal(rel_str text, rel_arena *arena, ProtobufCBinaryData *out) {
  out->data = rel_arena_alloc(arena, text.len / 2);
  out->len = text.len / 2;
  return rel_hex_read(text, out->data);
}

static bool parse_bytes(rel_str text, rel_arena *arena, ProtobufCBinaryData *out) {
  if (text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x')
    return parse_hexadecimal(rel_bytes(text.ptr + 2, text.len - 2), arena, out);
  rel_str copy = rel_arena_copy(arena, text);
  *out = (ProtobufCBinaryData){copy.len, (uint8_t *)(uintptr_t)copy.ptr};
  return true;
}

static bool parse_number(const char *text, bool is_unsigned, Relations__V1__KeyPart *part) {
  char *end = NULL;
  errno = 0;
  if (text[0] != '-' && (text[0] < '0' || text[0] > '9')) return false; // strtoll takes spaces and plus signs
  if (is_unsigned) {
    part->kind_case = RELATIONS__V1__KEY_PART__KIND_UINT64_VALUE;
    part->uint64_value = strtoull(text, &end, 10);
  } else {
    part->kind_case = RELATIONS__V1__KEY_PART__KIND_INT64_VALUE;
    part->int64_value = strtoll(text, &end, 10);
  }
  return errno == 0 && end != text && *end == '\0' && !(is_unsigned && text[0] == '-');
}

static bool is_one_of(const char *type, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(type, names[i]) == 0) return true;
  return false;
}

static rel_code parse_part(const Relations__V1__Field *field, rel_str text, rel_arena *arena,
                           Relations__V1__KeyPart *part, rel_error *error) {
  static const char *const signed_types[] = {"int32", "int64", "sint32", "sint64", "sfixed32", "sfixed64"};
  static const char *const unsigned_types[] = {"uint32", "uint64", "fixed32", "fixed64"};
  relations__v1__key_part__init(part);
  rel_str copy = rel_arena_copy(arena, text);
  bool fine = false;
  if (is_one_of(field->type, signed_types, sizeof signed_types / sizeof signed_types[0])) {
    fine = parse_number(copy.ptr, false, part);
  } else if (is_one_of(field->type, unsigned_types, sizeof unsigned_types / sizeof unsigned_types[0])) {
    fine = parse_number(copy.ptr, true, part);
  } else if (strcmp(field->type, "string") == 0) {
    part->kind_case = RELATIONS__V1__KEY_PART__KIND_STRING_VALUE;
    part->string_value = (char *)(uintptr_t)copy.ptr;
    fine = rel_utf8_valid(text);
  } else if (strcmp(field->type, "bytes") == 0) {
    part->kind_case = RELATIONS__V1__KEY_PART__KIND_BYTES_VALUE;
    fine = parse_bytes(text, arena, &part->bytes_value);
  }
  if (fine) return REL_OK;
  return rel_fail(error, REL_INVALID, "\"" REL_STR_F "\" is no %s, which the key's field %s is",
                  REL_STR_A(text), field->type, field->name);
}

// --- Composite keys ---

// Takes the part before the next comma off the front; *null is set for \N. A backslash before a comma or a
// backslash is left out.
static rel_str next_part(rel_str *rest, rel_arena *arena, bool *null, bool *more) {
  char *text = rel_arena_alloc(arena, rest->len + 1);
  size_t len = 0, i = 0;
  *null = rest->len >= 2 && memcmp(rest->ptr, "\\N", 2) == 0 && (rest->len == 2 || rest->ptr[2] == ',');
  while (i < rest->len && rest->ptr[i] != ',') {
    bool escaped = rest->ptr[i] == '\\' && i + 1 < rest->len && strchr(",\\", rest->ptr[i + 1]) != NULL;
    if (escaped) i++;
    text[len++] = rest->ptr[i++];
  }
  *more = i < rest->len;
  *rest = rel_bytes(rest->ptr + i + *more, rest->len - i - *more);
  return rel_bytes(text, len);
}

static rel_code parse_composite(const Relations__V1__Field *const *fields, size_t field_count,
                                const char *argument, rel_arena *arena, Relations__V1__CompositeKey *key,
                                rel_error *error) {
  relations__v1__composite_key__init(key);
  key->parts = REL_ARENA_ARRAY(arena, Relations__V1__KeyPart *, field_count);
  rel_str rest = rel_cstr(argument);
  bool more = true;
  while (more && key->n_parts < field_count) {
    bool null;
    rel_str text = next_part(&rest, arena, &null, &more);
    Relations__V1__KeyPart *part = REL_ARENA_NEW(arena, Relations__V1__KeyPart);
    rel_code code = parse_part(fields[key->n_parts], null ? rel_cstr("0") : text, arena, part, error);
    if (code != REL_OK && !null) return code;
    if (null) {
      part->kind_case = RELATIONS__V1__KEY_PART__KIND_NULL_VALUE;
      part->null_value = true;
    }
    key->parts[key->n_parts++] = part;
  }
  if (!more && key->n_parts == field_count) return REL_OK;
  return rel_fail(error, REL_INVALID, "\"%s\" is no key of %zu parts separated by commas", argument,
                  field_count);
}

static rel_code parse_composites(const Relations__V1__Field *const *fields, size_t field_count,
                                 const char *const *arguments, size_t count, rel_arena *arena,
                                 Relations__V1__Keys *out, rel_error *error) {
  out->kind_case = RELATIONS__V1__KEYS__KIND_COMPOSITES;
  out->composites = REL_ARENA_NEW(arena, Relations__V1__CompositeKeys);
  relations__v1__composite_keys__init(out->composites);
  out->composites->n_keys = count;
  out->composites->keys = REL_ARENA_ARRAY(arena, Relations__V1__CompositeKey *, count);
  for (size_t i = 0; i < count; i++) {
    out->composites->keys[i] = REL_ARENA_NEW(arena, Relations__V1__CompositeKey);
    rel_code code =
        parse_composite(fields, field_count, arguments[i], arena, out->composites->keys[i], error);
    if (code != REL_OK) return code;
  }
  return REL_OK;
}

// --- Keys of one part ---

// Empty lists of the kind that the part has, with room for `count`.
static void start_list(Relations__V1__KeyPart__KindCase kind, size_t count, rel_arena *arena,
                       Relations__V1__Keys *out) {
  switch (kind) {
  case RELATIONS__V1__KEY_PART__KIND_INT64_VALUE:
    out->kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
    out->int64s = REL_ARENA_NEW(arena, Relations__V1__Int64Keys);
    relations__v1__int64_keys__init(out->int64s);
    out->int64s->values = REL_ARENA_ARRAY(arena, int64_t, count);
    return;
  case RELATIONS__V1__KEY_PART__KIND_UINT64_VALUE:
    out->kind_case = RELATIONS__V1__KEYS__KIND_UINT64S;
    out->uint64s = REL_ARENA_NEW(arena, Relations__V1__Uint64Keys);
    relations__v1__uint64_keys__init(out->uint64s);
    out->uint64s->values = REL_ARENA_ARRAY(arena, uint64_t, count);
    return;
  case RELATIONS__V1__KEY_PART__KIND_STRING_VALUE:
    out->kind_case = RELATIONS__V1__KEYS__KIND_STRINGS;
    out->strings = REL_ARENA_NEW(arena, Relations__V1__StringKeys);
    relations__v1__string_keys__init(out->strings);
    out->strings->values = REL_ARENA_ARRAY(arena, char *, count);
    return;
  default:
    out->kind_case = RELATIONS__V1__KEYS__KIND_BYTES;
    out->bytes = REL_ARENA_NEW(arena, Relations__V1__BytesKeys);
    relations__v1__bytes_keys__init(out->bytes);
    out->bytes->values = REL_ARENA_ARRAY(arena, ProtobufCBinaryData, count);
    return;
  }
}

static void add_to_list(const Relations__V1__KeyPart *part, Relations__V1__Keys *out) {
  switch (out->kind_case) {
  case RELATIONS__V1__KEYS__KIND_INT64S:
    out->int64s->values[out->int64s->n_values++] = part->int64_value;
    return;
  case RELATIONS__V1__KEYS__KIND_UINT64S:
    out->uint64s->values[out->uint64s->n_values++] = part->uint64_value;
    return;
  case RELATIONS__V1__KEYS__KIND_STRINGS:
    out->strings->values[out->strings->n_values++] = part->string_value;
    return;
  default:
    out->bytes->values[out->bytes->n_values++] = part->bytes_value;
    return;
  }
}

rel_code rel_keys_parse(const Relations__V1__Field *const *fields, size_t field_count,
                        const char *const *arguments, size_t count, rel_arena *arena,
                        Relations__V1__Keys *out, rel_error *error) {
  relations__v1__keys__init(out);
  if (field_count != 1) return parse_composites(fields, field_count, arguments, count, arena, out, error);
  for (size_t i = 0; i < count; i++) {
    Relations__V1__KeyPart part;
    rel_code code = parse_part(fields[0], rel_cstr(arguments[i]), arena, &part, error);
    if (code != REL_OK) return code;
    if (i == 0) start_list(part.kind_case, count, arena, out);
    add_to_list(&part, out);
  }
  return REL_OK;
}
