// The server's settings: from flags, over the environment, over a file, over defaults.
//
// One table in config.c describes every setting, and all three sources and the help text come from it. Used
// by main once, before there are threads. It knows the settings' form, not what they do.
#ifndef RELATIONS_SERVER_CONFIG_H
#define RELATIONS_SERVER_CONFIG_H

#include "common/log.h"
#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// What was asked for.
typedef enum rel_config_mode { REL_CONFIG_SERVE, REL_CONFIG_HELP, REL_CONFIG_VERSION } rel_config_mode;

// Texts of a setting that may be given several times.
typedef struct rel_config_list {
  const char **items;
  size_t count;
} rel_config_list;

// Every setting, after the sources and the defaults. The texts are owned by the struct.
typedef struct rel_config {
  rel_config_mode mode;
  char *config; // path of the file, or NULL
  rel_config_list schema;
  rel_config_list proto_path;
  char *database;
  rel_config_list loader; // "ratings=127.0.0.1:50052"
  char *loader_tls_ca;
  char *loader_tls_cert;
  char *loader_tls_key;
  char *loader_token_file;
  bool insecure_loaders;
  char *loader_dir; // or NULL
  uint64_t loader_calls;
  rel_config_list listen;
  bool insecure_listen_any;
  char *tls_cert; // NULL: plaintext
  char *tls_key;
  char *tls_client_ca; // NULL: clients show no certificate
  char *token_file;    // NULL: calls need no token
  bool allow_apply;
  bool cache;
  uint64_t cache_bytes;
  uint64_t cache_entries; // UINT64_MAX: unlimited
  int64_t cache_ttl_ns;   // REL_NEVER: entries do not expire
  uint64_t connections;
  uint64_t queues;
  uint64_t workers;
  uint64_t max_message_bytes;
  uint64_t max_keys;
  uint64_t max_calls;
  uint64_t max_depth;
  uint64_t max_answer_bytes; // of one call
  uint64_t max_unsent_bytes; // of large requests and answers, all calls together
  uint64_t max_received_bytes;
  uint64_t max_owner_bytes; // of one owner's part of it
  uint64_t max_owner_rows;
  uint64_t max_include_relations;
  uint64_t max_include_depth;
  uint64_t max_include_records;
  uint64_t max_statements;      // of a call; UINT64_MAX: any number
  int64_t max_database_time_ns; // REL_NEVER: no limit
  int64_t default_deadline_ns;
  int64_t max_deadline_ns;
  int64_t grace_ns;
  int64_t max_connection_age_ns;
  char *page_token_key_file; // or NULL
  rel_log_level log_level;
} rel_config;

// Fills the struct from the arguments (argv[0] is skipped), the environment and the file that either of them
// names. REL_INVALID says what is wrong and in which source: the flag, the variable, or file:line. The struct
// is to be ended either way. With --help or --version, mode says so and nothing else is checked.
rel_code rel_config_read(int argc, const char *const *argv, rel_config *config,
                         rel_error *error) REL_MUST_CHECK;
// Accepts NULL and the zeroed.
void rel_config_fini(rel_config *config);

// The text of --help: every setting with its flag, variable, default, unit and meaning.
void rel_config_help(rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
