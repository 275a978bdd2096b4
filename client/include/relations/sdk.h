// What protoc-gen-relations' generated code stands on: the tables that describe models, the shape of every
// typed answer, and the calls behind the typed ones. Programs use the generated functions; they need of this
// header the states, and the tables as metadata.
//
// Tables are constant. Calls are as thread-safe as their rel_client.
#ifndef RELATIONS_SDK_H
#define RELATIONS_SDK_H

#include <relations/client.h>

#include <stddef.h>

// Passing a Book where an Author is meant shall not compile, in C as in C++; older compilers only warn of it
// in C.
#if defined(__GNUC__) && !defined(__cplusplus)
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// What an answer holds, and why; the numbers of relations.v1.LoadState.
typedef enum rel_state {
  REL_STATE_NOT_LOADED = 0, // this one failed: see its error
  REL_STATE_LOADED = 1,     // at least one record
  REL_STATE_EMPTY = 2,      // there is no record
  REL_STATE_NULL = 3,       // the key is NULL or another relation's, so it refers to nothing; the server was
                            // not asked
  REL_STATE_DANGLING = 4,   // the foreign key names a record that does not exist
  REL_STATE_FILTERED = 5, // there is a record, of belongs_to or has_one, but the filter does not hold for it
} rel_state;

// The kind of a relation; the numbers of relations.v1.RelationKind.
typedef enum rel_sdk_kind { REL_SDK_BELONGS_TO = 1, REL_SDK_HAS_ONE = 2, REL_SDK_HAS_MANY = 3 } rel_sdk_kind;

typedef struct rel_sdk_model rel_sdk_model;

// A value that stands for a model, in a field that says what a foreign key refers to.
typedef struct rel_sdk_tag {
  const char *text; // as the schema writes it: of a string field, the value itself
  int64_t number;   // of an enum or an integer, the value
} rel_sdk_tag;

// A field of a model. The name is the schema's; protobuf-c's may be another.
typedef struct rel_sdk_field {
  uint32_t number;
  const char *name;
} rel_sdk_field;

// What makes a belongs_to polymorphic: the foreign key is the relation's only where the field beside it has
// the relation's tag.
typedef struct rel_sdk_gate {
  rel_sdk_field field; // of the owner
  rel_sdk_tag tag;
  const rel_sdk_tag *known; // of all relations of the owner over this field
  size_t known_count;
} rel_sdk_gate;

// A relation in force for one model, inherited ones included.
typedef struct rel_sdk_relation {
  const char *name;
  rel_sdk_kind kind;
  const rel_sdk_model *owner;
  const rel_sdk_model *target;
  const char *declared_in;  // full name of the model that declares it: the owner or an ancestor
  const char *inverse_of;   // name of the relation of the target, or NULL
  const rel_sdk_field *key; // the owner's fields that the relation joins on
  size_t key_count;
  const rel_sdk_gate *gate; // of a polymorphic belongs_to, else NULL
} rel_sdk_relation;

// The type of a query method's parameter; the numbers of relations.v1.Type.
typedef enum rel_sdk_type {
  REL_SDK_TYPE_BOOL = 1,
  REL_SDK_TYPE_INT32 = 2,
  REL_SDK_TYPE_INT64 = 3,
  REL_SDK_TYPE_UINT32 = 4,
  REL_SDK_TYPE_UINT64 = 5,
  REL_SDK_TYPE_FLOAT = 6,
  REL_SDK_TYPE_DOUBLE = 7,
  REL_SDK_TYPE_STRING = 8,
  REL_SDK_TYPE_BYTES = 9,
  REL_SDK_TYPE_TIMESTAMP = 10,
} rel_sdk_type;

typedef struct rel_sdk_parameter {
  const char *name;
  rel_sdk_type type;
} rel_sdk_parameter;

// A query method in force for one model, inherited ones included.
typedef struct rel_sdk_method {
  const char *name;
  const char *declared_in; // full name of the model that declares it: this one or an ancestor
  const char *filter;      // an AIP-160 text in which $name is a parameter
  const rel_sdk_parameter *parameters;
  size_t parameter_count;
} rel_sdk_method;

// A part of a key in memory: its type, and where it lies in the key.
typedef struct rel_sdk_member {
  ProtobufCType type;
  size_t offset;
} rel_sdk_member;

// A model.
struct rel_sdk_model {
  const char *name; // full name: "library.v1.Author"
  const ProtobufCMessageDescriptor *descriptor;
  const char *extends; // full name, the first of several; or NULL
  const rel_sdk_member *key;
  size_t key_count;
  size_t key_size; // of one key in memory
  const rel_sdk_relation *relations;
  size_t relation_count;
  const rel_sdk_method *query_methods;
  size_t query_method_count;
};

// Owns the records of an answer.
typedef struct rel_memory rel_memory;

// Accepts NULL.
void rel_memory_free(rel_memory *memory);

// The one layout of every typed answer; generated code asserts that theirs is the same. `records` is the
// record (or NULL) where there is at most one, else an array of `count` pointers to records.
typedef struct rel_answer {
  rel_state state;
  size_t count;
  void *records;
  const rel_error *error; // why this one of many was not loaded, else NULL
  rel_memory *memory;     // in an answer to many: NULL, its owner is the whole
} rel_answer;

// The one layout of every answer to many, `items` being an array of `count` answers in the order of the
// request.
typedef struct rel_answers {
  size_t count;
  void *items;
  rel_memory *memory;
} rel_answers;

#ifdef __cplusplus
#define REL_SDK_ASSERT(condition) static_assert(condition, #condition)
#else
#define REL_SDK_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define REL_SDK_ASSERT_ANSWER(type, records_member)                                                          \
  REL_SDK_ASSERT(sizeof(type) == sizeof(rel_answer) &&                                                       \
                 offsetof(type, count) == offsetof(rel_answer, count) &&                                     \
                 offsetof(type, records_member) == offsetof(rel_answer, records) &&                          \
                 offsetof(type, error) == offsetof(rel_answer, error) &&                                     \
                 offsetof(type, memory) == offsetof(rel_answer, memory))
#define REL_SDK_ASSERT_ANSWERS(type)                                                                         \
  REL_SDK_ASSERT(sizeof(type) == sizeof(rel_answers) &&                                                      \
                 offsetof(type, items) == offsetof(rel_answers, items) &&                                    \
                 offsetof(type, memory) == offsetof(rel_answers, memory))

// Each call fills its answer, to be freed, or returns an error and leaves it zeroed. One of many that failed
// by itself carries its own error instead.

// The record with the primary key at `key`: REL_NOT_FOUND if there is none.
rel_code rel_sdk_get(rel_client *client, const rel_sdk_model *model, const void *key, void *answer,
                     rel_error *error) REL_MUST_CHECK;
// `count` keys, side by side.
rel_code rel_sdk_get_many(rel_client *client, const rel_sdk_model *model, const void *keys, size_t count,
                          void *answers, rel_error *error) REL_MUST_CHECK;

// How a relation is asked for more than one owner.
typedef struct rel_sdk_owners {
  const void *const *messages;
  size_t count;
} rel_sdk_owners;

// The records of the owner's relation. The key is read from the owner in hand.
rel_code rel_sdk_load(rel_client *client, const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                      void *answer, rel_error *error) REL_MUST_CHECK;
rel_code rel_sdk_load_many(rel_client *client, const rel_sdk_relation *relation, rel_sdk_owners owners,
                           void *answers, rel_error *error) REL_MUST_CHECK;

// Whether the owner's key, and the type field beside it, refer to something by this relation; of several
// polymorphic ones over a type field one does at most. The server is not asked. REL_BAD_DATA, as from a load,
// when the type field has a tag of no relation.
rel_code rel_sdk_refers(const rel_sdk_relation *relation, const ProtobufCMessage *owner, bool *refers,
                        rel_error *error) REL_MUST_CHECK;

// Drops what the server caches of the owner's relation.
rel_code rel_sdk_clear(rel_client *client, const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                       rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
