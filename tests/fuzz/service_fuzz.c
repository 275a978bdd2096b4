// Whole requests, as bytes, to a server in this process: what reads them, plans, runs and answers is all that
// a stranger meets. No failure but a request's own is expected: a statement that SQLite does not take is
// INTERNAL, and a bug.
//
// The first byte says which method the rest is a request of.
#include "client/runtime/channel.h"
#include "server/handlers/services.h"
#include "tests/fuzz/question_schema.h"
#include "tests/fuzz/question_world.h"

#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_REQUEST = 4096, TIMEOUT_MS = 60000 };

static struct {
  rel_services services;
  rel_token_key key;
  size_t ahead_bytes;
  rel_rpc *rpc;
  rel_channel *channel;
} world;

// The store would notice that its file is gone.
static char path[] = "/tmp/service_fuzz.XXXXXX";

static void remove_database(void) {
  unlink(path);
}

static void open_services(void) {
  rel_error error = {0};
  rel_findings findings = {0};
  char digest[33];
  rel_snapshot_options options = {.cache = rel_cache_new(&(rel_cache_limits){1 << 20, UINT64_MAX}),
                                  .cache_defaults = {true, REL_NEVER, UINT64_MAX, UINT64_MAX},
                                  .limits = {1 << 20, 1000}};
  question_store(path, &options.store);
  atexit(remove_database);
  rel_str set = rel_bytes((const char *)question_schema, question_schema_len);
  world.services.registry = rel_registry_new(&options);
  question_must(rel_registry_apply(world.services.registry, set, rel_cstr(""), &findings, digest, &error),
                &error);
  question_must(rel_token_key_random(&world.key, &error), &error);
  rel_findings_fini(&findings);
  world.services.cache = options.cache;
  world.services.store = options.store;
  world.services.token_key = &world.key;
  world.services.max_keys = 1000;
  world.services.max_answer_bytes = 1 << 20;
  world.services.trees = (rel_tree_settings){
      .limits = {.max_nodes = 64, .max_depth = 16, .max_records = 1000, .max_bytes = 1 << 20},
      .token_key = &world.key,
      .statements = 1};
  world.services.budget = (rel_budget){SIZE_MAX, SIZE_MAX, REL_NEVER};
  world.services.ahead_bytes = &world.ahead_bytes;
}

// Once; it lasts as long as the process.
static void open_world(void) {
  rel_error error = {0};
  rel_method table[REL_SERVICE_METHODS_MAX];
  char address[64];
  open_services();
  const char *listen[] = {"127.0.0.1:0"};
  rel_rpc_options options = {
      .listen = listen, .listen_count = 1, .fallback = rel_typed_fallback(&world.services)};
  question_must(
      rel_rpc_new(&options, table, rel_relation_methods(&world.services, table), &world.rpc, &error), &error);
  rel_rpc_start(world.rpc);
  snprintf(address, sizeof address, "127.0.0.1:%d", rel_rpc_port(world.rpc, 0));
  rel_client_options client = {.target = address};
  question_must(rel_channel_new(&client, &world.channel, &error), &error);
}

static bool take(void *context, rel_str bytes) {
  (void)context, (void)bytes;
  return true;
}

// What is wrong with a request, with a row, or with how much was asked for.
static void expect(rel_code code, const rel_error *error) {
  static const rel_code faults[] = {REL_INTERNAL, REL_UNAVAILABLE, REL_TIMEOUT, REL_PRECONDITION};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    if (code == faults[i]) question_must(code, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct {
    char letter;
    const char *path;
  } methods[] = {
      {'g', "/relations.v1.RelationService/Get"},
      {'l', "/relations.v1.RelationService/Load"},
      {'c', "/relations.v1.RelationService/Count"},
      {'e', "/relations.v1.RelationService/Exists"},
      {'a', "/relations.v1.RelationService/Aggregate"},
      {'x', "/relations.v1.RelationService/Explain"},
      {'t', "/q.v1.ThingService/Get"},
  };
  if (size == 0 || size > MAX_REQUEST) return 0;
  if (world.channel == NULL) open_world();
  rel_str request = rel_bytes(data + 1, size - 1);
  rel_error error = {0};
  if (data[0] == 'q') {
    rel_channel_stream query = {"/relations.v1.RelationService/Query", TIMEOUT_MS, take, NULL};
    expect(rel_channel_read(world.channel, &query, request, &error), &error);
    return 0;
  }
  rel_buf answer = {0};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if ((char)data[0] == methods[i].letter)
      expect(rel_channel_unary(world.channel, methods[i].path, TIMEOUT_MS, request, &answer, &error), &error);
  rel_buf_fini(&answer);
  return 0;
}
