// The schema: models, their fields and their effective relations, read from descriptors.
//
// The single reader of descriptors, for the server and for the plugin. Built once by rel_schema_read and
// immutable from then on: any thread may read it as long as somebody owns it. Every pointer inside lives as
// long as the schema. It knows neither databases nor services.
#ifndef RELATIONS_COMMON_SCHEMA_SCHEMA_H
#define RELATIONS_COMMON_SCHEMA_SCHEMA_H

#include "common/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// The options' extension numbers on google.protobuf.MessageOptions and FieldOptions; options.proto says the
// same.
enum {
  REL_EXTENSION = 76370,
  REL_EXTENSION_MODEL = REL_EXTENSION,
  REL_EXTENSION_BELONGS_TO = REL_EXTENSION,
  REL_EXTENSION_HAS_ONE = REL_EXTENSION + 1,
  REL_EXTENSION_HAS_MANY = REL_EXTENSION + 2,
  REL_EXTENSION_COLUMN = REL_EXTENSION + 3,
};

typedef struct rel_schema rel_schema;
typedef struct rel_file rel_file;
typedef struct rel_model rel_model;
typedef struct rel_field rel_field;
typedef struct rel_enum rel_enum;
typedef struct rel_relation rel_relation;

// Where something was declared. `line` counts from 1 and is 0 when the descriptors carry no positions.
typedef struct rel_place {
  rel_str file;
  int line;
} rel_place;

// A field's type. Scalars have the numbers of FieldDescriptorProto.Type.
typedef enum rel_type {
  REL_TYPE_DOUBLE = 1,
  REL_TYPE_FLOAT = 2,
  REL_TYPE_INT64 = 3,
  REL_TYPE_UINT64 = 4,
  REL_TYPE_INT32 = 5,
  REL_TYPE_FIXED64 = 6,
  REL_TYPE_FIXED32 = 7,
  REL_TYPE_BOOL = 8,
  REL_TYPE_STRING = 9,
  REL_TYPE_MESSAGE = 11,
  REL_TYPE_BYTES = 12,
  REL_TYPE_UINT32 = 13,
  REL_TYPE_ENUM = 14,
  REL_TYPE_SFIXED32 = 15,
  REL_TYPE_SFIXED64 = 16,
  REL_TYPE_SINT32 = 17,
  REL_TYPE_SINT64 = 18,
  REL_TYPE_TIMESTAMP = 100, // google.protobuf.Timestamp
} rel_type;

// "int64", "google.protobuf.Timestamp"; for messages and enums of the user "message" and "enum".
const char *rel_type_name(rel_type type);

// What a key's parts are, so that 5 as int32 and 5 as int64 are one key. REL_KEY_NONE cannot be a key.
typedef enum rel_key_kind {
  REL_KEY_NONE,
  REL_KEY_INT,   // any integer type
  REL_KEY_TEXT,  // string
  REL_KEY_BYTES, // bytes
  REL_KEY_UUID,  // string or bytes with the uuid option
} rel_key_kind;

struct rel_enum {
  rel_str name; // full name
  struct rel_enum_value {
    rel_str name;
    int32_t number;
  } * values;
  size_t value_count;
};

struct rel_field {
  rel_str name;
  uint32_t number;
  rel_type type;
  rel_str type_name;         // full name, for messages and enums
  const rel_enum *enum_type; // for enums
  rel_str column;            // empty: no column
  bool has_column;           // false for relations, LoadInfo, repeated, nested messages, maps and `ignore`
  bool nullable;             // may be absent: optional, in a oneof, or a Timestamp
  bool has_presence;         // written even when zero: optional, or in a oneof
  uint32_t oneof;            // which one of its message it is a member of, from 1; 0: none
  bool repeated;
  bool decimal;
  bool uuid;
  int64_t time_units_per_second; // 1, 1000 or 1000000
  rel_str count_of;              // it holds the count of this relation of its model; empty: it does not
  rel_str c_name;                // override, or empty
  rel_place place;
};

// What the key made of this field is, REL_KEY_NONE when it cannot be part of one.
rel_key_kind rel_field_key_kind(const rel_field *field);

typedef enum rel_relation_kind {
  REL_BELONGS_TO = 1, // numbers of RelationKind
  REL_HAS_ONE = 2,
  REL_HAS_MANY = 3,
} rel_relation_kind;

const char *rel_relation_kind_name(rel_relation_kind kind); // "belongs_to"

// NULLs come last, whatever the direction.
typedef struct rel_order_term {
  const rel_field *field; // of the target
  bool of_link;           // or, through a link, of what `through` leads to: of the first link in the order
  bool descending;
} rel_order_term;

// What the schema says about caching; has_x is false where it says nothing and the server's default holds.
typedef struct rel_cache_settings {
  bool has_enabled, enabled;
  bool has_ttl;
  int64_t ttl_ns;
  bool has_max_entries;
  uint64_t max_entries;
  bool has_max_bytes;
  uint64_t max_bytes;
} rel_cache_settings;

// A value that stands for a model, in a field that tells rows apart.
typedef struct rel_tag {
  rel_str text;   // as the schema writes it: of a string field, the value itself
  int64_t number; // of an enum or an integer, the value
} rel_tag;

// What makes a relation polymorphic: a foreign key that refers to records of several models, and beside it
// the field that says of which. The foreign key is the relation's only in rows that have its tag. What a
// value of the field means is told by gate.h.
typedef struct rel_gate {
  const rel_model *model; // that has the foreign key and the field: owner for belongs_to, else target
  const rel_field *field; // a string, an integer or an enum
  rel_tag tag;
  const rel_tag *known; // for belongs_to: the tags of all relations of the model over this field, in order
  size_t known_count;
} rel_gate;

// A relation in force for one model: inheritance and overrides applied. Each model has its own, inherited or
// not.
struct rel_relation {
  rel_str name;
  rel_relation_kind kind;
  const rel_model *owner; // the model that this effective relation is of
  const rel_model *target;
  const rel_field **foreign_key; // of owner for belongs_to, else of target; through a link, of what `through`
                                 // leads to
  const rel_field **references;  // of target for belongs_to, else of owner; as many
  size_t key_count;
  const rel_gate *gate;        // NULL: not polymorphic
  const rel_relation *through; // many-to-many: the owner's relation that leads to the link; else NULL
  const rel_relation *source;  // with through: the link's relation that leads on to the target
  size_t links;                // models between owner and target, 0 without through
  const rel_relation *inverse; // NULL when none is declared
  rel_str where;               // a fixed scope: a filter of the target's fields; empty: every row
  rel_order_term *order_by;    // as declared, then the target's primary key fields that are not in it, asc;
                               // none with a loader, which decides the order
  size_t order_count;
  uint32_t limit; // of has_many: at most so many records for each owner, the first in the order; 0: all
  bool strict;
  rel_str loader;               // the custom loader that it is loaded by, "grpc:ratings"; empty: the database
  rel_cache_settings cache;     // the relation's over the owner's model's
  const rel_model *declared_in; // the nearest model that declares it: owner itself or an ancestor
  const rel_model **overrides;  // ancestors whose declaration it overrides, nearest first
  size_t override_count;
  uint32_t field_number; // of the relation's field in the owner, 0 when it has none
  rel_str c_name;        // override, or empty
  rel_place place;
};

// The key that a relation joins on, on the side of the owner: foreign_key for belongs_to, else references.
const rel_field *const *rel_relation_owner_key(const rel_relation *relation);
// The same on the other side: references for belongs_to, else foreign_key. Fields of the target; through a
// link, of the model that the first of `through` leads to.
const rel_field *const *rel_relation_target_key(const rel_relation *relation);
// What decides, besides the key, whether a row of the owner refers to something by this relation; NULL when
// nothing does. Of has_one and has_many it is the target's rows that have the type field.
const rel_gate *rel_relation_owner_gate(const rel_relation *relation);
// True when the owner's primary key alone says what the relation joins on: it is the owner's side of the key,
// in order, and no type field stands beside it.
bool rel_relation_joins_on_primary_key(const rel_relation *relation);

// Appends what a term is by: "title", "entries.position".
void rel_order_term_write(const rel_relation *relation, const rel_order_term *term, rel_buf *out);

// Whether its records may be queried: those of a has_many that the database knows.
bool rel_relation_has_queries(const rel_relation *relation);

// Where a custom loader is: a LoaderService that the server's configuration names, or a shared object in the
// directory that it names.
typedef enum rel_loader_kind { REL_LOADER_NONE, REL_LOADER_GRPC, REL_LOADER_SO } rel_loader_kind;

enum { REL_LOADER_NAME_MAX = 64 };
// Whether a loader may be called so: a-z, 0-9, _ and -, a letter first.
bool rel_loader_name_valid(rel_str name);
// The kind and the name in "grpc:ratings", "so:ratings"; REL_LOADER_NONE, and no name, for any other text.
rel_loader_kind rel_loader_parse(rel_str loader, rel_str *name);

typedef struct rel_query_method {
  rel_str name;
  rel_str filter;
  struct rel_parameter {
    rel_str name;
    int type; // number of relations.v1.Type
  } * params;
  size_t param_count;
  const rel_model *declared_in;
  rel_place place;
} rel_query_method;

// The type of a field that holds an argument for a parameter of this type, a number of relations.v1.Type.
rel_type rel_parameter_type(int type);

// Polymorphic belongs_to relations that are one choice: members of a oneof. Each owner has one of them at
// most.
typedef struct rel_group {
  rel_str name; // the oneof's
  const rel_relation **members;
  size_t member_count;
} rel_group;

struct rel_model {
  rel_str name; // full name
  const rel_schema *schema;
  rel_str package;
  rel_str table; // empty when abstract
  bool abstract;
  rel_field **fields; // every field, by number
  size_t field_count;
  const rel_field **primary_key;
  size_t primary_key_count;
  const rel_model **parents; // that it extends
  size_t parent_count;
  const rel_model **ancestors; // those, and what they extend; each once
  size_t ancestor_count;
  const rel_field *discriminator; // this model's field; NULL when none
  rel_tag
      *discriminator_tags; // its own value first, then its descendants' on the same table; none: every row
  size_t discriminator_tag_count;
  const rel_relation **relations; // effective, declared first in order of declaration, then inherited
  size_t relation_count;
  const rel_group *groups; // in order of the oneofs
  size_t group_count;
  const rel_query_method **methods; // effective
  size_t method_count;
  const rel_field *load_info; // the field of type relations.v1.LoadInfo, or NULL
  rel_cache_settings cache;
  rel_str c_name; // override, or empty
  rel_place place;
  size_t index; // place in the schema's models
};

const rel_field *rel_model_field(const rel_model *model, rel_str name);
const rel_relation *rel_model_relation(const rel_model *model, rel_str name);
// The field that holds the count of a relation, NULL when there is none.
const rel_field *rel_model_count_field(const rel_model *model, const rel_relation *relation);
// A model of these fields and nothing else, in the arena: for what is no table but is asked about like one.
const rel_model *rel_model_of_fields(rel_str name, rel_field **fields, size_t count, rel_arena *arena);
// The group of a oneof, or NULL.
const rel_group *rel_model_group(const rel_model *model, rel_str oneof);
bool rel_fields_have(const rel_field *const *fields, size_t count, const rel_field *field);
// Whether the field is one of its primary key's.
bool rel_model_has_in_key(const rel_model *model, const rel_field *field);
// True when `model` is `ancestor` or extends it, however far.
bool rel_model_is_a(const rel_model *model, const rel_model *ancestor);

// A file of the descriptor set, as reflection and the plugin need it.
struct rel_file {
  rel_str name;
  rel_str package;
  rel_str bytes;         // the serialized FileDescriptorProto, exactly as it came
  rel_str *dependencies; // names of imported files
  size_t dependency_count;
};

struct rel_schema {
  rel_model **models; // by full name
  size_t model_count;
  rel_file *files; // in the order of the set
  size_t file_count;
  char digest[33]; // of the descriptor set, lower-case hexadecimal
};

const rel_model *rel_schema_model(const rel_schema *schema, rel_str full_name);
const rel_file *rel_schema_file(const rel_schema *schema, rel_str name);
// The file that declares a message, field, enum, value, service, method or extension, by full name; NULL if
// none.
const rel_file *rel_schema_file_of_symbol(const rel_schema *schema, rel_str full_name);

// Whether a word begins at that letter: a capital behind a small letter or a digit, or the last capital of a
// run that a small letter follows. "HTTPServer" is two words.
bool rel_word_begins(rel_str name, size_t i);
// Appends "book_review" for "BookReview", "http_server" for "HTTPServer", "user_v2" for "UserV2": the default
// table of a message.
void rel_snake_case(rel_str name, rel_buf *out);

// The nearest name to `name` among the schema's models (and a model's), or "" if none is near; for error
// messages.
rel_str rel_schema_near_model(const rel_schema *schema, rel_str full_name);
rel_str rel_model_near_relation(const rel_model *model, rel_str name);
rel_str rel_model_near_field(const rel_model *model, rel_str name);

// --- Findings: everything wrong at once ---

typedef enum rel_severity { REL_WARNING = 1, REL_ERROR = 2 } rel_severity;

typedef struct rel_finding {
  rel_severity severity;
  rel_place place;
  rel_str model;   // full name, or empty
  rel_str element; // relation or field, or empty
  rel_str message;
} rel_finding;

// A growing list that owns its texts. {0} is empty. One owner. It lists 1,000 findings and says when there
// were more; `errors` counts all.
typedef struct rel_findings {
  rel_finding *items;
  size_t count;
  size_t capacity;
  size_t errors;
  void *texts;
} rel_findings;

void rel_findings_fini(rel_findings *findings);
// Adds one; place, model and element are copied.
void rel_findings_add(rel_findings *findings, rel_severity severity, rel_place place, rel_str model,
                      rel_str element, const char *format, ...) REL_PRINTF(6, 7);
// "library.proto:14: error: library.v1.Book.author: no field …": one finding as a line without its newline.
void rel_finding_format(const rel_finding *finding, rel_buf *out);
// Sorts by file, line, model and element, stable: what a person reads from top to bottom.
void rel_findings_sort(rel_findings *findings);

// --- Reading ---

// What an uploaded descriptor set may be; {0} takes the defaults (64 MiB, 20,000 messages, 100 deep).
typedef struct rel_schema_limits {
  size_t max_bytes;
  size_t max_messages;
  unsigned max_depth;
  bool allow_no_models; // for reading a set that is not a user's; else it is an error
} rel_schema_limits;

// Reads a serialized google.protobuf.FileDescriptorSet that holds every imported file. Every check that needs
// no database is made, and all errors are added to `findings` at once; with any, *out stays NULL and
// REL_BAD_SCHEMA is returned. Warnings do not fail it. `set` is not kept.
rel_code rel_schema_read(rel_str set, const rel_schema_limits *limits, rel_findings *findings,
                         rel_schema **out) REL_MUST_CHECK;
// Accepts NULL.
void rel_schema_free(rel_schema *schema);

#ifdef __cplusplus
}
#endif

#endif
