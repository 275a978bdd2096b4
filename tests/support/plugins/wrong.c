// Shared objects that are no loaders, one for each way of being none; WRONG says which.
#include <relations/loader_plugin.h>

#include <stdio.h>

#define NO_TABLE   1
#define OTHER_ABI  2
#define TOO_SMALL  3
#define NO_LOAD    4
#define OPEN_FAILS 5
#define UNDEFINED  6
#define NO_ENTRY   7

#if WRONG == UNDEFINED
int rel_test_function_that_is_nowhere(void);
#endif

#if WRONG != NO_ENTRY
static int load_batch(void *state, rel_plugin_batch *batch, char *message, size_t size) {
  (void)state;
  (void)batch;
  snprintf(message, size, "never called");
#if WRONG == UNDEFINED
  return rel_test_function_that_is_nowhere();
#else
  return REL_PLUGIN_INTERNAL;
#endif
}

static int open_loader(const char *name, void **state, char *message, size_t size) {
  (void)name;
  (void)state;
  snprintf(message, size, "the index is missing");
  return WRONG == OPEN_FAILS ? REL_PLUGIN_UNAVAILABLE : REL_PLUGIN_OK;
}

const rel_plugin *rel_loader_plugin(void) {
  static rel_plugin plugin = {REL_PLUGIN_ABI, sizeof plugin, open_loader, load_batch, NULL};
  if (WRONG == OTHER_ABI) plugin.abi = REL_PLUGIN_ABI + 1;
  if (WRONG == TOO_SMALL) plugin.size = offsetof(rel_plugin, load_batch);
  if (WRONG == NO_LOAD) plugin.load_batch = NULL;
  return WRONG == NO_TABLE ? NULL : &plugin;
}
#else
int rel_test_something_else(void);
int rel_test_something_else(void) {
  return 0;
}
#endif
