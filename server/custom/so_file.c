// Files of loaders: see so_file.h. Owns who may have written one.
#include "server/custom/so_file.h"

#include "common/schema/schema.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// --- Whose the file is ---

bool rel_so_trusts_owner(unsigned owner, unsigned self) {
  return owner == 0 || owner == self;
}

// Whoever can write the file, or replace it, decides what the server does with all of its rights.
static rel_code check_owner(const struct stat *status, const char *path, rel_error *error) {
  if (!rel_so_trusts_owner(status->st_uid, geteuid()))
    return rel_fail(error, REL_BAD_SCHEMA,
                    "loader: %s belongs to user %u, who could make the server run anything; give it to root, "
                    "or to user %u, who the server runs as",
                    path, (unsigned)status->st_uid, (unsigned)geteuid());
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return rel_fail(error, REL_BAD_SCHEMA,
                    "loader: %s is writable by its group or by others, who could make the server run "
                    "anything; chmod go-w it",
                    path);
  return REL_OK;
}

static rel_code check_directory(const char *directory, rel_error *error) {
  struct stat status;
  if (stat(directory, &status) != 0)
    return rel_fail(error, REL_BAD_SCHEMA, "loader: cannot look into %s (--loader-dir): %s", directory,
                    strerror(errno));
  if (!S_ISDIR(status.st_mode))
    return rel_fail(error, REL_BAD_SCHEMA, "loader: %s (--loader-dir) is no directory", directory);
  return check_owner(&status, directory, error);
}

static rel_code check_file(const char *path, rel_error *error) {
  struct stat status;
  if (lstat(path, &status) != 0)
    return errno == ENOENT
               ? rel_fail(error, REL_BAD_SCHEMA, "loader: there is no %s; put the shared object there", path)
               : rel_fail(error, REL_BAD_SCHEMA, "loader: cannot look at %s: %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode))
    return rel_fail(error, REL_BAD_SCHEMA,
                    "loader: %s is no regular file; put the shared object itself there", path);
  return check_owner(&status, path, error);
}

static rel_code find(const char *directory, rel_str name, rel_buf *path, rel_error *error) {
  if (!rel_loader_name_valid(name)) // what keeps the path within the directory
    return rel_fail(error, REL_BAD_SCHEMA, "loader: \"" REL_STR_F "\" is no plain name of a-z, 0-9, _ and -",
                    REL_STR_A(name));
  rel_buf_printf(path, "%s/" REL_STR_F ".so", directory, REL_STR_A(name));
  rel_code code = check_directory(directory, error);
  return code == REL_OK ? check_file(rel_buf_text(path), error) : code;
}

rel_code rel_so_check(const char *directory, rel_str name, rel_error *error) {
  rel_buf path = {0};
  rel_code code = find(directory, name, &path, error);
  rel_buf_fini(&path);
  return code;
}

// --- What is in it ---

// Copies what the table has; what it lacks stays NULL.
static rel_code read_table(const rel_plugin *table, const char *path, rel_plugin *plugin, rel_error *error) {
  *plugin = (rel_plugin){0};
  if (table == NULL)
    return rel_fail(error, REL_BAD_SCHEMA, "loader: rel_loader_plugin of %s returns no table", path);
  if (table->abi != REL_PLUGIN_ABI)
    return rel_fail(
        error, REL_BAD_SCHEMA,
        "loader: %s has version %u of the ABI, this server loads version %d; compile it with this "
        "server's relations/loader_plugin.h",
        path, (unsigned)table->abi, REL_PLUGIN_ABI);
  memcpy(plugin, table, table->size < sizeof *plugin ? table->size : sizeof *plugin);
  if (table->size < offsetof(rel_plugin, load_batch) + sizeof plugin->load_batch ||
      plugin->load_batch == NULL)
    return rel_fail(error, REL_BAD_SCHEMA,
                    "loader: the table of %s has no load_batch (its size is %u); set `size` to "
                    "sizeof(rel_plugin), and the function",
                    path, (unsigned)table->size);
  return REL_OK;
}

static rel_code load_path(const char *path, void **handle, rel_plugin *plugin, rel_error *error) {
  *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (*handle == NULL) // the message begins with the path
    return rel_fail(error, REL_BAD_SCHEMA, "loader: cannot load %s; is it a shared object for this machine?",
                    dlerror());
  const rel_plugin *(*entry)(void);
  *(void **)&entry = dlsym(*handle, "rel_loader_plugin");
  rel_code code =
      entry != NULL
          ? read_table(entry(), path, plugin, error)
          : rel_fail(error, REL_BAD_SCHEMA,
                     "loader: %s has no symbol rel_loader_plugin; see relations/loader_plugin.h", path);
  if (code == REL_OK) return code;
  rel_so_unload(*handle);
  *handle = NULL;
  return code;
}

rel_code rel_so_load(const char *directory, rel_str name, void **handle, rel_plugin *plugin,
                     rel_error *error) {
  rel_buf path = {0};
  *handle = NULL;
  rel_code code = find(directory, name, &path, error);
  if (code == REL_OK) code = load_path(rel_buf_text(&path), handle, plugin, error);
  rel_buf_fini(&path);
  return code;
}

void rel_so_unload(void *handle) {
  if (handle != NULL) dlclose(handle);
}
