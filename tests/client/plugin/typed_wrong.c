// Passes a customer where an order is meant: must not compile.
#include "tests/client/plugin/shop.relations.h"

rel_code lines_of(rel_client *client, const Shop__V1__Customer *customer, shop_line_list *lines);

rel_code lines_of(rel_client *client, const Shop__V1__Customer *customer, shop_line_list *lines) {
  return shop_v1_order_lines(client, customer, lines, NULL);
}
