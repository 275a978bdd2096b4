// A text of the filter language becomes a condition: the grammar of AIP-160 (google.aip.dev/160), as far as
// it has a meaning for columns.
//
//   expression = factor {"AND" factor}
//   factor     = term {"OR" term}                 OR binds tighter than AND
//   term       = ["NOT" | "-"] simple
//   simple     = "(" expression ")" | comparison | call | related | count
//   comparison = subject (sign value | ":" (value | "*")) | relation ":" "*"
//   call       = function "(" subject {"," value} ")"
//   related    = ("some" | "every" | "none") "(" relation ["," expression] ")"
//   count      = "count" "(" relation ["," expression] ")" sign value
//   subject    = field | "fold_case" "(" field ")"
//   sign       = "=" | "!=" | "<" | "<=" | ">" | ">="
//
// Fields and relations are names, dotted where relations lead to them: author.name. Signs and functions are
// those of REL_OPERATORS.
#include "server/query/internal.h"

static const char fold_case[] = "fold_case";

typedef struct parser {
  rel_filter_scope *scope;
  const rel_parameters *parameters;
  rel_lexer lexer;
  rel_token token;           // the next one
  const rel_model *fallback; // see rel_comparison
  rel_error *error;
} parser;

// Parts of an AND or an OR, as long as they are gathered.
typedef struct list {
  const rel_condition **items;
  size_t count, capacity;
} list;

static rel_spot spot_of(const parser *p, const rel_token *token) {
  return (rel_spot){.path = p->lexer.path, .text = p->lexer.text, .at = token->at};
}

static rel_code fail(const parser *p, const char *message) {
  rel_spot spot = spot_of(p, &p->token);
  return rel_spot_fail(&spot, p->error, "%s", message);
}

static rel_code advance(parser *p) {
  bool value_follows = p->token.kind == REL_TOKEN_OPERATOR || p->token.kind == REL_TOKEN_COMMA;
  return rel_lex(&p->lexer, value_follows, &p->token, p->error);
}

static bool at_word(const parser *p, const char *word) {
  return p->token.kind == REL_TOKEN_NAME && rel_str_is(p->token.bytes, word);
}

static void list_add(parser *p, list *l, const rel_condition *item) {
  if (l->count == l->capacity) {
    size_t capacity = l->capacity == 0 ? 4 : 2 * l->capacity;
    const rel_condition **items = REL_ARENA_ARRAY(p->scope->arena, const rel_condition *, capacity);
    for (size_t i = 0; i < l->count; i++)
      items[i] = l->items[i];
    l->items = items;
    l->capacity = capacity;
  }
  l->items[l->count++] = item;
}

// --- Values ---

static rel_code take_parameter(parser *p, rel_operand *out) {
  const rel_query_method *method = p->parameters->method;
  for (size_t i = 0; method != NULL && i < method->param_count; i++) {
    if (!rel_str_eq(method->params[i].name, p->token.bytes)) continue;
    out->literal = p->parameters->literals[i];
    if (p->parameters->paths != NULL) out->spot = (rel_spot){.path = p->parameters->paths[i]};
    return advance(p);
  }
  return fail(p, method == NULL ? "a filter has no parameters; those of query methods have"
                                : "no such parameter");
}

static rel_code take_value(parser *p, rel_operand *out) {
  static const rel_literal_kind kinds[] = {[REL_TOKEN_NAME] = REL_LITERAL_NAME,
                                           [REL_TOKEN_NUMBER] = REL_LITERAL_NUMBER,
                                           [REL_TOKEN_STRING] = REL_LITERAL_STRING};
  *out = (rel_operand){.spot = spot_of(p, &p->token)};
  if (at_word(p, "null") || at_word(p, "NULL")) return fail(p, "NULL equals nothing; write is_null(field)");
  switch (p->token.kind) {
  case REL_TOKEN_PARAMETER:
    return take_parameter(p, out);
  case REL_TOKEN_NAME:
  case REL_TOKEN_NUMBER:
  case REL_TOKEN_STRING:
    out->literal = (rel_literal){.kind = kinds[p->token.kind], .bytes = p->token.bytes};
    return advance(p);
  case REL_TOKEN_OPERATOR:
    if (rel_str_is(p->token.bytes, "=")) return fail(p, "equality is one =");
    if (rel_str_is(p->token.bytes, ">") && p->lexer.text.ptr[p->token.at - 1] == '<')
      return fail(p, "inequality is !=");
    // fall through
  default:
    return fail(p, "a value is needed here: a number, true, false, or a text in quotes");
  }
}

// --- Comparisons ---

static rel_operator operator_of(rel_str sign) {
  return rel_str_is(sign, ":") ? REL_OP_CONTAINS : rel_operator_written(sign, true);
}

static rel_comparison comparison_of(const parser *p, const rel_token *field) {
  return (rel_comparison){.field = field->bytes, .field_spot = spot_of(p, field), .fallback = p->fallback};
}

// What stands behind a name and a "(": the rest of fold_case(field).
static rel_code take_folded(parser *p, rel_comparison *c) {
  if (p->token.kind != REL_TOKEN_NAME) return fail(p, "the name of a field is needed here");
  *c = comparison_of(p, &p->token);
  c->fold_case = true;
  rel_code code = advance(p);
  if (code != REL_OK) return code;
  if (p->token.kind != REL_TOKEN_CLOSE) return fail(p, "a ) is needed here");
  return advance(p);
}

// field, or fold_case(field).
static rel_code take_field(parser *p, rel_comparison *c) {
  if (p->token.kind != REL_TOKEN_NAME) return fail(p, "the name of a field is needed here");
  rel_token name = p->token;
  rel_code code = advance(p);
  if (code != REL_OK) return code;
  *c = comparison_of(p, &name);
  if (p->token.kind != REL_TOKEN_OPEN) return REL_OK;
  if (!rel_str_is(name.bytes, fold_case)) return fail(p, "a comma or ) is needed here");
  code = advance(p);
  return code == REL_OK ? take_folded(p, c) : code;
}

// "relation:*": there is a record.
static rel_code take_related_presence(parser *p, const rel_comparison *c, const rel_condition **out) {
  rel_path path;
  rel_code code = rel_path_read(p->scope, c->field, &c->field_spot, &path, p->error);
  if (code != REL_OK) return code;
  *out = rel_path_some(p->scope->arena, &path, path.count, NULL);
  return advance(p);
}

// "field:*": the field is not NULL.
static rel_code take_presence(parser *p, rel_comparison *c, const rel_condition **out) {
  if (rel_path_is_relation(p->scope->model, c->field)) return take_related_presence(p, c, out);
  c->operator_ = REL_OP_IS_NULL;
  c->negated = true;
  rel_code code = rel_compare(p->scope, c, out, p->error);
  return code == REL_OK ? advance(p) : code;
}

// What other languages write behind a field, and how it is said here.
static rel_code no_comparison(const parser *p, rel_str field) {
  const char *instead = p->token.kind == REL_TOKEN_NAME ? rel_hint_word(p->token.bytes) : NULL;
  if (instead != NULL) return fail(p, instead);
  if (rel_str_is(field, "not")) return fail(p, "NOT is written in capitals");
  return fail(p, "a comparison is needed: = != < <= > >= or : behind the field's name");
}

// What stands behind the field.
static rel_code take_comparison(parser *p, rel_comparison *c, const rel_condition **out) {
  if (p->token.kind != REL_TOKEN_OPERATOR) return no_comparison(p, c->field);
  c->operator_ = operator_of(p->token.bytes);
  c->operator_spot = spot_of(p, &p->token);
  rel_code code = advance(p);
  if (code != REL_OK) return code;
  if (c->operator_ == REL_OP_CONTAINS && p->token.kind == REL_TOKEN_STAR) return take_presence(p, c, out);
  c->operands = REL_ARENA_NEW(p->scope->arena, rel_operand);
  c->operand_count = 1;
  code = take_value(p, c->operands);
  if (code != REL_OK) return code;
  return rel_compare(p->scope, c, out, p->error);
}

// --- Functions ---

static rel_code take_arguments(parser *p, rel_comparison *c) {
  size_t capacity = 0;
  rel_code code = REL_OK;
  while (code == REL_OK && p->token.kind == REL_TOKEN_COMMA) {
    if (c->operand_count >= REL_CONDITION_MAX_VALUES) return fail(p, "too many values");
    if (c->operand_count == capacity) {
      capacity = capacity == 0 ? 4 : 2 * capacity;
      rel_operand *larger = REL_ARENA_ARRAY(p->scope->arena, rel_operand, capacity);
      if (c->operand_count > 0) memcpy(larger, c->operands, c->operand_count * sizeof *larger);
      c->operands = larger;
    }
    code = advance(p);
    if (code == REL_OK) code = take_value(p, &c->operands[c->operand_count++]);
  }
  return code;
}

static rel_code no_function(const parser *p, const rel_token *name) {
  rel_spot spot = spot_of(p, name);
  rel_buf known = {0};
  rel_operator_functions(&known);
  int len = (int)(name->bytes.len < 100 ? name->bytes.len : 100);
  rel_spot_fail(&spot, p->error, "there is no function %.*s; there are %s, %s, some, every, none, count", len,
                name->bytes.ptr, rel_buf_text(&known), fold_case);
  rel_buf_fini(&known);
  return REL_INVALID;
}

static rel_code take_call(parser *p, const rel_token *name, const rel_condition **out) {
  rel_comparison c = {0};
  rel_operator operator_ = rel_operator_written(name->bytes, false);
  if (operator_ == 0) return no_function(p, name);
  rel_code code = take_field(p, &c);
  if (code != REL_OK) return code;
  c.operator_ = operator_;
  c.operator_spot = spot_of(p, name);
  code = take_arguments(p, &c);
  if (code != REL_OK) return code;
  if (p->token.kind != REL_TOKEN_CLOSE) return fail(p, "a comma or ) is needed here");
  code = advance(p);
  return code == REL_OK ? rel_compare(p->scope, &c, out, p->error) : code;
}

// --- Relations ---

static rel_code take_expression(parser *p, const rel_condition **out);

// An expression one deeper.
static rel_code take_inner(parser *p, const rel_condition **out) {
  if (p->scope->depth >= REL_CONDITION_MAX_DEPTH - 1) return fail(p, "parentheses are nested too deeply");
  p->scope->depth++;
  rel_code code = advance(p);
  if (code == REL_OK) code = take_expression(p, out);
  p->scope->depth--;
  return code;
}

// "relation, expression)": the expression is about the relation's records, of which a method's model has no
// say. NULL when there is none.
static rel_code take_within(parser *p, rel_path *path, const rel_condition **out) {
  *out = NULL;
  if (p->token.kind != REL_TOKEN_NAME) return fail(p, "the name of a relation is needed here");
  rel_spot spot = spot_of(p, &p->token);
  rel_code code = rel_path_read(p->scope, p->token.bytes, &spot, path, p->error);
  if (code == REL_OK) code = advance(p);
  if (code != REL_OK) return code;
  if (p->token.kind == REL_TOKEN_COMMA) {
    const rel_model *outer, *fallback = p->fallback;
    rel_path_enter(p->scope, path, &outer);
    p->fallback = NULL;
    code = take_inner(p, out);
    p->fallback = fallback;
    rel_path_leave(p->scope, path, outer);
    if (code != REL_OK) return code;
  }
  if (p->token.kind != REL_TOKEN_CLOSE) return fail(p, "a comma, AND, OR or ) is needed here");
  return advance(p);
}

static rel_code take_quantified(parser *p, const rel_token *name, rel_quantifier quantifier,
                                const rel_condition **out) {
  rel_related_records records = {.spot = spot_of(p, name)};
  rel_code code = take_within(p, &records.path, &records.filter);
  return code == REL_OK ? rel_quantify(p->scope, &records, quantifier, out, p->error) : code;
}

static rel_code take_count(parser *p, const rel_token *name, const rel_condition **out) {
  rel_related_records records = {.spot = spot_of(p, name)};
  rel_count_comparison c = {0};
  rel_code code = take_within(p, &records.path, &records.filter);
  if (code != REL_OK) return code;
  if (p->token.kind != REL_TOKEN_OPERATOR)
    return fail(p, "a comparison is needed: = != < <= > or >= behind a count");
  c.operator_ = operator_of(p->token.bytes);
  c.operator_spot = spot_of(p, &p->token);
  code = advance(p);
  if (code == REL_OK) code = take_value(p, &c.operand);
  return code == REL_OK ? rel_count_related(p->scope, &records, &c, out, p->error) : code;
}

static rel_quantifier quantifier_of(rel_str name) {
  if (rel_str_is(name, "some")) return REL_QUANTIFIER_SOME;
  if (rel_str_is(name, "every")) return REL_QUANTIFIER_EVERY;
  return rel_str_is(name, "none") ? REL_QUANTIFIER_NONE : (rel_quantifier)0;
}

// --- Terms ---

static rel_code take_nested(parser *p, const rel_condition **out) {
  rel_code code = take_inner(p, out);
  if (code != REL_OK) return code;
  if (p->token.kind != REL_TOKEN_CLOSE) return fail(p, "AND, OR or ) is needed here");
  return advance(p);
}

static rel_code take_simple(parser *p, const rel_condition **out) {
  if (p->token.kind == REL_TOKEN_OPEN) return take_nested(p, out);
  if (p->token.kind == REL_TOKEN_END) return fail(p, "the filter ends where a comparison is needed");
  if (p->token.kind != REL_TOKEN_NAME) return fail(p, "the name of a field is needed here");
  rel_token name = p->token;
  rel_code code = advance(p);
  if (code != REL_OK) return code;
  rel_comparison c = comparison_of(p, &name);
  if (p->token.kind != REL_TOKEN_OPEN) return take_comparison(p, &c, out);
  code = advance(p);
  if (code != REL_OK) return code;
  if (rel_str_is(name.bytes, fold_case)) {
    code = take_folded(p, &c);
    return code == REL_OK ? take_comparison(p, &c, out) : code;
  }
  rel_quantifier quantifier = quantifier_of(name.bytes);
  if (quantifier != 0) return take_quantified(p, &name, quantifier, out);
  return rel_str_is(name.bytes, "count") ? take_count(p, &name, out) : take_call(p, &name, out);
}

static rel_code take_term(parser *p, const rel_condition **out) {
  bool negated = p->token.kind == REL_TOKEN_MINUS || at_word(p, "NOT");
  rel_code code = negated ? advance(p) : REL_OK;
  if (code == REL_OK) code = take_simple(p, out);
  if (code == REL_OK && negated) *out = rel_condition_not(p->scope->arena, *out);
  return code;
}

// One or more of what `take` takes, with the word between them, as one condition.
static rel_code take_list(parser *p, const char *word, rel_condition_kind kind,
                          rel_code (*take)(parser *, const rel_condition **), const rel_condition **out) {
  list parts = {0};
  rel_code code = REL_OK;
  for (;;) {
    code = take(p, out);
    if (code != REL_OK) return code;
    list_add(p, &parts, *out);
    if (!at_word(p, word)) break;
    code = advance(p);
    if (code != REL_OK) return code;
  }
  if (parts.count > 1) *out = rel_condition_of(p->scope->arena, kind, parts.items, parts.count);
  return REL_OK;
}

static rel_code take_factor(parser *p, const rel_condition **out) {
  return take_list(p, "OR", REL_CONDITION_ANY, take_term, out);
}

static rel_code take_expression(parser *p, const rel_condition **out) {
  return take_list(p, "AND", REL_CONDITION_ALL, take_factor, out);
}

// --- The whole ---

static rel_code no_conjunction(const parser *p) {
  bool lower = at_word(p, "and") || at_word(p, "or");
  return fail(p, lower ? "AND and OR are written in capitals" : "AND or OR is needed here");
}

rel_code rel_filter_parse_with(rel_filter_scope *scope, rel_str text, const char *path,
                               const rel_parameters *parameters, const rel_condition **out,
                               rel_error *error) {
  *out = NULL;
  if (text.len > REL_FILTER_MAX_BYTES)
    return rel_fail_field(error, REL_INVALID, path, "a filter has at most %d bytes, not %zu",
                          REL_FILTER_MAX_BYTES, text.len);
  parser p = {.scope = scope,
              .parameters = parameters,
              .lexer = {.text = text, .path = path, .arena = scope->arena},
              .fallback = parameters->fallback,
              .error = error};
  rel_code code = advance(&p);
  if (code != REL_OK || p.token.kind == REL_TOKEN_END) return code;
  const rel_condition *condition;
  code = take_expression(&p, &condition);
  if (code != REL_OK) return code;
  if (p.token.kind == REL_TOKEN_CLOSE) return fail(&p, "nothing is open that this ) could close");
  if (p.token.kind != REL_TOKEN_END) return no_conjunction(&p);
  *out = condition;
  return REL_OK;
}

rel_code rel_filter_parse(rel_filter_scope *scope, rel_str text, const char *path, const rel_condition **out,
                          rel_error *error) {
  static const rel_parameters none = {0};
  return rel_filter_parse_with(scope, text, path, &none, out, error);
}
