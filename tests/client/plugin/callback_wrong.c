// Takes an order where notes come: must not compile.
#include "tests/client/plugin/shop.relations.h"

static bool take(void *context, const Shop__V1__Order *order) {
  return context != NULL && order->id != 0;
}

rel_code each(shop_v1_note_query *query);

rel_code each(shop_v1_note_query *query) {
  return shop_v1_note_query_each(query, take, NULL, NULL);
}
