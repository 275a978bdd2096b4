// What the files that build a schema share: the builder, the drafts that it fills stage by stage, and the
// stages.
//
// Private to common/schema. A read is one pass over these stages, in this order, each in the file of its
// name:
//
//   descriptors   bytes -> files, messages, symbols, positions
//   models        messages with the model option -> drafts with fields, columns and primary keys
//   declare       what each model itself says of its relations
//   extends       extends -> ancestors first; redeclared fields checked
//   tables        tables and discriminators, shared ones too
//   inherit       declarations and ancestors' links -> effective links
//   resolve       links -> relations with keys and order
//   through       relations that lead through others, once those are resolved
//   polymorphic   type fields and tags; what shares a type field, and a oneof
//   inverse       inverses found and checked
//   methods       query methods checked and inherited
//
// Every stage reports what is wrong and goes on with what is left, so that all errors come at once. The
// scratch arena holds the unpacked descriptors and the drafts and ends with the read; what the schema keeps
// is in its own arena.
#ifndef RELATIONS_COMMON_SCHEMA_BUILD_H
#define RELATIONS_COMMON_SCHEMA_BUILD_H

#include "common/arena.h"
#include "common/schema/schema.h"

#include <google/protobuf/descriptor.pb-c.h>
#include <relations/v1/options.pb-c.h>

typedef Google__Protobuf__FileDescriptorProto rel_pb_file;
typedef Google__Protobuf__DescriptorProto rel_pb_message;
typedef Google__Protobuf__FieldDescriptorProto rel_pb_field;
typedef Google__Protobuf__EnumDescriptorProto rel_pb_enum;
typedef Google__Protobuf__SourceCodeInfo__Location rel_pb_location;

// Bounds on what is walked more than once.
enum { REL_MAX_KEY_FIELDS = 16, REL_MAX_NAME_BYTES = 512, REL_MAX_LINKS = 8 };

typedef struct rel_draft rel_draft;

// A file while it is read. `locations` are sorted by path.
typedef struct rel_source {
  const rel_pb_file *proto;
  rel_str name;
  rel_str package;
  rel_str bytes;
  const rel_pb_location **locations;
  size_t location_count;
  size_t index; // in the schema's files
} rel_source;

// A message of the set, model or not. `path` is its place in SourceCodeInfo.
typedef struct rel_message {
  rel_str name; // full name
  const rel_pb_message *proto;
  const rel_source *source;
  const int32_t *path;
  size_t path_length;
  rel_draft *draft; // NULL when it is no model
} rel_message;

typedef enum rel_symbol_kind {
  REL_SYMBOL_PACKAGE,
  REL_SYMBOL_MESSAGE,
  REL_SYMBOL_ENUM,
  REL_SYMBOL_OTHER, // fields, oneofs, values, services, methods, extensions
} rel_symbol_kind;

// A name of the set. Sorted by name once all are known; kept by the schema for lookups.
typedef struct rel_symbol {
  rel_str name; // full name, in the schema's arena
  rel_symbol_kind kind;
  size_t file;
  size_t message;           // index among the builder's messages, for messages
  const rel_pb_enum *proto; // for enums, while it is read
  rel_enum *built;          // for enums, once a field needed it
} rel_symbol;

// The options of a field, decoded. `relations` is indexed by rel_relation_kind.
typedef struct rel_field_options {
  const Relations__V1__ColumnOptions *column;
  const Relations__V1__Relation *relations[REL_HAS_MANY + 1];
} rel_field_options;

// A field of a draft, in the order of declaration.
typedef struct rel_field_draft {
  rel_field *field;
  rel_field_options options;
} rel_field_draft;

// A relation: as one model declares it, or, after inherit, as it is in force for one model.
typedef struct rel_link rel_link;
struct rel_link {
  rel_str name;
  rel_relation_kind kind;
  rel_draft *target;               // NULL: reported already
  Relations__V1__Relation aspects; // borrowed strings; merged once it is effective
  const rel_field *field;          // NULL when named in the model option
  bool named_without_model;        // an override that keeps its ancestor's target
  bool lifts_limit;                // an override that takes its ancestor's limit away
  rel_place place;
  rel_draft *declared_in;
  const rel_link *inherited; // the parent's that this one is a copy of; NULL: declared here
  rel_draft **overrides;
  size_t override_count;
  rel_relation *relation;     // once resolved
  rel_relation *pending;      // the same, until the relations that it leads through are resolved
  bool failed;                // there will be none, which is reported
  const rel_link *claimed_by; // a relation that names this one as its inverse
};

// A model while it is built.
struct rel_draft {
  rel_model *model;
  const rel_message *message;
  const Relations__V1__ModelOptions *options;
  rel_field_draft *fields; // model->field_count of them
  rel_draft **parents;     // that it extends, in the order in which it says so
  size_t parent_count;
  rel_draft **ancestors; // its parents, then theirs; each once
  size_t ancestor_count;
  size_t depth;                    // more than any ancestor's
  rel_str discriminator_field;     // its own or its nearest ancestor's; empty: none
  const char *discriminator_value; // NULL: none
  rel_tag discriminator_tag;       // the same, read
  bool has_tag;                    // it could be
  rel_link *declared;
  size_t declared_count;
  rel_link *links; // effective: declared first, then inherited
  rel_link **links_by_name;
  size_t link_count;
  rel_query_method *methods; // declared
  size_t method_count;
};

// A schema with what its lookups need. The public part is first.
typedef struct rel_schema_impl {
  rel_schema schema;
  rel_arena arena;
  rel_symbol *symbols; // by name
  size_t symbol_count;
  const rel_file **files_by_name;
} rel_schema_impl;

// A model with its indexes. The public part is first.
typedef struct rel_model_impl {
  rel_model model;
  const rel_field **fields_by_name;
  const rel_relation **relations_by_name;
} rel_model_impl;

typedef struct rel_builder {
  rel_schema_limits limits;
  rel_findings *findings;
  size_t errors_before;
  rel_schema_impl *schema;
  rel_arena *arena; // the schema's
  rel_arena scratch;
  rel_source *sources;
  size_t source_count;
  rel_message *messages;
  size_t message_count;
  size_t message_capacity;
  rel_symbol *symbols; // owned until they are sorted into the schema
  size_t symbol_count;
  size_t symbol_capacity;
  size_t name_bytes;
  rel_draft *drafts; // by full name
  size_t draft_count;
  rel_draft **by_depth; // ancestors before descendants
} rel_builder;

// --- What is being looked at, for a finding ---

typedef struct rel_at {
  rel_builder *builder;
  rel_place place;
  rel_str model;
  rel_str element;
} rel_at;

rel_at rel_at_draft(rel_builder *b, const rel_draft *draft);
rel_at rel_at_field(rel_builder *b, const rel_draft *draft, const rel_field *field);
// A link as `draft` has it: at its declaration, or at the model when it is inherited.
rel_at rel_at_link(rel_builder *b, const rel_draft *draft, const rel_link *link);
// Reports nothing: for what is wrong and has been reported elsewhere.
static const rel_at rel_at_silent = {0};
// Adds an error.
void rel_report(rel_at at, const char *format, ...) REL_PRINTF(2, 3);
void rel_findings_addv(rel_findings *findings, rel_severity severity, rel_place place, rel_str model,
                       rel_str element, const char *format, va_list args) REL_PRINTF(6, 0);

// --- Names (names.c) ---

// "; did you mean \"x\"?", or "" when nothing is near.
rel_str rel_near_hint(rel_builder *b, const rel_near *near);
// The hint for a field of a model, and for a model.
rel_str rel_near_field(rel_builder *b, const rel_model *model, rel_str name);
rel_str rel_near_model(rel_builder *b, rel_str name);
rel_str rel_near_link(rel_builder *b, const rel_draft *draft, rel_str name);

bool rel_is_identifier(rel_str name);        // [A-Za-z_][A-Za-z0-9_]*
bool rel_is_dotted_identifier(rel_str name); // identifiers joined by dots
rel_str rel_last_component(rel_str full_name);

// --- The stages ---

// Fills sources, messages and symbols. False when nothing can be read, which is reported.
bool rel_build_descriptors(rel_builder *b, rel_str set);
// The position of the element at `path` + `tail`, or of what encloses it.
rel_place rel_build_place(const rel_message *message, const int32_t *tail, size_t tail_length);
const rel_symbol *rel_build_symbol(const rel_builder *b, rel_str full_name);
// What `name` means inside the message `scope`, as protoc resolves a type's name; NULL when nothing.
rel_message *rel_build_resolve_message(const rel_builder *b, rel_str name, rel_str scope);

// The options, NULL when there are none. Reports what cannot be decoded.
const Relations__V1__ModelOptions *rel_build_model_options(rel_builder *b, const rel_message *message);
void rel_build_field_options(rel_at at, const rel_pb_field *proto, rel_field_options *options);

void rel_build_models(rel_builder *b);
void rel_build_declarations(rel_builder *b);
void rel_build_extends(rel_builder *b);
void rel_build_tables(rel_builder *b);
// False when there are too many, which is reported.
bool rel_build_links(rel_builder *b);
void rel_build_relations(rel_builder *b);
void rel_build_through(rel_builder *b);
// False when something in it is wrong, which is reported. Of a relation through a link that is known by now.
bool rel_build_order(rel_builder *b, rel_at at, const rel_link *link, rel_relation *relation);
void rel_build_gates(rel_builder *b);
void rel_build_inverses(rel_builder *b);
void rel_build_methods(rel_builder *b);

// Says through or source: the keys are not its own.
bool rel_link_leads_through(const rel_link *link);
// The effective link of a draft, or NULL.
rel_link *rel_draft_link(const rel_draft *draft, rel_str name);
// The nearest ancestor whose records lie in the draft's table, or NULL.
rel_draft *rel_draft_table_sharer(const rel_draft *draft);
// An override of a C name, checked; empty when it is NULL.
rel_str rel_build_c_name(rel_at at, const char *name);
// Reports that the model lacks a field that an aspect of the link names, at the model that has the link.
void rel_report_no_field(rel_at at, const rel_link *link, const rel_model *model, const char *aspect,
                         rel_str name);
// Whether rows can be told apart by the field: a string, an integer or an enum with a column.
bool rel_build_can_tell(const rel_field *field);
// Reads a value of such a field as an option writes it, an enum's by name or number. False when it is none,
// which is reported. The text stays the option's.
bool rel_build_tag(rel_at at, const char *aspect, const rel_field *field, const char *value, rel_tag *out);
// Reads cache options over what `settings` holds. False when the time to live is out of range.
bool rel_build_cache(const Relations__V1__CacheOptions *options, rel_cache_settings *settings);

#endif
