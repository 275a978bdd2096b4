// What the generated typed queries stand on: a query under construction, values, and the calls that end it.
// Programs use the generated functions, library_v1_book_query_…; this header says what they do.
//
// A query is built up, asked any number of times, and freed once. What is wrong while it is built (a text
// that is NULL, an owner of another type) is remembered, and the call that asks returns it. One owner at a
// time; any number of queries may share a client.
#ifndef RELATIONS_QUERY_H
#define RELATIONS_QUERY_H

#include "common/operators.h"

#include <relations/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_sdk_query rel_sdk_query;

// How a field is compared: REL_SDK_EQ, REL_SDK_NE and so on, a name for every row of common/operators.h; the
// numbers of relations.v1.Operator.
typedef enum rel_sdk_operator {
#define REL_SDK_NUMBER_(with, name, ...) REL_SDK_##name = RELATIONS__V1__OPERATOR__OPERATOR_##name,
  REL_OPERATORS(REL_SDK_NUMBER_, )
#undef REL_SDK_NUMBER_
} rel_sdk_operator;

// A value that a field is compared with, or an argument of a query method: what relations.v1.Value holds.
// Texts and bytes are copied by the call that takes them.
typedef struct rel_sdk_value {
  uint32_t kind;   // number of the field of Value; 0: a pointer was NULL
  uint64_t number; // integers, truth values, the bits of a double, seconds
  int32_t nanos;
  rel_str bytes;
} rel_sdk_value;

rel_sdk_value rel_sdk_bool(bool value);
rel_sdk_value rel_sdk_int64(int64_t value);
rel_sdk_value rel_sdk_uint64(uint64_t value);
rel_sdk_value rel_sdk_double(double value);
rel_sdk_value rel_sdk_string(const char *value);
rel_sdk_value rel_sdk_bytes(ProtobufCBinaryData value);
rel_sdk_value rel_sdk_timestamp(const Google__Protobuf__Timestamp *value);

// --- Building ---

// A query of every record of the model.
rel_sdk_query *rel_sdk_query_new(rel_client *client, const rel_sdk_model *model);
// A query of the owner's records. The key is read from the owner in hand, which is not kept.
rel_sdk_query *rel_sdk_query_of(rel_client *client, const rel_sdk_relation *relation,
                                const ProtobufCMessage *owner);
// Accepts NULL. Not from within a callback of the query.
void rel_sdk_query_free(rel_sdk_query *query);

// All that is added must hold, but for what stands in a group. Each returns the query.
rel_sdk_query *rel_sdk_query_where(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                   rel_sdk_value value);
// The same of a text, with upper and lower case the same: Unicode's case folding.
rel_sdk_query *rel_sdk_query_where_folded(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                          rel_sdk_value value);
// NULL, or with `is` false: not NULL.
rel_sdk_query *rel_sdk_query_where_null(rel_sdk_query *query, const char *field, bool is);
// With an operator of any number of values, which are added one by one. Between begin and end nothing else is
// added to the query.
rel_sdk_query *rel_sdk_query_values_begin(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                          bool fold_case);
void rel_sdk_query_values_add(rel_sdk_query *query, rel_sdk_value value);
rel_sdk_query *rel_sdk_query_values_end(rel_sdk_query *query);

// Groups: what is added until the matching end is one condition. They nest; a query method or a filter text
// cannot stand in one.
typedef enum rel_sdk_group {
  REL_SDK_ANY_OF,  // one of them holds; an empty group never does
  REL_SDK_ALL_OF,  // each of them holds; an empty group does
  REL_SDK_NONE_OF, // none of them holds; an empty group does
} rel_sdk_group;
rel_sdk_query *rel_sdk_query_group(rel_sdk_query *query, rel_sdk_group group);
rel_sdk_query *rel_sdk_query_end(rel_sdk_query *query);

// Groups over a relation: what is added until the matching end is about its records, through the functions of
// their model's query.
typedef enum rel_sdk_quantifier {
  REL_SDK_SOME = 1,  // one of them passes; an empty group: there is one
  REL_SDK_EVERY = 2, // each of them does, also when there is none
  REL_SDK_NONE = 3,  // none of them does; an empty group: there is none
} rel_sdk_quantifier;
rel_sdk_query *rel_sdk_query_related(rel_sdk_query *query, const char *relation,
                                     rel_sdk_quantifier quantifier);
// So many of them pass: REL_SDK_EQ to REL_SDK_GE.
rel_sdk_query *rel_sdk_query_related_count(rel_sdk_query *query, const char *relation,
                                           rel_sdk_operator operator_, uint64_t count);

rel_sdk_query *rel_sdk_query_method(rel_sdk_query *query, const char *name, const rel_sdk_value *arguments,
                                    size_t count);
// An AIP-160 filter: "stars >= 4 AND title: \"The\"". One at most: two texts do not become one safely.
rel_sdk_query *rel_sdk_query_filter(rel_sdk_query *query, const char *text);
// Term after term; the primary key always comes last. NULLs stand before every value or after, whichever the
// direction. The field may be one that belongs_to and has_one relations lead to: "author.name".
rel_sdk_query *rel_sdk_query_order_by(rel_sdk_query *query, const char *field, bool descending,
                                      bool nulls_first);
// By how many records a relation has.
rel_sdk_query *rel_sdk_query_order_by_count(rel_sdk_query *query, const char *relation, bool descending);
// By the record that a belongs_to or has_one leads to: the terms that are added until the matching end,
// through the functions of its model's query, are of that record. NULL where there is none. Nothing but an
// order stands in it.
rel_sdk_query *rel_sdk_query_order_by_related(rel_sdk_query *query, const char *relation);

// Only these fields of each record, asked for or included, one a call: the others are not read, and have no
// value. The primary key comes always, and what the model's relations join on, so that a record leads on to
// others.
rel_sdk_query *rel_sdk_query_only(rel_sdk_query *query, const char *field);
// At most so many records; 0: all of them, the default. A count and an existence take no notice of it.
rel_sdk_query *rel_sdk_query_limit(rel_sdk_query *query, uint32_t limit);
// Without a page: the last page, of `limit` records, which come in the same order.
rel_sdk_query *rel_sdk_query_from_end(rel_sdk_query *query, bool from_end);
// Which page: another one's next_page or previous_page, with the same query. NULL and "" are the first, or
// the last. Of what is included: the next_page_token of an owner's LoadInfo, which says of whose records it
// is; one call for each of several owners, and those of whom there is none have the first. "" says
// nothing, NULL takes all of them back.
rel_sdk_query *rel_sdk_query_page(rel_sdk_query *query, const char *token);

// --- Budgets ---

// The most that a call may take; what would take more is REL_LIMIT, naming the number and the place. 0: the
// server's own limit, which is never exceeded. As in relations.v1.Budget.
typedef struct rel_budget {
  uint32_t max_relations;   // that the includes name together
  uint32_t max_depth;       // relations on the way to what is included
  uint64_t max_records;     // loaded, those of the request itself among them
  uint64_t max_bytes;       // of the answer; of a query: of one record with all that is included in it
  uint32_t max_statements;  // as if nothing were cached
  uint32_t max_database_ms; // spent waiting for the database
} rel_budget;

// Of each call that asks with this query, for records, their number or their groups, which count as records.
rel_sdk_query *rel_sdk_query_budget(rel_sdk_query *query, rel_budget budget);

// --- Includes: what comes with the records, in their own relation fields ---

// A query of the relation's records, for each record of `query`: it may be narrowed, ordered, limited (for
// each of them), and include in its turn. It is a part of `query`, freed with it, and not asked by itself.
// The same again is the same query.
rel_sdk_query *rel_sdk_query_include(rel_sdk_query *query, const rel_sdk_relation *relation);
// The same of a relation whose records are of the model that it belongs to: theirs too, and so on, `times`
// deep; 0: as deep as the server goes.
rel_sdk_query *rel_sdk_query_include_again(rel_sdk_query *query, const rel_sdk_relation *relation,
                                           uint32_t times);
// How many there are, in the owner's LoadInfo, beside the records or without them: a query that says which
// are counted.
rel_sdk_query *rel_sdk_query_include_count(rel_sdk_query *query, const rel_sdk_relation *relation);
// Of what is included: not the records, only how many there are, in the owner's LoadInfo.
rel_sdk_query *rel_sdk_query_count_only(rel_sdk_query *query);

// What a record's LoadInfo says of the relation: the state, the count, the token of the next page. NULL when
// the relation did not come with the record. Accepts NULL.
const Relations__V1__RelationInfo *rel_sdk_info(const Relations__V1__LoadInfo *info, const char *relation);

// What is behind the limit of what was included: a query of the owner's further records, with all that
// `included` says of them and includes in its turn, and at most so many again. To be freed; `included` is not
// needed any more. NULL when the owner's LoadInfo says that there is no more.
rel_sdk_query *rel_sdk_query_rest(rel_client *client, const rel_sdk_query *included,
                                  const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                                  const Relations__V1__LoadInfo *info);

// Get and load as those of relations/sdk.h, of records that come with what the query includes, within its
// budget. It is of their model, and says nothing else: REL_INVALID.
rel_code rel_sdk_get_with(const rel_sdk_query *with, const void *key, void *answer,
                          rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_get_many_with(const rel_sdk_query *with, const void *keys, size_t count, void *answers,
                               rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_load_with(const rel_sdk_query *with, const rel_sdk_relation *relation,
                           const ProtobufCMessage *owner, void *answer, rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_load_many_with(const rel_sdk_query *with, const rel_sdk_relation *relation,
                                rel_sdk_owners owners, void *answers, rel_error *error) REL_MUST_CHECK;

// --- Asking: the database as it is now, never a cache. An owner whose key is NULL has no records, unasked
// ---

// Fills a list, to be freed, or returns an error and leaves it zeroed. REL_LIMIT when it is larger than
// the client's max_message_bytes: take `each`, or a limit.
rel_code rel_sdk_query_all(rel_sdk_query *query, void *list, rel_error *error) REL_MUST_CHECK;

// How records are handed over one by one: each is valid until `take` returns. false: no more are wanted.
typedef struct rel_sdk_taker {
  bool (*take)(void *context, const ProtobufCMessage *record);
  void *context;
} rel_sdk_taker;
// Streams the records; memory holds one message of the stream at a time. The client's deadline is of the
// whole stream. REL_OK also when `take` ended it; what was handed over before an error stands.
rel_code rel_sdk_query_each(rel_sdk_query *query, const rel_sdk_taker *taker,
                            rel_error *error) REL_MUST_CHECK;

rel_code rel_sdk_query_count(rel_sdk_query *query, uint64_t *count, rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_query_exists(rel_sdk_query *query, bool *exists, rel_error *error) REL_MUST_CHECK;

// --- Explaining: the request is carried out, and what it took, step by step, comes in place of the answer.
// Freed with relations__v1__explain_response__free_unpacked. No step: the server would not have been asked
// ---

typedef Relations__V1__ExplainResponse rel_explanation;

rel_code rel_sdk_query_explain(rel_sdk_query *query, rel_explanation **out, rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_query_explain_count(rel_sdk_query *query, rel_explanation **out,
                                     rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_query_explain_exists(rel_sdk_query *query, rel_explanation **out,
                                      rel_error *error) REL_MUST_CHECK;
// Of the same as get_many_with and load_many_with, and at most 1,000 keys, which are one call.
rel_code rel_sdk_get_explain(const rel_sdk_query *with, const void *keys, size_t count, rel_explanation **out,
                             rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_load_explain(const rel_sdk_query *with, const rel_sdk_relation *relation,
                              rel_sdk_owners owners, rel_explanation **out, rel_error *error) REL_MUST_CHECK;

// --- Pages ---

// The token of the page behind the records of the last all or each; NULL when there is none, or when the
// stream did not come to its end. Valid until the query is asked again or freed.
const char *rel_sdk_query_next_page(const rel_sdk_query *query);
// The same of the page before them.
const char *rel_sdk_query_previous_page(const rel_sdk_query *query);

// --- What generated headers are made of ---
//
// A macro stands for the functions of one field, or of one model, so that a header stays short and a
// compiler's message names the line of the field. `M` is the model's C name:
// REL_SDK_QUERY_TEXT(library_v1_book, title, "title") defines library_v1_book_query_where_title_eq and its
// like.

// All that is there without any field. _each takes what rel_sdk_query_each does, typed.
#define REL_SDK_QUERY(M, record_type)                                                                        \
  static inline M##_query *M##_query_new(rel_client *client) {                                               \
    return (M##_query *)rel_sdk_query_new(client, &M##_model);                                               \
  }                                                                                                          \
  static inline void M##_query_free(M##_query *query) {                                                      \
    rel_sdk_query_free((rel_sdk_query *)query);                                                              \
  }                                                                                                          \
  static inline M##_query *M##_query_filter(M##_query *query, const char *text) {                            \
    return (M##_query *)rel_sdk_query_filter((rel_sdk_query *)query, text);                                  \
  }                                                                                                          \
  static inline M##_query *M##_query_any_of(M##_query *query) {                                              \
    return (M##_query *)rel_sdk_query_group((rel_sdk_query *)query, REL_SDK_ANY_OF);                         \
  }                                                                                                          \
  static inline M##_query *M##_query_all_of(M##_query *query) {                                              \
    return (M##_query *)rel_sdk_query_group((rel_sdk_query *)query, REL_SDK_ALL_OF);                         \
  }                                                                                                          \
  static inline M##_query *M##_query_none_of(M##_query *query) {                                             \
    return (M##_query *)rel_sdk_query_group((rel_sdk_query *)query, REL_SDK_NONE_OF);                        \
  }                                                                                                          \
  static inline M##_query *M##_query_end(M##_query *query) {                                                 \
    return (M##_query *)rel_sdk_query_end((rel_sdk_query *)query);                                           \
  }                                                                                                          \
  static inline M##_query *M##_query_limit(M##_query *query, uint32_t limit) {                               \
    return (M##_query *)rel_sdk_query_limit((rel_sdk_query *)query, limit);                                  \
  }                                                                                                          \
  static inline M##_query *M##_query_budget(M##_query *query, rel_budget budget) {                           \
    return (M##_query *)rel_sdk_query_budget((rel_sdk_query *)query, budget);                                \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_explain(M##_query *query, rel_explanation **out,           \
                                                          rel_error *error) {                                \
    return rel_sdk_query_explain((rel_sdk_query *)query, out, error);                                        \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_explain_count(M##_query *query, rel_explanation **out,     \
                                                                rel_error *error) {                          \
    return rel_sdk_query_explain_count((rel_sdk_query *)query, out, error);                                  \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_explain_exists(M##_query *query, rel_explanation **out,    \
                                                                 rel_error *error) {                         \
    return rel_sdk_query_explain_exists((rel_sdk_query *)query, out, error);                                 \
  }                                                                                                          \
  static inline M##_query *M##_query_count_only(M##_query *query) {                                          \
    return (M##_query *)rel_sdk_query_count_only((rel_sdk_query *)query);                                    \
  }                                                                                                          \
  static inline M##_query *M##_query_page(M##_query *query, const char *token) {                             \
    return (M##_query *)rel_sdk_query_page((rel_sdk_query *)query, token);                                   \
  }                                                                                                          \
  static inline const char *M##_query_next_page(const M##_query *query) {                                    \
    return rel_sdk_query_next_page((const rel_sdk_query *)query);                                            \
  }                                                                                                          \
  static inline M##_query *M##_query_from_end(M##_query *query, bool from_end) {                             \
    return (M##_query *)rel_sdk_query_from_end((rel_sdk_query *)query, from_end);                            \
  }                                                                                                          \
  static inline const char *M##_query_previous_page(const M##_query *query) {                                \
    return rel_sdk_query_previous_page((const rel_sdk_query *)query);                                        \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_all(M##_query *query, M##_list *out, rel_error *error) {   \
    return rel_sdk_query_all((rel_sdk_query *)query, out, error);                                            \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_count(M##_query *query, uint64_t *out, rel_error *error) { \
    return rel_sdk_query_count((rel_sdk_query *)query, out, error);                                          \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_exists(M##_query *query, bool *out, rel_error *error) {    \
    return rel_sdk_query_exists((rel_sdk_query *)query, out, error);                                         \
  }                                                                                                          \
  typedef struct M##_query_taker {                                                                           \
    bool (*take)(void *context, const record_type *record);                                                  \
    void *context;                                                                                           \
  } M##_query_taker;                                                                                         \
  static inline bool M##_query_take(void *taker, const ProtobufCMessage *record) {                           \
    const M##_query_taker *typed = (const M##_query_taker *)taker;                                           \
    return typed->take(typed->context, (const record_type *)record);                                         \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_query_each(                                                      \
      M##_query *query, bool (*take)(void *context, const record_type *record), void *context,               \
      rel_error *error) {                                                                                    \
    M##_query_taker typed = {take, context};                                                                 \
    rel_sdk_taker taker = {M##_query_take, &typed};                                                          \
    return rel_sdk_query_each((rel_sdk_query *)query, &taker, error);                                        \
  }

// A relation's: `T` is the C name of its model. The query that these return is the same one, through the
// functions of T, and what T's _end returns is of no use: go on with the query that was passed.
#define REL_SDK_QUERY_RELATION(M, T, word, name)                                                             \
  static inline T##_query *M##_query_where_##word##_some(M##_query *query) {                                 \
    return (T##_query *)rel_sdk_query_related((rel_sdk_query *)query, name, REL_SDK_SOME);                   \
  }                                                                                                          \
  static inline T##_query *M##_query_where_##word##_every(M##_query *query) {                                \
    return (T##_query *)rel_sdk_query_related((rel_sdk_query *)query, name, REL_SDK_EVERY);                  \
  }                                                                                                          \
  static inline T##_query *M##_query_where_##word##_none(M##_query *query) {                                 \
    return (T##_query *)rel_sdk_query_related((rel_sdk_query *)query, name, REL_SDK_NONE);                   \
  }                                                                                                          \
  static inline T##_query *M##_query_where_##word##_count(M##_query *query, rel_sdk_operator operator_,      \
                                                          uint64_t count) {                                  \
    return (T##_query *)rel_sdk_query_related_count((rel_sdk_query *)query, name, operator_, count);         \
  }                                                                                                          \
  static inline M##_query *M##_query_order_by_##word##_count(M##_query *query, bool descending) {            \
    return (M##_query *)rel_sdk_query_order_by_count((rel_sdk_query *)query, name, descending);              \
  }

// The functions of a field: one for each operator that fits it, as common/operators.h has them, and a _folded
// one where that folds. `of` is what they have in common, in parentheses: `Q`, the type of the query; `W`,
// what the names begin with; the field; the type of a value, and what makes a rel_sdk_value of it. Names are
// put together before they are passed on: a field may be called like a macro, `bool` or `unix`.
#define REL_SDK_OPERATOR_(of, name, word, written, values, folds)                                            \
  REL_SDK_EXPAND_(REL_SDK_##values##_, _##word, REL_SDK_##name, REL_SDK_UNPACK_ of)
#define REL_SDK_FOLDED_(of, name, word, written, values, folds)                                              \
  REL_SDK_##folds##_(REL_SDK_##values##_FOLDED_, _##word##_folded, REL_SDK_##name, REL_SDK_UNPACK_ of)
#define REL_SDK_FOLDS_(macro, ...) macro(__VA_ARGS__)
#define REL_SDK_EXACT_(macro, ...)
#define REL_SDK_EXPAND_(macro, ...) macro(__VA_ARGS__)
#define REL_SDK_UNPACK_(...)        __VA_ARGS__

// Operators of one value.
#define REL_SDK_ONE_(word, operator_, Q, W, field, type, value_of)                                           \
  static inline Q *W##word(Q *query, type value) {                                                           \
    return (Q *)rel_sdk_query_where((rel_sdk_query *)query, field, operator_, value_of(value));              \
  }
#define REL_SDK_ONE_FOLDED_(word, operator_, Q, W, field, type, value_of)                                    \
  static inline Q *W##word(Q *query, type value) {                                                           \
    return (Q *)rel_sdk_query_where_folded((rel_sdk_query *)query, field, operator_, value_of(value));       \
  }
// Of any number of them.
#define REL_SDK_MANY_(word, operator_, Q, W, field, type, value_of)                                          \
  REL_SDK_LIST_(word, operator_, false, Q, W, field, type, value_of)
#define REL_SDK_MANY_FOLDED_(word, operator_, Q, W, field, type, value_of)                                   \
  REL_SDK_LIST_(word, operator_, true, Q, W, field, type, value_of)
#define REL_SDK_LIST_(word, operator_, fold_case, Q, W, field, type, value_of)                               \
  static inline Q *W##word(Q *query, type const *values, size_t count) {                                     \
    rel_sdk_query_values_begin((rel_sdk_query *)query, field, operator_, fold_case);                         \
    for (size_t i = 0; i < count; i++)                                                                       \
      rel_sdk_query_values_add((rel_sdk_query *)query, value_of(values[i]));                                 \
    return (Q *)rel_sdk_query_values_end((rel_sdk_query *)query);                                            \
  }

// A field whose values are the same or not; one with an order among them; one of text.
#define REL_SDK_QUERY_EQUAL(M, member, field, type, value_of)                                                \
  REL_OPERATORS_OF_ANY(REL_SDK_OPERATOR_, (M##_query, M##_query_where_##member, field, type, value_of))
#define REL_SDK_QUERY_ORDERED(M, member, field, type, value_of)                                              \
  REL_SDK_ORDERED_((M##_query, M##_query_where_##member, field, type, value_of))
#define REL_SDK_QUERY_TEXT(M, member, field)                                                                 \
  REL_SDK_TEXT_((M##_query, M##_query_where_##member, field, const char *, rel_sdk_string))
#define REL_SDK_ORDERED_(of)                                                                                 \
  REL_OPERATORS_OF_ANY(REL_SDK_OPERATOR_, of)                                                                \
  REL_OPERATORS_OF_ORDERED(REL_SDK_OPERATOR_, of)
#define REL_SDK_TEXT_(of)                                                                                    \
  REL_SDK_ORDERED_(of)                                                                                       \
  REL_OPERATORS_OF_TEXT(REL_SDK_OPERATOR_, of)                                                               \
  REL_OPERATORS(REL_SDK_FOLDED_, of)

// A field that may be NULL.
#define REL_SDK_QUERY_NULLABLE(M, member, field)                                                             \
  static inline M##_query *M##_query_where_##member##_is_null(M##_query *query) {                            \
    return (M##_query *)rel_sdk_query_where_null((rel_sdk_query *)query, field, true);                       \
  }                                                                                                          \
  static inline M##_query *M##_query_where_##member##_is_not_null(M##_query *query) {                        \
    return (M##_query *)rel_sdk_query_where_null((rel_sdk_query *)query, field, false);                      \
  }                                                                                                          \
  static inline M##_query *M##_query_order_by_##member##_nulls_first(M##_query *query, bool descending) {    \
    return (M##_query *)rel_sdk_query_order_by((rel_sdk_query *)query, field, descending, true);             \
  }

// A belongs_to or has_one. What T's _end returns is of no use here either.
#define REL_SDK_QUERY_ORDER_BY_RELATED(M, T, word, name)                                                     \
  static inline T##_query *M##_query_order_by_##word(M##_query *query) {                                     \
    return (T##_query *)rel_sdk_query_order_by_related((rel_sdk_query *)query, name);                        \
  }

// A relation through a link: an order of its records by the link that leads to them, through the functions of
// the link's query until its end. `R` is the relation's C name, `T` its target's, `L` the link's; `query` one
// of the relation's records, asked for or included.
#define REL_SDK_ORDER_BY_LINK(R, T, L, word, name)                                                           \
  static inline L##_query *R##_order_by_##word(T##_query *query) {                                           \
    return (L##_query *)rel_sdk_query_order_by_related((rel_sdk_query *)query, name);                        \
  }

// A relation that may be included, the one of that index in the model's table; `T` is its target's C name.
#define REL_SDK_QUERY_INCLUDE(M, member, T, index)                                                           \
  static inline T##_query *M##_query_include_##member(M##_query *query) {                                    \
    return (T##_query *)rel_sdk_query_include((rel_sdk_query *)query, &M##_model.relations[index]);          \
  }                                                                                                          \
  static inline T##_query *M##_query_include_##member##_count(M##_query *query) {                            \
    return (T##_query *)rel_sdk_query_include_count((rel_sdk_query *)query, &M##_model.relations[index]);    \
  }
#define REL_SDK_QUERY_INCLUDE_AGAIN(M, member, T, index)                                                     \
  static inline T##_query *M##_query_include_##member##_again(M##_query *query, uint32_t times) {            \
    return (T##_query *)rel_sdk_query_include_again((rel_sdk_query *)query, &M##_model.relations[index],     \
                                                    times);                                                  \
  }
// What is behind its limit: see rel_sdk_query_rest.
#define REL_SDK_QUERY_REST(M, word, T, record_type, member, index)                                           \
  static inline T##_query *M##_##word##_rest(rel_client *client, const T##_query *included,                  \
                                             const record_type *owner) {                                     \
    return (T##_query *)rel_sdk_query_rest(client, (const rel_sdk_query *)included,                          \
                                           &M##_model.relations[index], (const ProtobufCMessage *)owner,     \
                                           owner->member);                                                   \
  }
// What a get and a load take. `R` is the relation's C name, `T` its target's.
#define REL_SDK_GET_EXPLAIN(M, keys_type)                                                                    \
  REL_MUST_CHECK static inline rel_code M##_get_explain(const M##_query *with, keys_type keys, size_t count, \
                                                        rel_explanation **out, rel_error *error) {           \
    return rel_sdk_get_explain((const rel_sdk_query *)with, keys, count, out, error);                        \
  }
#define REL_SDK_LOAD_EXPLAIN(R, T, record_type, M, index)                                                    \
  REL_MUST_CHECK static inline rel_code R##_explain(const T##_query *with, record_type *const *owners,       \
                                                    size_t count, rel_explanation **out, rel_error *error) { \
    rel_sdk_owners all = {(const void *const *)owners, count};                                               \
    return rel_sdk_load_explain((const rel_sdk_query *)with, &M##_model.relations[index], all, out, error);  \
  }

// What is known of it, in a record that has a LoadInfo: see rel_sdk_info.
#define REL_SDK_QUERY_INFO(M, word, record_type, member, name)                                               \
  static inline const Relations__V1__RelationInfo *M##_##word##_info(const record_type *record) {            \
    return rel_sdk_info(record->member, name);                                                               \
  }

#ifdef __cplusplus
}
#endif

#endif
