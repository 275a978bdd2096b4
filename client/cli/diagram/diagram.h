// A diagram of models and relations, before it is written in a form.
//
//   from_schema.c, from_server.c   say what models there are, each from its source
//   graph.c                        relations and their inverses become edges; what is near some models is
//   chosen mermaid.c, dot.c, svg.c        write it; layout.c and labels.c place it for svg.c
//
// Used by `relations diagram`. Everything lives in one arena; knows no database.
#ifndef RELATIONS_CLIENT_CLI_DIAGRAM_DIAGRAM_H
#define RELATIONS_CLIENT_CLI_DIAGRAM_DIAGRAM_H

#include "common/arena.h"
#include "common/schema/schema.h"

#include <relations/client.h>

#ifdef __cplusplus
extern "C" {
#endif

// A field that has a column.
typedef struct rel_diagram_field {
  rel_str name;
  rel_str type; // without its package
  bool optional;
  bool primary; // part of the primary key
  bool foreign; // part of a foreign key; graph.c says it
} rel_diagram_field;

// A relation, in the model that declares it.
typedef struct rel_diagram_relation {
  rel_str name;
  rel_relation_kind kind;
  rel_str target; // full name
  const rel_str *foreign_key;
  size_t key_count;
  rel_str inverse; // name; may be empty
  rel_str through; // name of the model's relation that leads to a link; may be empty
  rel_str source;  // with through: name of the link's relation that leads on
  bool tagged;     // polymorphic: its foreign key refers to other models as well
  rel_str note;    // how it comes about where a foreign key alone does not say it: "loader grpc:ratings"
} rel_diagram_relation;

typedef struct rel_diagram_model {
  rel_str name;    // full name
  rel_str title;   // what it is called in the diagram: the last part, if no other model's is the same
  rel_str *parents; // full names of what it extends
  size_t parent_count;
  bool abstract;
  rel_diagram_field *fields;
  size_t field_count;
  rel_diagram_relation *relations;
  size_t relation_count;
} rel_diagram_model;

// How many of one model belong to one of the other.
typedef enum rel_diagram_many { REL_DIAGRAM_ONE, REL_DIAGRAM_MAYBE_ONE, REL_DIAGRAM_MANY } rel_diagram_many;

// A relation with its inverse. `from` is referred to, `to` has the foreign key; or `to` extends `from`.
typedef struct rel_diagram_edge {
  size_t from, to; // indexes of models
  rel_diagram_many from_many, to_many;
  rel_str label; // "books / author"
  bool indirect; // by other means than a foreign key
  bool extends;
} rel_diagram_edge;

typedef struct rel_diagram {
  rel_diagram_model *models; // by full name
  size_t model_count;
  rel_diagram_edge *edges;
  size_t edge_count;
} rel_diagram;

// The models of a schema. The schema must outlive the diagram.
void rel_diagram_from_schema(const rel_schema *schema, rel_arena *arena, rel_diagram *out);
// The models that a server serves.
rel_code rel_diagram_from_server(rel_client *client, rel_arena *arena, rel_diagram *out,
                                 rel_error *error) REL_MUST_CHECK;

// What decides what is to be noted of a relation; each may be empty.
typedef struct rel_diagram_means {
  rel_str loader;
  rel_str through;
  rel_str type_field, type_tag;
} rel_diagram_means;
rel_str rel_diagram_note(const rel_diagram_means *means, rel_arena *arena);

// The last part of a full name.
rel_str rel_diagram_last_part(rel_str name);

// Which fields are shown.
typedef enum rel_diagram_fields {
  REL_DIAGRAM_ALL_FIELDS,
  REL_DIAGRAM_KEY_FIELDS, // of primary and foreign keys
  REL_DIAGRAM_NO_FIELDS,
} rel_diagram_fields;

typedef struct rel_diagram_options {
  const char *const *models; // only these, full names or last parts, and what is near them; none: all
  size_t model_count;
  size_t depth; // how many edges away
  rel_diagram_fields fields;
} rel_diagram_options;

// Makes the edges, and leaves what the options ask for. REL_INVALID names a model that there is not.
rel_code rel_diagram_connect(rel_diagram *diagram, const rel_diagram_options *options, rel_arena *arena,
                             rel_error *error) REL_MUST_CHECK;

void rel_diagram_mermaid(const rel_diagram *diagram, rel_buf *out);
void rel_diagram_dot(const rel_diagram *diagram, rel_buf *out);
void rel_diagram_svg(const rel_diagram *diagram, rel_arena *arena, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
