// A connection to SQLite: opened read-only and hardened, waiting no longer than its deadline, its errors in
// our words, and opened again when its file was replaced.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_plan.h"

#include <sys/stat.h>
#include <time.h>

enum { PROGRESS_STEPS = 250, ASK_GONE_MS = 10, CACHE_KIB = 16384, MAX_NAP_MS = 20, JOURNAL_LOOKS = 20 };

static bool deadline_passed(const rel_sqlite_conn *conn) {
  return conn->deadline != NULL && rel_clock_ns() >= rel_deadline_get(conn->deadline);
}

static bool nobody_waits(rel_sqlite_conn *conn, int64_t now_ns) {
  if (conn->job == NULL || conn->job->gone == NULL || now_ns < conn->ask_gone_ns) return false;
  conn->ask_gone_ns = now_ns + ASK_GONE_MS * REL_NS_PER_MS;
  return conn->job->gone(conn->job, conn->batch);
}

bool rel_sqlite_given_up(rel_sqlite_conn *conn) {
  int64_t now_ns = rel_clock_ns();
  bool late = conn->deadline != NULL && now_ns >= rel_deadline_get(conn->deadline);
  conn->given_up |= late || nobody_waits(conn, now_ns);
  return conn->given_up;
}

// SQLite calls it every PROGRESS_STEPS instructions: anything but 0 interrupts the statement. They are few,
// for rows may be large and then each of them takes long; so many take as long as a hundred looks at the
// clock.
static int on_progress(void *context) {
  return rel_sqlite_given_up(context) ? 1 : 0;
}

static void nap(int attempts) {
  int64_t nap_ms = attempts < MAX_NAP_MS ? attempts + 1 : MAX_NAP_MS;
  nanosleep(&(struct timespec){.tv_nsec = (long)(nap_ms * REL_NS_PER_MS)}, NULL);
}

// SQLite calls it while somebody else's lock is in the way; 0 gives up.
static int on_busy(void *context, int attempts) {
  rel_sqlite_conn *conn = context;
  int64_t now = rel_clock_ns();
  if (attempts == 0) conn->busy_since_ns = now;
  if (rel_sqlite_given_up(conn) || now - conn->busy_since_ns >= conn->busy_timeout_ns) return 0;
  nap(attempts);
  return 1;
}

bool rel_sqlite_too_deep(const rel_sqlite_conn *conn) {
  const char *text = sqlite3_errmsg(conn->db);
  static const char *const said[] = {"parser stack overflow", "Expression tree is too large",
                                     "at most 64 tables in a join"};
  for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
    if (strncmp(text, said[i], strlen(said[i])) == 0) return true;
  return false;
}

rel_code rel_sqlite_changed(const char *what, rel_error *error) {
  return rel_fail(
      error, REL_PRECONDITION,
      "the database has changed and no longer fits the schema: %s; mend the table, or change the schema and "
      "apply it",
      what);
}

rel_code rel_sqlite_fail(const rel_sqlite_conn *conn, int rc, rel_error *error) {
  const char *text = conn->db != NULL ? sqlite3_errmsg(conn->db) : sqlite3_errstr(rc);
  if (rc == SQLITE_ERROR && conn->failed.code != REL_OK) {
    if (error != NULL) *error = conn->failed;
    return conn->failed.code;
  }
  switch (rc & 0xFF) {
  case SQLITE_INTERRUPT:
    return rel_fail(error, REL_TIMEOUT, "the deadline passed while the database was reading");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    if (conn->given_up || deadline_passed(conn))
      return rel_fail(error, REL_TIMEOUT,
                      "the deadline passed while another program had the database locked");
    return rel_fail(error, REL_UNAVAILABLE, "another program has the database locked");
  case SQLITE_NOTADB:
    return rel_fail(error, REL_UNAVAILABLE, "the file is not a SQLite database");
  case SQLITE_CORRUPT:
    return rel_fail(error, REL_INTERNAL, "the database file is damaged: %s", text);
  case SQLITE_READONLY:
    if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
      return rel_fail(
          error, REL_UNAVAILABLE,
          "a writer left the database half way, and a reader cannot recover it: open it once with a program "
          "that writes");
    __attribute__((fallthrough)); // what WAL mode needs cannot be made
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
    return rel_fail(
        error, REL_UNAVAILABLE,
        "the database cannot be opened: %s. It must be readable, and in WAL mode either its directory be "
        "writable or its -wal and -shm files exist and be readable",
        text);
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_NOMEM:
  case SQLITE_NOLFS:
    return rel_fail(error, REL_UNAVAILABLE, "the database cannot be read: %s", text);
  default:
    if (conn->db != NULL && rel_sqlite_too_deep(conn))
      return rel_fail(
          error, REL_LIMIT,
          "the relations that are followed are nested too deeply for the database (%s): follow fewer "
          "of them within one another",
          text);
    return rel_fail(error, REL_INTERNAL, "the database refused the statement: %s", text);
  }
}

// A reader that looks for a lock just before a writer takes it, and for a journal just after, takes the
// journal for one that a crash has left. A connection that may write makes sure under a lock; one that may
// not can only look again, until it must be one indeed. It concerns the first step of a transaction only,
// which has changed nothing yet.
static bool look_again(const rel_sqlite_conn *conn, int rc, int *looks) {
  if (rc != SQLITE_READONLY_ROLLBACK || *looks >= JOURNAL_LOOKS || deadline_passed(conn)) return false;
  nap((*looks)++);
  return true;
}

int rel_sqlite_prepare(const rel_sqlite_conn *conn, const char *sql, unsigned flags, sqlite3_stmt **stmt) {
  int rc, looks = 0;
  do
    rc = sqlite3_prepare_v3(conn->db, sql, -1, flags, stmt, NULL);
  while (look_again(conn, rc, &looks));
  return rc;
}

int rel_sqlite_step(const rel_sqlite_conn *conn, sqlite3_stmt *stmt) {
  int rc = sqlite3_step(stmt), looks = 0;
  while (look_again(conn, rc, &looks)) {
    sqlite3_reset(stmt);
    rc = sqlite3_step(stmt);
  }
  return rc;
}

rel_code rel_sqlite_exec(rel_sqlite_conn *conn, const char *sql, rel_error *error) {
  int rc, looks = 0;
  do
    rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
  while (look_again(conn, rc, &looks));
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(conn, rc, error);
}

// What a database file that others write may do to a process that only reads it: as little as possible.
static void harden(sqlite3 *db) {
  sqlite3_extended_result_codes(db, 1);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
}

// SQLite 3.40 puts the lengths of texts into the Bloom filters of a join, and so passes over texts that a
// collation makes equal although they differ in length ('a' and 'a ' under RTRIM). There is no other way to
// do without the filters; a later version that gives this bit another meaning is only made slower.
static void take_away_bloom_filters(sqlite3 *db) {
  enum { SQLITE_BLOOM_FILTER = 0x00080000 };
  sqlite3_test_control(SQLITE_TESTCTRL_OPTIMIZATIONS, db, SQLITE_BLOOM_FILTER);
}

// A path that begins with "file:" would be read as a URI, with parameters.
static char *plain_path(const char *path) {
  rel_buf buf = {0};
  if (path[0] != '/') rel_buf_cstr(&buf, "./");
  rel_buf_cstr(&buf, path);
  rel_buf_text(&buf);
  return (char *)buf.data;
}

static rel_code read_encoding(rel_sqlite_conn *conn, rel_error *error) {
  sqlite3_stmt *stmt = NULL;
  int rc = rel_sqlite_prepare(conn, "PRAGMA encoding", 0, &stmt);
  if (rc == SQLITE_OK) rc = rel_sqlite_step(conn, stmt);
  if (rc == SQLITE_ROW) conn->utf8 = strcmp((const char *)sqlite3_column_text(stmt, 0), "UTF-8") == 0;
  rel_code code = rc == SQLITE_ROW ? REL_OK : rel_sqlite_fail(conn, rc, error);
  sqlite3_finalize(stmt);
  return code;
}

static rel_code configure(rel_sqlite_conn *conn, rel_error *error) {
  harden(conn->db);
  take_away_bloom_filters(conn->db);
  sqlite3_busy_handler(conn->db, on_busy, conn);
  sqlite3_progress_handler(conn->db, PROGRESS_STEPS, on_progress, conn);
  char sql[96];
  sqlite3_snprintf(sizeof sql, sql, "PRAGMA query_only = 1; PRAGMA cache_size = -%d", CACHE_KIB);
  rel_code code = rel_sqlite_exec(conn, sql, error);
  if (code == REL_OK) code = rel_sqlite_keys_register(conn, error);
  if (code == REL_OK) code = rel_sqlite_functions_register(conn, error);
  if (code == REL_OK) code = rel_sqlite_uuids_register(conn, error);
  if (code == REL_OK) code = rel_sqlite_aggregates_register(conn, error);
  if (code == REL_OK) code = rel_sqlite_exec(conn, "SELECT 1 FROM sqlite_schema LIMIT 1", error);
  if (code == REL_OK) code = read_encoding(conn, error);
  return code;
}

// False when the path leads to nothing. Asks for the name only: the database is never opened by ourselves.
static bool file_at(const char *path, rel_sqlite_file *file) {
  struct stat status;
  if (stat(path, &status) != 0) return false;
  *file = (rel_sqlite_file){status.st_dev, status.st_ino};
  return true;
}

// The file is looked at before it is opened: if it is replaced in between, the worst is that it is opened
// once more than needed.
static rel_code open_path(rel_sqlite_conn *conn, rel_error *error) {
  char *plain = plain_path(conn->path);
  if (!file_at(plain, &conn->opened)) conn->opened = (rel_sqlite_file){0};
  int rc = sqlite3_open_v2(plain, &conn->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
  free(plain);
  rel_error why = {0};
  rel_code code = rc == SQLITE_OK ? configure(conn, &why) : rel_sqlite_fail(conn, rc, &why);
  if (code == REL_OK) return REL_OK;
  sqlite3_close(conn->db);
  conn->db = NULL;
  return rel_fail(error, code == REL_INTERNAL ? REL_UNAVAILABLE : code, "%s: %s", conn->path, why.message);
}

rel_code rel_sqlite_conn_open(rel_sqlite_conn *conn, const char *path, int64_t busy_timeout_ns,
                              rel_error *error) {
  *conn = (rel_sqlite_conn){.path = rel_strdup(rel_cstr(path)), .busy_timeout_ns = busy_timeout_ns};
  rel_code code = open_path(conn, error);
  if (code != REL_OK) rel_sqlite_conn_close(conn);
  return code;
}

bool rel_sqlite_conn_moved(const rel_sqlite_conn *conn) {
  rel_sqlite_file now;
  return !file_at(conn->path, &now) || now.device != conn->opened.device || now.number != conn->opened.number;
}

rel_code rel_sqlite_conn_follow(rel_sqlite_conn *conn, rel_error *error) {
  if (conn->db != NULL && !rel_sqlite_conn_moved(conn)) return REL_OK;
  rel_sqlite_run_forget(conn);
  rel_sqlite_kept_forget(conn);
  sqlite3_close(conn->db);
  conn->db = NULL;
  return open_path(conn, error);
}

void rel_sqlite_conn_close(rel_sqlite_conn *conn) {
  rel_sqlite_run_forget(conn);
  rel_sqlite_kept_forget(conn);
  sqlite3_close(conn->db);
  free(conn->path);
  *conn = (rel_sqlite_conn){0};
}
