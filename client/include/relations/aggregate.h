// Aggregates of a query's records: what the generated library_v1_review_aggregate_… stand on, and the terms
// and groups that programs use.
//
//   library_v1_review_aggregate *stars = library_v1_review_query_aggregate(query);
//   rel_int64_term book = library_v1_review_aggregate_group_by_book_id(stars);
//   rel_count_term reviews = library_v1_review_aggregate_count(stars);
//   rel_decimal_term mean = library_v1_review_aggregate_avg_stars(stars);
//   rel_having_count(reviews, REL_SDK_GE, 3);
//   rel_aggregate_order_by(mean.term, true);
//   library_v1_review_aggregate_all(stars, &groups, &error);
//   printf("%s\n", rel_group_decimal(&groups.items[0], mean));
//
// What is asked for is a term, whose type says what its values are; every group has a value for each. An
// aggregate is a part of its query and is freed with it; so are its terms. What is wrong while it is built is
// remembered, and the call that asks returns it. It has one owner at a time, as its query has.
#ifndef RELATIONS_AGGREGATE_H
#define RELATIONS_AGGREGATE_H

#include <relations/query.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_sdk_aggregate rel_sdk_aggregate;

// --- Terms ---

// What a group has a value for: a field that is grouped by, or a function.
typedef struct rel_term {
  rel_sdk_aggregate *of;
  uint32_t index; // among the fields, or among the functions
  bool is_key;
} rel_term;

// A term by its values.
typedef struct rel_count_term {
  rel_term term;
} rel_count_term;
typedef struct rel_bool_term {
  rel_term term;
} rel_bool_term;
typedef struct rel_int64_term {
  rel_term term;
} rel_int64_term;
typedef struct rel_uint64_term {
  rel_term term;
} rel_uint64_term;
typedef struct rel_double_term {
  rel_term term;
} rel_double_term;
typedef struct rel_decimal_term {
  rel_term term;
} rel_decimal_term;
typedef struct rel_text_term {
  rel_term term;
} rel_text_term;
typedef struct rel_bytes_term {
  rel_term term;
} rel_bytes_term;
typedef struct rel_timestamp_term {
  rel_term term;
} rel_timestamp_term;

// Which groups: those for which it holds. All that is said must hold, but for what stands in a group of
// conditions (library_v1_review_aggregate_any_of); NULL compares with nothing.
void rel_having(rel_term term, rel_sdk_operator operator_, rel_sdk_value value);
// NULL, or with `is` false: not NULL.
void rel_having_null(rel_term term, bool is);
static inline void rel_having_count(rel_count_term term, rel_sdk_operator operator_, uint64_t value) {
  rel_having(term.term, operator_, rel_sdk_uint64(value));
}
static inline void rel_having_bool(rel_bool_term term, rel_sdk_operator operator_, bool value) {
  rel_having(term.term, operator_, rel_sdk_bool(value));
}
static inline void rel_having_int64(rel_int64_term term, rel_sdk_operator operator_, int64_t value) {
  rel_having(term.term, operator_, rel_sdk_int64(value));
}
static inline void rel_having_uint64(rel_uint64_term term, rel_sdk_operator operator_, uint64_t value) {
  rel_having(term.term, operator_, rel_sdk_uint64(value));
}
static inline void rel_having_double(rel_double_term term, rel_sdk_operator operator_, double value) {
  rel_having(term.term, operator_, rel_sdk_double(value));
}
// Digits: "4.5".
static inline void rel_having_decimal(rel_decimal_term term, rel_sdk_operator operator_, const char *value) {
  rel_having(term.term, operator_, rel_sdk_string(value));
}
static inline void rel_having_text(rel_text_term term, rel_sdk_operator operator_, const char *value) {
  rel_having(term.term, operator_, rel_sdk_string(value));
}
static inline void rel_having_bytes(rel_bytes_term term, rel_sdk_operator operator_,
                                    ProtobufCBinaryData value) {
  rel_having(term.term, operator_, rel_sdk_bytes(value));
}
static inline void rel_having_timestamp(rel_timestamp_term term, rel_sdk_operator operator_,
                                        const Google__Protobuf__Timestamp *value) {
  rel_having(term.term, operator_, rel_sdk_timestamp(value));
}

// In which order, term after term; the fields that are grouped by come last in any. NULLs come last.
void rel_aggregate_order_by(rel_term term, bool descending);
void rel_aggregate_order_by_nulls_first(rel_term term, bool descending);

// --- Groups ---

// A group; its values are valid as long as what it came in.
typedef struct rel_group {
  const struct rel_group_shape *shape;
  const void *values;
} rel_group;

typedef struct rel_group_list {
  size_t count;
  const rel_group *items;
  rel_memory *memory;
} rel_group_list;

static inline void rel_group_list_free(rel_group_list *groups) {
  rel_memory_free(groups->memory);
  memset(groups, 0, sizeof *groups);
}

// The value that a group has for a term of the aggregate that it came from. NULL is NULL: a sum, mean, least
// or greatest value of no value at all, and the group of the records whose field is NULL. Another aggregate's
// term, or one that was added after the groups were asked for, has none: NULL, or 0.
uint64_t rel_group_count(const rel_group *group, rel_count_term term);
const protobuf_c_boolean *rel_group_bool(const rel_group *group, rel_bool_term term);
const int64_t *rel_group_int64(const rel_group *group, rel_int64_term term); // enums by their number
const uint64_t *rel_group_uint64(const rel_group *group, rel_uint64_term term);
const double *rel_group_double(const rel_group *group, rel_double_term term);
const char *rel_group_decimal(const rel_group *group, rel_decimal_term term); // exact, as digits
const char *rel_group_text(const rel_group *group, rel_text_term term);
const ProtobufCBinaryData *rel_group_bytes(const rel_group *group, rel_bytes_term term);
const Google__Protobuf__Timestamp *rel_group_timestamp(const rel_group *group, rel_timestamp_term term);
// The double next to a decimal, whatever the locale writes a point as. False: it is NULL.
bool rel_group_decimal_as_double(const rel_group *group, rel_decimal_term term, double *value);

// --- Building and asking, as generated code does ---

// Over the query's records: its conditions and methods, its owner; its order, limit and includes do not
// matter. Each call begins another one.
rel_sdk_aggregate *rel_sdk_query_aggregate(rel_sdk_query *query);

// A function: REL_SDK_COUNT, REL_SDK_SUM and so on, a name for every row of common/operators.h; the numbers
// of relations.v1.AggregateFunction.
typedef enum rel_sdk_function {
#define REL_SDK_NUMBER_(with, name, ...)                                                                     \
  REL_SDK_##name = RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_##name,
  REL_AGGREGATES(REL_SDK_NUMBER_, )
#undef REL_SDK_NUMBER_
} rel_sdk_function;

// What a term's values are; the numbers of the fields of relations.v1.Value.
typedef enum rel_sdk_result {
  REL_SDK_RESULT_BOOL = 1,
  REL_SDK_RESULT_INT64 = 2,
  REL_SDK_RESULT_UINT64 = 3,
  REL_SDK_RESULT_DOUBLE = 4,
  REL_SDK_RESULT_TEXT = 5, // also decimals
  REL_SDK_RESULT_BYTES = 6,
  REL_SDK_RESULT_TIMESTAMP = 7,
} rel_sdk_result;

// The same aggregate, whose fields and functions are those of the record that a belongs_to or has_one leads
// to, NULL where there is none. A part of the aggregate: all else that is said to it is said to the whole.
rel_sdk_aggregate *rel_sdk_aggregate_along(rel_sdk_aggregate *aggregate, const char *relation);

// The same again is the same term.
rel_term rel_sdk_aggregate_group_by(rel_sdk_aggregate *aggregate, const char *field, rel_sdk_result result);
// Without a field: of the records.
rel_term rel_sdk_aggregate_term(rel_sdk_aggregate *aggregate, rel_sdk_function function, const char *field,
                                rel_sdk_result result);

// Groups of conditions: what is said until the matching end is one.
void rel_sdk_aggregate_group(rel_sdk_aggregate *aggregate, rel_sdk_group group);
void rel_sdk_aggregate_end(rel_sdk_aggregate *aggregate);
// The same as an AIP-160 text, "count > 2 AND sum_pages > 100", of the names that relations.v1.AggregateTerm
// gives.
void rel_sdk_aggregate_having(rel_sdk_aggregate *aggregate, const char *text);
// At most so many groups; 0: all, the default.
void rel_sdk_aggregate_limit(rel_sdk_aggregate *aggregate, uint32_t limit);
// Which page: the next_page of the last one, with everything else as it was. NULL and "" are the first.
void rel_sdk_aggregate_page(rel_sdk_aggregate *aggregate, const char *token);

// Fills a list, to be freed, or returns an error and leaves it zeroed. Without a field that is grouped by it
// has one group, also of no record. REL_LIMIT when it is larger than the client's max_message_bytes.
rel_code rel_sdk_aggregate_all(rel_sdk_aggregate *aggregate, rel_group_list *groups,
                               rel_error *error) REL_MUST_CHECK;
// Hands the groups over, each valid until `take` returns; false: no more are wanted. They come in parts of up
// to 10,000, each of which the database gathers anew.
rel_code rel_sdk_aggregate_each(rel_sdk_aggregate *aggregate,
                                bool (*take)(void *context, const rel_group *group), void *context,
                                rel_error *error) REL_MUST_CHECK;
// What the first part of the answer takes, as rel_sdk_query_explain says it.
rel_code rel_sdk_aggregate_explain(rel_sdk_aggregate *aggregate, rel_explanation **out,
                                   rel_error *error) REL_MUST_CHECK;
// The token of the page behind the last one; NULL when there is none. Valid until it is asked again, or
// freed.
const char *rel_sdk_aggregate_next_page(const rel_sdk_aggregate *aggregate);

// --- What generated headers are made of ---

// All that is there without any field; see REL_SDK_QUERY.
#define REL_SDK_AGGREGATE(M)                                                                                 \
  typedef struct M##_aggregate M##_aggregate;                                                                \
  static inline M##_aggregate *M##_query_aggregate(M##_query *query) {                                       \
    return (M##_aggregate *)rel_sdk_query_aggregate((rel_sdk_query *)query);                                 \
  }                                                                                                          \
  REL_SDK_TERM_(M##_aggregate, M##_aggregate_count, REL_SDK_COUNT, NULL, REL_SDK_VALUES_COUNT())             \
  static inline M##_aggregate *M##_aggregate_any_of(M##_aggregate *aggregate) {                              \
    rel_sdk_aggregate_group((rel_sdk_aggregate *)aggregate, REL_SDK_ANY_OF);                                 \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_all_of(M##_aggregate *aggregate) {                              \
    rel_sdk_aggregate_group((rel_sdk_aggregate *)aggregate, REL_SDK_ALL_OF);                                 \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_none_of(M##_aggregate *aggregate) {                             \
    rel_sdk_aggregate_group((rel_sdk_aggregate *)aggregate, REL_SDK_NONE_OF);                                \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_end(M##_aggregate *aggregate) {                                 \
    rel_sdk_aggregate_end((rel_sdk_aggregate *)aggregate);                                                   \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_having(M##_aggregate *aggregate, const char *text) {            \
    rel_sdk_aggregate_having((rel_sdk_aggregate *)aggregate, text);                                          \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_limit(M##_aggregate *aggregate, uint32_t limit) {               \
    rel_sdk_aggregate_limit((rel_sdk_aggregate *)aggregate, limit);                                          \
    return aggregate;                                                                                        \
  }                                                                                                          \
  static inline M##_aggregate *M##_aggregate_page(M##_aggregate *aggregate, const char *token) {             \
    rel_sdk_aggregate_page((rel_sdk_aggregate *)aggregate, token);                                           \
    return aggregate;                                                                                        \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_aggregate_all(M##_aggregate *aggregate, rel_group_list *out,     \
                                                          rel_error *error) {                                \
    return rel_sdk_aggregate_all((rel_sdk_aggregate *)aggregate, out, error);                                \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_aggregate_each(                                                  \
      M##_aggregate *aggregate, bool (*take)(void *context, const rel_group *group), void *context,          \
      rel_error *error) {                                                                                    \
    return rel_sdk_aggregate_each((rel_sdk_aggregate *)aggregate, take, context, error);                     \
  }                                                                                                          \
  REL_MUST_CHECK static inline rel_code M##_aggregate_explain(M##_aggregate *aggregate,                      \
                                                              rel_explanation **out, rel_error *error) {     \
    return rel_sdk_aggregate_explain((rel_sdk_aggregate *)aggregate, out, error);                            \
  }                                                                                                          \
  static inline const char *M##_aggregate_next_page(const M##_aggregate *aggregate) {                        \
    return rel_sdk_aggregate_next_page((const rel_sdk_aggregate *)aggregate);                                \
  }

// A belongs_to or has_one; `T` is its target's C name.
#define REL_SDK_AGGREGATE_ALONG(M, T, word, name)                                                            \
  typedef struct T##_aggregate T##_aggregate;                                                                \
  static inline T##_aggregate *M##_aggregate_along_##word(M##_aggregate *aggregate) {                        \
    return (T##_aggregate *)rel_sdk_aggregate_along((rel_sdk_aggregate *)aggregate, name);                   \
  }

// What the values of a function are, by its result in common/operators.h and by the kind of the column: the
// type of the term, and a rel_sdk_result. What groups are by is as what the column has.
#define REL_SDK_VALUES_COUNT(kind) rel_count_term, REL_SDK_RESULT_INT64
#define REL_SDK_VALUES_OWN(kind)   REL_SDK_OWN##kind
#define REL_SDK_VALUES_SUM(kind)   REL_SDK_SUM##kind
#define REL_SDK_VALUES_MEAN(kind)  REL_SDK_MEAN##kind
#define REL_SDK_OWN_BOOL           rel_bool_term, REL_SDK_RESULT_BOOL
#define REL_SDK_OWN_ENUM           rel_int64_term, REL_SDK_RESULT_INT64
#define REL_SDK_OWN_INT            rel_int64_term, REL_SDK_RESULT_INT64
#define REL_SDK_OWN_UINT           rel_uint64_term, REL_SDK_RESULT_UINT64
#define REL_SDK_OWN_REAL           rel_double_term, REL_SDK_RESULT_DOUBLE
#define REL_SDK_OWN_DECIMAL        rel_decimal_term, REL_SDK_RESULT_TEXT
#define REL_SDK_OWN_TEXT           rel_text_term, REL_SDK_RESULT_TEXT
#define REL_SDK_OWN_BYTES          rel_bytes_term, REL_SDK_RESULT_BYTES
#define REL_SDK_OWN_TIMESTAMP      rel_timestamp_term, REL_SDK_RESULT_TIMESTAMP
#define REL_SDK_SUM_INT            rel_int64_term, REL_SDK_RESULT_INT64
#define REL_SDK_SUM_UINT           rel_int64_term, REL_SDK_RESULT_INT64
#define REL_SDK_SUM_REAL           rel_double_term, REL_SDK_RESULT_DOUBLE
#define REL_SDK_SUM_DECIMAL        rel_decimal_term, REL_SDK_RESULT_TEXT
#define REL_SDK_MEAN_INT           rel_decimal_term, REL_SDK_RESULT_TEXT
#define REL_SDK_MEAN_UINT          rel_decimal_term, REL_SDK_RESULT_TEXT
#define REL_SDK_MEAN_REAL          rel_double_term, REL_SDK_RESULT_DOUBLE
#define REL_SDK_MEAN_DECIMAL       rel_decimal_term, REL_SDK_RESULT_TEXT

// A term: `A` is the type of the aggregate, `M` the whole name of the function; then the type of the term,
// and a rel_sdk_result.
#define REL_SDK_TERM_(A, M, function, field, ...) REL_SDK_TERM_OF_(A, M, function, field, __VA_ARGS__)
#define REL_SDK_TERM_OF_(A, M, function, field, type, result)                                                \
  static inline type M(A *aggregate) {                                                                       \
    type made = {rel_sdk_aggregate_term((rel_sdk_aggregate *)aggregate, function, field, result)};           \
    return made;                                                                                             \
  }
#define REL_SDK_GROUP_BY_(A, M, field, ...) REL_SDK_GROUP_BY_OF_(A, M, field, __VA_ARGS__)
#define REL_SDK_GROUP_BY_OF_(A, M, field, type, result)                                                      \
  static inline type M(A *aggregate) {                                                                       \
    type made = {rel_sdk_aggregate_group_by((rel_sdk_aggregate *)aggregate, field, result)};                 \
    return made;                                                                                             \
  }

// The functions of a field: one for each of common/operators.h that fits the kind of its column. `of` is what
// they have in common, in parentheses: the type of the aggregate, what the names end with, the field, the
// kind behind a _. Names are put together before they are passed on: a field may be called like a macro.
#define REL_SDK_FUNCTION_(of, name, word, written, result)                                                   \
  REL_SDK_EXPAND_(REL_SDK_FUNCTION_OF_, REL_SDK_##name, _##word, REL_SDK_VALUES_##result, REL_SDK_UNPACK_ of)
#define REL_SDK_FUNCTION_OF_(function, word, values, A, member, field, kind)                                 \
  REL_SDK_TERM_(A, A##word##member, function, field, values(kind))

#define REL_SDK_COLUMN_BOOL(of)      REL_AGGREGATES_OF_ANY(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_ENUM(of)      REL_AGGREGATES_OF_ANY(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_INT(of)       REL_AGGREGATES(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_UINT(of)      REL_AGGREGATES(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_REAL(of)      REL_AGGREGATES(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_DECIMAL(of)   REL_AGGREGATES(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_TEXT(of)      REL_AGGREGATES_OF_ANY(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_BYTES(of)     REL_AGGREGATES_OF_ANY(REL_SDK_FUNCTION_, of)
#define REL_SDK_COLUMN_TIMESTAMP(of) REL_AGGREGATES_OF_ANY(REL_SDK_FUNCTION_, of)

// A field with a column, of whatever kind: ordering by it, taking it alone, and what groups say of it.
#define REL_SDK_QUERY_COLUMN(M, member, field, kind)                                                         \
  static inline M##_query *M##_query_order_by_##member(M##_query *query, bool descending) {                  \
    return (M##_query *)rel_sdk_query_order_by((rel_sdk_query *)query, field, descending, false);            \
  }                                                                                                          \
  static inline M##_query *M##_query_only_##member(M##_query *query) {                                       \
    return (M##_query *)rel_sdk_query_only((rel_sdk_query *)query, field);                                   \
  }                                                                                                          \
  REL_SDK_GROUP_BY_(M##_aggregate, M##_aggregate_group_by_##member, field, REL_SDK_OWN_##kind)               \
  REL_SDK_COLUMN_##kind((M##_aggregate, _##member, field, _##kind))

#ifdef __cplusplus
}
#endif

#endif
