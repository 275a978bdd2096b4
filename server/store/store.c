// Which store a URL names. One line a store.
#include "server/store/store.h"

#include "server/store/sqlite.h"

static const struct {
  const char *scheme; // with its colon
  rel_code (*open)(const rel_store_options *options, rel_str rest, rel_store **out, rel_error *error);
} schemes[] = {
    {"sqlite:", rel_sqlite_open},
};

rel_code rel_store_open(const rel_store_options *options, rel_store **out, rel_error *error) {
  rel_str url = rel_cstr(options->url);
  *out = NULL;
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    size_t len = strlen(schemes[i].scheme);
    if (url.len < len || memcmp(url.ptr, schemes[i].scheme, len) != 0) continue;
    return schemes[i].open(options, rel_bytes(url.ptr + len, url.len - len), out, error);
  }
  // No password of a URL goes into a message.
  return rel_fail(error, REL_INVALID, "the database's URL has no scheme that is known here: sqlite:FILE");
}
