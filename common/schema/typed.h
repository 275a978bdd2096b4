// Typed services: for every model that is not abstract a service whose requests and answers are of its own
// types, so that any language's plugin can generate a client of it.
//
//   service AuthorService {
//     rpc Get(AuthorServiceGetRequest) returns (AuthorServiceGetResponse);
//     rpc BatchGet(AuthorServiceBatchGetRequest) returns (AuthorServiceBatchGetResponse);
//     rpc Books(AuthorServiceBooksRequest) returns (AuthorServiceBooksResponse);   // and BatchBooks
//   }
//
// The plugin writes them as .proto files, the server answers them and describes them by reflection. Both take
// them from here, and the text is printed from the descriptor, so that the three cannot differ. Built once
// and immutable from then on; points into its schema, which outlives it. It knows no protoc, no plugin and no
// server.
#ifndef RELATIONS_COMMON_SCHEMA_TYPED_H
#define RELATIONS_COMMON_SCHEMA_TYPED_H

#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

// Field numbers of every typed request and answer; those of answers are RecordSet's and LoadResponse's.
// Fields of a key have the numbers from REL_TYPED_KEY on, in the order of primary_key; what requests may say
// beside their key has numbers above REL_TYPED_KEY_LAST.
enum {
  REL_TYPED_KEY = 1,
  REL_TYPED_KEY_LAST = 16,
  REL_TYPED_KEYS = 1, // of a batch
  REL_TYPED_RECORDS = 1,
  REL_TYPED_NEXT_PAGE_TOKEN = 2,
  REL_TYPED_STATE = 3,
  REL_TYPED_ERROR = 4,
  REL_TYPED_COUNT = 5,
  REL_TYPED_RESULTS = 1, // of a batch
};

typedef struct rel_typed_method {
  rel_str name; // "BatchBooks"
  rel_str path; // "/library.v1.AuthorService/BatchBooks"
  const rel_model *model;
  const rel_relation *relation; // NULL: Get
  bool batch;
} rel_typed_method;

typedef struct rel_typed_service {
  rel_str name; // "library.v1.AuthorService"
  const rel_model *model;
  rel_typed_method *methods; // Get, BatchGet, then two for each relation of the model
  size_t method_count;
} rel_typed_service;

typedef struct rel_typed {
  rel_typed_service *services; // in the order of the models
  size_t service_count;
  rel_file *files; // "library_services.proto" for library.proto, with the comments as source positions
  size_t file_count;
} rel_typed;

// So many methods are served and described; models beyond them, in the order of their names, have no typed
// service.
enum { REL_TYPED_MAX_METHODS = 50000 };

// The typed services of a schema. A model one of whose generated names is taken, by a message of the user or
// by another generated name, has none: both origins are added to `findings` (may be NULL) with that severity.
rel_typed *rel_typed_new(const rel_schema *schema, rel_severity severity, rel_findings *findings);
// Only the findings.
void rel_typed_check(const rel_schema *schema, rel_severity severity, rel_findings *findings);
// Accepts NULL.
void rel_typed_free(rel_typed *typed);

// A generated file by name; NULL if none.
const rel_file *rel_typed_file(const rel_typed *typed, rel_str name);
// The generated file that declares a service, method, message or field; NULL if none.
const rel_file *rel_typed_file_of_symbol(const rel_typed *typed, rel_str full_name);
const rel_typed_service *rel_typed_service_named(const rel_typed *typed, rel_str full_name);
// Appends a generated file as .proto text.
void rel_typed_print(const rel_file *file, rel_buf *out);

// Appends "BookReviews" for "book_reviews" and for "bookReviews": what a relation is called in names of
// types.
void rel_pascal_case(rel_str name, rel_buf *out);
// Appends the name of the field of keys in requests of a batch: "keys" when the key has several fields, else
// the field's name in the plural ("ids" for "id", "addresses" for "address", "entries" for "entry").
void rel_typed_keys_name(const rel_model *model, rel_buf *out);
// Appends "library_services.proto" for "library.proto".
void rel_typed_file_name(rel_str proto, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
