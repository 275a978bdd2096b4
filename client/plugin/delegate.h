// protobuf-c's own generator, run from ours: one plugin run writes the models and the accessors.
//
// protoc refuses proto3 `optional` for protoc-gen-c only because that does not announce the feature. Given
// the request it generates the field well, as a union with a case. So ours announces the feature, and passes
// the request on; all that is changed in it is the name of a field that has the option c_name.
#ifndef RELATIONS_CLIENT_PLUGIN_DELEGATE_H
#define RELATIONS_CLIENT_PLUGIN_DELEGATE_H

#include "client/plugin/request.h"
#include "common/schema/schema.h"

// `schema` is NULL when there is none, and says which fields are renamed. Runs protoc-gen-c and appends its
// CodeGeneratorResponse. REL_UNAVAILABLE: it cannot be run, or it failed.
rel_code rel_delegate_models(const rel_plugin_request *request, const rel_schema *schema, rel_arena *arena,
                             rel_buf *response, rel_error *error) REL_MUST_CHECK;

#endif
