// The twin of typed_wrong.c that compiles.
#include "tests/client/plugin/shop.relations.h"

rel_code lines_of(rel_client *client, const Shop__V1__Order *order, shop_line_list *lines);

rel_code lines_of(rel_client *client, const Shop__V1__Order *order, shop_line_list *lines) {
  return shop_v1_order_lines(client, order, lines, NULL);
}

static bool count_note(void *context, const Shop__V1__Note *note) {
  ++*(int *)context;
  return note->id != 0;
}

static bool count_group(void *context, const rel_group *group) {
  ++*(int *)context;
  return group != NULL;
}

rel_code lines_of_notes(rel_client *client, int *count);

rel_code lines_of_notes(rel_client *client, int *count) {
  shop_v1_note_query *query = shop_v1_note_query_new(client);
  shop_v1_note_aggregate *notes = shop_v1_note_query_aggregate(query);
  rel_text_term line = shop_v1_note_aggregate_group_by_line(notes);
  rel_uint64_term order = shop_v1_note_aggregate_max_order_id(notes);
  rel_decimal_term mean = shop_v1_note_aggregate_avg_id(notes);
  shop_v1_note_aggregate_any_of(notes);
  rel_having_uint64(order, REL_SDK_GT, 3);
  rel_having_count(shop_v1_note_aggregate_distinct_text(notes), REL_SDK_EQ, 1);
  shop_v1_note_aggregate_limit(shop_v1_note_aggregate_end(notes), 10);
  rel_aggregate_order_by_nulls_first(line.term, true);
  rel_aggregate_order_by(mean.term, false);
  rel_code code = shop_v1_note_aggregate_each(notes, count_group, count, NULL);
  shop_v1_note_query_free(query);
  return code;
}

rel_code notes_of(rel_client *client, const Shop__V1__Line *line, int *count);

rel_code notes_of(rel_client *client, const Shop__V1__Line *line, int *count) {
  shop_v1_note_query *query = shop_line_notes_query(client, line);
  shop_v1_note_query_of_order(shop_v1_note_query_where_id_ge(query, -3), 7, "x");
  const char *const texts[] = {"a", "b"};
  const int32_t ids[] = {1, 2, 3};
  shop_v1_note_query_any_of(shop_v1_note_query_where_text_in(query, texts, 2));
  shop_v1_note_query_none_of(shop_v1_note_query_where_id_in(query, ids, 3));
  shop_v1_note_query_where_line_is_null(shop_v1_note_query_where_text_prefix(query, "x"));
  shop_v1_note_query_end(shop_v1_note_query_end(query));
  shop_v1_note_query_order_by_line_nulls_first(query, false);
  shop_line_query *lines = shop_v1_note_query_order_by_on(query);
  shop_line_query_end(shop_line_query_order_by_default(lines, true));
  shop_v1_note_query_limit(shop_v1_note_query_order_by_text(query, true), 10);
  shop_v1_note_query_only_text(shop_v1_note_query_only_id(query));
  rel_code code = shop_v1_note_query_each(query, count_note, count, NULL);
  shop_v1_note_query_free(query);
  return code;
}
