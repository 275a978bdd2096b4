// A LoaderService: see remote.h. Owns one call of it: its deadline, its end before that, and what its failure
// is to the caller.
#include "server/custom/remote.h"

#include "client/runtime/channel.h"
#include "server/custom/batch.h"

struct rel_remote {
  rel_channel *channel;
  rel_crew *crew;
};

static const char method[] = "/relations.v1.LoaderService/LoadBatch";

// Only what was surely not answered is asked again, within the deadline.
static const char service_config[] =
    "{\"methodConfig\":[{\"name\":[{\"service\":\"relations.v1.LoaderService\"}],"
    "\"retryPolicy\":{\"maxAttempts\":4,\"initialBackoff\":\"0.05s\",\"maxBackoff\":\"1s\","
    "\"backoffMultiplier\":2,\"retryableStatusCodes\":[\"UNAVAILABLE\"]}}]}";

// What a running call asks about.
typedef struct asking {
  const rel_crew *crew;
  rel_job *job;
  const rel_batch *batch;
} asking;

static bool of_no_use(void *context) {
  const asking *a = context;
  return rel_crew_of_no_use(a->crew, a->job, a->batch);
}

static int64_t ms_until(int64_t deadline_ns) {
  int64_t left_ns = deadline_ns - rel_clock_ns();
  return left_ns > REL_NS_PER_MS ? left_ns / REL_NS_PER_MS : 1;
}

// Calls until there is an answer, an error, or no time. The deadline of a call that is under way cannot move,
// the batch's can: whoever joined with a later one is not failed with an earlier one's.
static rel_code call(rel_remote *remote, rel_job *job, const rel_batch *batch, rel_str request,
                     rel_buf *answer, rel_error *error) {
  asking a = {remote->crew, job, batch};
  rel_code code;
  int64_t deadline_ns;
  do {
    deadline_ns = rel_deadline_get(batch->deadline);
    rel_channel_ask ask = {method, ms_until(deadline_ns), of_no_use, &a};
    code = rel_channel_call(remote->channel, &ask, request, answer, error);
  } while (code == REL_TIMEOUT && rel_deadline_get(batch->deadline) > deadline_ns);
  return code;
}

static rel_code fail_call(rel_remote *remote, const rel_plan *plan, rel_error *error) {
  rel_error theirs = *error;
  if (rel_crew_is_stopping(remote->crew))
    rel_custom_fail(error, plan, REL_UNAVAILABLE, "the server is stopping");
  else
    rel_custom_fail(error, plan, rel_code_plain(theirs.code), "%s", theirs.message);
  return error->code;
}

static rel_code load(void *object, rel_job *job, rel_batch *batch, rel_error *error) {
  rel_remote *remote = object;
  const rel_plan *plan = job->plan;
  rel_asked asked;
  rel_buf request = {0}, answer = {0};
  rel_code code = REL_OK;
  rel_asked_init(&asked, plan, batch);
  if (asked.count > 0) {
    rel_custom_request(plan, batch, &asked, &request);
    code = call(remote, job, batch, rel_buf_view(&request), &answer, error);
    batch->given_up = code == REL_TIMEOUT && rel_deadline_get(batch->deadline) <= rel_clock_ns();
    if (code != REL_OK)
      code = fail_call(remote, plan, error);
    else
      code = rel_custom_answer(plan, job, batch, &asked, rel_buf_view(&answer), error);
  }
  rel_buf_fini(&answer);
  rel_buf_fini(&request);
  rel_asked_fini(&asked);
  return code;
}

// --- Life ---

rel_code rel_remote_new(const rel_remote_options *options, rel_remote **out, rel_error *error) {
  rel_client_options connection = options->connection;
  connection.service_config = service_config;
  connection.user_agent = "relationsd";
  *out = NULL;
  rel_remote *remote = REL_NEW(rel_remote);
  rel_crew_options crew = {options->name, options->calls, load, remote};
  rel_code code = rel_channel_new(&connection, &remote->channel, error);
  if (code == REL_OK) code = rel_crew_new(&crew, &remote->crew, error);
  if (code == REL_OK)
    *out = remote;
  else
    rel_remote_free(remote);
  return code;
}

rel_crew *rel_remote_crew(const rel_remote *remote) {
  return remote->crew;
}

void rel_remote_free(rel_remote *remote) {
  if (remote == NULL) return;
  rel_crew_free(remote->crew);
  if (remote->channel != NULL) rel_channel_unref(remote->channel);
  free(remote);
}
