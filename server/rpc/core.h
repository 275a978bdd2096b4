// What the files of server/rpc share: the server, its queues and the life of a call. The only header of the
// project that includes C-core's; nothing outside this folder includes it.
#ifndef RELATIONS_SERVER_RPC_CORE_H
#define RELATIONS_SERVER_RPC_CORE_H

#include "server/rpc/answer.h"
#include "server/rpc/rpc.h"
#include "server/rpc/tls.h"
#include "server/rpc/tokens.h"
#include "server/rpc/workers.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct rel_queue rel_queue;

// What a completion queue hands back. It lies inside of what it tells about, which therefore outlives the
// event. Whatever was written before rel_tag_arm is seen by the thread that takes the event: stated here,
// with an atomic, rather than left to the locks inside of core.
typedef void rel_tag_done(void *owner, bool ok);

typedef struct rel_tag {
  _Atomic(rel_tag_done *) done;
  void *owner;
} rel_tag;

// Right before the tag is given to core.
static inline void rel_tag_arm(rel_tag *tag, rel_tag_done *done, void *owner) {
  tag->owner = owner;
  atomic_store_explicit(&tag->done, done, memory_order_release);
}

static inline void rel_tag_fire(rel_tag *tag, bool ok) {
  rel_tag_done *done = atomic_load_explicit(&tag->done, memory_order_acquire);
  done(tag->owner, ok);
}

// A row of the method table, registered with core.
typedef struct rel_row {
  rel_method method; // its path is ours
  void *registered;
  bool open; // answers without a token
} rel_row;

// A completion queue, its thread, and the call objects that wait there to be used again.
struct rel_queue {
  rel_rpc *rpc;
  grpc_completion_queue *core;
  pthread_t thread;
  pthread_mutex_t lock; // of what follows
  rel_call *idle;
  size_t idle_count;
  rel_call *live; // armed, or arrived and not yet idle again
};

struct rel_rpc {
  rel_rpc_options options; // with every default filled in; `listen` is not kept
  rel_row *rows;
  size_t row_count;
  char *services; // "a.v1.A, b.v1.B", for the message about an unknown method
  int *ports;
  size_t port_count;
  grpc_server *core;
  rel_queue *queues;
  size_t queue_count;
  rel_tls *tls;       // NULL: plaintext
  rel_tokens *tokens; // NULL: nobody is asked for one
  rel_workers *workers;
  bool started;
  pthread_t watcher;    // of overdue.c, once started
  atomic_size_t active; // calls that a handler owes an answer, and those that are still being answered

  atomic_size_t unsent; // bytes of large answers, see unsent.c

  atomic_size_t calls;    // call objects that core knows: armed ones and accepted ones
  atomic_bool holding;    // ends of calls wait in `held`
  atomic_bool stopping;   // nothing more is received
  atomic_size_t arrivals; // counted while holding

  atomic_uint_fast64_t refused;   // calls without a token that is accepted
  _Atomic int64_t log_refused_ns; // when that is said again

  pthread_mutex_t lock; // of what follows, and for waiting until calls is 0
  pthread_cond_t changed;
  bool shut_down;  // core has no connection left
  bool watch_ends; // tells the watcher
  rel_call *held;
  rel_call *receiving; // calls that wait for their caller's next message
  rel_tag shutdown_tag;
};

enum { REL_CALL_ARENA = 4096 };

// Whether on_cancel may still be called.
typedef enum rel_watch { REL_WATCH_NONE, REL_WATCH_ARMED, REL_WATCH_CLOSED } rel_watch;

// A call; its life is told at the head of call.c.
struct rel_call {
  rel_rpc *rpc;
  rel_queue *queue;
  const rel_row *row; // NULL: of no method that is known
  rel_call *next_idle;
  rel_call *next_live;
  rel_call **live_link;    // what points at this one
  rel_call *next_overdue;  // the watcher's
  _Atomic(int64_t) due_ns; // when what core does for the call is overdue; 0: nothing is waited for
  rel_work work;

  // What core fills in when the call arrives.
  grpc_call *core;
  grpc_metadata_array metadata;
  gpr_timespec deadline;
  grpc_byte_buffer *payload;
  grpc_call_details details; // of a call without a row

  atomic_uint holds;                       // outstanding tags, and the handler's own hold
  bool counted;                            // in rpc->active
  bool streams;                            // the answer is a stream of messages
  char token_name[REL_TOKEN_NAME_MAX + 1]; // "" unless the call came with a token
  int64_t deadline_ns;

  rel_str request;
  rel_buf joined; // the request, when it came in several slices
  rel_arena arena;
  rel_arena message_arena; // of the message that was last received, in a streamed request

  atomic_bool cancelled;
  int closed_early; // written by core with the close event
  atomic_int watch; // rel_watch
  void (*on_cancel)(rel_call *call, void *context);
  void *on_cancel_context;

  size_t kept; // bytes that count in rpc->unsent
  rel_answer answer;
  grpc_status_code status; // of the end, and whether a message goes with it
  bool ends_with_message;
  rel_call *next_held;
  bool headers_sent;
  grpc_byte_buffer *sending;
  grpc_slice status_message;
  grpc_slice status_details;
  grpc_metadata trailer;

  void (*sent)(rel_call *call, bool ok, void *context);
  void *sent_context;
  void (*received)(rel_call *call, bool got, void *context);
  void *received_context;

  rel_call *next_receiving;
  rel_call **receiving_link; // what points at this one
  bool receive_taken;        // stop has ended the wait; under the lock of the server

  rel_tag arrived_tag;
  rel_tag closed_tag;
  rel_tag sent_tag;
  rel_tag received_tag;
  rel_tag ended_tag;

  _Alignas(16) char memory[REL_CALL_ARENA];
};

// Asks core for the next call of a row (NULL: of any other method).
void rel_call_arm(rel_rpc *rpc, rel_queue *queue, const rel_row *row);
// Sends the end of a call: headers, the message if any, the status. Drops the handler's hold.
void rel_call_send_end(rel_call *call);
// Frees the objects that a queue keeps. Nothing may be armed or running.
void rel_call_free_idle(rel_queue *queue);

// Says that core is to be done with what it was just asked for by the call's deadline, or shortly after; and
// that it is.
void rel_call_expect_by_deadline(rel_call *call);
void rel_call_expect_nothing(rel_call *call);
// Puts the call on its queue's list of those that are looked at, and takes it off. With the queue's lock.
void rel_call_list(rel_call *call);
void rel_call_unlist(rel_call *call);
// The thread that looks at them.
void rel_overdue_start(rel_rpc *rpc);
void rel_overdue_stop(rel_rpc *rpc);

// While the server is about to stop: takes the call whose end is to be sent later, and returns true.
bool rel_rpc_hold_back(rel_call *call);

// Ends every wait for a further message, as at the end of its stream, and those that would begin later.
void rel_rpc_end_receives(rel_rpc *rpc);

// Whether the call has a token that the server accepts, whose name it then keeps. Only where there are
// tokens.
rel_code rel_call_authenticate(rel_call *call, rel_error *error) REL_MUST_CHECK;

// For call.c and stream.c. Holds keep the object from being used again.
void rel_call_hold(rel_call *call);
void rel_call_drop(rel_call *call);
// Makes call->request out of call->payload.
void rel_call_read_payload(rel_call *call);
// Starts a batch whose event is `tag`, which calls `done`. False: no event will come, and the hold is dropped
// again.
bool rel_call_batch(rel_call *call, const grpc_op *ops, size_t count, rel_tag *tag, rel_tag_done *done);

#endif
