// The order of a relation: "published_at desc, title". Fields are the target's; of a relation through a link
// also the link's, "entries.position", `entries` being what `through` says. Called when that is resolved.
#include "common/schema/build.h"

// What one order is read with.
typedef struct ordering {
  rel_builder *b;
  rel_at at;
  rel_relation *relation;
  bool good;
} ordering;

static bool is_ordered_by(const rel_relation *relation, const rel_field *field, bool of_link) {
  for (size_t i = 0; i < relation->order_count; i++)
    if (relation->order_by[i].field == field && relation->order_by[i].of_link == of_link) return true;
  return false;
}

static void wrong_way(const ordering *o, rel_str way, rel_str name) {
  const rel_relation *relation = o->relation;
  if (relation->through == NULL)
    rel_report(
        o->at,
        "order_by: \"%.*s.%.*s\": only a relation through a link is ordered by another model's fields, "
        "the link's; name fields of %.*s",
        REL_STR_A(way), REL_STR_A(name), REL_STR_A(relation->target->name));
  else
    rel_report(o->at,
               "order_by: \"%.*s.%.*s\": before the dot stands the relation that leads to the link, \"%.*s\"",
               REL_STR_A(way), REL_STR_A(name), REL_STR_A(relation->through->name));
}

// The model whose field is meant, "title" or "entries.position"; NULL when there is none such, which is
// reported. *name becomes the field's alone.
static const rel_model *find_model(const ordering *o, rel_str *name) {
  const rel_relation *relation = o->relation;
  rel_str rest = *name, way = rel_str_cut(&rest, '.');
  if (way.len == name->len) return relation->target;
  if (relation->through == NULL || !rel_str_eq(way, relation->through->name)) {
    wrong_way(o, way, rest);
    return NULL;
  }
  *name = rest;
  return relation->through->target;
}

static void add_term(ordering *o, const rel_field *field, bool of_link, bool descending) {
  rel_relation *relation = o->relation;
  relation->order_by[relation->order_count++] =
      (rel_order_term){.field = field, .of_link = of_link, .descending = descending};
}

static bool read_term(ordering *o, rel_str term) {
  rel_str direction = rel_str_trim(term), written = rel_str_cut(&direction, ' '), name = written;
  bool descending = rel_str_is(direction = rel_str_trim(direction), "desc");
  const rel_model *model = name.len > 0 ? find_model(o, &name) : NULL;
  const rel_field *field = model != NULL ? rel_model_field(model, name) : NULL;
  bool of_link = name.len < written.len;
  if (written.len == 0)
    rel_report(o->at, "order_by: a field is missing; write \"title, published_at desc\"");
  else if (model == NULL)
    return false; // reported
  else if (field == NULL)
    rel_report(o->at, "order_by: no field \"%.*s\" in %.*s%.*s", REL_STR_A(name), REL_STR_A(model->name),
               REL_STR_A(rel_near_field(o->b, model, name)));
  else if (!field->has_column)
    rel_report(o->at, "order_by: field \"%.*s\" of %.*s has no column", REL_STR_A(name),
               REL_STR_A(model->name));
  else if (direction.len > 0 && !descending && !rel_str_is(direction, "asc"))
    rel_report(o->at, "order_by: \"%.*s\" after \"%.*s\"; write asc or desc", REL_STR_A(direction),
               REL_STR_A(written));
  else if (is_ordered_by(o->relation, field, of_link))
    rel_report(o->at, "order_by: names \"%.*s\" twice", REL_STR_A(written));
  else {
    add_term(o, field, of_link, descending);
    return true;
  }
  return false;
}

// As declared, then the target's primary key, so that every order is total.
bool rel_build_order(rel_builder *b, rel_at at, const rel_link *link, rel_relation *relation) {
  enum { MAX_TERMS = 64 };
  ordering o = {b, at, relation, true};
  rel_str rest = rel_str_trim(rel_cstr(link->aspects.order_by));
  const rel_model *target = relation->target;
  size_t terms = rest.len > 0 ? 1 : 0;
  for (size_t i = 0; i < rest.len; i++)
    terms += rest.ptr[i] == ',';
  if (terms > MAX_TERMS) {
    rel_report(at, "order_by: more than %d fields", MAX_TERMS);
    return false;
  }
  relation->order_by = REL_ARENA_ARRAY(b->arena, rel_order_term, terms + target->primary_key_count);
  for (size_t i = 0; i < terms; i++)
    o.good &= read_term(&o, rel_str_cut(&rest, ','));
  for (size_t i = 0; i < target->primary_key_count; i++)
    if (!is_ordered_by(relation, target->primary_key[i], false))
      add_term(&o, target->primary_key[i], false, false);
  return o.good;
}

void rel_order_term_write(const rel_relation *relation, const rel_order_term *term, rel_buf *out) {
  if (term->of_link) rel_buf_printf(out, REL_STR_F ".", REL_STR_A(relation->through->name));
  rel_buf_str(out, term->field->name);
}
