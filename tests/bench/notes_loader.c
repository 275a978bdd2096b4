// A custom loader for the benchmark: three notes for every sensor, out of nothing, so that what is measured
// is the way there and back. Writes {"event":"listening","port":N} to standard error and serves until
// SIGTERM.
#include "query_bench.relations.h"

#include <inttypes.h>
#include <relations/loader_host.h>
#include <signal.h>
#include <stdio.h>

#include "tests/bench/query_data.h"

static rel_code load(rel_loader_batch *batch, void *context, rel_error *error) {
  (void)context;
  if (batch->count > 0 && batch->keys->kind_case != RELATIONS__V1__KEYS__KIND_INT64S)
    return rel_fail(error, REL_INVALID, "sensors have integer keys");
  for (size_t i = 0; i < batch->count; i++)
    for (int number = 1; number <= REL_NOTES_OF_A_SENSOR; number++) {
      Bench__Query__V1__Note note = BENCH__QUERY__V1__NOTE__INIT;
      char text[64];
      note.sensor_id = batch->keys->int64s->values[i];
      note.number = number;
      note.text = text;
      snprintf(text, sizeof text, "Note %d on sensor %" PRId64 ", seen and in order", number, note.sensor_id);
      rel_loader_add(batch, i, &note.base);
    }
  return REL_OK;
}

int main(void) {
  rel_loader_host_options options = {.listen = "127.0.0.1:0", .load = load};
  rel_loader_host *host;
  rel_error error;
  sigset_t signals;
  int number;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  if (rel_loader_host_start(&options, &host, &error) != REL_OK) {
    fprintf(stderr, "notes_loader: %s\n", error.message);
    return 1;
  }
  fprintf(stderr, "{\"event\":\"listening\",\"port\":%d}\n", rel_loader_host_port(host));
  sigwait(&signals, &number);
  rel_loader_host_stop(host);
  return 0;
}
