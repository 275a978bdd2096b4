// What typed services, their methods and messages are called. See typed.h.
#include "common/ascii.h"
#include "common/schema/typed_build.h"

void rel_pascal_case(rel_str name, rel_buf *out) {
  bool begins = true;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    if (c == '_' || c == '.') {
      begins = true;
      continue;
    }
    if (begins) c = rel_to_upper(c);
    begins = false;
    rel_buf_append(out, &c, 1);
  }
}

static bool ends_with(rel_str word, const char *end) {
  size_t len = strlen(end);
  return word.len >= len && memcmp(word.ptr + word.len - len, end, len) == 0;
}

void rel_typed_keys_name(const rel_model *model, rel_buf *out) {
  static const char *const hissing[] = {"s", "x", "z", "ch", "sh"};
  if (model->primary_key_count > 1) {
    rel_buf_cstr(out, "keys");
    return;
  }
  rel_str word = model->primary_key[0]->name;
  bool after_consonant = word.len > 1 && memchr("aeiou", word.ptr[word.len - 2], 5) == NULL;
  if (ends_with(word, "y") && after_consonant) {
    rel_buf_printf(out, "%.*sies", (int)word.len - 1, word.ptr);
    return;
  }
  bool hisses = false;
  for (size_t i = 0; i < sizeof hissing / sizeof hissing[0]; i++)
    hisses = hisses || ends_with(word, hissing[i]);
  rel_buf_printf(out, REL_STR_F "%s", REL_STR_A(word), hisses ? "es" : "s");
}

void rel_typed_file_name(rel_str proto, rel_buf *out) {
  static const char suffix[] = ".proto";
  size_t len = sizeof suffix - 1;
  if (proto.len > len && memcmp(proto.ptr + proto.len - len, suffix, len) == 0) proto.len -= len;
  rel_buf_str(out, proto);
  rel_buf_cstr(out, "_services.proto");
}

static rel_str in_arena(rel_arena *arena, rel_buf *take) {
  rel_str text = rel_arena_copy(arena, rel_buf_view(take));
  rel_buf_fini(take);
  return text;
}

rel_str rel_typed_service_name(rel_arena *arena, const rel_model *model) {
  rel_buf name = {0};
  rel_str within = model->name;
  if (model->package.len > 0) {
    rel_buf_str(&name, model->package);
    rel_buf_cstr(&name, ".");
    within = rel_bytes(within.ptr + name.len, within.len - name.len);
  }
  rel_pascal_case(within, &name);
  rel_buf_cstr(&name, "Service");
  return in_arena(arena, &name);
}

rel_str rel_typed_method_name(rel_arena *arena, const rel_relation *relation, rel_typed_ask ask) {
  static const struct {
    const char *before, *behind;
  } words[] = {[REL_TYPED_LOAD] = {"", ""},
               [REL_TYPED_BATCH] = {"Batch", ""},
               [REL_TYPED_QUERY] = {"", "Query"},
               [REL_TYPED_COUNT] = {"", "Count"},
               [REL_TYPED_EXISTS] = {"", "Exists"}};
  rel_buf name = {0};
  rel_buf_cstr(&name, words[ask].before);
  if (relation != NULL)
    rel_pascal_case(relation->name, &name);
  else if (ask <= REL_TYPED_BATCH)
    rel_buf_cstr(&name, "Get");
  rel_buf_cstr(&name, words[ask].behind);
  return in_arena(arena, &name);
}

rel_str rel_typed_arguments_name(rel_arena *arena, const rel_query_method *method) {
  rel_buf name = {0};
  rel_pascal_case(method->name, &name);
  return in_arena(arena, &name);
}

static rel_str message_name(rel_arena *arena, const rel_typed_service *service, rel_str method,
                            const char *end) {
  rel_str stem = rel_last_component(service->name);
  return rel_arena_printf(arena, REL_STR_F REL_STR_F "%s", REL_STR_A(stem), REL_STR_A(method), end);
}

rel_str rel_typed_request_name(rel_arena *arena, const rel_typed_service *service,
                               const rel_typed_method *method) {
  return message_name(arena, service, method->name, "Request");
}

rel_str rel_typed_response_name(rel_arena *arena, const rel_typed_service *service,
                                const rel_typed_method *method) {
  return message_name(arena, service, method->name, "Response");
}

rel_str rel_typed_key_name(rel_arena *arena, const rel_typed_service *service) {
  return message_name(arena, service, rel_cstr(""), "Key");
}

uint32_t rel_typed_query_method_number(rel_str name) {
  enum { BITS = 28 };
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < name.len; i++)
    hash = (hash ^ (uint8_t)name.ptr[i]) * 16777619u;
  return (uint32_t)REL_TYPED_QUERY_METHOD | ((hash >> BITS ^ hash) & ((1u << BITS) - 1));
}
