// What the files that build typed services share. Private to common/schema.
//
//   typed.c        which services there are, and that no name is taken twice
//   typed_names.c  what everything is called
//   typed_clash.c  whether names within a request are the same
//   typed_file.c   the descriptor of a file: services, requests and answers
//   typed_query.c  its requests and answers of queries
//   typed_make.c   descriptors and their comments, piece by piece
//   typed_print.c  a descriptor as text
#ifndef RELATIONS_COMMON_SCHEMA_TYPED_BUILD_H
#define RELATIONS_COMMON_SCHEMA_TYPED_BUILD_H

#include "common/schema/build.h"
#include "common/schema/typed.h"

// --- Names (typed_names.c), in the arena ---

rel_str rel_typed_service_name(rel_arena *arena, const rel_model *model); // "library.v1.AuthorService"
rel_str rel_typed_method_name(rel_arena *arena, const rel_relation *relation, rel_typed_ask ask);
// Names of a service's messages: "AuthorServiceBooksRequest", without the package.
rel_str rel_typed_request_name(rel_arena *arena, const rel_typed_service *service,
                               const rel_typed_method *method);
rel_str rel_typed_response_name(rel_arena *arena, const rel_typed_service *service,
                                const rel_typed_method *method);
// The message of a composite key: "AuthorServiceKey".
rel_str rel_typed_key_name(rel_arena *arena, const rel_typed_service *service);
// The message of a query method's arguments, within the request of a query: "PublishedAfter".
rel_str rel_typed_arguments_name(rel_arena *arena, const rel_query_method *method);

// --- Names within a request (typed_clash.c) ---

// What a name there is of: a query method, else a field of the key, else every request.
typedef struct rel_typed_origin {
  const rel_query_method *method;
  const rel_field *key;
} rel_typed_origin;

typedef struct rel_typed_clash {
  rel_str name; // "filter", within the request; in the arena
  rel_typed_origin first, second;
} rel_typed_clash;

// Whether two names of the request would be the same, as protoc compares them (fields also as JSON does), or
// two numbers.
bool rel_typed_find_clash(const rel_typed_method *method, rel_arena *arena, rel_typed_clash *out);

// --- Making (typed_make.c): protobuf-c's structs in a scratch arena ---

// The file that is being made. Comments stand in SourceCodeInfo, in the order in which typed_print.c prints
// what they are about.
typedef struct rel_typed_maker {
  rel_arena *arena; // of this file only
  rel_str package;
  rel_pb_file file;
  Google__Protobuf__FileOptions options;
  Google__Protobuf__SourceCodeInfo comments;
  size_t comment_room;
} rel_typed_maker;

// Where something stands in the file, as SourceCodeInfo says it.
typedef struct rel_typed_path {
  int32_t at[6];
  size_t length;
} rel_typed_path;

// A message that is being made.
typedef struct rel_typed_message {
  rel_pb_message *proto;
  rel_typed_path path;
} rel_typed_message;

typedef struct rel_typed_field {
  rel_str name;
  uint32_t number;
  bool repeated;
  bool optional;
  int type;        // a rel_type; REL_TYPE_TIMESTAMP too
  char *type_name; // absolute, for messages and enums
} rel_typed_field;

enum { REL_TYPED_FILE_MESSAGE = 4, REL_TYPED_FILE_SERVICE = 6, REL_TYPED_FILE_SYNTAX = 12 };

char *rel_typed_text(rel_typed_maker *maker, rel_str text);
// ".library.v1.AuthorService": how a type is named whatever the scope.
char *rel_typed_absolute(rel_typed_maker *maker, rel_str name_in_package);
void rel_typed_comment(rel_typed_maker *maker, rel_typed_path where, const char *format, ...)
    REL_PRINTF(3, 4);

// A message of the file, which has room for it, with its comment. It takes `room` fields and nested messages.
rel_typed_message rel_typed_add_message(rel_typed_maker *maker, rel_str name, size_t room, const char *format,
                                        ...) REL_PRINTF(4, 5);
// A message within another; before any field of that.
rel_typed_message rel_typed_add_nested(rel_typed_maker *maker, const rel_typed_message *outer, rel_str name,
                                       size_t room, const char *format, ...) REL_PRINTF(5, 6);
void rel_typed_add_field(rel_typed_maker *maker, const rel_typed_message *message,
                         const rel_typed_field *field, const char *format, ...) REL_PRINTF(4, 5);

// --- The file ---

// The key of a request that has one, the budget of every one, and the includes with it (typed_file.c).
void rel_typed_add_key(rel_typed_maker *maker, const rel_typed_message *message, const rel_model *model);
void rel_typed_add_budget(rel_typed_maker *maker, const rel_typed_message *message);
void rel_typed_add_includes(rel_typed_maker *maker, const rel_typed_message *message);
// The field of an answer's records.
void rel_typed_add_records(rel_typed_maker *maker, const rel_typed_message *message,
                           const rel_typed_method *method);
void rel_typed_add_state(rel_typed_maker *maker, const rel_typed_message *message);
void rel_typed_add_next_page_token(rel_typed_maker *maker, const rel_typed_message *message);

// Request and answer of a query (typed_query.c).
void rel_typed_add_query(rel_typed_maker *maker, const rel_typed_service *service,
                         const rel_typed_method *method);

// Writes the descriptor of the services of one file of the schema. What is declared is given to `declare`, by
// full name; bytes and names are in the arena.
typedef void rel_typed_declare(void *context, rel_str full_name);
void rel_typed_write_file(const rel_typed_service *const *services, size_t count, const rel_file *source,
                          rel_arena *arena, rel_typed_declare *declare, void *context, rel_file *out);

#endif
