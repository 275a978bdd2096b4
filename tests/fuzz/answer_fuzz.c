// Answers of a server that lies: the client splits them, unpacks records, and reads statuses.
#include "client/runtime/answer.h"
#include "common/status.h"

#include <relations/v1/registry_service.pb-c.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Any message will do for the records.
static const ProtobufCMessageDescriptor *const record = &relations__v1__model__descriptor;

static void fill(const rel_set *set, bool single, rel_arena *arena) {
  rel_answer answer = {0};
  rel_error error;
  if (rel_answer_fill(set, record, single, arena, &answer, &error) != REL_OK) return;
  if (answer.error != NULL && answer.error->code == REL_OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rel_str bytes = rel_bytes(data, size);
  rel_error error = {0};
  rel_status_read(bytes, &error);
  for (size_t count = 0; count < 4; count++) {
    rel_expected expected = {"/relations.v1.RelationService/Load", count, NULL};
    rel_arena arena;
    rel_set *sets;
    rel_arena_init(&arena);
    if (rel_answer_split(bytes, &expected, &arena, &sets, &error) == REL_OK)
      for (size_t i = 0; i < count; i++) {
        fill(&sets[i], false, &arena);
        fill(&sets[i], true, &arena);
      }
    rel_arena_fini(&arena);
  }
  return 0;
}
