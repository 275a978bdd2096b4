// Inquiries: see inquiry.h.
#include "server/handlers/inquiry.h"

#include "common/status.h"
#include "server/loader/record_set.h"

// Field number of GetResponse, LoadResponse and of every typed answer of a batch.
enum { RESULTS = 1 };

rel_inquiry *rel_inquiry_new(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                             rel_inquiry_answer *answer) {
  rel_inquiry *q = REL_ARENA_NEW(rel_call_arena(call), rel_inquiry);
  q->call = call;
  q->services = services;
  q->snapshot = take_snapshot;
  q->answer = answer;
  return q;
}

// --- Answering ---

static rel_blob *take_answer(const rel_inquiry *q, size_t index) {
  if (q->sets == NULL) return rel_load_take(q->load, index);
  rel_blob *set = q->sets[index];
  q->sets[index] = NULL;
  return set;
}

rel_blob *rel_inquiry_take(const rel_inquiry *q, size_t index) {
  rel_blob *set = take_answer(q, index);
  rel_found found = q->found != NULL ? q->found[index] : REL_FOUND_KEY;
  if (found != REL_FOUND_NOTHING && found != REL_FOUND_ERROR) return set;
  rel_blob_unref(set); // that of a NULL key
  return found == REL_FOUND_ERROR ? rel_load_take(q->owners, index)
                                  : rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY);
}

static size_t answer_bytes(const rel_inquiry *q) {
  if (q->sets == NULL) return rel_load_bytes(q->load);
  size_t bytes = 0;
  for (size_t i = 0; i < q->count; i++)
    bytes += rel_blob_view(q->sets[i]).len;
  return bytes;
}

static void write_result(rel_call *call, rel_blob *take_set) {
  rel_call_write_head(call, RESULTS, rel_blob_view(take_set).len);
  rel_call_write_blob(call, take_set);
}

void rel_inquiry_write_results(const rel_inquiry *q, size_t more) {
  enum { FRAMING = 4 }; // bytes before an answer, mostly
  rel_call_expect(q->call, answer_bytes(q) + q->count * FRAMING + more, q->count);
  for (size_t i = 0; i < q->count; i++)
    write_result(q->call, rel_inquiry_take(q, i));
}

rel_code rel_inquiry_fail_as(rel_inquiry *q, rel_blob *take_set) {
  q->failed = take_set;
  return REL_INTERNAL;
}

// --- Ending ---

static void fail_as(rel_call *call, rel_blob *take_set) {
  rel_error error;
  rel_str status = rel_record_set_status(rel_blob_view(take_set));
  if (!rel_status_read(status, &error))
    rel_fail(&error, REL_INTERNAL, "the record set's error cannot be read");
  rel_call_fail_with_details(call, &error, status);
  rel_blob_unref(take_set);
}

// The inquiry is gone with the call's arena.
static void end(rel_inquiry *q, const rel_error *error) {
  rel_call *call = q->call;
  rel_snapshot *snapshot = q->snapshot;
  rel_error wrong;
  if (error == NULL && q->answer(q, &wrong) != REL_OK) error = &wrong;
  rel_blob *failed = q->failed;
  for (size_t i = 0; q->sets != NULL && i < q->count; i++)
    rel_blob_unref(q->sets[i]);
  if (q->load != NULL) rel_load_fini(q->load);
  if (q->owners != NULL) rel_load_fini(q->owners);
  if (failed != NULL)
    fail_as(call, failed);
  else if (error != NULL)
    rel_call_fail(call, error);
  else
    rel_call_finish(call);
  rel_snapshot_unref(snapshot);
}

void rel_inquiry_fail(rel_inquiry *q, const rel_error *error) {
  end(q, error);
}

// --- Loading ---

static bool caller_gone(void *context) {
  return rel_call_cancelled(((rel_inquiry *)context)->call);
}

static void loaded(rel_load *load, const rel_error *error, void *context) {
  rel_inquiry *q = context;
  q->load = load;
  end(q, error);
}

static void included(rel_blob **sets, const rel_error *error, void *context) {
  rel_inquiry *q = context;
  q->sets = sets;
  end(q, error);
}

// From here on it waits for others: what it holds meanwhile counts.
static rel_code keep(void *context, size_t bytes, rel_error *error) {
  return rel_call_keep(((rel_inquiry *)context)->call, bytes, error);
}

static bool may_wait(rel_inquiry *q) {
  rel_error error;
  if (keep(q, 0, &error) == REL_OK) return true;
  end(q, &error);
  return false;
}

static int64_t deadline_of(const rel_inquiry *q) {
  int64_t deadline_ns = rel_call_deadline_ns(q->call);
  return q->tally == NULL ? deadline_ns : rel_tally_deadline(q->tally, deadline_ns);
}

static void load_from(rel_inquiry *q, rel_source *source, const rel_request_key *keys,
                      void (*done)(rel_load *, const rel_error *, void *)) {
  rel_load_start(&(rel_load_request){
      .source = source,
      .keys = keys,
      .count = q->count,
      .deadline_ns = deadline_of(q),
      .max_bytes = q->services->max_answer_bytes,
      .arena = rel_call_arena(q->call),
      .done = done,
      .context = q,
      .gone = caller_gone,
  });
}

// What the call is about, by the values that it is found by.
static void load_records(rel_inquiry *q, const rel_request_key *keys) {
  if (q->tree == NULL) {
    load_from(q, q->loadable->source, keys, loaded);
    return;
  }
  rel_tree_start(&(rel_tree_request){
      .tree = q->tree,
      .source = q->loadable->source,
      .keys = keys,
      .root_count = q->count,
      .tally = q->tally,
      .deadline_ns = rel_call_deadline_ns(q->call),
      .done = included,
      .context = q,
      .gone = caller_gone,
      .keep = keep,
  });
}

static rel_step *owners_step(rel_inquiry *q) {
  return rel_tally_step(q->tally, rel_cstr(REL_STEP_OWNERS), q->loadable->owner_source);
}

static rel_code tally_owners(rel_inquiry *q, const rel_error *failed, rel_error *error) {
  if (q->tally == NULL) return REL_OK;
  rel_step *step = owners_step(q);
  rel_tally_load(step, q->owners);
  return rel_tally_time(q->tally, step, rel_clock_ns() - q->began_ns, failed, error);
}

// The owners' join values are known: load the relation by them.
static void owners_found(rel_load *owners, const rel_error *error, void *context) {
  rel_inquiry *q = context;
  rel_error exceeded;
  q->owners = owners;
  if (tally_owners(q, error, &exceeded) != REL_OK) error = &exceeded;
  if (error != NULL) {
    end(q, error);
    return;
  }
  rel_arena *arena = rel_call_arena(q->call);
  rel_request_key *keys = REL_ARENA_ARRAY(arena, rel_request_key, q->count);
  rel_found *found = REL_ARENA_ARRAY(arena, rel_found, q->count);
  for (size_t i = 0; i < q->count; i++) {
    // Of a NULL owner key there is no answer to read: it refers to nothing, as what is found there may.
    found[i] = q->keys[i].is_null ? REL_FOUND_NULL : rel_load_key(owners, i, &keys[i].bytes);
    keys[i].is_null = found[i] != REL_FOUND_KEY;
  }
  q->found = found;
  load_records(q, keys);
}

static void find_owners(rel_inquiry *q, const rel_request_key *keys) {
  rel_error error;
  if (q->tally != NULL) {
    rel_step *step = owners_step(q);
    step->keys += q->count;
    if (rel_tally_admit(q->tally, step, q->count, &error) != REL_OK) {
      end(q, &error);
      return;
    }
    q->began_ns = rel_clock_ns();
  }
  load_from(q, q->loadable->owner_source, keys, owners_found);
}

void rel_inquiry_by_primary_key(rel_inquiry *q, const rel_loadable *loadable, const rel_request_key *keys,
                                size_t count) {
  q->loadable = loadable;
  q->keys = keys;
  q->count = count;
  if (!may_wait(q)) return;
  if (loadable->owner_source != NULL) {
    find_owners(q, keys);
    return;
  }
  load_records(q, keys);
}

void rel_inquiry_by_reference(rel_inquiry *q, const rel_loadable *loadable, const rel_request_key *keys,
                              size_t count) {
  q->loadable = loadable;
  q->keys = keys;
  q->count = count;
  if (may_wait(q)) load_records(q, keys);
}
