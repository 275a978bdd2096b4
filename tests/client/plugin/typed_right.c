// The twin of typed_wrong.c that compiles.
#include "tests/client/plugin/shop.relations.h"

rel_code lines_of(rel_client *client, const Shop__V1__Order *order, shop_line_list *lines);

rel_code lines_of(rel_client *client, const Shop__V1__Order *order, shop_line_list *lines) {
  return shop_v1_order_lines(client, order, lines, NULL);
}
