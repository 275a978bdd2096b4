// Settings: see config.h. Adding one is a field of rel_config and a row of the table.
#include "server/config.h"

#include "common/clock.h"
#include "common/security/address.h"
#include "server/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

typedef enum kind { TEXT, LIST, SWITCH, COUNT, SIZE, DURATION, LEVEL, MODE } kind;

// A setting. `initial` is written as a user would write it; NULL: none. `boundless` is the word for "no
// limit", if there is one, and stands for the largest value of the field.
typedef struct setting {
  const char *name;
  kind kind;
  size_t offset;
  const char *initial;
  const char *unit; // what follows the flag
  uint64_t min;
  uint64_t max;
  const char *boundless;
  const char *meaning;
} setting;

#define AT(field) offsetof(rel_config, field)
#define MAX_NS    (24 * 3600 * UINT64_C(1000000000))

static const setting settings[] = {
    {"config", TEXT, AT(config), NULL, "FILE", 0, 0, NULL,
     "Settings, one a line as \"name = value\" with the names below; # begins a comment. A setting that "
     "takes several\n"
     "      values is written several times."},
    {"schema", LIST, AT(schema), NULL, "FILE", 0, 0, NULL,
     "The schema: a descriptor set (protoc --include_imports --descriptor_set_out) or a .proto file. "
     "Required; may be\n"
     "      given several times."},
    {"proto-path", LIST, AT(proto_path), NULL, "DIR", 0, 0, NULL,
     "Where .proto files and their imports are looked for. May be given several times."},
    {"database", TEXT, AT(database), NULL, "URL", 0, 0, NULL, "The database: sqlite:FILE. Required."},
    {"loader", LIST, AT(loader), NULL, "NAME=ADDRESS", 0, 0, NULL,
     "Where the LoaderService is that the schema calls \"grpc:NAME\": HOST:PORT or unix:PATH. May be given "
     "several times."},
    {"loader-dir", TEXT, AT(loader_dir), NULL, "DIR", 0, 0, NULL,
     "Where the shared objects are that the schema calls \"so:NAME\": DIR/NAME.so. They run as a part of the "
     "server,\n"
     "      so it and they must be writable by nobody but root and the server's user."},
    {"loader-calls", COUNT, AT(loader_calls), "4", "COUNT", 1, 1024, NULL,
     "Batches that one loader is asked for at a time, a thread each."},
    {"loader-tls-ca", TEXT, AT(loader_tls_ca), NULL, "FILE", 0, 0, NULL,
     "Who signs loaders' certificates, in PEM; every loader is then called over TLS. It, the certificate, "
     "the "
     "key and the\n"
     "      token are read again when they change."},
    {"loader-tls-cert", TEXT, AT(loader_tls_cert), NULL, "FILE", 0, 0, NULL,
     "The certificate that is shown to loaders, in PEM, for mutual TLS."},
    {"loader-tls-key", TEXT, AT(loader_tls_key), NULL, "FILE", 0, 0, NULL, "That certificate's key, in PEM."},
    {"loader-token-file", TEXT, AT(loader_token_file), NULL, "FILE", 0, 0, NULL,
     "Holds the bearer token that loaders are called with."},
    {"insecure-loaders", SWITCH, AT(insecure_loaders), "off", NULL, 0, 0, NULL,
     "Allows loaders on other machines without TLS: keys and records are sent unencrypted."},
    {"listen", LIST, AT(listen), "127.0.0.1:50051", "ADDRESS", 0, 0, NULL,
     "HOST:PORT (port 0 takes a free one) or unix:PATH. May be given several times."},
    {"insecure-listen-any", SWITCH, AT(insecure_listen_any), "off", NULL, 0, 0, NULL,
     "Allows addresses that are not of this machine alone without TLS. Calls are neither encrypted nor "
     "authenticated:\n"
     "      only for networks in which everybody may read the database."},
    {"tls-cert", TEXT, AT(tls_cert), NULL, "FILE", 0, 0, NULL,
     "The server's certificate and its chain, in PEM; every address then speaks TLS. It, the key and the CA "
     "are read again\n"
     "      when they change."},
    {"tls-key", TEXT, AT(tls_key), NULL, "FILE", 0, 0, NULL,
     "The certificate's key, in PEM, without passphrase."},
    {"tls-client-ca", TEXT, AT(tls_client_ca), NULL, "FILE", 0, 0, NULL,
     "Mutual TLS: clients must show a certificate that one of these authorities, in PEM, signed."},
    {"token-file", TEXT, AT(token_file), NULL, "FILE", 0, 0, NULL,
     "Calls need a bearer token of this file, which holds the line that `relations token new NAME` prints "
     "for "
     "each. Read\n"
     "      again when it changes. All calls but grpc.health.v1.Health/Check."},
    {"allow-apply", SWITCH, AT(allow_apply), "off", NULL, 0, 0, NULL,
     "Lets clients replace the schema with RegistryService.Apply."},
    {"cache", SWITCH, AT(cache), "on", NULL, 0, 0, NULL,
     "Whether answers are cached, unless the schema says otherwise."},
    {"cache-bytes", SIZE, AT(cache_bytes), "256MiB", "SIZE", 0, INT64_MAX, NULL,
     "Memory of the cache. 0 caches nothing."},
    {"cache-entries", COUNT, AT(cache_entries), "unlimited", "COUNT", 0, UINT64_MAX, "unlimited",
     "Entries of the cache, or \"unlimited\". 0 caches nothing."},
    {"cache-ttl", DURATION, AT(cache_ttl_ns), "never", "DURATION", 0, INT64_MAX, "never",
     "How long an entry is served, or \"never\" for without end, unless the schema says otherwise. 0 caches "
     "nothing."},
    {"connections", COUNT, AT(connections), "4", "COUNT", 1, 1024, NULL, "Connections to the database."},
    {"queues", COUNT, AT(queues), "1", "COUNT", 1, 64, NULL,
     "Threads that receive and answer calls. A second one costs a third more CPU for each call; take it when "
     "one is busy."},
    {"workers", COUNT, AT(workers), "2", "COUNT", 1, 1024, NULL,
     "Threads for calls that may block, such as Apply."},
    {"max-message-bytes", SIZE, AT(max_message_bytes), "4MiB", "SIZE", 1024, INT32_MAX, NULL,
     "The largest request."},
    {"max-keys", COUNT, AT(max_keys), "100000", "COUNT", 1, UINT32_MAX, NULL, "Keys of one request."},
    {"max-calls", COUNT, AT(max_calls), "10000", "COUNT", 1, 1000000, NULL,
     "Calls at a time; beyond them RESOURCE_EXHAUSTED is answered at once."},
    {"max-depth", COUNT, AT(max_depth), "32", "COUNT", 4, 100, NULL,
     "Messages within messages of a request."},
    {"max-answer-bytes", SIZE, AT(max_answer_bytes), "64MiB", "SIZE", 1024, INT32_MAX, NULL,
     "The largest answer of a call."},
    {"max-unsent-bytes", SIZE, AT(max_unsent_bytes), "1GiB", "SIZE", 1024, INT64_MAX, NULL,
     "Memory of large requests, of what is loaded for them, and of large answers until callers have read "
     "them, all "
     "calls\n      together; beyond it RESOURCE_EXHAUSTED."},
    {"max-received-bytes", SIZE, AT(max_received_bytes), "1GiB", "SIZE", 65536, INT64_MAX, NULL,
     "Memory of messages that are being received, all connections together; beyond it idle connections are "
     "closed "
     "and calls\n      cancelled."},
    {"max-owner-bytes", SIZE, AT(max_owner_bytes), "4MiB", "SIZE", 1024, INT32_MAX, NULL,
     "The most bytes of related records that one owner's part of an answer holds."},
    {"max-owner-rows", COUNT, AT(max_owner_rows), "100000", "COUNT", 1, UINT32_MAX, NULL,
     "The most related records that one owner's part of an answer holds."},
    {"max-include-relations", COUNT, AT(max_include_relations), "64", "COUNT", 1, 1000, NULL,
     "The most relations that the includes of one call name together, those on the way to them included."},
    {"max-include-depth", COUNT, AT(max_include_depth), "16", "COUNT", 1, 64, NULL,
     "The most relations on the way from a record to what is included in it, repetitions counted."},
    {"max-include-records", COUNT, AT(max_include_records), "1000000", "COUNT", 1, INT32_MAX, NULL,
     "The most related records within one record, or within what one key is answered with."},
    {"max-statements", COUNT, AT(max_statements), "unlimited", "COUNT", 1, UINT64_MAX, "unlimited",
     "The most statements that one call may take, as if nothing were cached. Callers may ask for a lower "
     "limit."},
    {"max-database-time", DURATION, AT(max_database_time_ns), "never", "DURATION", 1, INT64_MAX, "never",
     "The longest that one call may wait for the database altogether, or \"never\" for no limit but its "
     "deadline. "
     "Callers may\n"
     "      ask for a lower limit."},
    {"default-deadline", DURATION, AT(default_deadline_ns), "30s", "DURATION", 1, MAX_NS, NULL,
     "For calls that come without one."},
    {"max-deadline", DURATION, AT(max_deadline_ns), "5m", "DURATION", 1, MAX_NS, NULL,
     "The most that a call gets."},
    {"grace", DURATION, AT(grace_ns), "30s", "DURATION", 1, MAX_NS, NULL,
     "After SIGTERM: how long calls under way may take before they are cancelled."},
    {"max-connection-age", DURATION, AT(max_connection_age_ns), NULL, "DURATION", 1, INT64_MAX, "never",
     "After it clients are told to connect again, or \"never\": how long a connection can outlive the CA "
     "that vouched for its\n"
     "      client. 1h with --tls-client-ca, else never. Calls under way end as they would."},
    {"page-token-key-file", TEXT, AT(page_token_key_file), NULL, "FILE", 0, 0, NULL,
     "A secret of 32 bytes or more, which page tokens of queries are sealed with. Without it tokens end with "
     "the process;\n"
     "      servers beside each other need the same."},
    {"log-level", LEVEL, AT(log_level), "info", "LEVEL", 0, 0, NULL, "debug, info, warn, error or off."},
    {"version", MODE, REL_CONFIG_VERSION, NULL, NULL, 0, 0, NULL, "Prints the version."},
    {"help", MODE, REL_CONFIG_HELP, NULL, NULL, 0, 0, NULL, "Prints this."},
};

enum { SETTINGS = sizeof settings / sizeof settings[0] };

// Sources, the later over the earlier.
typedef enum source { INITIAL, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG } source;

typedef struct reader {
  rel_config *config;
  source source;
  source set_by[SETTINGS];
  rel_error *error;
} reader;

// Where a value was read: "flag --x", "environment RELATIONS_X", "FILE:LINE: x".
typedef struct place {
  char text[256];
} place;

// --- One value ---

static void *field_of(const reader *r, const setting *s) {
  return (char *)r->config + s->offset;
}

static rel_code wrong(const reader *r, const place *at, rel_str value, const char *expected) {
  enum { SHOWN = 80 };
  int len = (int)(value.len < SHOWN ? value.len : SHOWN);
  return rel_fail(r->error, REL_INVALID, "%s: \"%.*s\" is not %s", at->text, len, value.ptr, expected);
}

static void add_text(rel_config_list *list, rel_str value) {
  list->items = rel_realloc(list->items, (list->count + 1) * sizeof *list->items);
  list->items[list->count++] = rel_strdup(value);
}

static void clear_list(rel_config_list *list) {
  for (size_t i = 0; i < list->count; i++)
    free((char *)list->items[i]);
  free(list->items);
  *list = (rel_config_list){NULL, 0};
}

// The first value from a source replaces those of lower ones; further ones of the same source are added.
static void assign_list(const reader *r, const setting *s, rel_str value) {
  rel_config_list *list = field_of(r, s);
  if (r->set_by[s - settings] != r->source) clear_list(list);
  if (r->source != FROM_ENVIRONMENT) {
    add_text(list, value);
    return;
  }
  while (value.len > 0) { // a variable has one value: several are separated by commas
    const char *comma = memchr(value.ptr, ',', value.len);
    size_t len = comma != NULL ? (size_t)(comma - value.ptr) : value.len;
    if (len > 0) add_text(list, rel_bytes(value.ptr, len));
    size_t used = comma != NULL ? len + 1 : len;
    value = rel_bytes(value.ptr + used, value.len - used);
  }
}

static rel_code check_range(const reader *r, const setting *s, const place *at, rel_str text,
                            uint64_t value) {
  if (value >= s->min && value <= s->max) return REL_OK;
  const char *unit = s->kind == SIZE ? " bytes" : s->kind == DURATION ? " ns" : "";
  return rel_fail(r->error, REL_INVALID, "%s: " REL_STR_F " is out of range: %llu to %llu%s", at->text,
                  REL_STR_A(text), (unsigned long long)s->min, (unsigned long long)s->max, unit);
}

static rel_code assign_number(const reader *r, const setting *s, const place *at, rel_str text) {
  uint64_t *field = field_of(r, s);
  uint64_t value = 0;
  if (s->boundless != NULL && rel_str_is(text, s->boundless))
    value = s->max;
  else if (s->kind == COUNT && !rel_value_count(text, &value))
    return wrong(r, at, text, "a whole number");
  else if (s->kind == SIZE && !rel_value_size(text, &value))
    return wrong(r, at, text, "a size: write bytes or a whole number of KiB, MiB or GiB, as in 64MiB");
  rel_code code = check_range(r, s, at, text, value);
  if (code == REL_OK) *field = value;
  return code;
}

static rel_code assign_duration(const reader *r, const setting *s, const place *at, rel_str text) {
  int64_t *field = field_of(r, s);
  int64_t value = 0;
  if (s->boundless != NULL && rel_str_is(text, s->boundless))
    value = REL_NEVER;
  else if (!rel_value_duration(text, &value))
    return wrong(r, at, text, "a duration: write a whole number of ms, s, m or h, as in 250ms");
  rel_code code = check_range(r, s, at, text, (uint64_t)value);
  if (code == REL_OK) *field = value;
  return code;
}

static rel_code assign(reader *r, const setting *s, const place *at, rel_str value) {
  rel_code code = REL_OK;
  char **text = field_of(r, s);
  switch (s->kind) {
  case TEXT:
    free(*text);
    *text = rel_strdup(value);
    break;
  case LIST:
    assign_list(r, s, value);
    break;
  case SWITCH:
    if (!rel_value_switch(value, field_of(r, s))) code = wrong(r, at, value, "on or off");
    break;
  case COUNT:
  case SIZE:
    code = assign_number(r, s, at, value);
    break;
  case DURATION:
    code = assign_duration(r, s, at, value);
    break;
  case LEVEL:
    if (!rel_log_level_parse(value, field_of(r, s)))
      code = wrong(r, at, value, "debug, info, warn, error or off");
    break;
  case MODE:
    break;
  }
  r->set_by[s - settings] = r->source;
  return code;
}

static const setting *find(rel_str name) {
  for (size_t i = 0; i < SETTINGS; i++)
    if (rel_str_is(name, settings[i].name)) return &settings[i];
  return NULL;
}

static rel_code unknown(const reader *r, const char *prefix, const char *dashes, rel_str name) {
  rel_near near = rel_near_begin(name);
  for (size_t i = 0; i < SETTINGS; i++)
    rel_near_offer(&near, rel_cstr(settings[i].name));
  bool hint = near.best.len > 0;
  return rel_fail(r->error, REL_INVALID, "%s%s" REL_STR_F " is unknown%s%s" REL_STR_F "%s", prefix, dashes,
                  REL_STR_A(name), hint ? "; did you mean " : "", hint ? dashes : "", REL_STR_A(near.best),
                  hint ? "?" : "");
}

// --- Flags ---

// A flag as it was given; the next argument may be its value.
typedef struct flag {
  const setting *setting;
  rel_str value;
} flag;

static rel_code next_flag(const reader *r, int argc, const char *const *argv, int *at, flag *out) {
  const char *argument = argv[(*at)++];
  if (strncmp(argument, "--", 2) != 0)
    return rel_fail(r->error, REL_INVALID, "unexpected argument \"%s\": settings are written --name value",
                    argument);
  const char *equals = strchr(argument, '=');
  rel_str name = rel_cstr(argument + 2);
  if (equals != NULL) name.len = (size_t)(equals - argument) - 2;
  out->setting = find(name);
  if (out->setting == NULL) return unknown(r, "flag ", "--", name);
  if (equals != NULL) {
    out->value = rel_cstr(equals + 1);
  } else if (out->setting->kind == MODE) {
    out->value = rel_cstr("");
  } else if (out->setting->kind == SWITCH) {
    bool ignored;
    bool follows = *at < argc && rel_value_switch(rel_cstr(argv[*at]), &ignored);
    out->value = rel_cstr(follows ? argv[(*at)++] : "on");
  } else if (*at < argc) {
    out->value = rel_cstr(argv[(*at)++]);
  } else {
    return rel_fail(r->error, REL_INVALID, "flag %s needs a value", argument);
  }
  return REL_OK;
}

// Passes over the flags twice: for what must be known first (the file, --help), then for everything.
static rel_code read_flags(reader *r, int argc, const char *const *argv, bool first_pass) {
  r->source = FROM_FLAG;
  for (int i = 1; i < argc;) {
    flag given = {0};
    rel_code code = next_flag(r, argc, argv, &i, &given);
    if (code != REL_OK) return code;
    const setting *s = given.setting;
    if (s->kind == MODE) r->config->mode = (rel_config_mode)s->offset;
    if (first_pass != (s->offset == AT(config) && s->kind == TEXT)) continue;
    place at;
    snprintf(at.text, sizeof at.text, "flag --%s", s->name);
    code = assign(r, s, &at, given.value);
    if (code != REL_OK) return code;
  }
  return REL_OK;
}

// --- Environment ---

static void variable_name(const setting *s, char *out, size_t size) {
  snprintf(out, size, "RELATIONS_%s", s->name);
  for (char *c = out; *c != '\0'; c++)
    *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static rel_code read_variable(reader *r, const setting *s) {
  char name[64];
  variable_name(s, name, sizeof name);
  const char *value = getenv(name);
  if (value == NULL || value[0] == '\0') return REL_OK;
  place at;
  snprintf(at.text, sizeof at.text, "environment %s", name);
  r->source = FROM_ENVIRONMENT;
  return assign(r, s, &at, rel_cstr(value));
}

static rel_code read_environment(reader *r) {
  rel_code code = REL_OK;
  for (size_t i = 0; i < SETTINGS && code == REL_OK; i++)
    if (settings[i].kind != MODE && settings[i].offset != AT(config)) code = read_variable(r, &settings[i]);
  return code;
}

// --- File ---

static rel_str trim(rel_str text) {
  while (text.len > 0 && isspace((unsigned char)text.ptr[0]))
    text = rel_bytes(text.ptr + 1, text.len - 1);
  while (text.len > 0 && isspace((unsigned char)text.ptr[text.len - 1]))
    text.len--;
  return text;
}

static rel_code read_line(reader *r, const char *path, unsigned number, rel_str line) {
  line = trim(line);
  if (line.len == 0 || line.ptr[0] == '#') return REL_OK;
  place at;
  snprintf(at.text, sizeof at.text, "%s:%u: ", path, number);
  const char *equals = memchr(line.ptr, '=', line.len);
  if (equals == NULL) return rel_fail(r->error, REL_INVALID, "%sexpected name = value", at.text);
  rel_str name = trim(rel_bytes(line.ptr, (size_t)(equals - line.ptr)));
  rel_str value = trim(rel_bytes(equals + 1, line.len - (size_t)(equals + 1 - line.ptr)));
  const setting *s = find(name);
  if (s == NULL || s->kind == MODE) return unknown(r, at.text, "", name);
  if (s->offset == AT(config))
    return rel_fail(r->error, REL_INVALID, "%sconfig: a file names no other file", at.text);
  snprintf(at.text, sizeof at.text, "%s:%u: %s", path, number, s->name);
  return assign(r, s, &at, value);
}

static rel_code read_file(reader *r, const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return rel_fail(r->error, REL_INVALID, "cannot read %s: %s", path, strerror(errno));
  r->source = FROM_FILE;
  rel_code code = REL_OK;
  char *line = NULL;
  size_t capacity = 0;
  ssize_t len;
  for (unsigned number = 1; code == REL_OK && (len = getline(&line, &capacity, file)) >= 0; number++)
    code = read_line(r, path, number, rel_bytes(line, (size_t)len));
  if (code == REL_OK && ferror(file))
    code = rel_fail(r->error, REL_INVALID, "cannot read %s: %s", path, strerror(errno));
  free(line);
  fclose(file);
  return code;
}

// --- Everything ---

static rel_code set_initial(reader *r) {
  rel_code code = REL_OK;
  place at = {"default"};
  r->source = INITIAL;
  for (size_t i = 0; i < SETTINGS && code == REL_OK; i++)
    if (settings[i].initial != NULL) code = assign(r, &settings[i], &at, rel_cstr(settings[i].initial));
  return code;
}

static bool is_set(const char *text) {
  return text != NULL && text[0] != '\0';
}

// Who may connect, and what is sent in the clear.
static rel_code check_listen(const rel_config *config, const char *address, rel_error *error) {
  if (is_set(config->tls_cert) || rel_address_is_local(address)) return REL_OK;
  if (is_set(config->token_file))
    return rel_fail(error, REL_INVALID,
                    "listen %s: tokens would be sent unencrypted; give --tls-cert and --tls-key", address);
  if (config->insecure_listen_any) return REL_OK;
  return rel_fail(
      error, REL_INVALID,
      "listen %s: other machines could call, and read the database unencrypted; give --tls-cert and "
      "--tls-key, or, if that is meant, --insecure-listen-any",
      address);
}

// Keys and records go to loaders, and come back.
static rel_code check_loaders(const rel_config *config, rel_error *error) {
  bool tls = is_set(config->loader_tls_ca) || is_set(config->loader_tls_cert);
  if (is_set(config->loader_tls_cert) != is_set(config->loader_tls_key))
    return rel_fail(error, REL_INVALID, "loader-tls-cert and loader-tls-key need each other: give both");
  for (size_t i = 0; i < config->loader.count && !tls && !config->insecure_loaders; i++) {
    const char *equals = strchr(config->loader.items[i], '=');
    if (equals == NULL || equals[1] == '\0' || rel_address_is_local(equals + 1)) continue;
    return rel_fail(
        error, REL_INVALID,
        "loader %s: keys and records would be sent unencrypted; give --loader-tls-ca, or, if that is "
        "meant, --insecure-loaders",
        config->loader.items[i]);
  }
  return REL_OK;
}

static rel_code check_security(const rel_config *config, rel_error *error) {
  if (is_set(config->tls_cert) != is_set(config->tls_key))
    return rel_fail(error, REL_INVALID,
                    "tls-cert and tls-key need each other: give both --tls-cert and --tls-key");
  if (is_set(config->tls_client_ca) && !is_set(config->tls_cert))
    return rel_fail(error, REL_INVALID, "tls-client-ca needs TLS: give --tls-cert and --tls-key");
  rel_code code = check_loaders(config, error);
  for (size_t i = 0; i < config->listen.count && code == REL_OK; i++)
    code = check_listen(config, config->listen.items[i], error);
  return code;
}

static rel_code check(const rel_config *config, rel_error *error) {
  if (config->schema.count == 0)
    return rel_fail(error, REL_INVALID, "no schema: give --schema FILE (see --help)");
  if (config->database == NULL || config->database[0] == '\0')
    return rel_fail(error, REL_INVALID, "no database: give --database sqlite:FILE (see --help)");
  if (config->default_deadline_ns > config->max_deadline_ns)
    return rel_fail(error, REL_INVALID, "default-deadline is longer than max-deadline");
  return check_security(config, error);
}

static rel_code read_sources(reader *r, int argc, const char *const *argv) {
  rel_code code = set_initial(r);
  if (code == REL_OK) code = read_variable(r, find(rel_cstr("config")));
  if (code == REL_OK) code = read_flags(r, argc, argv, true);
  if (code != REL_OK || r->config->mode != REL_CONFIG_SERVE) return code;
  if (r->config->config != NULL) code = read_file(r, r->config->config);
  if (code == REL_OK) code = read_environment(r);
  if (code == REL_OK) code = read_flags(r, argc, argv, false);
  return code == REL_OK ? check(r->config, r->error) : code;
}

rel_code rel_config_read(int argc, const char *const *argv, rel_config *config, rel_error *error) {
  *config = (rel_config){0};
  reader r = {.config = config, .error = error};
  return read_sources(&r, argc, argv);
}

void rel_config_fini(rel_config *config) {
  if (config == NULL) return;
  for (size_t i = 0; i < SETTINGS; i++) {
    void *field = (char *)config + settings[i].offset;
    if (settings[i].kind == LIST) clear_list(field);
    if (settings[i].kind == TEXT) free(*(char **)field);
  }
  *config = (rel_config){0};
}

static void help_line(const setting *s, rel_buf *out) {
  char variable[64];
  variable_name(s, variable, sizeof variable);
  rel_buf_printf(out, "  --%s%s%s", s->name, s->unit != NULL ? " " : "", s->unit != NULL ? s->unit : "");
  if (s->kind == SWITCH) rel_buf_cstr(out, " [on|off]");
  if (s->kind != MODE) rel_buf_printf(out, "  (%s", variable);
  if (s->initial != NULL) rel_buf_printf(out, ", default %s", s->initial);
  rel_buf_printf(out, "%s\n      %s\n", s->kind != MODE ? ")" : "", s->meaning);
}

void rel_config_help(rel_buf *out) {
  rel_buf_cstr(
      out,
      "relationsd serves the relations of a schema over a database by gRPC.\n\n"
      "Usage: relationsd --schema library.binpb --database sqlite:library.db [settings]\n\n"
      "A flag comes before the environment variable of the same setting, that before the file, that before\n"
      "the default. A SIZE is in bytes, or in KiB, MiB or GiB as in 64MiB; a DURATION in ms, s, m or h as "
      "in\n"
      "250ms. Several values in one variable are separated by commas.\n\n");
  for (size_t i = 0; i < SETTINGS; i++)
    help_line(&settings[i], out);
}
