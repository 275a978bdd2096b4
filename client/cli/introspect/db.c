// The neutral structure of a database: see db.h. Owns how names compare and how values are counted.
#include "client/cli/introspect/db.h"

#include "server/store/key.h"
#include "server/store/text.h"

#include <ctype.h>
#include <math.h>

bool rel_db_name_eq(rel_str a, rel_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (tolower((unsigned char)a.ptr[i]) != tolower((unsigned char)b.ptr[i])) return false;
  return true;
}

const rel_db_table *rel_db_find_table(const rel_db *db, rel_str name) {
  for (size_t i = 0; i < db->table_count; i++)
    if (rel_db_name_eq(db->tables[i].name, name)) return &db->tables[i];
  return NULL;
}

const rel_db_column *rel_db_find_column(const rel_db_table *table, rel_str name) {
  for (size_t i = 0; i < table->column_count; i++)
    if (rel_db_name_eq(table->columns[i].name, name)) return &table->columns[i];
  return NULL;
}

bool rel_db_never_null(const rel_db_table *table, const rel_db_columns *set) {
  for (size_t i = 0; i < set->count; i++)
    if (!table->columns[set->items[i]].not_null) return false;
  return true;
}

// What a text is, is asked of the very functions that will read it when the schema is served.
void rel_db_count_text(rel_db_values *values, rel_str text) {
  rel_time time;
  uint8_t uuid[16];
  values->texts++;
  if ((text.len > 0 && memchr(text.ptr, 0, text.len) != NULL) || !rel_utf8_valid(text)) {
    values->bad_texts++;
    return;
  }
  values->times += rel_time_parse(text, &time);
  values->decimals += rel_decimal_valid(text);
  values->uuid_texts += rel_uuid_parse(text, uuid);
}

void rel_db_count_real(rel_db_values *values, double value) {
  values->reals++;
  if (!isfinite(value)) values->infinities++;
}

void rel_db_count_blob(rel_db_values *values, rel_str bytes) {
  values->blobs++;
  if (bytes.len == 16) values->uuid_blobs++;
}

void rel_db_count_integer(rel_db_values *values, int64_t value) {
  enum { EXACT_BITS = 53 };
  const int64_t exact = INT64_C(1) << EXACT_BITS;
  if (values->integers++ == 0) values->least_integer = values->most_integer = value;
  if (value < values->least_integer) values->least_integer = value;
  if (value > values->most_integer) values->most_integer = value;
  if (value > exact || value < -exact) values->wide_integers++;
}
