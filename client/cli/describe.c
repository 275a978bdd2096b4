// `relations describe`: the models that a server serves, or one of them.
#include "client/cli/json.h"
#include "client/cli/remote.h"
#include "client/cli/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const rel_option options[] = {REL_REMOTE_OPTIONS};

// Appends names with commas between.
static void put_names(rel_buf *out, char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
}

static void set_names(rel_table *table, rel_table_row *row, size_t column, char *const *names, size_t count) {
  rel_buf text = {0};
  put_names(&text, names, count);
  rel_table_set(table, row, column, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void add_heading(rel_table *table, const char *const *names) {
  rel_table_row *row = rel_table_row_add(table);
  for (size_t i = 0; i < table->columns; i++)
    rel_table_set(table, row, i, rel_cstr(names[i]));
}

static void print_json(const ProtobufCMessage *message, FILE *out) {
  rel_buf text = {0};
  rel_json_message(&text, message);
  rel_buf_cstr(&text, "\n");
  fwrite(text.data, 1, text.len, out);
  rel_buf_fini(&text);
}

// --- All models ---

static void set_parents(rel_table *table, rel_table_row *row, size_t column,
                        const Relations__V1__ModelSummary *model) {
  rel_buf text = {0};
  rel_buf_cstr(&text, model->extends);
  for (size_t i = 0; i < model->n_also_extends; i++)
    rel_buf_printf(&text, ", %s", model->also_extends[i]);
  rel_table_set(table, row, column, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void print_models(const Relations__V1__ListModelsResponse *models, FILE *out) {
  enum { MODEL, TABLE, EXTENDS, RELATIONS, COLUMNS };
  static const char *const heading[COLUMNS] = {"MODEL", "TABLE", "EXTENDS", "RELATIONS"};
  rel_table table;
  rel_table_init(&table, COLUMNS);
  add_heading(&table, heading);
  for (size_t i = 0; i < models->n_models; i++) {
    const Relations__V1__ModelSummary *model = models->models[i];
    rel_table_row *row = rel_table_row_add(&table);
    rel_table_set(&table, row, MODEL, rel_cstr(model->name));
    rel_table_set(&table, row, TABLE, rel_cstr(model->table));
    set_parents(&table, row, EXTENDS, model);
    set_names(&table, row, RELATIONS, model->relations, model->n_relations);
  }
  rel_table_print(&table, out);
  rel_table_fini(&table);
}

static rel_code list(rel_client *client, bool json, FILE *out, rel_error *error) {
  Relations__V1__ListModelsResponse *models;
  rel_code code = rel_client_list_models(client, &models, error);
  if (code != REL_OK) return code;
  if (json)
    print_json(&models->base, out);
  else
    print_models(models, out);
  relations__v1__list_models_response__free_unpacked(models, NULL);
  return REL_OK;
}

// --- One model ---

static void print_head(const Relations__V1__Model *model, FILE *out) {
  rel_buf text = {0};
  rel_buf_printf(&text, "model        %s\n", model->name);
  if (model->abstract)
    rel_buf_cstr(&text, "table        none: the model is abstract\n");
  else
    rel_buf_printf(&text, "table        %s\n", model->table);
  rel_buf_cstr(&text, "primary key  ");
  put_names(&text, model->primary_key, model->n_primary_key);
  if (model->extends[0] != '\0') rel_buf_printf(&text, "\nextends      %s", model->extends);
  for (size_t i = 0; i < model->n_also_extends; i++)
    rel_buf_printf(&text, ", %s", model->also_extends[i]);
  if (model->discriminator_field[0] != '\0')
    rel_buf_printf(&text, "\nwhere        %s = %s", model->discriminator_field, model->discriminator_value);
  rel_buf_cstr(&text, "\n");
  fwrite(text.data, 1, text.len, out);
  rel_buf_fini(&text);
}

static void print_fields(const Relations__V1__Model *model, FILE *out) {
  enum { FIELD, NUMBER, TYPE, COLUMN, NULLABLE, COLUMNS };
  static const char *const heading[COLUMNS] = {"FIELD", "NUMBER", "TYPE", "COLUMN", "NULL"};
  rel_table table;
  rel_table_init(&table, COLUMNS);
  add_heading(&table, heading);
  for (size_t i = 0; i < model->n_fields; i++) {
    const Relations__V1__Field *field = model->fields[i];
    rel_table_row *row = rel_table_row_add(&table);
    char number[16];
    snprintf(number, sizeof number, "%" PRId32, field->number);
    rel_table_set(&table, row, FIELD, rel_cstr(field->name));
    rel_table_set(&table, row, NUMBER, rel_cstr(number));
    rel_table_set(&table, row, TYPE, rel_cstr(field->type));
    rel_table_set(&table, row, COLUMN, rel_cstr(field->column));
    rel_table_set(&table, row, NULLABLE, rel_cstr(field->nullable ? "yes" : "no"));
  }
  rel_table_print(&table, out);
  rel_table_fini(&table);
}

static const char *kind_name(Relations__V1__RelationKind kind) {
  switch (kind) {
  case RELATIONS__V1__RELATION_KIND__RELATION_KIND_BELONGS_TO:
    return "belongs_to";
  case RELATIONS__V1__RELATION_KIND__RELATION_KIND_HAS_ONE:
    return "has_one";
  case RELATIONS__V1__RELATION_KIND__RELATION_KIND_HAS_MANY:
    return "has_many";
  default:
    return "unknown";
  }
}

static void put_part(rel_buf *text, const char *word, const char *what) {
  if (what[0] != '\0') rel_buf_printf(text, "%s%s %s", text->len > 0 ? ", " : "", word, what);
}

// "item_type = Post, through book_authors.author, where price > 5, limit 3"
static void set_scope(rel_table *table, rel_table_row *row, size_t column,
                      const Relations__V1__EffectiveRelation *relation) {
  rel_buf text = {0};
  if (relation->type_field[0] != '\0')
    rel_buf_printf(&text, "%s = %s", relation->type_field, relation->type_tag);
  put_part(&text, "through", relation->through);
  if (relation->source[0] != '\0') rel_buf_printf(&text, ".%s", relation->source);
  put_part(&text, "where", relation->where);
  if (relation->limit > 0)
    rel_buf_printf(&text, "%slimit %" PRIu32, text.len > 0 ? ", " : "", relation->limit);
  rel_table_set(table, row, column, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void print_relations(const Relations__V1__Model *model, FILE *out) {
  enum {
    RELATION,
    KIND,
    MODEL,
    FOREIGN_KEY,
    REFERENCES,
    INVERSE,
    SCOPE,
    ORDER,
    LOADER,
    DECLARED_IN,
    OVERRIDES,
    COLUMNS
  };
  static const char *const heading[COLUMNS] = {"RELATION",   "KIND",        "MODEL",    "FOREIGN KEY",
                                               "REFERENCES", "INVERSE",     "SCOPE",    "ORDER BY",
                                               "LOADER",     "DECLARED IN", "OVERRIDES"};
  rel_table table;
  rel_table_init(&table, COLUMNS);
  add_heading(&table, heading);
  for (size_t i = 0; i < model->n_relations; i++) {
    const Relations__V1__EffectiveRelation *relation = model->relations[i];
    rel_table_row *row = rel_table_row_add(&table);
    rel_table_set(&table, row, RELATION, rel_cstr(relation->name));
    rel_table_set(&table, row, KIND, rel_cstr(kind_name(relation->kind)));
    rel_table_set(&table, row, MODEL, rel_cstr(relation->model));
    set_names(&table, row, FOREIGN_KEY, relation->foreign_key, relation->n_foreign_key);
    set_names(&table, row, REFERENCES, relation->references, relation->n_references);
    rel_table_set(&table, row, INVERSE, rel_cstr(relation->inverse_of));
    set_scope(&table, row, SCOPE, relation);
    set_names(&table, row, ORDER, relation->order_by, relation->n_order_by);
    rel_table_set(&table, row, LOADER, rel_cstr(relation->loader));
    rel_table_set(&table, row, DECLARED_IN, rel_cstr(relation->declared_in));
    set_names(&table, row, OVERRIDES, relation->overrides, relation->n_overrides);
  }
  rel_table_print(&table, out);
  rel_table_fini(&table);
}

// "published_after(date timestamp)"
static void set_call(rel_table *table, rel_table_row *row, size_t column,
                     const Relations__V1__Method *method) {
  rel_buf text = {0};
  rel_buf_printf(&text, "%s(", method->name);
  for (size_t i = 0; i < method->n_params; i++) {
    const ProtobufCEnumValue *type =
        protobuf_c_enum_descriptor_get_value(&relations__v1__type__descriptor, (int)method->params[i]->type);
    const char *name = type != NULL ? type->name + strlen("TYPE_") : "";
    rel_buf_printf(&text, "%s%s ", i > 0 ? ", " : "", method->params[i]->name);
    for (; *name != '\0'; name++)
      rel_buf_printf(&text, "%c", tolower((unsigned char)*name));
  }
  rel_buf_cstr(&text, ")");
  rel_table_set(table, row, column, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void print_methods(const Relations__V1__Model *model, FILE *out) {
  enum { METHOD, FILTER, DECLARED_IN, COLUMNS };
  static const char *const heading[COLUMNS] = {"QUERY METHOD", "FILTER", "DECLARED IN"};
  rel_table table;
  rel_table_init(&table, COLUMNS);
  add_heading(&table, heading);
  for (size_t i = 0; i < model->n_query_methods; i++) {
    const Relations__V1__Method *method = model->query_methods[i];
    rel_table_row *row = rel_table_row_add(&table);
    set_call(&table, row, METHOD, method);
    rel_table_set(&table, row, FILTER, rel_cstr(method->filter));
    rel_table_set(&table, row, DECLARED_IN, rel_cstr(method->declared_in));
  }
  rel_table_print(&table, out);
  rel_table_fini(&table);
}

static rel_code describe_one(rel_client *client, const char *name, bool json, FILE *out, rel_error *error) {
  Relations__V1__DescribeModelResponse *described;
  rel_code code = rel_remote_model(client, name, &described, error);
  if (code != REL_OK) return code;
  if (json) {
    print_json(&described->model->base, out);
  } else {
    print_head(described->model, out);
    fprintf(out, "\n");
    print_fields(described->model, out);
    if (described->model->n_relations > 0) fprintf(out, "\n");
    if (described->model->n_relations > 0) print_relations(described->model, out);
    if (described->model->n_query_methods > 0) fprintf(out, "\n");
    if (described->model->n_query_methods > 0) print_methods(described->model, out);
  }
  relations__v1__describe_model_response__free_unpacked(described, NULL);
  return REL_OK;
}

static rel_code describe(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                         rel_error *error) {
  (void)arena;
  (void)fine;
  bool json = rel_args_get(args, "json") != NULL;
  if (args->positional_count == 0) return list(client, json, out, error);
  return describe_one(client, args->positional[0], json, out, error);
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return rel_remote_run(args, describe, out, err);
}

const rel_command rel_describe_command = {
    .name = "describe",
    .arguments = "[MODEL]",
    .least_arguments = 0,
    .most_arguments = 1,
    .summary = "Lists the models of a server, or shows one with its relations and query methods.",
    .details =
        "Relations and query methods are shown as they are in force: inherited ones too, with the model that "
        "declares\nthem, and of relations the ancestors whose declaration that overrides.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
