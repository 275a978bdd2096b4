// protobuf-c's own generator, run from ours: one plugin run writes the models and the accessors.
//
// protoc refuses proto3 `optional` for protoc-gen-c only because that does not announce the feature. Given
// the unmodified request it generates the field well, as a union with a case. So ours announces the feature,
// and passes the request on.
#ifndef RELATIONS_CLIENT_PLUGIN_DELEGATE_H
#define RELATIONS_CLIENT_PLUGIN_DELEGATE_H

#include "client/plugin/request.h"

// Runs protoc-gen-c and appends its CodeGeneratorResponse. REL_UNAVAILABLE: it cannot be run, or it failed.
rel_code rel_delegate_models(const rel_plugin_request *request, rel_buf *response,
                             rel_error *error) REL_MUST_CHECK;

#endif
