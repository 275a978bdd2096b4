// A query under way: from what is asked to the last message of its answer. What everybody who queries has in
// common; they differ in how a request says what it is about, and in what is written around the records.
//
//   query.c          its life: pages, the messages that they fill, what is asked before the first
//   query_tree.c     records with what is included in them
//   query_ahead.c    how much is read before it is sent
//   query_request.c  the contract's request becomes a select
//   relation_query.c RelationService's Query, Count and Exists
//   aggregate.c      RelationService's Aggregate
//   explain.c        all of them, without what they answer
//
// Always from the database, never from or into the cache. Lives in the call's arena, but for its buffers;
// the end of the call comes on any thread.
#ifndef RELATIONS_SERVER_HANDLERS_QUERY_H
#define RELATIONS_SERVER_HANDLERS_QUERY_H

#include "server/handlers/services.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_query rel_query;
typedef struct rel_query_trees rel_query_trees;

// How a record that is too large for a message comes in several.
typedef enum rel_query_split {
  REL_SPLIT_NEVER,    // it is a message of its own
  REL_SPLIT_BYTES,    // its bytes, which are to be appended
  REL_SPLIT_MESSAGES, // messages of its type, which are to be merged: pieces.h
} rel_query_split;

// How its answers are written into the call.
typedef struct rel_query_writer {
  // A message of records: a RecordSet, whose records lie framed in query->part; the rest of it, what is
  // said about them, is `tail`. For REL_SELECT_GROUPS an AggregateResponse, which has the same form.
  void (*records)(rel_query *query, rel_str tail);
  // How many there are, for REL_SELECT_COUNT and REL_SELECT_EXISTS.
  void (*count)(rel_query *query, uint64_t count);
  // Unless never, `records` says, as query->continues asks it to, that the last record goes on in the next
  // message.
  rel_query_split split;
  // Of a dry query: when it is over, instead of what it would have sent.
  void (*ended)(rel_query *query);
} rel_query_writer;

struct rel_query {
  rel_select_job job; // first: the store's callbacks get it
  rel_call *call;
  const rel_services *services;
  rel_snapshot *snapshot; // pinned until the end
  const rel_query_writer *writer;

  // The owner, when the request does not have its key as the contract's: set before what follows is read.
  const rel_request_key *owner;

  // For a typed answer that may come in pieces: what its field of records is called.
  rel_str records_name;

  // What is asked; query_request.c fills it in.
  const rel_relation *relation; // NULL: the model itself
  rel_select select;
  const rel_tree *tree; // what is included in the records; NULL: nothing
  size_t max_bytes;     // of a record with that; of an answer of groups
  rel_select preface;   // what is asked before: with find_owner for the join value
  bool find_owner;
  size_t statements;              // that it takes at least, without what is included
  bool refers_to_nothing;         // the key is NULL
  Relations__V1__LoadState empty; // the state when there are no records
  rel_str binding;                // of page tokens
  rel_str binding_of_page;        // the same but for the key
  rel_str token_of_reference;     // with find_owner: a token that is bound to the join value, or to nothing
  bool paged;                     // a page was asked for, not everything
  bool backwards;                 // it is the one that ends before `cursor`, or at the end
  size_t remaining;               // records of it
  rel_buf cursor;                 // where the page before ended

  bool has_before; // there may be records before the page

  // For query.c, but for what the writer reads.
  rel_tally *tally; // what the call takes; NULL: nothing is counted
  const char *asked_step;
  int64_t asked_ns; // when the store was asked last
  size_t dropped;   // with `dry`: bytes that would have been sent
  bool dry;         // nothing is sent
  rel_deadline deadline;
  bool owner_exists;
  bool started;        // a message has been sent
  bool continues;      // its last record goes on in the next one
  bool beyond;         // there are records behind the page that was read
  size_t page_records; // most of the next page
  size_t page_bytes;   // the same
  rel_query_trees *trees;
  rel_buf records;   // of a page
  size_t sent_bytes; // of them
  rel_str part;      // of them, for the message that is written
  rel_buf begin;     // where the page began
};

// Takes a pinned snapshot. What is asked is not said yet.
rel_query *rel_query_new(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                         rel_select_kind kind, const rel_query_writer *writer);
// For writers: the RecordSet, and a CountResponse or an ExistsResponse.
void rel_query_write_set(rel_query *query, rel_str tail);
void rel_query_write_count(rel_query *query, uint64_t count);

// Start it, or end the call with what is wrong. The query is gone, or somebody else's, when they return.
void rel_query_start(rel_query *query);
void rel_query_fail(rel_query *query, const rel_error *error);

// Field numbers of RecordSet.
enum {
  REL_QUERY_RECORDS = 1,
  REL_QUERY_NEXT_PAGE_TOKEN = 2,
  REL_QUERY_STATE = 3,
  REL_QUERY_PREVIOUS_PAGE_TOKEN = 6
};

enum { REL_QUERY_MESSAGE_BYTES = 256 * 1024 }; // of a streamed message, unless a single record is larger

// --- query.c, for query_request.c and query_tree.c ---

// Whether it is asked beforehand how many records there are, as strict relations want to know.
bool rel_query_judges(const rel_query *query);

// Sends framed records as a message behind which others come of the same page.
void rel_query_send_part(rel_query *query, rel_str records);
// The same as the last message of a page; with `beyond` there are records behind it.
void rel_query_send_last(rel_query *query, rel_str records, bool beyond);
// Ends the call; the query is gone with its arena.
void rel_query_end(rel_query *query, const rel_error *error);

// --- query_ahead.c ---

// A page's rows were sorted, and there are more: the next page is larger, if there is room.
void rel_query_ahead_grow(rel_query *query);
// Gives the room back.
void rel_query_ahead_end(rel_query *query);
// Whether records of the page are still to be sent, and as many as the next message holds.
bool rel_query_ahead_waits(const rel_query *query);
rel_str rel_query_ahead_next(rel_query *query);

// --- query_tree.c ---

// Loads the tree of the records that were gathered, and sends them with it.
void rel_query_trees_start(rel_query *query, size_t records, bool beyond);
// Whether something of the page is still to be sent, which next does.
bool rel_query_trees_pending(const rel_query *query);
void rel_query_trees_next(rel_query *query);
// Where a record that comes in messages goes on: see rel_pieces_put_path.
void rel_query_put_path(const rel_query *query, rel_str records, uint32_t number, rel_buf *out);
// Accepts NULL.
void rel_query_trees_free(rel_query_trees *trees);

// --- query_request.c ---

// Fills in what is asked. The error's field is a path into the request: "target.filter_text".
rel_code rel_query_read(rel_query *query, const Relations__V1__QueryRequest *request,
                        rel_error *error) REL_MUST_CHECK;
// A page of an answer, as a request asks for it.
typedef struct rel_query_page {
  int32_t size; // 0: everything
  const char *token;
  const Relations__V1__QueryTarget *target; // of the query that was read; NULL: `bound` has it
  const ProtobufCMessage *const
      *bound; // everything else that decides what is in the answer and in which order
  size_t bound_count;
} rel_query_page;

rel_code rel_query_read_page(rel_query *query, const rel_query_page *page, rel_error *error) REL_MUST_CHECK;
// What tokens for the page before are bound to; those for the next one to query->binding.
rel_str rel_query_binding_before(rel_query *query);
// Opens a token that was left, now that the scope is known: an include's, which knows no owner. REL_INVALID
// when it is none.
rel_code rel_query_open_reference(rel_query *query, rel_error *error) REL_MUST_CHECK;
// The same of a target alone, for what is counted or gathered. The budget may be NULL.
rel_code rel_query_read_target(rel_query *query, const Relations__V1__QueryTarget *target,
                               const Relations__V1__Budget *budget, rel_error *error) REL_MUST_CHECK;

// --- aggregate.c ---

// The same of groups.
rel_code rel_query_read_groups(rel_query *query, const Relations__V1__AggregateRequest *request,
                               rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
