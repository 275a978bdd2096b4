// What a column becomes: see draft.h. Owns the rules from declared types and values to Protobuf types.
//
// A declared type is a wish in SQLite; the values are what the server will have to send. So the declared
// type's own Protobuf type is taken when every value fits it, else the first other that every value fits,
// with a comment; a column whose values fit none is left out, with a comment.
#include "client/cli/introspect/draft.h"

#include "server/store/text.h"

#include <ctype.h>

typedef enum declared_kind { ANY, BOOL, TIME, UUID, DECIMAL, INTEGER, TEXT, BYTES, DOUBLE } declared_kind;

// Parts of declared types, upper case; the first that occurs decides. TINYINT(1) is the BOOLEAN of MySQL, and
// of what is written for both, BIT that of SQL Server.
static const struct {
  const char *part;
  declared_kind kind;
} kinds[] = {
    {"BOOL", BOOL},       {"TINYINT(1)", BOOL}, {"TIMESTAMP", TIME},   {"DATE", TIME},
    {"UUID", UUID},       {"GUID", UUID},       {"UNIQUEIDENT", UUID}, {"DECIMAL", DECIMAL},
    {"NUMERIC", DECIMAL}, {"MONEY", DECIMAL},   {"NUMBER", DECIMAL},   {"INT", INTEGER},
    {"SERIAL", INTEGER},  {"CHAR", TEXT},       {"CLOB", TEXT},        {"TEXT", TEXT},
    {"JSON", TEXT},       {"STRING", TEXT},     {"BLOB", BYTES},       {"BINARY", BYTES},
    {"BYTEA", BYTES},     {"REAL", DOUBLE},     {"FLOA", DOUBLE},      {"DOUB", DOUBLE},
    {"BIT", BOOL},        {"IMAGE", BYTES},
};

static declared_kind kind_of(rel_str declared) {
  char upper[64];
  size_t len = declared.len < sizeof upper - 1 ? declared.len : sizeof upper - 1;
  for (size_t i = 0; i < len; i++)
    upper[i] = (char)toupper((unsigned char)declared.ptr[i]);
  upper[len] = '\0';
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strstr(upper, kinds[i].part) != NULL) return kinds[i].kind;
  return ANY;
}

// Columns with one of these in their type compare numbers: text in them is never found as a key.
static bool compares_numbers(rel_str declared) {
  declared_kind kind = kind_of(declared);
  return kind == INTEGER || kind == DOUBLE;
}

// DECIMAL(10) and NUMERIC(10, 0) have no digits behind the point.
static bool is_whole_decimal(rel_str declared) {
  const char *open = memchr(declared.ptr, '(', declared.len);
  if (open == NULL) return false;
  rel_str rest = rel_bytes(open, declared.len - (size_t)(open - declared.ptr));
  const char *comma = memchr(rest.ptr, ',', rest.len);
  if (comma == NULL) return true;
  for (const char *p = comma + 1; p < rest.ptr + rest.len && *p != ')'; p++)
    if (*p != ' ' && *p != '0') return false;
  return true;
}

// --- Which types every value fits ---

static bool only_integers(const rel_db_values *v) {
  return v->reals == 0 && v->texts == 0 && v->blobs == 0;
}

static bool no_values(const rel_db_values *v) {
  return v->integers == 0 && only_integers(v);
}

static bool fits_bool(const rel_db_values *v) {
  return only_integers(v) && v->least_integer >= 0 && v->most_integer <= 1;
}

static bool fits_double(const rel_db_values *v) {
  return v->texts == 0 && v->blobs == 0 && v->wide_integers == 0;
}

static bool fits_string(const rel_db_values *v) {
  return v->integers == 0 && v->reals == 0 && v->blobs == 0 && v->bad_texts == 0;
}

static bool fits_bytes(const rel_db_values *v) {
  return v->integers == 0 && v->reals == 0;
}

static bool fits_decimal(const rel_db_values *v) {
  return v->blobs == 0 && v->infinities == 0 && v->texts == v->decimals;
}

static bool fits_uuid(const rel_db_values *v) {
  return fits_string(v) && v->texts == v->uuid_texts;
}

static bool fits_uuid_bytes(const rel_db_values *v) {
  return fits_bytes(v) && v->texts == 0 && v->blobs > 0 && v->blobs == v->uuid_blobs;
}

// What integers of a time column count, told by the largest: below 1973 as seconds they may as well be years,
// or days written as 20240131, and are not taken for times. "" is seconds, NULL no time.
static const char *time_unit(const rel_db_values *v) {
  static const struct {
    int64_t below;
    int64_t per_second;
    const char *name;
  } units[] = {
      {INT64_C(100000000000), 1, ""},
      {INT64_C(100000000000000), 1000, "TIME_UNIT_MILLISECONDS"},
      {INT64_C(100000000000000000), 1000000, "TIME_UNIT_MICROSECONDS"},
  };
  if (v->integers == 0) return "";
  if (v->least_integer == INT64_MIN) return NULL;
  int64_t largest = v->most_integer > -v->least_integer ? v->most_integer : -v->least_integer;
  if (largest < 100000000) return NULL;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (largest < units[i].below)
      return v->least_integer >= REL_TIME_MIN_S * units[i].per_second ? units[i].name : NULL;
  return NULL;
}

static bool fits_time(const rel_db_values *v) {
  return v->reals == 0 && v->blobs == 0 && v->texts == v->times && time_unit(v) != NULL;
}

// --- Deciding ---

static bool set(rel_draft_field *field, const char *type, rel_draft_key key) {
  field->type = type;
  field->key = key;
  return true;
}

static bool set_decimal(rel_draft_field *field) {
  field->decimal = true;
  return set(field, "string", REL_DRAFT_NO_KEY);
}

static bool set_uuid(rel_draft_field *field, const char *type) {
  field->uuid = true;
  return set(field, type, REL_DRAFT_UUID_KEY);
}

static bool set_time(rel_draft_field *field) {
  const char *unit = time_unit(&field->column->values);
  field->time_unit = unit[0] != '\0' ? unit : NULL;
  return set(field, ".google.protobuf.Timestamp", REL_DRAFT_NO_KEY);
}

static bool set_int64(rel_draft_field *field) {
  return set(field, "int64", REL_DRAFT_INTEGER_KEY);
}

static bool set_string(rel_draft_field *field) {
  return set(field, "string", REL_DRAFT_TEXT_KEY);
}

static bool set_bytes(rel_draft_field *field) {
  return set(field, "bytes", REL_DRAFT_BYTES_KEY);
}

// The declared type's own Protobuf type, if it holds every value. Booleans, times, decimals and floating
// point cannot be keys: such a column in a key is left to the values.
static bool choose_declared(rel_draft_field *field, declared_kind kind) {
  const rel_db_values *v = &field->column->values;
  switch (kind) {
  case BOOL:
    return !field->joins && fits_bool(v) && set(field, "bool", REL_DRAFT_NO_KEY);
  case TIME:
    return !field->joins && fits_time(v) && set_time(field);
  case UUID:
    return fits_uuid_bytes(v) ? set_uuid(field, "bytes") : fits_uuid(v) && set_uuid(field, "string");
  case DECIMAL:
    if (only_integers(v) && (field->joins || is_whole_decimal(field->column->declared)))
      return set_int64(field);
    return !field->joins && fits_decimal(v) && set_decimal(field);
  case INTEGER:
    return only_integers(v) && set_int64(field);
  case TEXT:
    return fits_string(v) && set_string(field);
  case BYTES:
    return fits_bytes(v) && set_bytes(field);
  case DOUBLE:
    return fits_double(v) && set(field, "double", REL_DRAFT_NO_KEY);
  default:
    return false;
  }
}

// The first type that holds every value.
static bool choose_by_values(rel_draft_field *field, declared_kind kind) {
  const rel_db_values *v = &field->column->values;
  if (no_values(v)) return kind == BOOL ? set_int64(field) : set_string(field);
  if (only_integers(v)) return set_int64(field);
  if (fits_string(v)) return set_string(field);
  if (fits_bytes(v)) return set_bytes(field);
  if (fits_double(v)) return set(field, "double", REL_DRAFT_NO_KEY);
  if (fits_decimal(v)) return set_decimal(field);
  return false;
}

// "INTEGER and TEXT"
static rel_str describe_values(rel_arena *arena, const rel_db_values *v) {
  const struct {
    uint64_t count;
    const char *name;
  } classes[] = {{v->integers, "INTEGER"}, {v->reals, "REAL"}, {v->texts, "TEXT"}, {v->blobs, "BLOB"}};
  rel_str text = rel_cstr("");
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (classes[i].count > 0)
      text = rel_arena_printf(arena, REL_STR_F "%s%s", REL_STR_A(text), text.len > 0 ? " and " : "",
                              classes[i].name);
  return text;
}

static void explain(rel_arena *arena, rel_draft_field *field) {
  const rel_db_column *column = field->column;
  rel_str values = describe_values(arena, &column->values);
  rel_str declared = column->declared.len > 0 ? column->declared : rel_cstr("without a type");
  if (field->type == NULL)
    field->note = rel_arena_printf(arena, "holds " REL_STR_F " values, and no type fits all of them",
                                   REL_STR_A(values));
  else if (no_values(&column->values))
    field->note =
        rel_arena_printf(arena, "Declared " REL_STR_F ", and holds no value yet that would tell its type.",
                         REL_STR_A(declared));
  else if (column->values.bad_texts > 0)
    field->note = rel_arena_printf(
        arena, "Declared " REL_STR_F ", but holds text that is not UTF-8, or has a NUL inside.",
        REL_STR_A(declared));
  else if (column->declared.len > 0 && !field->joins)
    field->note =
        rel_arena_printf(arena, "Declared " REL_STR_F ", but not all of its " REL_STR_F " values are that.",
                         REL_STR_A(declared), REL_STR_A(values));
}

// What cannot join: see rel_draft_field.no_key.
static void check_key(rel_draft_field *field) {
  if (field->type == NULL) {
    field->no_key = field->column->name.len == 0 ? rel_cstr("has no name")
                                                 : rel_cstr("holds values that no single type fits");
  } else if (field->key == REL_DRAFT_NO_KEY) {
    field->no_key = rel_cstr("holds floating point numbers, which are no keys");
  } else if (field->key != REL_DRAFT_INTEGER_KEY && compares_numbers(field->column->declared)) {
    field->no_key = rel_cstr("is declared a number and holds something else, which is no key");
    field->key = REL_DRAFT_NO_KEY;
  }
}

void rel_draft_choose_type(rel_arena *arena, rel_draft_field *field) {
  const rel_db_column *column = field->column;
  if (column->name.len == 0) {
    field->note = rel_cstr("has no name");
    return;
  }
  declared_kind kind = kind_of(column->declared);
  bool declared = choose_declared(field, kind);
  if (!declared) choose_by_values(field, kind);
  if (!declared && (kind != ANY || field->type == NULL || no_values(&column->values))) explain(arena, field);
  // Django's char(32), and others' CHAR(36), whose digits are asked for in another spelling than they are
  // stored.
  if (field->joins && field->key == REL_DRAFT_TEXT_KEY && fits_uuid(&column->values) &&
      !no_values(&column->values))
    field->note = rel_cstr(
        "Its values may be UUIDs. With uuid: true, here and in what refers to it, any spelling finds them.");
  if (field->time_unit != NULL) field->note = rel_cstr("The unit of its integers is told by their size.");
  check_key(field);
  field->optional = !column->not_null && field->type != NULL && field->type[0] != '.';
}
