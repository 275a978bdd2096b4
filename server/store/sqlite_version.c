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
// A file that is replaced by another of its name goes on existing for whoever has it open, and nobody commits
// to it any more. So once a second the name is looked at. From the moment that it leads elsewhere the version
// is 0: every call then asks a connection of the store, and that thread, which may block, follows.
//
// What was seen is turned into a number that only grows. While the sentinel has the WAL open, nobody can
// convert the database back to a rollback journal; the way into WAL mode is noticed in the file's header.
#include "server/store/sqlite_conn.h"

#include "common/log.h"

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

static const int64_t LOOK_EVERY_NS = REL_NS_PER_S; // at the file's name

struct rel_sqlite_sentinel {
  char *path;
  int64_t busy_timeout_ns; // of opening

  pthread_mutex_t lock; // everything below
  rel_sqlite_conn conn;
  sqlite3_file *file;
  const uint32_t *wal_header; // in the shared memory; NULL: not in WAL mode, as far as is known
  mark last;
  bool seen;        // `last` is something
  bool last_is_wal; // and of this kind
  uint64_t version;
  int64_t looked_ns;
  bool moved;     // the name leads elsewhere
  bool following; // somebody opens what it leads to
  bool failed;    // to open it, the last time
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

// The next number when anything is not as it was. 0: cannot be told. Under the lock.
static uint64_t compare(rel_sqlite_sentinel *s) {
  mark now;
  if (!read_mark(s, &now)) return 0;
  bool is_wal = s->wal_header != NULL;
  if (!s->seen || is_wal != s->last_is_wal || memcmp(&now, &s->last, sizeof now) != 0) {
    s->last = now;
    s->last_is_wal = is_wal;
    s->seen = true;
    s->version++;
  }
  return s->version;
}

uint64_t rel_sqlite_sentinel_version(rel_sqlite_sentinel *s) {
  int64_t now_ns = rel_clock_ns();
  pthread_mutex_lock(&s->lock);
  if (!s->moved && now_ns - s->looked_ns >= LOOK_EVERY_NS) {
    s->looked_ns = now_ns;
    s->moved = rel_sqlite_conn_moved(&s->conn);
  }
  uint64_t version = s->moved ? 0 : compare(s);
  pthread_mutex_unlock(&s->lock);
  return version;
}

bool rel_sqlite_sentinel_moved(rel_sqlite_sentinel *s) {
  pthread_mutex_lock(&s->lock);
  bool moved = s->moved;
  pthread_mutex_unlock(&s->lock);
  return moved;
}

// --- Opening, and opening again ---

// Fills conn, file and wal_header.
static rel_code open_watch(rel_sqlite_sentinel *s, rel_error *error) {
  rel_code code = rel_sqlite_conn_open(&s->conn, s->path, s->busy_timeout_ns, error);
  if (code != REL_OK) return code;
  int rc = sqlite3_file_control(s->conn.db, "main", SQLITE_FCNTL_FILE_POINTER, &s->file);
  code = rc == SQLITE_OK ? attach(s, error) : rel_sqlite_fail(&s->conn, rc, error);
  s->conn.busy_timeout_ns = 0; // from now on, whoever asks for the version must not wait
  return code;
}

// True for the one caller who has to open the file.
static bool begin_following(rel_sqlite_sentinel *s) {
  pthread_mutex_lock(&s->lock);
  if (!s->moved) s->moved = rel_sqlite_conn_moved(&s->conn);
  bool mine = s->moved && !s->following;
  if (mine) s->following = true;
  pthread_mutex_unlock(&s->lock);
  return mine;
}

// Puts what was opened in the place of the old, which is left in `fresh`. True when this is news.
static bool end_following(rel_sqlite_sentinel *s, rel_sqlite_sentinel *fresh, bool opened) {
  pthread_mutex_lock(&s->lock);
  bool news = opened || !s->failed;
  s->failed = !opened;
  s->following = false;
  if (opened) {
    rel_sqlite_conn old = s->conn;
    s->conn = fresh->conn;
    fresh->conn = old;
    s->file = fresh->file;
    s->wal_header = fresh->wal_header;
    s->seen = false; // the next number, whatever is read
    s->moved = false;
  }
  pthread_mutex_unlock(&s->lock);
  return news;
}

bool rel_sqlite_sentinel_follow(rel_sqlite_sentinel *s) {
  if (!begin_following(s)) return false;
  rel_error error = {0};
  rel_sqlite_sentinel fresh = {.path = s->path, .busy_timeout_ns = s->busy_timeout_ns};
  bool opened = open_watch(&fresh, &error) == REL_OK;
  bool news = end_following(s, &fresh, opened);
  rel_sqlite_conn_close(&fresh.conn);
  if (opened)
    REL_LOG(REL_LOG_WARN, "database_replaced", rel_log_text("path", rel_cstr(s->path)));
  else if (news)
    REL_LOG(REL_LOG_ERROR, "database_gone", rel_log_text("path", rel_cstr(s->path)),
            rel_log_text("error", rel_cstr(error.message)));
  return opened;
}

rel_code rel_sqlite_sentinel_new(const char *path, int64_t busy_timeout_ns, rel_sqlite_sentinel **out,
                                 rel_error *error) {
  rel_sqlite_sentinel *s = REL_NEW(rel_sqlite_sentinel);
  pthread_mutex_init(&s->lock, NULL);
  s->path = rel_strdup(rel_cstr(path));
  s->busy_timeout_ns = busy_timeout_ns;
  s->looked_ns = rel_clock_ns();
  rel_code code = open_watch(s, error);
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
  free(s->path);
  free(s);
}
