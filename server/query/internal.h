// What the files of server/query share: nobody else includes it.
#ifndef RELATIONS_SERVER_QUERY_INTERNAL_H
#define RELATIONS_SERVER_QUERY_INTERNAL_H

#include "server/query/filter.h"

// --- Literals: a value before the field is known that it is for ---

typedef enum rel_literal_kind {
  REL_LITERAL_BOOL,
  REL_LITERAL_INT,
  REL_LITERAL_UINT,
  REL_LITERAL_REAL,
  REL_LITERAL_NUMBER, // as written in a text: the digits decide what it is exact for
  REL_LITERAL_STRING,
  REL_LITERAL_NAME, // a bare word of a text
  REL_LITERAL_BYTES,
  REL_LITERAL_TIME,
  REL_LITERAL_TYPE, // a parameter without a value yet: only its type is checked
} rel_literal_kind;

typedef struct rel_literal {
  rel_literal_kind kind;
  bool boolean;
  int64_t integer;
  uint64_t natural;
  double real;
  rel_str bytes; // REL_LITERAL_NUMBER, _STRING, _NAME, _BYTES
  rel_time time;
  int type; // REL_LITERAL_TYPE: number of relations.v1.Type
} rel_literal;

// value.c. Each returns NULL, or why not: a text in the arena.

// The literal as a value of the field.
const char *rel_constant_of(const rel_field *field, const rel_literal *literal, rel_arena *arena,
                            rel_constant *out);
// The contract's Value as a literal.
const char *rel_literal_of(const Relations__V1__Value *value, rel_literal *out);
// The same as an argument for a parameter of a type.
const char *rel_literal_argument(const Relations__V1__Value *value, int type, rel_arena *arena,
                                 rel_literal *out);

// --- Comparisons (compare.c) ---

// Where something stands that may be wrong. In a text it is found by `text` and `at`, in a tree by the path.
typedef struct rel_spot {
  const char *path;
  rel_str text; // with a NULL pointer: not in a text
  size_t at;    // byte
} rel_spot;

rel_code rel_spot_fail(const rel_spot *spot, rel_error *error, const char *format, ...) REL_PRINTF(3, 4);
// What a message shows of a name that somebody sent.
static inline rel_str rel_shown(rel_str name) {
  enum { SHOWN = 100 };
  return rel_bytes(name.ptr, name.len < SHOWN ? name.len : SHOWN);
}
// REL_INVALID: the model has no field of the name, `why` ending that sentence: " with a column". Names one
// that is near.
rel_code rel_no_field(const rel_model *model, rel_str name, const char *why, const rel_spot *spot,
                      rel_error *error);

// A literal and where it stands. Its own spot, since a method's argument is wrong in the call, not in the
// filter.
typedef struct rel_operand {
  rel_literal literal;
  rel_spot spot;
} rel_operand;

typedef struct rel_comparison {
  rel_str field;
  rel_spot field_spot;
  const rel_model
      *fallback; // has the fields of an inherited filter that the model does not redeclare, or NULL
  rel_operator operator_;
  rel_spot operator_spot;
  rel_operand *operands;
  size_t operand_count;
  bool fold_case;
  bool negated; // does not hold
} rel_comparison;

rel_code rel_compare(rel_filter_scope *scope, const rel_comparison *comparison, const rel_condition **out,
                     rel_error *error) REL_MUST_CHECK;

// --- Relations (related.c) ---

// Relations one after another, from the model whose fields are meant to `model`.
typedef struct rel_path {
  const rel_related *steps[REL_CONDITION_MAX_RELATION_DEPTH];
  size_t count;
  const rel_model *model;
} rel_path;

// Takes the last part off a dotted name.
rel_str rel_path_last(rel_str *name);
// Whether every part of a dotted name is a relation.
bool rel_path_is_relation(const rel_model *model, rel_str name);
// Reads a dotted name of relations.
rel_code rel_path_read(rel_filter_scope *scope, rel_str name, const rel_spot *spot, rel_path *out,
                       rel_error *error) REL_MUST_CHECK;
// REL_INVALID when one of the first `count` steps leads to many records.
rel_code rel_path_single(const rel_path *path, size_t count, const rel_spot *spot,
                         rel_error *error) REL_MUST_CHECK;
// Between them, fields are those of the model where the path ends.
void rel_path_enter(rel_filter_scope *scope, const rel_path *path, const rel_model **outer);
void rel_path_leave(rel_filter_scope *scope, const rel_path *path, const rel_model *outer);
// The part holds for a record that the first `count` steps lead to; NULL: there is one.
const rel_condition *rel_path_some(rel_arena *arena, const rel_path *path, size_t count,
                                   const rel_condition *part);

// The numbers of relations.v1.Quantifier.
typedef enum rel_quantifier {
  REL_QUANTIFIER_SOME = 1,
  REL_QUANTIFIER_EVERY = 2,
  REL_QUANTIFIER_NONE = 3,
} rel_quantifier;

// Records of a path's last relation, and which of them.
typedef struct rel_related_records {
  rel_path path;
  rel_spot spot;               // of what names them
  const rel_condition *filter; // NULL: all of them
} rel_related_records;

// So many of them are there.
rel_code rel_quantify(rel_filter_scope *scope, const rel_related_records *records, rel_quantifier quantifier,
                      const rel_condition **out, rel_error *error) REL_MUST_CHECK;

typedef struct rel_count_comparison {
  rel_operator operator_;
  rel_spot operator_spot;
  rel_operand operand;
} rel_count_comparison;

// Their number compares so.
rel_code rel_count_related(rel_filter_scope *scope, const rel_related_records *records,
                           const rel_count_comparison *comparison, const rel_condition **out,
                           rel_error *error) REL_MUST_CHECK;

// scope.c: rel_scope_read as a part of a filter, whose limits hold for it too.
rel_code rel_scope_read_within(rel_filter_scope *scope, const rel_relation *relation, rel_scope *out,
                               rel_error *error) REL_MUST_CHECK;

// --- Query methods (method.c) ---

// Adds what is wrong with the query methods of a schema.
void rel_methods_check(const rel_schema *schema, rel_findings *findings);

// The parameters that a text may name; {0} has none.
typedef struct rel_parameters {
  const rel_query_method *method;
  const rel_literal *literals; // one a parameter
  const char *const *paths;    // where the arguments stand in the request; NULL while only types are known
  const rel_model *fallback;
} rel_parameters;

// parse.c: rel_filter_parse with parameters.
rel_code rel_filter_parse_with(rel_filter_scope *scope, rel_str text, const char *path,
                               const rel_parameters *parameters, const rel_condition **out,
                               rel_error *error) REL_MUST_CHECK;

// --- Tokens (lex.c) ---

typedef enum rel_token_kind {
  REL_TOKEN_END,
  REL_TOKEN_NAME,      // a word; `bytes` as written
  REL_TOKEN_NUMBER,    // with its sign
  REL_TOKEN_STRING,    // `bytes` without quotes and escapes, in the arena
  REL_TOKEN_PARAMETER, // `bytes` without the $
  REL_TOKEN_OPERATOR,  // = != < <= > >= :
  REL_TOKEN_MINUS,     // where no number follows
  REL_TOKEN_OPEN,
  REL_TOKEN_CLOSE,
  REL_TOKEN_COMMA,
  REL_TOKEN_STAR,
} rel_token_kind;

typedef struct rel_token {
  rel_token_kind kind;
  rel_str bytes;
  size_t at; // byte where it begins
} rel_token;

typedef struct rel_lexer {
  rel_str text;
  size_t at;
  const char *path;
  rel_arena *arena;
} rel_lexer;

// --- hints.c ---

// What a name may mean that is no field of the model: the end of a message, or nothing.
void rel_hint_field(const rel_model *model, rel_str name, rel_buf *out);
// What is written here in place of a word that stands behind a field; NULL: nobody knows it.
const char *rel_hint_word(rel_str word);
// What stands here for a mark of other languages: the end of a message, perhaps empty.
const char *rel_hint_mark(char mark);

// Reads the next token. A minus is part of a number only where `value_follows`.
rel_code rel_lex(rel_lexer *lexer, bool value_follows, rel_token *out, rel_error *error) REL_MUST_CHECK;

#endif
