// A table for a person: columns as wide as their widest cell, values on one line, nothing that a terminal
// would obey. One owner.
#ifndef RELATIONS_CLIENT_CLI_TABLE_H
#define RELATIONS_CLIENT_CLI_TABLE_H

#include "common/arena.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_table_row {
  rel_str *cells;
  rel_str rest; // in place of the cells that are not there; does not widen a column
  struct rel_table_row *next;
} rel_table_row;

typedef struct rel_table {
  rel_arena arena;
  size_t columns;
  rel_table_row *first;
  rel_table_row **last;
} rel_table;

// Not to be moved after init.
void rel_table_init(rel_table *table, size_t columns);
void rel_table_fini(rel_table *table);
// A row of empty cells; the first row is the heading.
rel_table_row *rel_table_row_add(rel_table *table);
// Sets a cell. Controls are escaped, and a text longer than a line is cut with "…".
void rel_table_set(rel_table *table, rel_table_row *row, size_t column, rel_str text);
// Sets what follows the row's cells; escaped, not cut.
void rel_table_set_rest(rel_table *table, rel_table_row *row, rel_str text);
void rel_table_print(const rel_table *table, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
