// Explanations: see explain.h.
#include "client/cli/explain.h"

#include "client/cli/json.h"
#include "client/cli/table.h"

#include <inttypes.h>

enum { STEP, ROUNDS, KEYS, WHOLE, CACHED, STATEMENTS, RECORDS, MS, ASKED, COLUMNS };

static void set_number(rel_table *table, rel_table_row *row, size_t column, uint64_t number) {
  rel_buf text = {0};
  rel_buf_printf(&text, "%" PRIu64, number);
  rel_table_set(table, row, column, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void set_time(rel_table *table, rel_table_row *row, const Google__Protobuf__Duration *time) {
  rel_buf text = {0};
  double ms = time != NULL ? (double)time->seconds * 1e3 + (double)time->nanos / 1e6 : 0;
  rel_buf_printf(&text, "%.3f", ms);
  rel_table_set(table, row, MS, rel_buf_view(&text));
  rel_buf_fini(&text);
}

static void add_step(rel_table *table, const Relations__V1__ExplainStep *step) {
  rel_table_row *row = rel_table_row_add(table);
  rel_table_set(table, row, STEP, rel_cstr(step->path));
  set_number(table, row, ROUNDS, step->rounds);
  set_number(table, row, KEYS, step->keys);
  set_number(table, row, WHOLE, step->assembled);
  set_number(table, row, CACHED, step->cached);
  set_number(table, row, STATEMENTS, step->statements);
  set_number(table, row, RECORDS, step->records);
  set_time(table, row, step->time);
  rel_table_set(table, row, ASKED, rel_cstr(step->shape));
}

static void print_table(const Relations__V1__ExplainResponse *answer, FILE *out) {
  static const char *const headings[COLUMNS] = {"STEP",       "ROUNDS",  "KEYS", "TREES CACHED", "CACHED",
                                                "STATEMENTS", "RECORDS", "MS",   "ASKED"};
  rel_table table;
  rel_table_init(&table, COLUMNS);
  rel_table_row *heading = rel_table_row_add(&table);
  for (size_t i = 0; i < COLUMNS; i++)
    rel_table_set(&table, heading, i, rel_cstr(headings[i]));
  for (size_t i = 0; i < answer->n_steps; i++)
    add_step(&table, answer->steps[i]);
  rel_table_print(&table, out);
  rel_table_fini(&table);
  fprintf(out, "%" PRIu64 " statements; a budget must allow %" PRIu64 "; %" PRIu64 " bytes\n",
          answer->statements, answer->counted_statements, answer->bytes);
}

static void print_json(const Relations__V1__ExplainResponse *answer, FILE *out) {
  rel_buf text = {0};
  rel_json_message(&text, &answer->base);
  rel_buf_cstr(&text, "\n");
  fwrite(text.data, 1, text.len, out);
  rel_buf_fini(&text);
}

rel_code rel_explain_print(rel_client *client, const Relations__V1__ExplainRequest *request, bool json,
                           FILE *out, rel_error *error) {
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.RelationService/Explain", &request->base,
                                    &relations__v1__explain_response__descriptor, &answer, error);
  if (code != REL_OK) return code;
  if (json)
    print_json((const Relations__V1__ExplainResponse *)answer, out);
  else
    print_table((const Relations__V1__ExplainResponse *)answer, out);
  protobuf_c_message_free_unpacked(answer, NULL);
  return REL_OK;
}
