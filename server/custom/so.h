// One custom loader of the kind "so:": a shared object within the process (relations/loader_plugin.h).
//
// For loaders.c. Thread-safe, but for new, stop and free. What the plugin does to the process is its own;
// what it answers is checked like any loader's.
#ifndef RELATIONS_SERVER_CUSTOM_SO_H
#define RELATIONS_SERVER_CUSTOM_SO_H

#include "server/custom/crew.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_so rel_so;

typedef struct rel_so_options {
  const char *directory;
  rel_str name;            // copied
  unsigned calls;          // under way at a time, a thread each
  size_t max_answer_bytes; // of one batch
  int64_t patience_ns;     // how long stop waits for a plugin to return; 0: 5 s
} rel_so_options;

// Loads and opens it. REL_BAD_SCHEMA names the file, and what to change.
rel_code rel_so_new(const rel_so_options *options, rel_so **out, rel_error *error) REL_MUST_CHECK;
rel_crew *rel_so_crew(const rel_so *so);

// Ends its crew and closes the plugin. One that does not return within the time of patience is logged
// (`loader_stuck`) and left as it is until the process ends: its threads cannot be ended, nor can what they
// run be unloaded.
void rel_so_stop(rel_so *so);
// After stop, and after the last plan is freed. Accepts NULL.
void rel_so_free(rel_so *so);

#ifdef __cplusplus
}
#endif

#endif
