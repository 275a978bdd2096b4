// Compares a note where an order is queried: must not compile.
#include "tests/client/plugin/shop.relations.h"

shop_v1_note_query *notes(shop_v1_order_query *query);

shop_v1_note_query *notes(shop_v1_order_query *query) {
  return shop_v1_note_query_where_text_prefix(query, "x");
}
