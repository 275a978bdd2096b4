// Declarations: what each model itself says of its relations, on fields and by name, before inheritance.
#include "common/schema/build.h"

enum { MESSAGE_OPTIONS = 7 };

// --- One relation ---

// "grpc:NAME", "so:NAME", or "" for an override that takes the inherited one away.
static void check_loader(rel_at at, const char *loader) {
  rel_str name;
  if (loader == NULL || loader[0] == '\0' || rel_loader_parse(rel_cstr(loader), &name) != REL_LOADER_NONE)
    return;
  rel_report(at,
             "loader: \"%s\" names no loader: write \"grpc:\" or \"so:\", and a name of at most %d of a-z, "
             "0-9, _ and -, a letter first",
             loader, REL_LOADER_NAME_MAX);
}

static void check_aspects(rel_at at, const Relations__V1__Relation *aspects) {
  rel_cache_settings ignored = {0};
  check_loader(at, aspects->loader);
  rel_build_c_name(at, aspects->c_name);
  if (!rel_build_cache(aspects->cache, &ignored))
    rel_report(at, "cache.ttl must be from 0 seconds to 292 years; 0 turns the cache off");
}

static rel_link *add_link(rel_draft *draft, rel_str name, rel_place place) {
  rel_link *link = &draft->declared[draft->declared_count++];
  link->name = name;
  link->place = place;
  link->declared_in = draft;
  return link;
}

// --- On fields ---

// The kind of the field's option; the first of several, which is an error. 0: none.
static int option_kind(rel_at at, const rel_field_options *options) {
  int found = 0;
  for (int kind = REL_BELONGS_TO; kind <= REL_HAS_MANY; kind++) {
    if (options->relations[kind] == NULL) continue;
    if (found != 0)
      rel_report(at, "is both %s and %s; a relation has one kind",
                 rel_relation_kind_name((rel_relation_kind)found),
                 rel_relation_kind_name((rel_relation_kind)kind));
    else
      found = kind;
  }
  return found;
}

static rel_draft *field_target(rel_at at, const rel_field *field) {
  if (field->type != REL_TYPE_MESSAGE) {
    rel_report(at, "a relation's field has the related model as its type, not %s",
               rel_type_name(field->type));
    return NULL;
  }
  const rel_message *message = rel_build_resolve_message(at.builder, field->type_name, rel_cstr(""));
  if (message == NULL) return NULL; // reported with the field
  if (message->draft == NULL)
    rel_report(at, "\"%.*s\" is no model: write option (.relations.v1.model) = {}; in it",
               REL_STR_A(message->name));
  return message->draft;
}

static void declare_field(rel_builder *b, rel_draft *draft, const rel_field_draft *declared) {
  const rel_field *field = declared->field;
  rel_at at = rel_at_field(b, draft, field);
  int kind = option_kind(at, &declared->options);
  if (kind == 0) return;
  rel_link *link = add_link(draft, field->name, field->place);
  link->kind = (rel_relation_kind)kind;
  link->aspects = *declared->options.relations[kind];
  link->field = field;
  link->target = field_target(at, field);
  if (link->target != NULL && field->repeated != (kind == REL_HAS_MANY))
    rel_report(at,
               field->repeated ? "%s is one record; the field must not be repeated, or be has_many"
                               : "%s is a list; the field must be repeated, or be has_one",
               rel_relation_kind_name(link->kind));
  check_aspects(at, &link->aspects);
}

// --- By name ---

static void set_named_kind(rel_at at, const Relations__V1__NamedRelation *named, rel_link *link) {
  switch (named->kind_case) {
  case RELATIONS__V1__NAMED_RELATION__KIND_BELONGS_TO:
    link->kind = REL_BELONGS_TO;
    link->aspects = *named->belongs_to;
    return;
  case RELATIONS__V1__NAMED_RELATION__KIND_HAS_ONE:
    link->kind = REL_HAS_ONE;
    link->aspects = *named->has_one;
    return;
  case RELATIONS__V1__NAMED_RELATION__KIND_HAS_MANY:
    link->kind = REL_HAS_MANY;
    link->aspects = *named->has_many;
    return;
  default:
    link->kind = REL_HAS_MANY;
    link->aspects = (Relations__V1__Relation)RELATIONS__V1__RELATION__INIT;
    rel_report(at, "says no kind: write belongs_to { }, has_one { } or has_many { }");
  }
}

// An override may leave the model out and keep its ancestor's: NULL then, without a report.
static rel_draft *named_target(rel_at at, const rel_draft *draft, const char *name) {
  if (name == NULL) {
    if (draft->options->n_extends == 0)
      rel_report(at, "says no model: write model with the name of the related one");
    return NULL;
  }
  const rel_message *message = rel_build_resolve_message(at.builder, rel_cstr(name), draft->model->name);
  if (message == NULL)
    rel_report(at, "no message \"%s\"%.*s", name, REL_STR_A(rel_near_model(at.builder, rel_cstr(name))));
  else if (message->draft == NULL)
    rel_report(at, "\"%.*s\" is no model: write option (.relations.v1.model) = {}; in it",
               REL_STR_A(message->name));
  return message != NULL ? message->draft : NULL;
}

static void declare_named(rel_builder *b, rel_draft *draft, const Relations__V1__NamedRelation *named) {
  static const int32_t tail[] = {MESSAGE_OPTIONS, REL_EXTENSION_MODEL};
  rel_str name = rel_arena_copy(b->arena, rel_cstr(named->name));
  rel_place place = {draft->model->place.file, rel_build_place(draft->message, tail, 2).line};
  rel_at at = {b, place, draft->model->name, name};
  if (!rel_is_identifier(name)) {
    rel_report(at, "relations: \"%.*s\" is not an identifier; write name", REL_STR_A(name));
    return;
  }
  const rel_field *field = rel_model_field(draft->model, name);
  if (field != NULL) rel_report(at, "is a field as well; write the relation as an option of the field");
  rel_link *link = add_link(draft, name, place);
  link->named_without_model = named->model == NULL;
  set_named_kind(at, named, link);
  link->target = named_target(at, draft, named->model);
  check_aspects(at, &link->aspects);
}

// --- All ---

static int compare_links(const void *left, const void *right) {
  const rel_link *a = *(rel_link *const *)left, *b = *(rel_link *const *)right;
  int order = rel_str_cmp(a->name, b->name);
  return order != 0 ? order : (a > b) - (a < b);
}

static void check_distinct(rel_builder *b, const rel_draft *draft) {
  size_t count = draft->declared_count;
  if (count == 0) return;
  rel_link **sorted = REL_ARENA_ARRAY(&b->scratch, rel_link *, count);
  for (size_t i = 0; i < count; i++)
    sorted[i] = &draft->declared[i];
  qsort(sorted, count, sizeof *sorted, compare_links);
  for (size_t i = 1; i < count; i++)
    if (rel_str_eq(sorted[i]->name, sorted[i - 1]->name) && sorted[i]->field == NULL &&
        sorted[i - 1]->field == NULL)
      rel_report(rel_at_link(b, draft, sorted[i]),
                 "is declared twice; every relation of a model has its own name");
}

rel_at rel_at_link(rel_builder *b, const rel_draft *draft, const rel_link *link) {
  rel_at at = rel_at_draft(b, draft);
  at.element = link->name;
  if (link->declared_in == draft) at.place = link->place;
  return at;
}

void rel_build_declarations(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    size_t named = draft->options->n_relations;
    draft->declared = REL_ARENA_ARRAY(&b->scratch, rel_link, draft->model->field_count + named);
    for (size_t f = 0; f < draft->model->field_count; f++)
      declare_field(b, draft, &draft->fields[f]);
    for (size_t n = 0; n < named; n++)
      declare_named(b, draft, draft->options->relations[n]);
    check_distinct(b, draft);
  }
}
