// What the handlers share: see services.h.
#include "server/handlers/services.h"

void rel_services_answer(rel_services *services, rel_call *call, rel_unary *handle) {
  rel_error error;
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  rel_code code = handle(services, snapshot, call, &error);
  rel_snapshot_unref(snapshot);
  if (code == REL_OK)
    rel_call_finish(call);
  else
    rel_call_fail(call, &error);
}

Google__Protobuf__Duration *rel_services_duration(rel_arena *arena, int64_t ns) {
  Google__Protobuf__Duration *duration = REL_ARENA_NEW(arena, Google__Protobuf__Duration);
  google__protobuf__duration__init(duration);
  duration->seconds = ns / REL_NS_PER_S;
  duration->nanos = (int32_t)(ns % REL_NS_PER_S);
  return duration;
}
