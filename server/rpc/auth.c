// Who calls: tokens of calls, and certificates of connections. Called by call.c before anything of a request
// is looked at.
#include "server/rpc/core.h"

#include "common/log.h"

#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>

static rel_str view_of(const grpc_slice *slice) {
  return rel_bytes(GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

// The token of "authorization: Bearer TOKEN"; the scheme's name has no case (RFC 9110, 11.1).
static bool token_of(rel_str value, rel_str *token) {
  static const char scheme[] = "bearer ";
  enum { LEN = sizeof scheme - 1 };
  if (value.len < LEN || strncasecmp(value.ptr, scheme, LEN) != 0) return false;
  *token = rel_bytes(value.ptr + LEN, value.len - LEN);
  while (token->len > 0 && token->ptr[0] == ' ')
    *token = rel_bytes(token->ptr + 1, token->len - 1);
  return true;
}

// Exactly one header and it holds a token, else what is wrong.
static const char *find_token(const grpc_metadata_array *metadata, rel_str *token) {
  size_t headers = 0;
  bool bearer = false;
  for (size_t i = 0; i < metadata->count; i++) {
    if (!rel_str_is(view_of(&metadata->metadata[i].key), "authorization")) continue;
    headers++;
    bearer = token_of(view_of(&metadata->metadata[i].value), token);
  }
  if (headers == 0) return "this server wants a token: send the metadata \"authorization: Bearer TOKEN\"";
  if (headers > 1) return "the call has several authorization headers";
  return bearer ? NULL : "the authorization header is not of the form \"Bearer TOKEN\"";
}

// Says once a second at most that calls are refused, how many, and where the last one came from.
static void log_refused(rel_call *call, const char *why) {
  rel_rpc *rpc = call->rpc;
  uint64_t refused = atomic_fetch_add_explicit(&rpc->refused, 1, memory_order_relaxed) + 1;
  int64_t now_ns = rel_clock_ns();
  int64_t next_ns = atomic_load_explicit(&rpc->log_refused_ns, memory_order_relaxed);
  if (now_ns < next_ns ||
      !atomic_compare_exchange_strong_explicit(&rpc->log_refused_ns, &next_ns, now_ns + REL_NS_PER_S,
                                               memory_order_relaxed, memory_order_relaxed))
    return;
  char *peer = grpc_call_get_peer(call->core);
  REL_LOG(REL_LOG_WARN, "unauthenticated", rel_log_text("message", rel_cstr(why)),
          rel_log_text("peer", rel_cstr(peer)), rel_log_number("calls_refused", (int64_t)refused));
  gpr_free(peer);
}

rel_code rel_call_authenticate(rel_call *call, rel_error *error) {
  rel_str token = rel_cstr("");
  const char *why = find_token(&call->metadata, &token);
  if (why == NULL && !rel_tokens_find(call->rpc->tokens, token, call->token_name))
    why = "the token is none of this server's";
  if (why == NULL) return REL_OK;
  log_refused(call, why);
  return rel_fail(error, REL_UNAUTHENTICATED, "%s", why);
}

// --- Identity ---

rel_identity rel_call_identity(rel_call *call) {
  rel_identity identity = {REL_IDENTITY_NONE, rel_cstr("")};
  if (call->token_name[0] != '\0') return (rel_identity){REL_IDENTITY_TOKEN, rel_cstr(call->token_name)};
  if (call->rpc->tls == NULL) return identity;
  grpc_auth_context *peer = grpc_call_auth_context(call->core);
  grpc_auth_property_iterator found =
      grpc_auth_context_find_properties_by_name(peer, GRPC_X509_SUBJECT_PROPERTY_NAME);
  const grpc_auth_property *subject = grpc_auth_property_iterator_next(&found);
  if (subject != NULL && subject->value_length > 0)
    identity = (rel_identity){REL_IDENTITY_CERTIFICATE,
                              rel_arena_copy(&call->arena, rel_bytes(subject->value, subject->value_length))};
  grpc_auth_context_release(peer);
  return identity;
}
