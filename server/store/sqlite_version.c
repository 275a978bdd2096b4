// Has anybody committed? Asked before every answer out of the cache, so it must cost a memory read, not a
// statement.
//
// In WAL mode every commit, by any process, rewrites the header of the WAL-index, which all of them share as
// memory (https://sqlite.org/walformat.html, section 2): 48 bytes with a change counter, the number of
// frames, their checksum and the WAL's salts, twice, second copy first. Two equal copies that are not those
// of before: somebody committed, or restarted or recovered the WAL. Two that differ: a commit is being made
// at this moment.
//
// In the rollback-journal modes the file's own header holds a change counter
// (https://sqlite.org/fileformat2.html, 1.3.7), read with one small pread.
//
// Both are reached through the sentinel's own connection: SQLITE_FCNTL_FILE_POINTER gives its file, the
// file's methods give xShmMap and xRead. The database is never opened by ourselves: closing any descriptor of
// it would drop the locks of every connection in this process (https://sqlite.org/howtocorrupt.html, 2.2).
//
// What was seen is turned into a number that only grows. While the sentinel has the WAL open, nobody can
// convert the database back to a rollback journal; the way into WAL mode is noticed in the file's header.
#include "server/store/sqlite.h"

#include <pthread.h>

enum {
  WAL_HEADER_WORDS = 12,        // of 4 bytes; a copy
  WAL_INDEX_REGION = 32 * 1024, // SQLite maps the WAL-index in regions of this size
  FILE_HEADER = 100,
  AT_READ_VERSION = 19, // 2: WAL mode
  AT_CHANGE_COUNTER = 24,
  TRIES = 100, // of reading two equal copies
};

// Everything that can change when somebody commits.
typedef union mark {
  uint32_t wal[WAL_HEADER_WORDS];
  uint8_t file[16]; // change counter, pages, freelist: what SQLite itself compares
} mark;

struct rel_sqlite_sentinel {
  pthread_mutex_t lock; // everything below
  rel_sqlite_conn conn;
  sqlite3_file *file;
  const uint32_t *wal_header; // in the shared memory; NULL: not in WAL mode, as far as is known
  mark last;
  bool seen;        // `last` is something
  bool last_is_wal; // and of this kind
  uint64_t version;
};

// --- WAL mode ---

// SQLITE_READONLY comes with a mapping all the same when only the permission to write to it is missing.
static void find_wal_header(rel_sqlite_sentinel *s) {
  void volatile *region = NULL;
  s->wal_header = NULL;
  if (s->file->pMethods == NULL || s->file->pMethods->iVersion < 2) return;
  int rc = s->file->pMethods->xShmMap(s->file, 0, WAL_INDEX_REGION, 0, &region);
  if (rc == SQLITE_OK || rc == SQLITE_READONLY) s->wal_header = (const uint32_t *)region;
}

// Other processes write to it: each word is an atomic load, and the fence orders the first copy before the
// second, as SQLite's own readers do.
static void load_words(const uint32_t *from, uint32_t *to) {
  for (size_t i = 0; i < WAL_HEADER_WORDS; i++)
    to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
}

// False while a commit is under way. Then nothing can be told: neither the state before nor the one after.
static bool read_wal_mark(const rel_sqlite_sentinel *s, mark *now) {
  uint32_t second[WAL_HEADER_WORDS];
  for (int i = 0; i < TRIES; i++) {
    load_words(s->wal_header, now->wal);
    load_words(s->wal_header + WAL_HEADER_WORDS, second);
    if (memcmp(now->wal, second, sizeof second) == 0) return true;
  }
  return false;
}

// --- Rollback-journal modes ---

static bool read_file_mark(const rel_sqlite_sentinel *s, mark *now, bool *is_wal) {
  uint8_t header[FILE_HEADER];
  int rc = s->file->pMethods->xRead(s->file, header, sizeof header, 0);
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return false; // an empty file reads as zeros
  memcpy(now->file, header + AT_CHANGE_COUNTER, sizeof now->file);
  *is_wal = header[AT_READ_VERSION] == 2;
  return true;
}

// --- Both ---

// A statement makes the sentinel's connection notice which mode the file is in, and open the WAL if there is
// one.
static rel_code attach(rel_sqlite_sentinel *s, rel_error *error) {
  rel_code code = rel_sqlite_exec(&s->conn, "SELECT 1 FROM sqlite_schema LIMIT 1", error);
  if (code != REL_OK) return code;
  mark ignored;
  bool is_wal = false;
  if (!read_file_mark(s, &ignored, &is_wal)) return rel_sqlite_fail(&s->conn, SQLITE_IOERR_READ, error);
  if (is_wal) find_wal_header(s);
  return REL_OK;
}

static bool read_mark(rel_sqlite_sentinel *s, mark *now) {
  bool is_wal = false;
  memset(now, 0, sizeof *now);
  if (s->wal_header != NULL) return read_wal_mark(s, now);
  if (!read_file_mark(s, now, &is_wal)) return false;
  if (!is_wal) return true;
  memset(now, 0, sizeof *now);
  return attach(s, NULL) == REL_OK && s->wal_header != NULL && read_wal_mark(s, now);
}

uint64_t rel_sqlite_sentinel_version(rel_sqlite_sentinel *s) {
  pthread_mutex_lock(&s->lock);
  mark now;
  uint64_t version = 0;
  if (read_mark(s, &now)) {
    bool is_wal = s->wal_header != NULL;
    if (!s->seen || is_wal != s->last_is_wal || memcmp(&now, &s->last, sizeof now) != 0) {
      s->last = now;
      s->last_is_wal = is_wal;
      s->seen = true;
      s->version++;
    }
    version = s->version;
  }
  pthread_mutex_unlock(&s->lock);
  return version;
}

rel_code rel_sqlite_sentinel_new(const char *path, int64_t busy_timeout_ns, rel_sqlite_sentinel **out,
                                 rel_error *error) {
  rel_sqlite_sentinel *s = REL_NEW(rel_sqlite_sentinel);
  pthread_mutex_init(&s->lock, NULL);
  rel_code code = rel_sqlite_conn_open(&s->conn, path, busy_timeout_ns, error);
  if (code != REL_OK) goto out;
  int rc = sqlite3_file_control(s->conn.db, "main", SQLITE_FCNTL_FILE_POINTER, &s->file);
  if (rc != SQLITE_OK) {
    code = rel_sqlite_fail(&s->conn, rc, error);
    goto out;
  }
  code = attach(s, error);
  s->conn.busy_timeout_ns = 0; // from now on, whoever asks for the version must not wait
out:
  if (code == REL_OK)
    *out = s;
  else
    rel_sqlite_sentinel_free(s);
  return code;
}

void rel_sqlite_sentinel_free(rel_sqlite_sentinel *s) {
  if (s == NULL) return;
  rel_sqlite_conn_close(&s->conn);
  pthread_mutex_destroy(&s->lock);
  free(s);
}
