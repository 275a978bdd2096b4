// The SQLite store: how it is opened, and where its parts are. Private to server/store.
//
//   sqlite.c             the store: its queue, its threads, the vtable
//
//   sqlite_conn.h        the database
//     sqlite_conn.c        a connection: opened read-only, its deadlines, its errors in our words
//     sqlite_kept.c        statements of queries, kept prepared by their text
//     sqlite_table.c       what the database says about a table
//     sqlite_check.c       a schema is compared with the database
//     sqlite_version.c     has anybody committed?
//   sqlite_functions.h   what SQL is given besides
//     sqlite_functions.c   times and decimals, comparable whatever they are stored as
//     sqlite_aggregates.c  sums, means and the like, exact
//     sqlite_keys.c        a batch of keys as a virtual table
//   sqlite_writer.h      SQL while it is written
//     sqlite_writer.c      pieces of SQL, and the values bound to them
//     sqlite_reach.c       what a row's key is compared with, and the tables between
//     sqlite_link.c        rows with the values of the link that leads to them first
//     sqlite_where.c       a condition
//     sqlite_bounds.c      what an index can know of one
//     sqlite_uuid.c        UUIDs, in whichever spelling
//     sqlite_related.c     from one table to another, along relations
//     sqlite_order.c       a query's order, and the cursor between its pages
//     sqlite_joins.c       records of relations beside rows that are gathered
//     sqlite_group.c       rows gathered into groups
//   sqlite_plan.h        what is run
//     sqlite_plan.c        a lookup becomes a plan
//     sqlite_lookup.c      and that becomes SQL
//     sqlite_run.c         a batch is run: statements kept, rows handed over
//     sqlite_scattered.c   rows that lie scattered, in the order in which they lie: sqlite_scattered.h
//     sqlite_select.c      one page of a query: its statement, its rows
#ifndef RELATIONS_SERVER_STORE_SQLITE_H
#define RELATIONS_SERVER_STORE_SQLITE_H

#include "server/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

rel_code rel_sqlite_open(const rel_store_options *options, rel_str path, rel_store **out,
                         rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
