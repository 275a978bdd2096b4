// Answers: see answer.h. Owns what a sane answer is; called by client.c, sdk.c
// and query.c. It knows neither channels
// nor keys.
#include "client/runtime/answer.h"

#include "common/status.h"
#include "common/wire.h"

enum { MAX_DEPTH = 100, MAX_FIELDS = 4 * 1000 * 1000 };
enum { RESPONSE_RESULTS = 1, RESPONSE_RECORD_TYPE = 2, RESPONSE_CONTINUES = 3 };
enum { SET_RECORDS = 1, SET_NEXT_PAGE_TOKEN = 2, SET_STATE = 3, SET_ERROR = 4, SET_PREVIOUS_PAGE_TOKEN = 6 };

rel_memory *rel_memory_new(void) {
  rel_memory *memory = REL_NEW(rel_memory);
  rel_arena_init(&memory->arena);
  return memory;
}

void rel_memory_free(rel_memory *memory) {
  if (memory == NULL) return;
  rel_arena_fini(&memory->arena);
  free(memory);
}

rel_code rel_answer_check(const ProtobufCMessageDescriptor *descriptor, rel_str bytes, const char *what,
                          rel_error *error) {
  static const rel_wire_limits limits = {.max_depth = MAX_DEPTH, .max_fields = MAX_FIELDS};
  rel_error why;
  if (rel_wire_check(descriptor, bytes, &limits, &why) == REL_OK) return REL_OK;
  return rel_fail(error, REL_INTERNAL, "the server's answer is broken (%s): %s", what, why.message);
}

// A known field in another wire type than its own.
static bool mistyped(const rel_wire_field *field, uint32_t number, rel_wire_type type) {
  return field->number == number && field->type != type;
}

static bool read_set(rel_str bytes, rel_set *set) {
  *set = (rel_set){.bytes = bytes};
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0) {
    if (mistyped(&field, SET_RECORDS, REL_WIRE_BYTES) || mistyped(&field, SET_STATE, REL_WIRE_VARINT) ||
        mistyped(&field, SET_ERROR, REL_WIRE_BYTES) ||
        mistyped(&field, SET_NEXT_PAGE_TOKEN, REL_WIRE_BYTES) ||
        mistyped(&field, SET_PREVIOUS_PAGE_TOKEN, REL_WIRE_BYTES))
      return false;
    if (field.number == SET_RECORDS) set->record_count++;
    if (field.number == SET_ERROR) set->error = field.bytes;
    if (field.number == SET_NEXT_PAGE_TOKEN) set->next_page_token = field.bytes;
    if (field.number == SET_PREVIOUS_PAGE_TOKEN) set->previous_page_token = field.bytes;
    if (field.number != SET_STATE) continue;
    if (field.value > REL_STATE_FILTERED) return false;
    set->state = (rel_state)field.value;
  }
  return true;
}

// A set has records exactly when it says so, and a state unless it failed.
static bool set_is_sane(const rel_set *set) {
  if (set->error.len > 0) return set->record_count == 0;
  return set->state != REL_STATE_NOT_LOADED && (set->record_count > 0) == (set->state == REL_STATE_LOADED);
}

static rel_code check_type(rel_str type, const rel_expected *expected, rel_error *error) {
  if (expected->record_type == NULL || rel_str_is(type, expected->record_type)) return REL_OK;
  return rel_fail(error, REL_WRONG_TYPE,
                  "%s was to answer with records of %s, and the server sent \"" REL_STR_F "\"",
                  expected->path, expected->record_type, REL_STR_A(type));
}

static rel_code read_sets(rel_str bytes, const rel_expected *expected, rel_set *sets, rel_error *error) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  rel_str type = {"", 0};
  size_t count = 0;
  while (rel_wire_next(&reader, &field) > 0) {
    if (mistyped(&field, RESPONSE_RESULTS, REL_WIRE_BYTES) ||
        mistyped(&field, RESPONSE_RECORD_TYPE, REL_WIRE_BYTES))
      return rel_fail(error, REL_INTERNAL,
                      "the server's answer is broken (%s): field %u has another wire type", expected->path,
                      field.number);
    if (field.number == RESPONSE_RECORD_TYPE) type = field.bytes;
    if (field.number != RESPONSE_RESULTS) continue;
    if (count < expected->count && !(read_set(field.bytes, &sets[count]) && set_is_sane(&sets[count])))
      return rel_fail(error, REL_INTERNAL,
                      "the server's answer is broken (%s): the state of result %zu does not fit",
                      expected->path, count);
    count++;
  }
  if (count != expected->count)
    return rel_fail(error, REL_INTERNAL, "the server's answer is broken (%s): %zu results for %zu keys",
                    expected->path, count, expected->count);
  return check_type(type, expected, error);
}

rel_code rel_answer_split(rel_str bytes, const rel_expected *expected, rel_arena *arena, rel_set **sets,
                          rel_error *error) {
  *sets = NULL;
  rel_code code = rel_answer_check(&relations__v1__load_response__descriptor, bytes, expected->path, error);
  if (code != REL_OK) return code;
  rel_set *made = REL_ARENA_ARRAY(arena, rel_set, expected->count);
  code = read_sets(bytes, expected, made, error);
  if (code == REL_OK) *sets = made;
  return code;
}

rel_code rel_answer_part(rel_str bytes, const rel_expected *expected, bool first, rel_set *set,
                         rel_error *error) {
  rel_code code = rel_answer_check(&relations__v1__query_response__descriptor, bytes, expected->path, error);
  if (code != REL_OK) return code;
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  rel_str type = {"", 0};
  size_t count = 0;
  bool continues = false;
  while (rel_wire_next(&reader, &field) > 0) {
    bool known = field.number == RESPONSE_RESULTS || field.number == RESPONSE_RECORD_TYPE;
    if (known && field.type != REL_WIRE_BYTES) count = 2;
    if (field.number == RESPONSE_RECORD_TYPE) type = field.bytes;
    if (field.number == RESPONSE_RESULTS && count++ == 0 && !(read_set(field.bytes, set) && set_is_sane(set)))
      count = 2;
    if (mistyped(&field, RESPONSE_CONTINUES, REL_WIRE_VARINT)) count = 2;
    if (field.number == RESPONSE_CONTINUES) continues = field.value != 0;
  }
  set->continues = continues;
  if (count != 1)
    return rel_fail(error, REL_INTERNAL, "the server's answer is broken (%s): a part is not one sane set",
                    expected->path);
  return first || type.len > 0 ? check_type(type, expected, error) : REL_OK;
}

static rel_code unpack_record(rel_str bytes, const ProtobufCMessageDescriptor *descriptor, rel_arena *arena,
                              void **record, rel_error *error) {
  rel_code code = rel_answer_check(descriptor, bytes, descriptor->name, error);
  if (code != REL_OK) return code;
  *record = protobuf_c_message_unpack(descriptor, &arena->allocator, bytes.len, (const uint8_t *)bytes.ptr);
  if (*record != NULL) return REL_OK;
  return rel_fail(error, REL_INTERNAL, "the server's answer is broken: a record is no %s", descriptor->name);
}

static void keep_error(const rel_set *set, rel_arena *arena, rel_answer *answer) {
  rel_error *own = REL_ARENA_NEW(arena, rel_error);
  if (!rel_status_read(set->error, own) || own->code == REL_OK)
    rel_fail(own, REL_INTERNAL, "the server failed to load this one and did not say why");
  answer->error = own;
}

rel_code rel_answer_fill(const rel_set *set, const ProtobufCMessageDescriptor *descriptor, bool single,
                         rel_arena *arena, rel_answer *answer, rel_error *error) {
  *answer = (rel_answer){.state = set->state};
  if (set->error.len > 0) {
    answer->state = REL_STATE_NOT_LOADED;
    keep_error(set, arena, answer);
    return REL_OK;
  }
  if (single && set->record_count > 1)
    return rel_fail(error, REL_INTERNAL,
                    "the server's answer is broken: %zu records of %s where one at most can be",
                    set->record_count, descriptor->name);
  void **records = REL_ARENA_ARRAY(arena, void *, set->record_count);
  rel_wire_reader reader = {set->bytes};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.number != SET_RECORDS) continue;
    rel_code code = unpack_record(field.bytes, descriptor, arena, &records[answer->count], error);
    if (code != REL_OK) return code;
    answer->count++;
  }
  answer->records = single ? (answer->count > 0 ? records[0] : NULL) : (void *)records;
  return REL_OK;
}
