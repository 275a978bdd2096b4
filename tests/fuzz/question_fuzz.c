// Questions as they come in requests: filters and orders as texts and as trees, include paths, page tokens.
// What is accepted is asked of a database with a few rows: a statement that SQLite does not take is a bug,
// too.
//
// The first byte says what the rest is.
#include "common/wire.h"
#include "server/query/filter.h"
#include "server/query/order.h"
#include "server/query/terms.h"
#include "server/query/token.h"
#include "server/registry/snapshot.h"
#include "server/store/sqlite_plan.h"
#include "server/tree/tree.h"
#include "tests/fuzz/question_schema.h"
#include "tests/fuzz/question_world.h"

#include <relations/v1/relation_service.pb-c.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TEXT = 4096, ROWS = 20 };

static struct {
  rel_snapshot *snapshot;
  rel_sqlite_conn conn;
  rel_token_key key;
} world;

// Once; it lasts as long as the process.
static void make_world(void) {
  static char path[] = "/tmp/question_fuzz.XXXXXX";
  rel_error error = {0};
  rel_findings findings = {0};
  rel_schema *schema = NULL;
  rel_snapshot_options options = {.cache = rel_cache_new(&(rel_cache_limits){0})};
  question_store(path, &options.store);
  rel_str set = rel_bytes((const char *)question_schema, question_schema_len);
  if (rel_schema_read(set, NULL, &findings, &schema) != REL_OK) abort();
  question_must(rel_snapshot_new(&options, schema, &world.snapshot, &error), &error);
  question_must(rel_sqlite_conn_open(&world.conn, path, REL_NS_PER_S, &error), &error);
  question_must(rel_token_key_random(&world.key, &error), &error);
  unlink(path);
}

// --- Asking ---

static bool take_row(rel_select_job *job, rel_str bytes) {
  (void)job, (void)bytes;
  return true;
}

// Rows that do not fit, and a time that is up, are no mistakes of the statement.
static void ask(const rel_select *select) {
  rel_deadline deadline;
  rel_deadline_set(&deadline, REL_NEVER);
  rel_select_job job = {.select = select, .deadline = &deadline, .row = take_row};
  rel_select_page page;
  rel_sqlite_ends ends = {0};
  rel_error error = {0};
  rel_code code = rel_sqlite_select_run(&world.conn, &job, &page, &ends, &error);
  if (code != REL_OK && code != REL_BAD_DATA && code != REL_LIMIT) question_must(code, &error);
  rel_buf_fini(&ends.first);
  rel_buf_fini(&ends.last);
}

static void ask_where(const rel_model *model, const rel_condition *condition) {
  rel_select select = {.kind = REL_SELECT_COUNT, .model = model, .condition = condition};
  ask(&select);
}

static void ask_ordered(const rel_terms *terms, const rel_condition *condition) {
  rel_select select = {.model = terms->model,
                       .condition = condition,
                       .order = terms->items,
                       .order_count = terms->count,
                       .limit = ROWS};
  ask(&select);
  select.backwards = true;
  ask(&select);
}

// --- What a request may hold ---

static void read_filter(const rel_model *model, rel_str text, rel_arena *arena) {
  rel_filter_scope scope = {.model = model, .arena = arena};
  const rel_condition *condition;
  rel_error error = {0};
  if (rel_filter_parse(&scope, text, "filter_text", &condition, &error) == REL_OK)
    ask_where(model, condition);
}

static void read_order(const rel_model *model, rel_str text, rel_arena *arena) {
  Relations__V1__OrderTerm **order;
  size_t count;
  rel_error error = {0};
  rel_terms terms = {.model = model, .arena = arena};
  if (rel_order_parse(text, arena, &order, &count, &error) != REL_OK) return;
  rel_terms_begin(&terms, model->primary_key_count);
  if (rel_terms_read_total(&terms, order, count, &error) == REL_OK) ask_ordered(&terms, NULL);
}

static void read_token(rel_str text) {
  rel_buf cursor = {0};
  if (rel_token_open(&world.key, rel_cstr("binding"), text, &cursor)) abort(); // nobody can guess one
  rel_buf_fini(&cursor);
}

static void read_includes(const rel_model *model, Relations__V1__Include *const *includes, size_t count,
                          rel_arena *arena) {
  rel_tree_settings settings = {.limits = {64, 16, 1000, 1 << 20, 1000}, .token_key = &world.key};
  const rel_tree *tree;
  rel_error error = {0};
  rel_code code = rel_tree_read(world.snapshot, model, (rel_tree_includes){includes, count}, &settings, arena,
                                &tree, &error);
  if (code == REL_OK && tree != NULL) (void)rel_tree_statements(tree);
}

static void read_path(const rel_model *model, char *text, rel_arena *arena) {
  Relations__V1__Include include = RELATIONS__V1__INCLUDE__INIT, *includes[] = {&include};
  include.path = text;
  read_includes(model, includes, 1, arena);
}

static void read_request(const rel_model *model, rel_str bytes, rel_arena *arena) {
  const rel_wire_limits limits = {32, 10000};
  rel_error error = {0};
  if (rel_wire_check(&relations__v1__query_request__descriptor, bytes, &limits, &error) != REL_OK) return;
  Relations__V1__QueryRequest *request = (Relations__V1__QueryRequest *)protobuf_c_message_unpack(
      &relations__v1__query_request__descriptor, &arena->allocator, bytes.len, (const uint8_t *)bytes.ptr);
  if (request == NULL) return;
  read_includes(model, request->includes, request->n_includes, arena);
  if (request->target == NULL) return;
  const Relations__V1__QueryTarget *target = request->target;
  rel_filter_request asked = {target->filter, target->filter_text, target->methods, target->n_methods};
  rel_filter_scope scope = {.model = model, .arena = arena};
  rel_terms terms = {.model = model, .arena = arena};
  const rel_condition *condition;
  if (rel_filter_read(&scope, &asked, &condition, &error) != REL_OK) return;
  rel_terms_begin(&terms, model->primary_key_count);
  if (rel_terms_read_total(&terms, request->order_by, request->n_order_by, &error) == REL_OK)
    ask_ordered(&terms, condition);
}

static void read_all(const rel_model *model, uint8_t kind, rel_str rest, rel_arena *arena) {
  char *text = (char *)rel_arena_copy(arena, rest).ptr;
  switch (kind) {
  case 'o':
    read_order(model, rest, arena);
    break;
  case 'i':
    if (memchr(text, 0, rest.len) == NULL) read_path(model, text, arena);
    break;
  case 't':
    read_token(rest);
    break;
  case 'q':
    read_request(model, rest, arena);
    break;
  default:
    read_filter(model, rest, arena);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (world.snapshot == NULL) make_world();
  if (size == 0 || size > MAX_TEXT) return 0;
  const rel_schema *schema = rel_snapshot_schema(world.snapshot);
  for (size_t i = 0; i < schema->model_count; i++) {
    rel_arena arena;
    rel_arena_init(&arena);
    read_all(schema->models[i], data[0], rel_bytes(data + 1, size - 1), &arena);
    rel_arena_fini(&arena);
  }
  return 0;
}
