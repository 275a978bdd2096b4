// Tables: see table.h.
#include "client/cli/table.h"

enum { MAX_CELL = 60 };

void rel_table_init(rel_table *table, size_t columns) {
  *table = (rel_table){.columns = columns};
  rel_arena_init(&table->arena);
  table->last = &table->first;
}

void rel_table_fini(rel_table *table) {
  rel_arena_fini(&table->arena);
}

rel_table_row *rel_table_row_add(rel_table *table) {
  rel_table_row *row = REL_ARENA_NEW(&table->arena, rel_table_row);
  row->cells = REL_ARENA_ARRAY(&table->arena, rel_str, table->columns);
  *table->last = row;
  table->last = &row->next;
  return row;
}

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

// Columns that a text takes: its characters.
static size_t width(rel_str text) {
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++)
    count += !continues(text.ptr[i]);
  return count;
}

// Also the controls from U+0080 to U+009F, which some terminals obey; what is not UTF-8 becomes a question
// mark.
static rel_str printable(rel_arena *arena, rel_str text, size_t most) {
  rel_buf out = {0};
  bool valid = rel_utf8_valid(text);
  size_t characters = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    bool high_control = c == 0xC2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xA0;
    if (!continues((char)c) && characters++ == most) {
      rel_buf_cstr(&out, "…");
      break;
    }
    if (c == '\n')
      rel_buf_cstr(&out, "\\n");
    else if (c < 0x20 || c == 0x7F)
      rel_buf_printf(&out, "\\x%02x", c);
    else if (valid && high_control)
      rel_buf_printf(&out, "\\u%04x", (unsigned char)text.ptr[++i]);
    else
      rel_buf_printf(&out, "%c", c >= 0x80 && !valid ? '?' : c);
  }
  rel_str copy = rel_arena_copy(arena, rel_buf_view(&out));
  rel_buf_fini(&out);
  return copy;
}

void rel_table_set(rel_table *table, rel_table_row *row, size_t column, rel_str text) {
  row->cells[column] = printable(&table->arena, text, MAX_CELL);
}

void rel_table_set_rest(rel_table *table, rel_table_row *row, rel_str text) {
  row->rest = printable(&table->arena, text, SIZE_MAX);
}

void rel_table_print(const rel_table *table, FILE *out) {
  size_t *widths = rel_alloc0(table->columns, sizeof *widths);
  for (const rel_table_row *row = table->first; row != NULL; row = row->next)
    for (size_t i = 0; i < table->columns; i++)
      if (width(row->cells[i]) > widths[i]) widths[i] = width(row->cells[i]);
  for (const rel_table_row *row = table->first; row != NULL; row = row->next) {
    size_t last = 0;
    for (size_t i = 0; i < table->columns; i++)
      if (row->cells[i].len > 0) last = i + 1;
    for (size_t i = 0; i < last; i++) {
      fprintf(out, REL_STR_F, REL_STR_A(row->cells[i]));
      if (i + 1 < last || row->rest.len > 0)
        fprintf(out, "%*s", (int)(widths[i] - width(row->cells[i]) + 2), "");
    }
    fprintf(out, REL_STR_F "\n", REL_STR_A(row->rest));
  }
  free(widths);
}
