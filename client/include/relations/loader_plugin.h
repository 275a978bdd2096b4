// A custom loader within the server: a shared object that relationsd loads from the directory --loader-dir.
// Plain C; nothing but this header is needed, and nothing is linked.
//
//   static int load_batch(void *state, rel_plugin_batch *batch, char *message, size_t size) {
//     for (size_t i = 0; i < batch->key_count; i++)
//       ... batch->add(batch, i, bytes, len);
//     return REL_PLUGIN_OK;
//   }
//   const rel_plugin *rel_loader_plugin(void) {
//     static const rel_plugin plugin = {REL_PLUGIN_ABI, sizeof plugin, NULL, load_batch, NULL};
//     return &plugin;
//   }
//
//   cc -shared -fPIC -o ratings.so ratings.c
//
// relationsd --loader-dir DIR loads DIR/ratings.so for the relations with loader: "so:ratings".
//
// It runs as a part of the server, with all of the server's rights: it can read what the server can read, and
// if it crashes, the server does. What need not be within the server is better a LoaderService
// (relations/loader_host.h).
//
// The ABI. A plugin says the version that it was compiled with, and how large its table is. Under one
// version:
//   - members may be added at the end of a struct. Each struct begins with, or has next to its version, how
//     large it is: what lies behind that is not there. A server takes what a table lacks as NULL; a plugin
//     that uses a member which this header did not always have looks at `size` first;
//   - nothing is removed, reordered or resized, and no meaning changes: of numbers, of who owns what, of what
//     is called on which thread.
// Anything else is a new version. A server says which versions it loads, and refuses others by name. This
// header has version 1; no member has been added to it.
#ifndef RELATIONS_LOADER_PLUGIN_H
#define RELATIONS_LOADER_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REL_PLUGIN_ABI 1

// What a function returns: the numbers of gRPC's statuses. Those that a loader has use for:
enum {
  REL_PLUGIN_OK = 0,
  REL_PLUGIN_CANCELLED = 1,
  REL_PLUGIN_INVALID_ARGUMENT = 3,
  REL_PLUGIN_DEADLINE_EXCEEDED = 4,
  REL_PLUGIN_NOT_FOUND = 5,
  REL_PLUGIN_RESOURCE_EXHAUSTED = 8,
  REL_PLUGIN_FAILED_PRECONDITION = 9,
  REL_PLUGIN_UNIMPLEMENTED = 12,
  REL_PLUGIN_INTERNAL = 13,
  REL_PLUGIN_UNAVAILABLE = 14
};

// What a part of a key is. UUIDs in string fields are strings, in lower case with hyphens.
enum { REL_PLUGIN_INT64 = 1, REL_PLUGIN_UINT64 = 2, REL_PLUGIN_STRING = 3, REL_PLUGIN_BYTES = 4 };

// One part of a key.
typedef struct rel_plugin_part {
  uint32_t kind;
  uint32_t reserved; // 0
  int64_t int64;     // of REL_PLUGIN_INT64
  uint64_t uint64;   // of REL_PLUGIN_UINT64
  const char *bytes; // of a string, which is UTF-8 without NUL, or bytes; nothing ends them
  size_t len;
} rel_plugin_part;

// The keys that are wanted now, and where their records go. Valid until load_batch returns; one thread's.
typedef struct rel_plugin_batch rel_plugin_batch;
struct rel_plugin_batch {
  size_t size;       // of this struct
  const char *model; // full name of the owners' model: "bookshop.v1.Book"
  const char *relation;
  const char *record_type;      // full name of the message that records are
  size_t key_count;             // no key twice, none NULL
  size_t part_count;            // of each key
  const rel_plugin_part *parts; // part p of key i: parts[i * part_count + p]; part p has one kind in all keys

  // Adds a serialized message to the records of key `index`, in the order that callers get. The bytes are
  // copied. 0: there is no such key, or the answer has become too large; the batch fails.
  int (*add)(rel_plugin_batch *batch, size_t index, const void *record, size_t len);
  // Fails this key alone, with a status other than 0 and a message (UTF-8; NULL: none).
  void (*fail)(rel_plugin_batch *batch, size_t index, int status, const char *message);
  // Not 0 once nobody waits for the answer any more: nobody does after the deadline, and when the server
  // stops. Then return at once, with any status: a batch that has been told so is never taken for answered.
  // Cheap; may be asked on any thread.
  int (*cancelled)(const rel_plugin_batch *batch);
  // Until the deadline; 0 when it has passed, which says what cancelled says. It may move away while the
  // batch is loaded, never nearer.
  int64_t (*remaining_ms)(const rel_plugin_batch *batch);

  void *server; // not the plugin's
};

// What a plugin is. Functions that may fail write a message of up to `size` bytes, with its NUL; it is the
// caller's answer, so no secret belongs in it.
typedef struct rel_plugin {
  uint32_t abi;  // REL_PLUGIN_ABI
  uint32_t size; // sizeof(rel_plugin)
  // Once, before the first batch, when the first schema that names the loader is applied; `name` is the
  // loader's. May be NULL. With another status than 0 the schema is refused, and close is not called.
  int (*open)(const char *name, void **state, char *message, size_t size);
  // Called on several threads at a time, none of which it may end. A key without a record has none: EMPTY, or
  // DANGLING for a belongs_to. With another status than 0 every key of the batch fails with it, and nothing
  // of it is cached. It has to return when batch->cancelled says so: the callers have had their answer, but
  // its thread can do nothing else until then.
  int (*load_batch)(void *state, rel_plugin_batch *batch, char *message, size_t size);
  // Once, when the server stops and no batch runs. May be NULL.
  void (*close)(void *state);
} rel_plugin;

// The one symbol of a plugin. What it returns lives as long as the plugin is loaded.
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const rel_plugin *
rel_loader_plugin(void);

#ifdef __cplusplus
}
#endif

#endif
