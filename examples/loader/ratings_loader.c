// A custom loader in C: the ratings of books. Usage: ratings_loader [ADDRESS [CERT KEY [CLIENT_CA]]]
#include "bookshop.relations.h"

#include <relations/loader_host.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

// Where a loader of yours would ask another service, a search index, a file.
static const struct {
  int64_t book_id;
  const char *reader;
  int stars;
} ratings[] = {{1, "ann", 5}, {1, "bob", 3}, {2, "cid", 4}};

static rel_code load(rel_loader_batch *batch, void *context, rel_error *error) {
  (void)context;
  if (strcmp(batch->relation, "ratings") != 0)
    return rel_fail(error, REL_UNIMPLEMENTED, "this loader knows ratings only");
  if (batch->count > 0 && batch->keys->kind_case != RELATIONS__V1__KEYS__KIND_INT64S)
    return rel_fail(error, REL_INVALID, "books have integer keys");
  for (size_t i = 0; i < batch->count; i++)
    for (size_t r = 0; r < sizeof ratings / sizeof ratings[0]; r++) {
      if (ratings[r].book_id != batch->keys->int64s->values[i]) continue;
      Bookshop__V1__Rating rating = BOOKSHOP__V1__RATING__INIT;
      rating.book_id = ratings[r].book_id;
      rating.reader = (char *)ratings[r].reader;
      rating.stars = ratings[r].stars;
      rel_loader_add(batch, i, &rating.base);
    }
  return REL_OK;
}

int main(int argc, char **argv) {
  rel_loader_host_options options = {.listen = argc > 1 ? argv[1] : "127.0.0.1:50052",
                                     .load = load,
                                     .tls_cert_file = argc > 3 ? argv[2] : NULL,
                                     .tls_key_file = argc > 3 ? argv[3] : NULL,
                                     .tls_client_ca_file = argc > 4 ? argv[4] : NULL};
  rel_loader_host *host;
  rel_error error;
  sigset_t signals;
  int number;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  if (rel_loader_host_start(&options, &host, &error) != REL_OK) {
    fprintf(stderr, "ratings_loader: %s\n", error.message);
    return 1;
  }
  printf("listening on port %d\n", rel_loader_host_port(host));
  fflush(stdout);
  sigwait(&signals, &number);
  rel_loader_host_stop(host);
  return 0;
}
