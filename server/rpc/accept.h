// Accepting connections when descriptors run out.
//
// C-core ends a listener for good, and says nothing, at the first error of accept4 but EAGAIN and EINTR: when
// there is no descriptor left, and also when a client gave up while it waited in the queue. It has no hook
// there. So a program that links this has an accept4 of its own, which the library finds before the C
// library's, and which returns no such error. For main alone: it holds for the whole process.
#ifndef RELATIONS_SERVER_RPC_ACCEPT_H
#define RELATIONS_SERVER_RPC_ACCEPT_H

#ifdef __cplusplus
extern "C" {
#endif

// From here on connections that would leave fewer than a few dozen descriptors to the rest of the process are
// closed as soon as they are accepted, and when there is none at all, so is whoever waits; each logged as
// `connections_refused`, once a second at most. Reads the limit of the process, so after it was raised. Once,
// before the server starts.
void rel_accept_guard(void);

#ifdef __cplusplus
}
#endif

#endif
