// Servers: see remote.h.
#include "client/cli/remote.h"

#include "common/clock.h"

#include <ctype.h>

rel_code rel_remote_time(const char *option, const char *text, int64_t *ns, rel_error *error) {
  static const struct {
    const char *unit;
    int64_t ns;
  } units[] = {{"ms", REL_NS_PER_MS},
               {"s", REL_NS_PER_S},
               {"m", 60 * REL_NS_PER_S},
               {"h", 3600 * REL_NS_PER_S},
               {"", REL_NS_PER_S}};
  int64_t count = 0;
  const char *p = text;
  while (isdigit((unsigned char)*p) && count < INT32_MAX / 10)
    count = count * 10 + (*p++ - '0');
  for (size_t i = 0; p != text && i < sizeof units / sizeof units[0]; i++) {
    if (strcmp(p, units[i].unit) != 0) continue;
    *ns = count * units[i].ns;
    return REL_OK;
  }
  return rel_fail(error, REL_INVALID, "--%s needs a time like 500ms, 10s or 2m, not \"%s\"", option, text);
}

static const char *setting(const rel_args *args, const char *option, const char *variable) {
  const char *value = rel_args_get(args, option);
  if (value == NULL) value = getenv(variable);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

static void set_security(const rel_args *args, rel_client_options *options) {
  options->tls = rel_args_get(args, "tls") != NULL;
  options->tls_ca_file = setting(args, "tls-ca", "RELATIONS_CLIENT_TLS_CA");
  options->tls_cert_file = setting(args, "tls-cert", "RELATIONS_CLIENT_TLS_CERT");
  options->tls_key_file = setting(args, "tls-key", "RELATIONS_CLIENT_TLS_KEY");
  options->tls_server_name = rel_args_get(args, "tls-server-name");
  options->token_file = setting(args, "token-file", "RELATIONS_CLIENT_TOKEN_FILE");
}

rel_code rel_remote_connect(const rel_args *args, rel_client **out, rel_error *error) {
  rel_client_options options = {.timeout_ms = 10 * 1000, .user_agent = "relations-cli"};
  const char *deadline = rel_args_get(args, "deadline");
  if (deadline != NULL) {
    int64_t ns = 0;
    rel_code code = rel_remote_time("deadline", deadline, &ns, error);
    if (code == REL_OK && ns < REL_NS_PER_MS)
      code = rel_fail(error, REL_INVALID, "--deadline must be longer than 0");
    if (code != REL_OK) return code;
    options.timeout_ms = ns / REL_NS_PER_MS;
  }
  options.target = rel_args_get(args, "server");
  if (options.target == NULL) options.target = getenv("RELATIONS_SERVER");
  set_security(args, &options);
  setenv("GRPC_VERBOSITY", "NONE", 0); // errors are told once, by us
  return rel_client_connect(&options, out, error);
}

static bool ends_in_name(const char *full, const char *name) {
  size_t full_len = strlen(full), len = strlen(name);
  return full_len > len && full[full_len - len - 1] == '.' && strcmp(full + full_len - len, name) == 0;
}

// The full name of a model; NULL when no model ends so or several do.
static const char *find_full_name(const Relations__V1__ListModelsResponse *models, const char *name) {
  const char *found = NULL;
  for (size_t i = 0; i < models->n_models; i++) {
    const char *full = models->models[i]->name;
    if (strcmp(full, name) == 0) return full;
    if (!ends_in_name(full, name)) continue;
    if (found != NULL) return NULL;
    found = full;
  }
  return found;
}

rel_code rel_remote_model(rel_client *client, const char *name, Relations__V1__DescribeModelResponse **out,
                          rel_error *error) {
  *out = NULL;
  Relations__V1__ListModelsResponse *models;
  rel_code code = rel_client_list_models(client, &models, error);
  if (code != REL_OK) return code;
  const char *full = find_full_name(models, name);
  // An unknown name goes to the server as well, whose answer says what is near it.
  code = rel_client_describe_model(client, full != NULL ? full : name, out, error);
  if (code == REL_OK &&
      ((*out)->model == NULL || (*out)->model->n_fields == 0 || (*out)->model->n_primary_key == 0) &&
      !((*out)->model != NULL && (*out)->model->abstract)) {
    relations__v1__describe_model_response__free_unpacked(*out, NULL);
    *out = NULL;
    code = rel_fail(error, REL_INTERNAL, "the server described the model %s without fields or without a key",
                    name);
  }
  relations__v1__list_models_response__free_unpacked(models, NULL);
  return code;
}

int rel_remote_run(const rel_args *args, rel_remote_action *action, FILE *out, FILE *err) {
  rel_error error;
  rel_client *client = NULL;
  bool fine = true;
  rel_arena arena;
  rel_arena_init(&arena);
  rel_code code = rel_remote_connect(args, &client, &error);
  if (code == REL_OK) code = action(args, client, &arena, out, &fine, &error);
  if (code != REL_OK) rel_cli_fail(err, &error);
  if (code == REL_UNAVAILABLE)
    fprintf(
        err,
        "relations: start relationsd, or say with --server ADDRESS where one is; if it speaks TLS, --tls-ca "
        "FILE says who signs its certificate\n");
  if (code == REL_UNAUTHENTICATED) fprintf(err, "relations: --token-file FILE says where the token is\n");
  rel_client_free(client);
  rel_arena_fini(&arena);
  if (code != REL_OK) return code == REL_INVALID ? REL_EXIT_USAGE : REL_EXIT_FAILED;
  return fine ? REL_EXIT_OK : REL_EXIT_FAILED;
}
