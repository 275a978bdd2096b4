// RecordSets: see results.h.
#include "client/cli/results.h"

#include "client/cli/json.h"
#include "client/cli/table.h"

#include <google/rpc/status.pb-c.h>

// "LOADED", without the prefix that every value of the enum has.
static const char *state_name(Relations__V1__LoadState state) {
  const ProtobufCEnumValue *value =
      protobuf_c_enum_descriptor_get_value(&relations__v1__load_state__descriptor, state);
  return value != NULL ? value->name + strlen("LOAD_STATE_") : "UNKNOWN";
}

bool rel_results_fine(const rel_results *results) {
  for (size_t i = 0; i < results->count; i++)
    if (results->sets[i]->error != NULL) return false;
  return true;
}

// --- JSON ---

rel_code rel_results_fields_json(const Relations__V1__Model *model, rel_str record, rel_value *values,
                                 rel_buf *out, rel_error *error) {
  rel_code code = rel_record_read(model, record, values, error);
  for (size_t i = 0; code == REL_OK && i < model->n_fields; i++) {
    if (i > 0) rel_buf_cstr(out, ",");
    rel_json_name(out, model->fields[i]->name);
    rel_buf_cstr(out, ":");
    rel_value_json(&values[i], out);
  }
  return code;
}

rel_code rel_results_record_json(const Relations__V1__Model *model, rel_str record, rel_value *values,
                                 rel_buf *out, rel_error *error) {
  rel_buf_cstr(out, "{");
  rel_code code = rel_results_fields_json(model, record, values, out, error);
  rel_buf_cstr(out, "}");
  return code;
}

static rel_code set_json(const rel_results *results, size_t index, rel_value *values, rel_buf *out,
                         rel_error *error) {
  const Relations__V1__RecordSet *set = results->sets[index];
  rel_code code = REL_OK;
  rel_buf_cstr(out, "{\"key\":");
  rel_json_string(out, rel_cstr(results->keys[index]));
  if (set->error != NULL) {
    rel_buf_printf(out, ",\"error\":{\"code\":\"%s\",\"message\":", rel_status_name(set->error->code));
    rel_json_string(out, rel_cstr(set->error->message));
    rel_buf_cstr(out, "}}");
    return REL_OK;
  }
  rel_buf_printf(out, ",\"state\":\"%s\",\"records\":[", state_name(set->state));
  for (size_t i = 0; code == REL_OK && i < set->n_records; i++) {
    if (i > 0) rel_buf_cstr(out, ",");
    rel_str record = rel_bytes(set->records[i].data, set->records[i].len);
    code = results->record_json != NULL ? results->record_json(results->view, record, out, error)
                                        : rel_results_record_json(results->model, record, values, out, error);
  }
  rel_buf_cstr(out, "]}");
  return code;
}

static rel_code print_json(const rel_results *results, rel_value *values, FILE *out, rel_error *error) {
  rel_buf text = {0};
  rel_code code = REL_OK;
  rel_buf_cstr(&text, "{\"recordType\":");
  rel_json_string(&text, rel_cstr(results->model->name));
  rel_buf_cstr(&text, ",\"results\":[");
  for (size_t i = 0; code == REL_OK && i < results->count; i++) {
    rel_buf_cstr(&text, i > 0 ? ",\n" : "\n");
    code = set_json(results, i, values, &text, error);
  }
  rel_buf_cstr(&text, "\n]}\n");
  if (code == REL_OK) fwrite(text.data, 1, text.len, out);
  rel_buf_fini(&text);
  return code;
}

// --- Tables ---

enum { KEY, STATE, FIRST_FIELD };

static void add_heading(const rel_results *results, rel_table *table) {
  rel_table_row *row = rel_table_row_add(table);
  rel_table_set(table, row, KEY, rel_cstr("KEY"));
  rel_table_set(table, row, STATE, rel_cstr("STATE"));
  for (size_t i = 0; i < results->model->n_fields; i++)
    rel_table_set(table, row, FIRST_FIELD + i, rel_cstr(results->model->fields[i]->name));
}

static rel_table_row *add_row(const rel_results *results, size_t index, rel_table *table) {
  const Relations__V1__RecordSet *set = results->sets[index];
  rel_table_row *row = rel_table_row_add(table);
  rel_table_set(table, row, KEY, rel_cstr(results->keys[index]));
  rel_table_set(table, row, STATE, rel_cstr(set->error != NULL ? "ERROR" : state_name(set->state)));
  return row;
}

static rel_code add_records(const rel_results *results, size_t index, rel_value *values, rel_table *table,
                            rel_error *error) {
  const Relations__V1__RecordSet *set = results->sets[index];
  rel_buf text = {0};
  rel_code code = REL_OK;
  for (size_t i = 0; code == REL_OK && i < set->n_records; i++) {
    rel_table_row *row = add_row(results, index, table);
    code =
        rel_record_read(results->model, rel_bytes(set->records[i].data, set->records[i].len), values, error);
    for (size_t k = 0; code == REL_OK && k < results->model->n_fields; k++) {
      text.len = 0;
      rel_value_text(&values[k], &text);
      rel_table_set(table, row, FIRST_FIELD + k, rel_buf_view(&text));
    }
  }
  rel_buf_fini(&text);
  return code;
}

static void add_error(const rel_results *results, size_t index, rel_table *table) {
  const Google__Rpc__Status *status = results->sets[index]->error;
  rel_buf text = {0};
  rel_buf_printf(&text, "%s: %s", rel_status_name(status->code), status->message);
  rel_table_set_rest(table, add_row(results, index, table), rel_buf_view(&text));
  rel_buf_fini(&text);
}

static rel_code print_table(const rel_results *results, rel_value *values, FILE *out, rel_error *error) {
  rel_table table;
  rel_table_init(&table, FIRST_FIELD + results->model->n_fields);
  rel_code code = REL_OK;
  add_heading(results, &table);
  for (size_t i = 0; code == REL_OK && i < results->count; i++) {
    if (results->sets[i]->error != NULL)
      add_error(results, i, &table);
    else if (results->sets[i]->n_records == 0)
      add_row(results, i, &table);
    else
      code = add_records(results, i, values, &table, error);
  }
  if (code == REL_OK) rel_table_print(&table, out);
  rel_table_fini(&table);
  return code;
}

rel_code rel_results_print(const rel_results *results, bool json, FILE *out, rel_error *error) {
  rel_value *values = rel_alloc0(results->model->n_fields, sizeof *values);
  json = json || results->record_json != NULL;
  rel_code code = json ? print_json(results, values, out, error) : print_table(results, values, out, error);
  free(values);
  return code;
}
