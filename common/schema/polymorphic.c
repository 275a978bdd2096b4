// Polymorphic relations: their type fields and tags, what shares a type field, and the oneofs that they are
// members of.
#include "common/schema/build.h"
#include "common/schema/gate.h"

// --- One relation's gate ---

static bool is_empty(const char *text) {
  return text == NULL || text[0] == '\0';
}

// What cannot be polymorphic, or says half of it. False: there is no gate, and if that is wrong it is
// reported.
static bool check_aspects(rel_at at, const rel_link *link) {
  const Relations__V1__Relation *aspects = &link->aspects;
  const rel_relation *relation = link->relation;
  if (is_empty(aspects->type_field)) {
    // An override may take the type field away, and the tag with it.
    if (aspects->type_field == NULL && aspects->type_tag != NULL)
      rel_report(at, "type_tag: write type_field too, the field of %.*s that has the tag",
                 REL_STR_A((relation->kind == REL_BELONGS_TO ? relation->owner : relation->target)->name));
    return false;
  }
  if (is_empty(aspects->type_tag))
    rel_report(at, "type_field: write type_tag too, the value of \"%s\" that stands for %.*s",
               aspects->type_field,
               REL_STR_A((relation->kind == REL_BELONGS_TO ? relation->target : relation->owner)->name));
  else if (!is_empty(aspects->through))
    rel_report(at, "type_field: a relation through another has no foreign key of its own; write it there");
  else if (relation->kind != REL_BELONGS_TO && relation->loader.len > 0)
    rel_report(at, "type_field: the loader \"%.*s\" decides which records there are; leave it out",
               REL_STR_A(relation->loader));
  else
    return true;
  return false;
}

static bool is_of_key(const rel_relation *relation, const rel_field *field) {
  for (size_t i = 0; i < relation->key_count; i++)
    if (relation->foreign_key[i] == field) return true;
  return false;
}

// The type field, or NULL with a report.
static const rel_field *find_field(rel_at at, const rel_link *link, const rel_model *holder) {
  rel_str name = rel_cstr(link->aspects.type_field);
  const rel_field *field = rel_model_field(holder, name);
  if (field == NULL)
    rel_report_no_field(at, link, holder, "type_field", name);
  else if (!rel_build_can_tell(field))
    rel_report(
        at,
        "type_field: \"%.*s\" of %.*s (%s) cannot tell: a string, an integer or an enum with a column can",
        REL_STR_A(name), REL_STR_A(holder->name), rel_type_name(field->type));
  else if (is_of_key(link->relation, field))
    rel_report(at, "type_field: \"%.*s\" is part of foreign_key; it says what the rest of that refers to",
               REL_STR_A(name));
  else
    return field;
  return NULL;
}

// What the owner lacks is its own fault, what the target lacks that of the declaration.
static void build_gate(rel_builder *b, const rel_draft *draft, rel_link *link) {
  rel_relation *relation = link->relation;
  rel_at at = rel_at_link(b, draft, link);
  rel_at declared = link->declared_in == draft ? at : rel_at_silent;
  bool belongs = relation->kind == REL_BELONGS_TO;
  if (!check_aspects(declared, link)) return;
  rel_gate *gate = REL_ARENA_NEW(b->arena, rel_gate);
  gate->model = belongs ? relation->owner : relation->target;
  gate->field = find_field(belongs ? at : declared, link, gate->model);
  if (gate->field == NULL) return;
  if (!rel_build_tag(belongs ? at : declared, "type_tag", gate->field, link->aspects.type_tag, &gate->tag))
    return;
  gate->tag.text = rel_arena_copy(b->arena, gate->tag.text);
  relation->gate = gate;
}

// --- What shares a type field ---

static int compare_keys(const rel_relation *a, const rel_relation *b) {
  if (a->key_count != b->key_count) return a->key_count < b->key_count ? -1 : 1;
  for (size_t i = 0; i < a->key_count; i++)
    if (a->foreign_key[i]->number != b->foreign_key[i]->number)
      return a->foreign_key[i]->number < b->foreign_key[i]->number ? -1 : 1;
  return 0;
}

// Would be polymorphic, but for what has been reported.
static bool is_broken(const rel_link *link) {
  return !is_empty(link->aspects.type_field) && link->relation->gate == NULL;
}

static const rel_gate *gate_of(const rel_link *link) {
  return link->relation->gate;
}

static int compare_tags(const rel_link *a, const rel_link *b) {
  return rel_tag_cmp(gate_of(a)->field, &gate_of(a)->tag, &gate_of(b)->tag);
}

// By field, then tag, then foreign key.
static int compare_gated(const void *left, const void *right) {
  const rel_link *a = *(const rel_link *const *)left, *b = *(const rel_link *const *)right;
  const rel_field *x = gate_of(a)->field, *y = gate_of(b)->field;
  if (x != y) return x->number < y->number ? -1 : 1;
  int order = compare_tags(a, b);
  return order != 0 ? order : compare_keys(a->relation, b->relation);
}

static void report_same_tag(rel_builder *b, const rel_draft *draft, const rel_link *one,
                            const rel_link *other) {
  if (one->declared_in != draft && other->declared_in != draft) return; // reported there
  rel_report(rel_at_link(b, draft, one),
             "type_tag: \"%.*s\" is that of \"%.*s\" already, so a row would be of both",
             REL_STR_A(gate_of(one)->tag.text), REL_STR_A(other->name));
}

// Gives the relations over one type field the list of their tags.
static void share_tags(rel_builder *b, const rel_link *const *links, size_t count) {
  rel_tag *known = REL_ARENA_ARRAY(b->arena, rel_tag, count);
  size_t known_count = 0;
  for (size_t i = 0; i < count; i++)
    if (i == 0 || compare_tags(links[i], links[i - 1]) != 0) known[known_count++] = gate_of(links[i])->tag;
  for (size_t i = 0; i < count; i++) {
    rel_gate *gate = (rel_gate *)gate_of(links[i]); // ours until the schema is read
    gate->known = known;
    gate->known_count = known_count;
  }
}

static void build_known_tags(rel_builder *b, const rel_draft *draft) {
  const rel_link **gated = REL_ARENA_ARRAY(&b->scratch, const rel_link *, draft->link_count);
  size_t count = 0;
  for (size_t i = 0; i < draft->link_count; i++) {
    const rel_link *link = &draft->links[i];
    if (link->kind == REL_BELONGS_TO && link->relation != NULL && link->relation->gate != NULL)
      gated[count++] = link;
  }
  if (count > 0) qsort(gated, count, sizeof *gated, compare_gated);
  for (size_t i = 1; i < count; i++)
    if (compare_gated(&gated[i], &gated[i - 1]) == 0) report_same_tag(b, draft, gated[i], gated[i - 1]);
  for (size_t first = 0, i = 1; first < count; i++) {
    if (i < count && gate_of(gated[i])->field == gate_of(gated[first])->field) continue;
    share_tags(b, gated + first, i - first);
    first = i;
  }
}

// --- Oneofs ---

// A field of a oneof, with the relation that it is of, if it is one's.
typedef struct choice {
  const rel_field *field;
  const rel_link *link;
} choice;

static int compare_choices(const void *left, const void *right) {
  const rel_field *a = ((const choice *)left)->field, *b = ((const choice *)right)->field;
  if (a->oneof != b->oneof) return a->oneof < b->oneof ? -1 : 1;
  return (a->number > b->number) - (a->number < b->number);
}

static int compare_choice_tags(const void *left, const void *right) {
  return compare_tags(((const choice *)left)->link, ((const choice *)right)->link);
}

// Of several members of a oneof a reader of the record keeps the last alone: so each owner may have one of
// its relations only, and nothing else may be in it.
static bool check_members(rel_builder *b, const rel_draft *draft, const choice *choices, size_t count) {
  const rel_field *shared = NULL;
  for (size_t i = 0; i < count; i++) {
    const rel_link *link = choices[i].link;
    if (link != NULL && (link->relation == NULL || is_broken(link))) return false;
    const rel_gate *gate = link != NULL && link->kind == REL_BELONGS_TO ? gate_of(link) : NULL;
    if (shared == NULL && gate != NULL) shared = gate->field;
    if (gate != NULL && gate->field == shared) continue;
    rel_report(rel_at_field(b, draft, choices[i].field),
               "stands in a oneof with a relation, and a record holds one member of it: all of them must be "
               "belongs_to with one type_field");
    return false;
  }
  return true;
}

static bool check_distinct_tags(rel_builder *b, const rel_draft *draft, choice *choices, size_t count) {
  bool distinct = true;
  qsort(choices, count, sizeof *choices, compare_choice_tags);
  for (size_t i = 1; i < count; i++) {
    const rel_link *one = choices[i].link, *other = choices[i - 1].link;
    if (compare_tags(one, other) != 0) continue;
    distinct = false;
    if (compare_keys(one->relation, other->relation) != 0) report_same_tag(b, draft, one, other);
  }
  qsort(choices, count, sizeof *choices, compare_choices);
  return distinct;
}

static rel_str oneof_name(const rel_draft *draft, const rel_field *field) {
  const rel_pb_message *proto = draft->message->proto;
  return field->oneof <= proto->n_oneof_decl ? rel_cstr(proto->oneof_decl[field->oneof - 1]->name)
                                             : rel_cstr("");
}

static void add_group(rel_builder *b, rel_draft *draft, const choice *choices, size_t count) {
  rel_model *model = draft->model;
  rel_group *group = (rel_group *)&model->groups[model->group_count++];
  group->name = rel_arena_copy(b->arena, oneof_name(draft, choices[0].field));
  group->members = REL_ARENA_ARRAY(b->arena, const rel_relation *, count);
  for (size_t i = 0; i < count; i++)
    group->members[group->member_count++] = choices[i].link->relation;
  if (rel_draft_link(draft, group->name) != NULL)
    rel_report(rel_at_link(b, draft, rel_draft_link(draft, group->name)),
               "has the name of a oneof of relations; give one of them another name");
}

static void build_group(rel_builder *b, rel_draft *draft, choice *choices, size_t count) {
  size_t relations = 0;
  for (size_t i = 0; i < count; i++)
    relations += choices[i].link != NULL;
  if (relations > 0 && check_members(b, draft, choices, count) &&
      check_distinct_tags(b, draft, choices, count))
    add_group(b, draft, choices, count);
}

static void build_groups(rel_builder *b, rel_draft *draft) {
  rel_model *model = draft->model;
  choice *choices = REL_ARENA_ARRAY(&b->scratch, choice, model->field_count);
  size_t count = 0;
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_field *field = model->fields[i];
    const rel_link *link = field->oneof > 0 ? rel_draft_link(draft, field->name) : NULL;
    if (field->oneof > 0) choices[count++] = (choice){field, link};
  }
  if (count > 0) qsort(choices, count, sizeof *choices, compare_choices);
  model->groups = REL_ARENA_ARRAY(b->arena, rel_group, count);
  for (size_t first = 0, i = 1; first < count; i++) {
    if (i < count && choices[i].field->oneof == choices[first].field->oneof) continue;
    build_group(b, draft, choices + first, i - first);
    first = i;
  }
}

// --- All ---

void rel_build_gates(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    for (size_t l = 0; l < draft->link_count; l++)
      if (draft->links[l].relation != NULL) build_gate(b, draft, &draft->links[l]);
    build_known_tags(b, draft);
    build_groups(b, draft);
  }
}
