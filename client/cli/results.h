// RecordSets for a person or a program: what get and load print.
#ifndef RELATIONS_CLIENT_CLI_RESULTS_H
#define RELATIONS_CLIENT_CLI_RESULTS_H

#include <relations/v1/registry_service.pb-c.h>
#include <relations/v1/relation_service.pb-c.h>

#include "client/cli/record.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// Results, each with the key that was asked for.
typedef struct rel_results {
  const Relations__V1__Model *model; // of the records
  const char *const *keys;           // as they were written
  Relations__V1__RecordSet *const *sets;
  size_t count;
  // How a record is written as JSON when others are within it; NULL: its fields alone.
  rel_code (*record_json)(const void *view, rel_str record, rel_buf *out, rel_error *error);
  const void *view;
} rel_results;

// Prints a table, or JSON: {"recordType": …, "results": [{"key": …, "state": …, "records": […]}, …]}.
// REL_INTERNAL when a record is not one of the model; then nothing is printed.
rel_code rel_results_print(const rel_results *results, bool json, FILE *out, rel_error *error) REL_MUST_CHECK;

// Appends a record's fields as the members of a JSON object, without its braces. `values` has room for them.
rel_code rel_results_fields_json(const Relations__V1__Model *model, rel_str record, rel_value *values,
                                 rel_buf *out, rel_error *error) REL_MUST_CHECK;
// Appends a record as a JSON object. `values` has room for the model's fields.
rel_code rel_results_record_json(const Relations__V1__Model *model, rel_str record, rel_value *values,
                                 rel_buf *out, rel_error *error) REL_MUST_CHECK;

// True when the result of no key is an error of its own.
bool rel_results_fine(const rel_results *results);

#ifdef __cplusplus
}
#endif

#endif
