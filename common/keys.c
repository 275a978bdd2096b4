// Keys: see keys.h.
#include "common/keys.h"

bool rel_keys_count(const Relations__V1__Keys *keys, size_t *count) {
  *count = 0;
  if (keys == NULL) return false;
  switch (keys->kind_case) {
  case RELATIONS__V1__KEYS__KIND_INT64S:
    *count = keys->int64s->n_values;
    return true;
  case RELATIONS__V1__KEYS__KIND_UINT64S:
    *count = keys->uint64s->n_values;
    return true;
  case RELATIONS__V1__KEYS__KIND_STRINGS:
    *count = keys->strings->n_values;
    return true;
  case RELATIONS__V1__KEYS__KIND_BYTES:
    *count = keys->bytes->n_values;
    return true;
  case RELATIONS__V1__KEYS__KIND_COMPOSITES:
    *count = keys->composites->n_keys;
    return true;
  default:
    return false;
  }
}
