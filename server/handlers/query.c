// The life of a query: see query.h.
//
// With an owner's key that is not what the relation joins on, a select of the owner finds that first. Then
// one page follows another: a statement fills a message, which is sent; the next statement begins when the
// transport has taken it. So nothing of the database is held while a caller is slow, and a call never holds
// more than one message.
#include "server/handlers/query.h"

#include "common/clock.h"
#include "common/wire.h"
#include "server/query/describe.h"
#include "server/query/token.h"

enum {
  FIRST_RECORDS = 1000, // in the first message at most, so that it comes soon
  GROWTH = 4,           // at most so many times the records of the one before
  TREES = 256,          // of a page with includes
  MAX_GROUPS = 10000,   // of an answer
};

void rel_query_end(rel_query *q, const rel_error *error) {
  rel_call *call = q->call;
  rel_snapshot *snapshot = q->snapshot;
  rel_buf_fini(&q->records);
  rel_buf_fini(&q->cursor);
  rel_buf_fini(&q->begin);
  rel_query_ahead_end(q);
  rel_query_trees_free(q->trees);
  if (error == NULL && q->dry) q->writer->ended(q);
  if (error == NULL)
    rel_call_finish(call);
  else
    rel_call_fail(call, error);
  rel_snapshot_unref(snapshot);
}

// --- Answers ---

// Puts a message together: the records as they were gathered, and what is said about them.
static void write_records(rel_query *q, rel_str records, rel_str tokens) {
  rel_buf tail = {0};
  q->part = records;
  Relations__V1__LoadState state = records.len > 0 ? RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED : q->empty;
  rel_buf_str(&tail, tokens);
  if (q->select.kind == REL_SELECT_ROWS) rel_wire_put_uint(&tail, REL_QUERY_STATE, (uint64_t)state);
  q->writer->records(q, rel_buf_view(&tail));
  rel_buf_fini(&tail);
}

void rel_query_write_set(rel_query *q, rel_str tail) {
  if (q->part.len > 0) rel_call_write_blob(q->call, rel_blob_copy(q->part));
  rel_call_write(q->call, tail.ptr, tail.len);
}

void rel_query_write_count(rel_query *q, uint64_t count) {
  Relations__V1__CountResponse response = RELATIONS__V1__COUNT_RESPONSE__INIT;
  Relations__V1__ExistsResponse exists = RELATIONS__V1__EXISTS_RESPONSE__INIT;
  response.count = (int64_t)count;
  exists.exists = count > 0;
  rel_call_write_message(q->call, q->select.kind == REL_SELECT_COUNT ? &response.base : &exists.base);
}

static void next_page(rel_query *q);
static void send_read(rel_query *q);

// A message has gone: what follows it.
static void go_on(rel_query *q) {
  if (rel_query_trees_pending(q))
    rel_query_trees_next(q);
  else if (rel_query_ahead_waits(q))
    send_read(q);
  else
    next_page(q);
}

static void sent(rel_call *call, bool ok, void *context) {
  rel_query *q = context;
  rel_error error;
  (void)call;
  if (ok) {
    go_on(q);
    return;
  }
  rel_fail(&error, REL_CANCELLED, "the caller has gone");
  rel_query_end(q, &error);
}

static rel_code put_token(const rel_query *q, unsigned field, rel_str binding, const rel_buf *cursor,
                          rel_buf *out, rel_error *error) {
  rel_buf token = {0};
  if (cursor->len > REL_TOKEN_MAX_CURSOR)
    return rel_fail_field(
        error, REL_LIMIT, "order_by",
        "the page ends in a record whose values in the order are too large for a page token");
  bool by_reference = q->relation != NULL && !q->find_owner;
  rel_token_seal(q->services->token_key, binding, by_reference ? q->select.scope : (rel_str){0},
                 rel_buf_view(cursor), &token);
  rel_wire_put_bytes(out, field, rel_buf_view(&token));
  rel_buf_fini(&token);
  return REL_OK;
}

// The page's tokens, as they stand in the message: for the next page, if there is more, and the one before.
static rel_code write_tokens(rel_query *q, bool beyond, rel_buf *out, rel_error *error) {
  rel_code code = REL_OK;
  if (beyond) code = put_token(q, REL_QUERY_NEXT_PAGE_TOKEN, q->binding, &q->cursor, out, error);
  if (code == REL_OK && q->paged && q->has_before && q->begin.len > 0)
    code = put_token(q, REL_QUERY_PREVIOUS_PAGE_TOKEN, rel_query_binding_before(q), &q->begin, out, error);
  return code;
}

// Without a caller who wants it the message is only measured.
static void send(rel_query *q) {
  q->started = true;
  if (q->dry)
    go_on(q);
  else
    rel_call_send(q->call, sent, q); // the query may be gone from here on
}

void rel_query_send_part(rel_query *q, rel_str records) {
  write_records(q, records, (rel_str){0});
  send(q);
}

void rel_query_send_last(rel_query *q, rel_str records, bool beyond) {
  rel_buf tokens = {0};
  rel_error error;
  rel_code code = REL_OK;
  bool more = beyond && q->remaining > 0;
  if (!more) code = write_tokens(q, beyond, &tokens, &error);
  if (code == REL_OK) write_records(q, records, rel_buf_view(&tokens));
  rel_buf_fini(&tokens);
  if (code != REL_OK || !more) { // the last message goes with the status
    rel_query_end(q, code == REL_OK ? NULL : &error);
    return;
  }
  send(q);
}

// The next message of the page that was read.
static void send_read(rel_query *q) {
  rel_str part = rel_query_ahead_next(q);
  if (rel_query_ahead_waits(q))
    rel_query_send_part(q, part);
  else
    rel_query_send_last(q, part, q->beyond);
}

// Groups are one message, whatever its size may be: all of them, or the page that was asked for.
static rel_code write_groups(rel_query *q, bool beyond, rel_error *error) {
  rel_buf tokens = {0};
  if (beyond && !q->paged)
    return rel_fail_field(
        error, REL_LIMIT, "page_size",
        "the answer has more than %d groups, or more than %zu bytes: ask for it page by page, with "
        "page_size, or for fewer groups",
        MAX_GROUPS, q->max_bytes);
  rel_code code = write_tokens(q, beyond, &tokens, error);
  if (code == REL_OK) write_records(q, rel_buf_view(&q->records), rel_buf_view(&tokens));
  rel_buf_fini(&tokens);
  return code;
}

static void answer_groups(rel_query *q, bool beyond) {
  rel_error error;
  rel_code code = write_groups(q, beyond, &error);
  rel_query_end(q, code == REL_OK ? NULL : &error);
}

static void answer_count(rel_query *q, uint64_t count) {
  q->writer->count(q, count);
  rel_query_end(q, NULL);
}

// Even of no record at all there may be a group, about which more is asked: the store knows.
static void group_nothing(rel_query *q) {
  static const rel_condition never = {.kind = REL_CONDITION_ANY};
  q->select.key_count = q->select.hop_count = q->select.first = 0; // of any row, none
  q->select.condition = &never;
  next_page(q);
}

static void answer_nothing(rel_query *q) {
  if (q->select.kind == REL_SELECT_GROUPS)
    group_nothing(q);
  else if (q->select.kind == REL_SELECT_ROWS)
    rel_query_send_last(q, (rel_str){0}, false);
  else
    answer_count(q, 0);
}

// --- Asking the store ---

static rel_query *query_of(rel_select_job *job) {
  return (rel_query *)job;
}

static void describe(rel_query *q, rel_step *step) {
  rel_buf shape = {0};
  rel_describe_select(q->job.select, &shape);
  step->shape = rel_arena_copy(q->tally->arena, rel_buf_view(&shape));
  rel_buf_fini(&shape);
}

static rel_code admit(rel_query *q, const char *name, rel_error *error) {
  if (q->tally == NULL) return REL_OK;
  rel_step *step = rel_tally_step(q->tally, rel_cstr(name), NULL);
  q->asked_step = name;
  q->asked_ns = rel_clock_ns();
  step->statements++;
  if (q->tally->shapes && step->shape.len == 0) describe(q, step);
  rel_deadline_set(&q->deadline, rel_tally_deadline(q->tally, rel_call_deadline_ns(q->call)));
  return rel_tally_admit(q->tally, step, 1, error);
}

// Has the store run a statement, unless the budget does not allow it.
static void ask(rel_query *q, const char *step, const rel_select *select,
                void (*done)(rel_select_job *, const rel_select_page *, rel_code, const rel_error *)) {
  rel_error error;
  q->job.select = select;
  q->job.done = done;
  if (admit(q, step, &error) == REL_OK)
    q->services->store->ops->select(q->services->store, &q->job);
  else
    rel_query_end(q, &error);
}

// What the statement took; the code that it ends with, which may be that of a budget.
static rel_code settle(rel_query *q, uint64_t records, rel_code code, const rel_error **failed,
                       rel_error *error) {
  if (q->tally == NULL) return code;
  rel_step *step = rel_tally_step(q->tally, rel_cstr(q->asked_step), NULL);
  rel_code exceeded =
      rel_tally_time(q->tally, step, rel_clock_ns() - q->asked_ns, code == REL_OK ? NULL : *failed, error);
  if (exceeded == REL_OK && code == REL_OK)
    exceeded = rel_tally_records(q->tally, step, (size_t)records, error);
  if (exceeded == REL_OK) return code;
  *failed = error;
  return exceeded;
}

// --- Pages ---

static bool take_record(rel_select_job *job, rel_str record) {
  rel_query *q = query_of(job);
  if (rel_call_cancelled(q->call)) return false;
  size_t size = 1 + rel_wire_varint_size(record.len) + record.len;
  size_t most = q->select.kind == REL_SELECT_GROUPS ? q->max_bytes : q->page_bytes;
  if (q->records.len > 0 && q->records.len + size > most) return false;
  rel_wire_put_bytes(&q->records, REL_QUERY_RECORDS, record);
  return true;
}

// As many records as will fill a page, by those of the page before. More are read in vain, or sorted where no
// index has the order; fewer are more statements, each of which has to find its place again.
static size_t page_records(const rel_query *q, uint64_t records) {
  size_t bytes = q->records.len > 0 ? q->records.len : 1;
  size_t fitting = (size_t)(records * q->page_bytes / bytes) + 1;
  return fitting < GROWTH * records ? fitting : (size_t)(GROWTH * records);
}

static void page_done(rel_select_job *job, const rel_select_page *page, rel_code code,
                      const rel_error *error) {
  rel_query *q = query_of(job);
  rel_error gone, exceeded;
  bool counts = q->select.kind == REL_SELECT_ROWS || q->select.kind == REL_SELECT_GROUPS;
  code = settle(q, counts ? page->count : 0, code, &error, &exceeded);
  if (code == REL_OK && rel_call_cancelled(q->call)) {
    code = rel_fail(&gone, REL_CANCELLED, "the caller has gone");
    error = &gone;
  }
  if (code != REL_OK) {
    rel_query_end(q, error);
    return;
  }
  if (q->select.kind == REL_SELECT_COUNT || q->select.kind == REL_SELECT_EXISTS) {
    answer_count(q, page->count);
    return;
  }
  q->cursor.len = 0;
  rel_buf_str(&q->cursor, page->last);
  if (q->select.kind == REL_SELECT_GROUPS) {
    answer_groups(q, page->more);
    return;
  }
  if (page->withheld) q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_FILTERED;
  if (q->begin.len == 0) rel_buf_str(&q->begin, page->first);
  if (q->paged) q->remaining -= page->count;
  bool beyond = page->more;
  if (!beyond && q->select.before.len > 0) { // the page ends where the one after it begins
    q->remaining = 0;
    beyond = page->count > 0;
  }
  q->beyond = beyond;
  if (page->sorted && beyond && q->remaining > 0) rel_query_ahead_grow(q);
  if (page->count > 0) q->page_records = page_records(q, page->count);
  if (page->count == 0 && q->started) // what was behind the page before is gone
    rel_query_end(q, NULL);
  else if (q->tree != NULL && page->count > 0)
    rel_query_trees_start(q, page->count, beyond);
  else
    send_read(q);
}

static size_t page_limit(const rel_query *q) {
  if (q->select.kind == REL_SELECT_GROUPS) return MAX_GROUPS;
  return q->tree != NULL && q->page_bytes == REL_QUERY_MESSAGE_BYTES ? TREES : q->page_records;
}

static void next_page(rel_query *q) {
  q->records.len = q->sent_bytes = 0;
  q->select.after = rel_buf_view(&q->cursor); // changes when the page is done
  q->select.at_after = q->backwards && !q->started;
  q->select.limit = q->remaining < page_limit(q) ? q->remaining : page_limit(q);
  q->job.row = take_record;
  ask(q, REL_STEP_REQUEST, &q->select, page_done);
}

// --- Pages before others ---

static bool take_place(rel_select_job *job, rel_str nothing) {
  (void)job;
  (void)nothing;
  return true;
}

static void start_found(rel_select_job *job, const rel_select_page *page, rel_code code,
                        const rel_error *error) {
  rel_query *q = query_of(job);
  rel_error exceeded;
  code = settle(q, 0, code, &error, &exceeded);
  if (code != REL_OK) {
    rel_query_end(q, error);
    return;
  }
  q->select.before = rel_arena_copy(rel_call_arena(q->call), rel_buf_view(&q->cursor));
  q->cursor.len = 0;
  rel_buf_str(&q->cursor, page->last); // of none, since there are fewer: from the first record
  q->has_before = page->more;
  next_page(q);
}

// Where the page before begins is found by counting backwards; from there on it is a page like any other.
static void find_start(rel_query *q) {
  q->preface = q->select;
  q->preface.output = REL_OUTPUT_KEY;
  q->preface.column_count = 0;
  q->preface.backwards = true;
  q->preface.after = rel_buf_view(&q->cursor);
  q->preface.skip = q->remaining - 1;
  q->preface.limit = 1;
  q->job.row = take_place;
  ask(q, REL_STEP_REQUEST, &q->preface, start_found);
}

static void begin_pages(rel_query *q) {
  if (q->backwards)
    find_start(q);
  else
    next_page(q);
}

// --- Strict relations ---

// A strict relation refuses surplus rows and dangling keys, whatever the condition says of the others.
static rel_code judge(const rel_query *q, uint64_t rows, rel_error *error) {
  const rel_relation *relation = q->relation;
  rel_str owner = relation->owner->name, name = relation->name;
  if (rows > 1)
    return rel_fail(error, REL_STRICT, REL_STR_F "." REL_STR_F " is strict and has more than one record",
                    REL_STR_A(owner), REL_STR_A(name));
  if (rows > 0 || relation->kind != REL_BELONGS_TO) return REL_OK;
  rel_buf key = {0};
  rel_key_format(q->select.scope, &key);
  rel_fail(error, REL_STRICT, REL_STR_F "." REL_STR_F " is strict, and there is no record with key %s",
           REL_STR_A(owner), REL_STR_A(name), rel_buf_text(&key));
  rel_buf_fini(&key);
  return REL_STRICT;
}

static void scope_counted(rel_select_job *job, const rel_select_page *page, rel_code code,
                          const rel_error *error) {
  rel_query *q = query_of(job);
  rel_error refused, exceeded;
  code = settle(q, 0, code, &error, &exceeded);
  if (code == REL_OK) {
    code = judge(q, page->count, &refused);
    error = &refused;
  }
  if (code == REL_OK)
    begin_pages(q);
  else
    rel_query_end(q, error);
}

bool rel_query_judges(const rel_query *q) {
  return q->relation != NULL && q->relation->strict && q->relation->kind != REL_HAS_MANY;
}

// The scope is known: the first page, or before it, for a strict relation, how many rows the scope has.
static void start_pages(rel_query *q) {
  if (!rel_query_judges(q)) {
    begin_pages(q);
    return;
  }
  q->preface = q->select;
  q->preface.kind = REL_SELECT_COUNT;
  q->preface.condition = NULL;
  q->preface.first = 0;
  q->preface.after = (rel_str){0};
  ask(q, REL_STEP_OWNERS, &q->preface, scope_counted);
}

// --- The owner ---

static bool take_owner(rel_select_job *job, rel_str key) {
  rel_query *q = query_of(job);
  q->owner_exists = true;
  q->select.scope = rel_arena_copy(rel_call_arena(q->call), key);
  return true;
}

static void owner_done(rel_select_job *job, const rel_select_page *page, rel_code code,
                       const rel_error *error) {
  rel_query *q = query_of(job);
  rel_error exceeded, refused;
  (void)page;
  code = settle(q, 0, code, &error, &exceeded);
  if (code == REL_OK && rel_query_open_reference(q, &refused) != REL_OK) {
    code = refused.code;
    error = &refused;
  }
  if (code != REL_OK) {
    rel_query_end(q, error);
  } else if (!q->owner_exists) {
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY;
    answer_nothing(q);
  } else if (q->select.scope.len == 0) {
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL;
    answer_nothing(q);
  } else {
    start_pages(q);
  }
}

static void find_owner(rel_query *q) {
  q->job.row = take_owner;
  ask(q, REL_STEP_OWNERS, &q->preface, owner_done);
}

// --- Life ---

// A statement that nobody waits for any more is interrupted.
static void caller_gone(rel_call *call, void *context) {
  (void)call;
  rel_deadline_set(&((rel_query *)context)->deadline, 0);
}

rel_query *rel_query_new(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                         rel_select_kind kind, const rel_query_writer *writer) {
  rel_query *q = REL_ARENA_NEW(rel_call_arena(call), rel_query);
  q->call = call;
  q->services = services;
  q->snapshot = take_snapshot;
  q->writer = writer;
  q->select.kind = kind;
  q->remaining = SIZE_MAX;
  q->page_records = FIRST_RECORDS;
  q->page_bytes = REL_QUERY_MESSAGE_BYTES;
  q->deadline.ns = rel_call_deadline_ns(call);
  q->job.deadline = &q->deadline;
  return q;
}

void rel_query_start(rel_query *q) {
  rel_error error;
  if (rel_call_keep(q->call, 0, &error) != REL_OK) { // it waits for a connection
    rel_query_end(q, &error);
    return;
  }
  rel_call_on_cancel(q->call, caller_gone, q);
  if (q->refers_to_nothing)
    answer_nothing(q);
  else if (q->find_owner)
    find_owner(q);
  else
    start_pages(q);
}

void rel_query_fail(rel_query *q, const rel_error *error) {
  rel_query_end(q, error);
}
