// The operators of filters and the functions of aggregates, each told once. From these rows come the server's
// tables, the C SDK's names and typed functions, the names that the plugin keeps free, and the CLI's words.
// Macros and nothing else: no engine, no services, no contract, whose numbers each room takes from there.
//
// A list hands every row to X, and `with` to every row: whatever the caller has to say to it.
#ifndef RELATIONS_COMMON_OPERATORS_H
#define RELATIONS_COMMON_OPERATORS_H

// --- Operators ---
//
// X(with, NAME, word, "written", values, folds)
//
//   NAME     OPERATOR_NAME of relations.v1.Operator; REL_OP_NAME in the server, REL_SDK_NAME in the C SDK
//   word     how functions are called: put_word writes the SQL, …_query_where_FIELD_word is the SDK's
//   written  in the text of a filter, and in messages: a sign behind the field, or the name of a function
//   values   how many it takes: NONE, ONE, or MANY, which is any number, none included
//   folds    FOLDS when it can take upper and lower case of a text for the same, else EXACT
//
// The list says which fields a row fits.

#define REL_OPERATORS_OF_ANY(X, with)                                                                        \
  X(with, EQ, eq, "=", ONE, FOLDS)                                                                           \
  X(with, NE, ne, "!=", ONE, FOLDS)                                                                          \
  X(with, IN, in, "in", MANY, FOLDS)             /* of none it never holds */                                \
  X(with, NOT_IN, not_in, "not_in", MANY, FOLDS) /* of none it holds for all but NULL */

// Any field too, where asking makes sense. The SDK has is_not_null besides.
#define REL_OPERATORS_OF_NULLABLE(X, with) X(with, IS_NULL, is_null, "is_null", NONE, EXACT)

// Fields whose values have an order: not booleans, enums and UUIDs.
#define REL_OPERATORS_OF_ORDERED(X, with)                                                                    \
  X(with, LT, lt, "<", ONE, EXACT)                                                                           \
  X(with, LE, le, "<=", ONE, EXACT)                                                                          \
  X(with, GT, gt, ">", ONE, EXACT)                                                                           \
  X(with, GE, ge, ">=", ONE, EXACT)

// Texts that are neither decimals nor UUIDs; byte by byte, whatever the column's collation.
#define REL_OPERATORS_OF_TEXT(X, with)                                                                       \
  X(with, PREFIX, prefix, "prefix", ONE, FOLDS)                                                              \
  X(with, CONTAINS, contains, "contains", ONE, FOLDS)                                                        \
  X(with, SUFFIX, suffix, "suffix", ONE, FOLDS)

#define REL_OPERATORS(X, with)                                                                               \
  REL_OPERATORS_OF_ANY(X, with)                                                                              \
  REL_OPERATORS_OF_NULLABLE(X, with)                                                                         \
  REL_OPERATORS_OF_ORDERED(X, with)                                                                          \
  REL_OPERATORS_OF_TEXT(X, with)

// --- Aggregates ---
//
// X(with, NAME, word, "written", result)
//
//   NAME     AGGREGATE_FUNCTION_NAME of relations.v1.AggregateFunction; REL_AGGREGATE_NAME, REL_SDK_NAME
//   word     how functions are called: put_word writes the SQL, …_aggregate_word_FIELD is the SDK's
//   written  to the CLI, in messages, and in the name of the result, "sum_pages"
//   result   COUNT: a whole number. OWN: a value of the field. SUM, MEAN: a number of as many digits as it
//            takes
//
// Of nothing, a COUNT is 0 and everything else NULL.

#define REL_AGGREGATES_OF_ANY(X, with)                                                                       \
  X(with, COUNT, count, "count", COUNT) /* of rows, or of the values of a field that are not NULL */         \
  X(with, COUNT_DISTINCT, distinct, "count_distinct", COUNT)                                                 \
  X(with, MIN, min, "min", OWN)                                                                              \
  X(with, MAX, max, "max", OWN)

// Integers, doubles and decimals. Exact, but for doubles: a sum that does not fit is an error.
#define REL_AGGREGATES_OF_NUMBERS(X, with)                                                                   \
  X(with, SUM, sum, "sum", SUM)                                                                              \
  X(with, AVG, avg, "avg", MEAN)

#define REL_AGGREGATES(X, with) REL_AGGREGATES_OF_ANY(X, with) REL_AGGREGATES_OF_NUMBERS(X, with)

#endif
