// A call, as handlers see it: bytes in, bytes or reference-counted blobs out, a deadline, an arena.
//
// Everything that C-core is stays behind this header, so that the transport can be measured, and replaced,
// without touching a handler. A handler gets a call and owes it exactly one rel_call_finish or rel_call_fail,
// from any thread, at any later time; after that the call is not its own any more. One owner at a time; only
// rel_call_cancelled may be asked by anybody who holds the call.
#ifndef RELATIONS_SERVER_RPC_CALL_H
#define RELATIONS_SERVER_RPC_CALL_H

#include "common/arena.h"
#include "common/blob.h"
#include "common/clock.h"

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_call rel_call;

// The request's bytes; valid until the call is finished. For a streamed request: the message that was just
// received.
rel_str rel_call_request(const rel_call *call);
// Memory that ends with the call.
rel_arena *rel_call_arena(rel_call *call);
// When the caller stops waiting, on the monotonic clock. Always finite: the server caps calls that set none.
int64_t rel_call_deadline_ns(const rel_call *call);
// True once the caller has gone. The answer is still owed, and dropped.
bool rel_call_cancelled(const rel_call *call);

// Who calls, as far as the server was told to ask. The name is valid until the call is finished.
typedef enum rel_identity_kind {
  REL_IDENTITY_NONE,        // anybody who can connect
  REL_IDENTITY_TOKEN,       // the name of the token, when there are tokens
  REL_IDENTITY_CERTIFICATE, // else the subject of the client's certificate: "CN=billing,O=Shop"
} rel_identity_kind;

typedef struct rel_identity {
  rel_identity_kind kind;
  rel_str name;
} rel_identity;

// By the handler, before it ends the call.
rel_identity rel_call_identity(rel_call *call);

// Checks the request against the limits (depth, fields, UTF-8) and unpacks it into the arena. REL_INVALID
// says what is wrong with it.
rel_code rel_call_unpack(rel_call *call, const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **out,
                         rel_error *error) REL_MUST_CHECK;

// The answer is put together from parts, in order. Small ones are copied into shared slices; a blob is sent
// by reference, without a copy, and held until the last byte has left.
// Saying beforehand about how many bytes will come, in how many parts, saves copying small ones twice; it is
// no limit.
void rel_call_expect(rel_call *call, size_t bytes, size_t parts);
void rel_call_write(rel_call *call, const void *bytes, size_t len);
// Begins a field of the answer's message that is length-delimited: its `len` bytes are to be written next.
void rel_call_write_head(rel_call *call, uint32_t field, size_t len);
void rel_call_write_blob(rel_call *call, rel_blob *take_blob);
void rel_call_write_message(rel_call *call, const ProtobufCMessage *message);
// Bytes written so far into the answer that is being put together.
size_t rel_call_written(const rel_call *call);

// Says that the call keeps so many bytes beside its request, loaded or still to be sent, in place of the
// number it said before; what is written into an answer of one message says it itself. To be said before
// anything is waited for, because what the arena holds counts as well. REL_LIMIT when all calls together keep
// too many.
rel_code rel_call_keep(rel_call *call, size_t bytes, rel_error *error) REL_MUST_CHECK;

// Ends the call with what was written and status OK; a stream in which nothing was written since its last
// message ends without a further one. One batch for both: a last message that is sent by itself costs another
// round through core, and another packet.
void rel_call_finish(rel_call *call);
// Ends it with an error: status, message, and google.rpc details. What was written is dropped.
void rel_call_fail(rel_call *call, const rel_error *error);
// The same with a BadRequest or other details that the caller made: a serialized google.rpc.Status.
void rel_call_fail_with_details(rel_call *call, const rel_error *error, rel_str status_details);

// --- Streams ---

// Says that a call of no row of the method table (see rel_fallback) is answered with a stream of messages,
// and not with one; before anything is sent.
void rel_call_stream(rel_call *call);

// Sends what was written as one message of a streamed answer; `sent` is called when the transport has taken
// it (ok) or the call is dead (not ok), on any thread. One at a time.
void rel_call_send(rel_call *call, void (*sent)(rel_call *call, bool ok, void *context), void *context);
// Asks for the next message of a streamed request; `received` finds it in rel_call_request, or got is false
// at the end of the stream or when the call is dead. One at a time.
void rel_call_receive(rel_call *call, void (*received)(rel_call *call, bool got, void *context),
                      void *context);
// True once the server is stopping: what tells that end of a stream from the caller's own.
bool rel_call_stopping(const rel_call *call);
// Calls `cancelled` once when the caller goes away before the call has ended; set it before anything else is
// started.
void rel_call_on_cancel(rel_call *call, void (*cancelled)(rel_call *call, void *context), void *context);

#ifdef __cplusplus
}
#endif

#endif
