// Names within a request that would be the same: see typed_build.h. Every name becomes a key of its scope;
// what sorts beside its equal clashes.
#include "common/schema/typed_build.h"

// Fields of every request for records, and of every query.
static const char *const own_fields[] = {"includes",  "budget",     "filter",   "filter_tree", "order_by",
                                         "page_size", "page_token", "from_end", "fields",      "in_pieces"};

typedef struct entry {
  rel_str key;
  rel_str shown;
  rel_typed_origin origin;
  size_t index; // keeps the order among equals
} entry;

typedef struct entries {
  rel_arena *arena; // of this check only
  entry *items;
  size_t count;
} entries;

static void add(entries *all, rel_str key, rel_str shown, rel_typed_origin origin) {
  all->items[all->count] = (entry){key, shown, origin, all->count};
  all->count++;
}

// protoc refuses fields whose names are the same without underscores, whatever the case: so they are in JSON.
static rel_str folded(entries *all, const char *scope, rel_str name) {
  rel_str key = rel_arena_printf(all->arena, "%s" REL_STR_F, scope, REL_STR_A(name));
  char *text = (char *)(uintptr_t)key.ptr;
  size_t len = strlen(scope);
  for (size_t i = len; i < key.len; i++) {
    char c = text[i];
    if (c != '_') text[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  return rel_bytes(text, len);
}

static void add_exact(entries *all, rel_str name, rel_typed_origin origin) {
  add(all, rel_arena_printf(all->arena, "name " REL_STR_F, REL_STR_A(name)), name, origin);
}

static void add_field(entries *all, rel_str name, rel_typed_origin origin) {
  add(all, folded(all, "field ", name), name, origin);
}

static void add_method(entries *all, const rel_query_method *method) {
  rel_typed_origin origin = {.method = method};
  uint32_t number = rel_typed_query_method_number(method->name);
  add_field(all, method->name, origin);
  add(all, rel_arena_printf(all->arena, "number %u", number),
      rel_arena_printf(all->arena, REL_STR_F " = %u", REL_STR_A(method->name), number), origin);
  if (method->param_count == 0) return;
  rel_str arguments = rel_typed_arguments_name(all->arena, method);
  add_exact(all, method->name, origin);
  add_exact(all, arguments, origin);
  const char *scope =
      rel_arena_printf(all->arena, "parameter of " REL_STR_F ": ", REL_STR_A(method->name)).ptr;
  for (size_t i = 0; i < method->param_count; i++)
    add(all, folded(all, scope, method->params[i].name),
        rel_arena_printf(all->arena, REL_STR_F "." REL_STR_F, REL_STR_A(arguments),
                         REL_STR_A(method->params[i].name)),
        origin);
}

static int by_key(const void *a, const void *b) {
  const entry *left = a, *right = b;
  int order = rel_str_cmp(left->key, right->key);
  return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static void add_keys(entries *all, const rel_typed_method *method) {
  const rel_model *model = method->model;
  rel_buf name = {0};
  if (method->ask == REL_TYPED_BATCH) {
    rel_typed_keys_name(model, &name);
    add_field(all, rel_arena_copy(all->arena, rel_buf_view(&name)),
              (rel_typed_origin){.key = model->primary_key[0]});
    rel_buf_fini(&name);
    return;
  }
  for (size_t i = 0; i < model->primary_key_count; i++)
    add_field(all, model->primary_key[i]->name, (rel_typed_origin){.key = model->primary_key[i]});
}

static void add_all(entries *all, const rel_typed_method *method) {
  const rel_model *records = rel_typed_records(method);
  bool query = method->ask == REL_TYPED_QUERY;
  size_t own = query ? sizeof own_fields / sizeof own_fields[0] : 2;
  size_t methods = query ? records->method_count : 0, most = own + method->model->primary_key_count;
  for (size_t i = 0; i < methods; i++)
    most += 4 + records->methods[i]->param_count;
  all->items = REL_ARENA_ARRAY(all->arena, entry, most);
  for (size_t i = 0; i < own; i++)
    add_field(all, rel_cstr(own_fields[i]), (rel_typed_origin){0});
  if (!query || method->relation != NULL) add_keys(all, method);
  for (size_t i = 0; i < methods; i++)
    add_method(all, records->methods[i]);
}

bool rel_typed_find_clash(const rel_typed_method *method, rel_arena *arena, rel_typed_clash *out) {
  rel_arena scratch;
  rel_arena_init(&scratch);
  entries all = {.arena = &scratch};
  bool found = false;
  add_all(&all, method);
  qsort(all.items, all.count, sizeof *all.items, by_key);
  for (size_t i = 1; i < all.count && !found; i++) {
    const entry *first = &all.items[i - 1], *second = &all.items[i];
    found = rel_str_eq(first->key, second->key);
    if (found) *out = (rel_typed_clash){rel_arena_copy(arena, second->shown), first->origin, second->origin};
  }
  rel_arena_fini(&scratch);
  return found;
}
