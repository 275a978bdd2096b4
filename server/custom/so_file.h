// The file of a loader of the kind "so:": DIR/NAME.so, which files are taken, and what is in them.
//
// For so.c, and for `relations check`. Stateless; any thread. A schema names a loader, and schemas may come
// from clients; which code runs in the server is for whoever can write to the directory to say, and for
// nobody else.
#ifndef RELATIONS_SERVER_CUSTOM_SO_FILE_H
#define RELATIONS_SERVER_CUSTOM_SO_FILE_H

#include "common/str.h"

#include <relations/loader_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

// Looks at the file without loading it. REL_BAD_SCHEMA names it, and what to change: a plain name; a regular
// file, no link; it and the directory writable by nobody but root and the user whom the process runs as.
rel_code rel_so_check(const char *directory, rel_str name, rel_error *error) REL_MUST_CHECK;

// Whether a process of user `self` runs code that is `owner`'s.
bool rel_so_trusts_owner(unsigned owner, unsigned self);

// Checks the file, loads it, which runs what it runs when it is loaded, and finds its table. *plugin is a
// copy of the table, with NULL for what it lacks; load_batch is there.
rel_code rel_so_load(const char *directory, rel_str name, void **handle, rel_plugin *plugin,
                     rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_so_unload(void *handle);

#ifdef __cplusplus
}
#endif

#endif
