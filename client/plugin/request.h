// What protoc says to a plugin, and what the plugin answers: the messages of compiler/plugin.proto, as wire
// bytes.
//
// Only a handful of their fields matter here, and protobuf says that serialized messages put end to end are
// one message; so a request can be passed on with one field added, and another plugin's answer be a part of
// ours. One owner.
#ifndef RELATIONS_CLIENT_PLUGIN_REQUEST_H
#define RELATIONS_CLIENT_PLUGIN_REQUEST_H

#include "common/arena.h"
#include "common/str.h"

// A CodeGeneratorRequest; views of its bytes.
typedef struct rel_plugin_request {
  rel_str bytes;
  rel_str *files; // to generate: their names
  size_t file_count;
  bool models;          // parameter `models=false`: the protobuf-c code is somebody else's
  bool services;        // parameter `services=proto`: typed services as .proto, and no C
  rel_str protoc_gen_c; // parameter `protoc_gen_c=PATH`; a program's name or path
  rel_str passed_on;    // every other parameter, for protoc-gen-c
  bool annotated;       // a file is relations/v1/options.proto; without it there can be no model
  rel_buf descriptors;  // the files as a google.protobuf.FileDescriptorSet
} rel_plugin_request;

// Reads a request; `bytes` must outlive it. REL_INVALID: no such message, or a parameter with a wrong value.
rel_code rel_plugin_request_read(rel_str bytes, rel_arena *arena, rel_plugin_request *request,
                                 rel_error *error) REL_MUST_CHECK;
void rel_plugin_request_fini(rel_plugin_request *request);

// Appends to a CodeGeneratorResponse.
void rel_plugin_put_features(rel_buf *response);
void rel_plugin_put_file(rel_buf *response, rel_str name, rel_str content);
void rel_plugin_put_error(rel_buf *response, rel_str message);

#endif
