// The gRPC server: a table of methods over completion queues.
//
// Adding an RPC is: edit the proto, add a row to the table, write the handler and its test. Owned by
// server/main; the only room, with the rest of server/rpc, that knows C-core's types.
#ifndef RELATIONS_SERVER_RPC_RPC_H
#define RELATIONS_SERVER_RPC_RPC_H

#include "common/security/pem.h"
#include "server/rpc/call.h"

#ifdef __cplusplus
extern "C" {
#endif

// Where a handler runs.
typedef enum rel_run {
  REL_RUN_INLINE, // on the completion-queue thread: must not block, must not run SQL
  REL_RUN_WORKER, // on a thread of the worker pool: may block
} rel_run;

// What is streamed; the first message of a request is always received before the handler is called.
typedef enum rel_shape { REL_UNARY, REL_SERVER_STREAM, REL_BIDI_STREAM } rel_shape;

typedef struct rel_method {
  const char *path; // "/relations.v1.RelationService/Load"
  rel_shape shape;
  rel_run run;
  void (*handle)(rel_call *call, void *context);
  void *context;
} rel_method;

// Methods that come and go while the server runs, and so stand in no table: unary ones, and those whose
// handlers stream the answer (rel_call_stream). They run as REL_RUN_INLINE ones do.
typedef struct rel_fallback {
  // Whether the method is served now. When it is not, the call is UNIMPLEMENTED at once, without its message
  // being waited for. Must not block. NULL: no such methods.
  bool (*serves)(rel_str path, void *context);
  // Once the message is there; by then the method may be gone, which is for the handler to say. The path is
  // valid as long as the call.
  void (*handle)(rel_call *call, rel_str path, void *context);
  void *context;
} rel_fallback;

typedef struct rel_rpc_options {
  const char *const *listen; // "127.0.0.1:50051", "unix:/run/relations.sock"; port 0 takes a free one
  size_t listen_count;
  rel_pem_paths tls;      // with a certificate and its key every address speaks TLS, with a CA mutual TLS
  const char *token_file; // of tokens.h; NULL: no call needs a token
  const char *const *open_methods; // paths of those that answer without one; NULL, or NULL at its end
  unsigned queues;  // completion queues, one thread each; 0: 1 (measured: two cost 1.36 times the CPU)
  unsigned workers; // threads for REL_RUN_WORKER; 0: 2
  size_t max_message_bytes;      // received; 0: 4 MiB
  size_t max_calls;              // concurrent; beyond them RESOURCE_EXHAUSTED at once; 0: 10,000
  unsigned max_depth;            // nested messages of a request; 0: 32
  size_t max_fields;             // fields of a request; 0: 1,000,000
  int64_t default_deadline_ns;   // for callers that set none; 0: 30 s
  int64_t max_deadline_ns;       // the most a caller gets; 0: 300 s
  int64_t grace_ns;              // how long stop waits for accepted calls; 0: 30 s
  int64_t max_connection_age_ns; // then a client is told to connect again; 0: 1 h where it shows a
                                 // certificate, else never (REL_NEVER)
  rel_fallback fallback;         // of methods that are not in the table
  size_t max_unsent_bytes;       // of large requests and answers, until callers have read these, all calls
                           // together; 0: 1 GiB
  size_t
      max_received_bytes; // that core has received and nobody has taken, all connections together; 0: 1 GiB
  int64_t overdue_ns;     // a caller that takes nothing is cancelled so long after its deadline; 0: 5 s
  int64_t quiet_ns;       // stop tells connections to go when no call has arrived for so long; 0: 20 ms
} rel_rpc_options;

typedef struct rel_rpc rel_rpc;

// Binds and registers everything, and takes no call yet. The table is copied. REL_UNAVAILABLE names an
// address that cannot be listened on, REL_INVALID a certificate, key or token file that cannot be used.
rel_code rel_rpc_new(const rel_rpc_options *options, const rel_method *methods, size_t count, rel_rpc **out,
                     rel_error *error) REL_MUST_CHECK;
// Serves, on threads of its own.
void rel_rpc_start(rel_rpc *rpc);
// The bound port of listen[index], 0 for a unix socket.
int rel_rpc_port(const rel_rpc *rpc, size_t index);
// How many calls count among max_calls now: those that are owed an answer, and those whose answer core has
// not sent yet, so a caller may have read it before its call stops counting. Thread-safe; never waits.
size_t rel_rpc_active(const rel_rpc *rpc);
// Stops accepting, lets every accepted call end within the grace period, cancels what is left, and joins its
// threads. No accepted call fails because of it. Call once, from a thread that is not the server's.
void rel_rpc_stop(rel_rpc *rpc);
// After stop. Accepts NULL.
void rel_rpc_free(rel_rpc *rpc);

#ifdef __cplusplus
}
#endif

#endif
