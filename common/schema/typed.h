// Typed services: for every model that is not abstract a service whose requests and answers are of its own
// types, so that any language's plugin can generate a client of it.
//
//   service AuthorService {
//     rpc Get(AuthorServiceGetRequest) returns (AuthorServiceGetResponse);
//     rpc BatchGet(AuthorServiceBatchGetRequest) returns (AuthorServiceBatchGetResponse);
//     rpc Query(AuthorServiceQueryRequest) returns (stream AuthorServiceQueryResponse);  // and Count, Exists
//     rpc Books(AuthorServiceBooksRequest) returns (AuthorServiceBooksResponse);         // and BatchBooks
//     rpc BooksQuery(AuthorServiceBooksQueryRequest) returns (stream AuthorServiceBooksQueryResponse);
//   }                                                                // and BooksCount, BooksExists
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
// beside their key has numbers above REL_TYPED_KEY_LAST, those of relations.v1.TypedQuery; and query methods
// have them from REL_TYPED_QUERY_METHOD on, see rel_typed_query_method_number.
enum {
  REL_TYPED_KEY = 1,
  REL_TYPED_KEY_LAST = 16,
  REL_TYPED_FILTER = 17, // of queries
  REL_TYPED_FILTER_TREE = 18,
  REL_TYPED_ORDER_BY = 19,
  REL_TYPED_PAGE_SIZE = 20,
  REL_TYPED_PAGE_TOKEN = 21,
  REL_TYPED_INCLUDES = 22, // of everything that answers with records
  REL_TYPED_FROM_END = 23,
  REL_TYPED_FIELDS = 24,
  REL_TYPED_BUDGET = 25, // of everything
  REL_TYPED_IN_PIECES = 26,
  REL_TYPED_QUERY_METHOD = 1 << 28,
  REL_TYPED_KEYS = 1, // of a batch
  REL_TYPED_RECORDS = 1,
  REL_TYPED_NEXT_PAGE_TOKEN = 2,
  REL_TYPED_STATE = 3,
  REL_TYPED_ERROR = 4,
  REL_TYPED_COUNTED = 5,
  REL_TYPED_PREVIOUS_PAGE_TOKEN = 6, // of queries
  REL_TYPED_CONTINUES = 7,
  REL_TYPED_RESULTS = 1, // of a batch
  REL_TYPED_ANSWER = 1,  // of a count, and of whether there is any
};

// What a method asks for: of the model itself, or of a relation of it.
typedef enum rel_typed_ask {
  REL_TYPED_LOAD,   // the record, or a relation's, by one key
  REL_TYPED_BATCH,  // by many
  REL_TYPED_QUERY,  // those that are wanted, as a stream
  REL_TYPED_COUNT,  // how many these are
  REL_TYPED_EXISTS, // whether there are any
} rel_typed_ask;

typedef struct rel_typed_method {
  rel_str name; // "BatchBooks"
  rel_str path; // "/library.v1.AuthorService/BatchBooks"
  const rel_model *model;
  const rel_relation *relation; // NULL: the model itself
  rel_typed_ask ask;
} rel_typed_method;

typedef struct rel_typed_service {
  rel_str name; // "library.v1.AuthorService"
  const rel_model *model;
  rel_typed_method *methods; // Get, BatchGet, Query, Count, Exists; then those of each relation, which has no
  size_t method_count;       // queries unless rel_relation_has_queries
} rel_typed_service;

// The model of the records that a method answers with.
const rel_model *rel_typed_records(const rel_typed_method *method);
// The field of the answer in which they stand: "books", or "records", or "record" where there is one at most.
rel_str rel_typed_records_name(const rel_typed_method *method);

typedef struct rel_typed {
  rel_typed_service *services; // in the order of the models
  size_t service_count;
  rel_file *files; // "library_services.proto" for library.proto, with the comments as source positions
  size_t file_count;
} rel_typed;

// So many methods are served and described, a query method that a request offers counting as another; models
// beyond them, in the order of their names, have no typed service.
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
// The number of the field that calls a query method, in every request that offers it: made of the method's
// name alone, so that nothing that is added, moved, inherited or overridden gives it another one.
// REL_TYPED_QUERY_METHOD and the 28 bits of the FNV-1a hash of the name, folded.
uint32_t rel_typed_query_method_number(rel_str name);
// Appends the name of the field of keys in requests of a batch: "keys" when the key has several fields, else
// the field's name in the plural ("ids" for "id", "addresses" for "address", "entries" for "entry").
void rel_typed_keys_name(const rel_model *model, rel_buf *out);
// Appends "library_services.proto" for "library.proto".
void rel_typed_file_name(rel_str proto, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
