// A channel and the one way of calling over it. The rest of the runtime knows no C-core type.
//
// Thread-safe. Reference-counted, since clients with other deadlines share it.
#ifndef RELATIONS_CLIENT_RUNTIME_CHANNEL_H
#define RELATIONS_CLIENT_RUNTIME_CHANNEL_H

#include <relations/client.h>

typedef struct rel_channel rel_channel;

// One reference, the caller's. Connects later, when it is called over.
rel_code rel_channel_new(const rel_client_options *options, rel_channel **out,
                         rel_error *error) REL_MUST_CHECK;
rel_channel *rel_channel_ref(rel_channel *channel);
// Accepts NULL. The last one, with no call running, ends the connection.
void rel_channel_unref(rel_channel *channel);

// How large a message of an answer may be.
size_t rel_channel_max_message_bytes(const rel_channel *channel);

// A call that may end before its deadline because nobody waits for it any more.
typedef struct rel_channel_ask {
  const char *path;
  int64_t timeout_ms;
  bool (*gone)(void *context); // asked ten times a second while the call runs; true cancels it. May be NULL
  void *context;
} rel_channel_ask;

// A unary call; blocks until it ended. `answer` is emptied first.
rel_code rel_channel_call(rel_channel *channel, const rel_channel_ask *ask, rel_str request, rel_buf *answer,
                          rel_error *error) REL_MUST_CHECK;

// The same with nobody to ask.
rel_code rel_channel_unary(rel_channel *channel, const char *path, int64_t timeout_ms, rel_str request,
                           rel_buf *answer, rel_error *error) REL_MUST_CHECK;

// A call whose answer is streamed. `message` gets each message as it comes, on the calling thread, valid
// until it returns; false ends the call, which then is REL_OK. The next message is taken off the connection
// when it has returned.
typedef struct rel_channel_stream {
  const char *path;
  int64_t timeout_ms; // for all of it
  bool (*message)(void *context, rel_str bytes);
  void *context;
} rel_channel_stream;

rel_code rel_channel_read(rel_channel *channel, const rel_channel_stream *stream, rel_str request,
                          rel_error *error) REL_MUST_CHECK;

#endif
