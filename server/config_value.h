// Values as people write them: "64MiB", "250ms", "on". Stateless; for config.c.
#ifndef RELATIONS_SERVER_CONFIG_VALUE_H
#define RELATIONS_SERVER_CONFIG_VALUE_H

#include "common/str.h"

// Each returns false when the text is no such value; then *out is untouched.
bool rel_value_count(rel_str text, uint64_t *out);      // 1, 10000
bool rel_value_size(rel_str text, uint64_t *out);       // 4096, 64KiB, 64MiB, 2GiB
bool rel_value_duration(rel_str text, int64_t *out_ns); // 0, 250ms, 30s, 5m, 1h
bool rel_value_switch(rel_str text, bool *out);         // on, off, true, false

#endif
