// Descriptions: see describe.h.
#include "server/query/describe.h"

static void put(rel_buf *out, const char *text) {
  rel_buf_cstr(out, text);
}

// In the words of the filter language, with ? for values: "stars >= ?", "prefix(title, ?)".
static void put_compare(const rel_condition *c, rel_buf *out) {
  const rel_operator_row *row = rel_operator_find(c->operator_);
  bool sign = rel_operator_is_sign(row);
  if (!sign) rel_buf_printf(out, "%s(", row->written);
  rel_buf_printf(out, c->fold_case ? "fold_case(" REL_STR_F ")" : REL_STR_F, REL_STR_A(c->field->name));
  if (sign)
    rel_buf_printf(out, " %s ?", row->written);
  else
    put(out, row->most == 0 ? ")" : row->most == 1 ? ", ?)" : ", ?...)");
}

static void put_condition(const rel_condition *c, rel_buf *out);

static void put_parts(const rel_condition *c, const char *between, const char *none, rel_buf *out) {
  if (c->part_count == 0) put(out, none);
  for (size_t i = 0; i < c->part_count; i++) {
    if (i > 0) put(out, between);
    bool group = c->part_count > 1 && c->parts[i]->kind != REL_CONDITION_COMPARE;
    if (group) put(out, "(");
    put_condition(c->parts[i], out);
    if (group) put(out, ")");
  }
}

static void put_related(const rel_condition *c, const char *word, rel_buf *out) {
  put(out, word);
  rel_buf_str(out, c->related->relation->name);
  if (c->part_count > 0) {
    put(out, ", ");
    put_condition(c->parts[0], out);
  }
  put(out, ")");
}

// As deep as the condition, which is bounded.
static void put_condition(const rel_condition *c, rel_buf *out) {
  switch (c->kind) {
  case REL_CONDITION_ALL:
    put_parts(c, " and ", "true", out);
    return;
  case REL_CONDITION_ANY:
    put_parts(c, " or ", "false", out);
    return;
  case REL_CONDITION_NOT:
    put(out, "not (");
    put_condition(c->parts[0], out);
    put(out, ")");
    return;
  case REL_CONDITION_COMPARE:
    put_compare(c, out);
    return;
  case REL_CONDITION_SOME:
    put_related(c, "some(", out);
    return;
  case REL_CONDITION_COUNT:
    put_related(c, "count(", out);
    rel_buf_printf(out, " %s ?", rel_operator_find(c->operator_)->written);
    return;
  }
}

// What must hold: several conditions, each of which may be NULL.
static void put_where(const rel_condition *const *parts, size_t count, rel_buf *out) {
  const char *word = " where ";
  for (size_t i = 0; i < count; i++) {
    if (parts[i] == NULL) continue;
    put(out, word);
    put_condition(parts[i], out);
    word = " and ";
  }
}

static void put_fields(const rel_field *const *fields, size_t count, const char *before, rel_buf *out) {
  for (size_t i = 0; i < count; i++) {
    put(out, i == 0 ? before : ", ");
    rel_buf_str(out, fields[i]->name);
  }
}

// A term that may lead along relations: "author.name", "count(books)".
static void put_term(size_t index, const rel_sort_term *term, rel_buf *out) {
  put(out, index == 0 ? " order by " : ", ");
  if (term->counts) put(out, "count(");
  if (term->link != REL_LINK_NONE) put(out, "link.");
  for (size_t i = 0; i < term->path_count; i++) {
    if (i > 0) put(out, ".");
    rel_buf_str(out, term->path[i]->relation->name);
  }
  if (term->counts) {
    put(out, ")");
  } else {
    if (term->path_count > 0) put(out, ".");
    rel_buf_str(out, term->field->name);
  }
  if (term->descending) put(out, " desc");
  if (term->nulls_first) put(out, " nulls first");
}

static const char *output_of(rel_output output) {
  return output == REL_OUTPUT_COUNT ? "how many " : output == REL_OUTPUT_KEY ? "keys of " : "";
}

static void put_verdict(const rel_condition *verdict, rel_buf *out) {
  if (verdict == NULL) return;
  put(out, ", if ");
  put_condition(verdict, out);
}

static void put_limit(size_t limit, rel_buf *out) {
  if (limit > 0) rel_buf_printf(out, " limit %zu each", limit);
}

static void put_order(const rel_sort_term *terms, size_t count, rel_buf *out) {
  for (size_t i = 0; i < count; i++)
    put_term(i, &terms[i], out);
}

// What a lookup's own limit has decided, somebody may choose among; else both are said as one.
static void put_rows(const rel_lookup *lookup, rel_buf *out) {
  const rel_choice *choice = &lookup->choice;
  bool chosen = rel_choice_is_made(choice);
  const rel_condition *parts[] = {lookup->condition, lookup->limit > 0 ? NULL : choice->condition};
  size_t order_count;
  const rel_sort_term *order = rel_lookup_order(lookup, &order_count);
  put_where(parts, 2, out);
  if (lookup->limit > 0) {
    put_order(lookup->order_by, lookup->order_count, out);
    put_limit(lookup->limit, out);
    if (!chosen) return;
    put(out, ", of those");
    put_where(&choice->condition, 1, out);
  }
  put_order(order, order_count, out);
  if (choice->after.len > 0) put(out, " behind a page token");
  if (choice->seek_count > 0) rel_buf_printf(out, " behind page tokens of %zu owners", choice->seek_count);
  put_limit(choice->limit, out);
}

void rel_describe_lookup(const rel_lookup *lookup, rel_buf *out) {
  put(out, output_of(lookup->output));
  rel_buf_str(out, lookup->model->name);
  put_fields(lookup->key, lookup->key_count, " by ", out);
  put_rows(lookup, out);
  put_verdict(lookup->verdict, out);
  if (lookup->relation != NULL) rel_buf_printf(out, " from " REL_STR_F, REL_STR_A(lookup->relation->loader));
}

// "grouped by author_name: count, sum_pages having count > ?"
static void put_grouping(const rel_grouping *grouping, rel_buf *out) {
  const rel_field *const *fields = (const rel_field *const *)grouping->model->fields;
  put_fields(fields, grouping->key_count, " grouped by ", out);
  put_fields(fields + grouping->key_count, grouping->term_count, ": ", out);
  if (grouping->having == NULL) return;
  put(out, " having ");
  put_condition(grouping->having, out);
}

void rel_describe_select(const rel_select *select, rel_buf *out) {
  const rel_condition *parts[] = {select->scope_condition, select->condition};
  bool counts = select->kind == REL_SELECT_COUNT || select->kind == REL_SELECT_EXISTS;
  if (counts) put(out, "how many ");
  put(out, output_of(select->output));
  rel_buf_str(out, select->model->name);
  put_fields(select->key, select->key_count, " by ", out);
  if (select->first > 0) rel_buf_printf(out, ", the first %zu", select->first);
  put_where(parts, 2, out);
  if (select->kind == REL_SELECT_GROUPS) put_grouping(select->grouping, out);
  put_order(select->order, select->order_count, out);
  put_verdict(select->verdict, out);
  if (!counts) rel_buf_printf(out, " limit %zu a page", select->limit);
}
