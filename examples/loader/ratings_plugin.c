// A custom loader within the server: the ratings of books, as a shared object. Put it as ratings.so into the
// directory of relationsd --loader-dir, and write loader: "so:ratings" in the schema.
//
// Without bazel: protoc --plugin=protoc-gen-relations --relations_out=. bookshop.proto, then
// cc -shared -fPIC -o ratings.so ratings_plugin.c bookshop.pb-c.c … -lprotobuf-c. Any way of writing Protobuf
// messages will do; the server asks for their bytes.
#include "bookshop.pb-c.h"

#include <relations/loader_plugin.h>
#include <stdio.h>
#include <string.h>

// Where a loader of yours would call a library, read a file, look into memory.
static const struct {
  int64_t book_id;
  const char *reader;
  int stars;
} ratings[] = {{1, "ann", 5}, {1, "bob", 3}, {2, "cid", 4}};

// Returns 0 when the server takes no more.
static int add_rating(rel_plugin_batch *batch, size_t key, size_t r) {
  uint8_t bytes[256];
  Bookshop__V1__Rating rating = BOOKSHOP__V1__RATING__INIT;
  rating.book_id = ratings[r].book_id;
  rating.reader = (char *)ratings[r].reader;
  rating.stars = ratings[r].stars;
  if (bookshop__v1__rating__get_packed_size(&rating) > sizeof bytes) return 0;
  return batch->add(batch, key, bytes, bookshop__v1__rating__pack(&rating, bytes));
}

static int load_batch(void *state, rel_plugin_batch *batch, char *message, size_t size) {
  (void)state;
  if (strcmp(batch->relation, "ratings") != 0) {
    snprintf(message, size, "this loader knows ratings only");
    return REL_PLUGIN_UNIMPLEMENTED;
  }
  for (size_t i = 0; i < batch->key_count && !batch->cancelled(batch); i++)
    for (size_t r = 0; r < sizeof ratings / sizeof ratings[0]; r++)
      if (ratings[r].book_id == batch->parts[i].int64 && !add_rating(batch, i, r))
        return REL_PLUGIN_RESOURCE_EXHAUSTED;
  return REL_PLUGIN_OK;
}

const rel_plugin *rel_loader_plugin(void) {
  static const rel_plugin plugin = {REL_PLUGIN_ABI, sizeof plugin, NULL, load_batch, NULL};
  return &plugin;
}
