// Authors, books and reviews: see tree_data.h.
#include "tests/bench/tree_data.h"

#include "common/wire.h"
#include "tests/bench/bench_data.h"

#include <relations/v1/relation_service.pb-c.h>
#include <sqlite3.h>

#define AUTHOR "bench.tree.v1.Author"

// --- The database ---

static const char SCHEMA[] =
    "CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE books(id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT NOT NULL,"
    " published_at INTEGER NOT NULL);"
    "CREATE TABLE reviews(id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL, stars INTEGER NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE INDEX books_author_id ON books(author_id);"
    "CREATE INDEX reviews_book_id ON reviews(book_id);";

static const char FILL[] =
    "INSERT INTO authors WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " SELECT i, 'Author number ' || i FROM n;"
    "INSERT INTO books(author_id, title, published_at)"
    " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
    " SELECT a.id, printf('Book %%d of author %%d, a novel in two parts', n.i, a.id), 100000 * n.i + a.id"
    " FROM n, authors a ORDER BY n.i, a.id * 7919 %% 104729;"
    "INSERT INTO reviews(book_id, stars, text)"
    " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
    " SELECT b.id, 1 + (b.id + n.i) %% 5, printf('Review %%d of book %%d: as good as it says', n.i, b.id)"
    " FROM n, books b ORDER BY n.i, b.id * 7919 %% 104729;";

rel_code rel_tree_database(const char *path, unsigned authors, rel_error *error) {
  char *fill = sqlite3_mprintf(FILL, authors, REL_TREE_BOOKS_OF_AN_AUTHOR, REL_TREE_REVIEWS_OF_A_BOOK);
  rel_code code = rel_bench_make_database(path, SCHEMA, fill, error);
  sqlite3_free(fill);
  return code;
}

// --- Requests ---

static int64_t author_of(unsigned authors, size_t request, unsigned place) {
  return rel_bench_author(authors, request * REL_TREE_AUTHORS + place);
}

rel_str *rel_tree_requests(rel_arena *arena, unsigned authors, size_t *count) {
  Relations__V1__Int64Keys values = RELATIONS__V1__INT64_KEYS__INIT;
  Relations__V1__Keys keys = RELATIONS__V1__KEYS__INIT;
  Relations__V1__Include reviews = RELATIONS__V1__INCLUDE__INIT, *includes[] = {&reviews};
  Relations__V1__GetRequest get = RELATIONS__V1__GET_REQUEST__INIT;
  int64_t ids[REL_TREE_AUTHORS];
  values.n_values = REL_TREE_AUTHORS;
  values.values = ids;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
  keys.int64s = &values;
  reviews.path = (char[]){"books.reviews"};
  get.model = (char[]){AUTHOR};
  get.keys = &keys;
  get.n_includes = 1;
  get.includes = includes;
  *count = authors / REL_TREE_AUTHORS;
  rel_str *requests = REL_ARENA_ARRAY(arena, rel_str, *count);
  for (size_t i = 0; i < *count; i++) {
    for (unsigned k = 0; k < REL_TREE_AUTHORS; k++)
      ids[k] = author_of(authors, i, k);
    requests[i] = rel_bench_pack(arena, &get.base);
  }
  return requests;
}

rel_str rel_tree_stream_request(rel_arena *arena) {
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  Relations__V1__Include reviews = RELATIONS__V1__INCLUDE__INIT, *includes[] = {&reviews};
  Relations__V1__QueryRequest query = RELATIONS__V1__QUERY_REQUEST__INIT;
  target.model = (char[]){AUTHOR};
  reviews.path = (char[]){"books.reviews"};
  query.target = &target;
  query.n_includes = 1;
  query.includes = includes;
  return rel_bench_pack(arena, &query.base);
}

size_t rel_tree_framed_bytes(rel_str answer) {
  enum { RECORDS = 1 }; // of a RecordSet; of an answer, the sets
  rel_wire_reader sets = {answer};
  rel_wire_field set, record;
  size_t bytes = 0;
  while (rel_wire_next(&sets, &set) > 0) {
    if (set.number != RECORDS) continue;
    rel_wire_reader records = {set.bytes};
    while (rel_wire_next(&records, &record) > 0)
      if (record.number == RECORDS) bytes += 1 + rel_wire_varint_size(record.bytes.len) + record.bytes.len;
  }
  return bytes;
}

// --- By hand ---

// One statement: its loops are the tree's, out of the indexes, with nothing to sort and nothing to put
// together by key. A statement for each level with a list of keys, and one for each owner, cost 5 to 10% more
// here.
static const char TREE[] = "SELECT a.id, a.name, b.id, b.title, b.published_at, r.id, r.stars, r.text"
                           " FROM json_each(?1) k CROSS JOIN authors a ON a.id = k.value"
                           " LEFT JOIN books b ON b.author_id = a.id"
                           " LEFT JOIN reviews r ON r.book_id = b.id";

enum { AUTHOR_ID, AUTHOR_NAME, BOOK_ID, BOOK_TITLE, BOOK_TIME, REVIEW_ID, REVIEW_STARS, REVIEW_TEXT };

struct rel_tree_by_hand {
  sqlite3 *db;
  sqlite3_stmt *tree;
  int64_t author_id, book_id; // being written; 0: none
  rel_buf keys;               // as JSON
  rel_buf set, author, book, review, out;
};

rel_code rel_tree_by_hand_open(const char *path, rel_tree_by_hand **out, rel_error *error) {
  rel_tree_by_hand *hand = REL_NEW(rel_tree_by_hand);
  if (sqlite3_open_v2(path, &hand->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
      sqlite3_exec(hand->db, "PRAGMA cache_size = -16384", NULL, NULL, NULL) == SQLITE_OK && // the server's
      sqlite3_prepare_v3(hand->db, TREE, -1, SQLITE_PREPARE_PERSISTENT, &hand->tree, NULL) == SQLITE_OK) {
    *out = hand;
    return REL_OK;
  }
  rel_code code = rel_fail(error, REL_UNAVAILABLE, "%s: %s", path, sqlite3_errmsg(hand->db));
  rel_tree_by_hand_close(hand);
  return code;
}

void rel_tree_by_hand_close(rel_tree_by_hand *hand) {
  if (hand == NULL) return;
  sqlite3_finalize(hand->tree);
  sqlite3_close(hand->db);
  rel_buf_fini(&hand->keys);
  rel_buf_fini(&hand->set);
  rel_buf_fini(&hand->author);
  rel_buf_fini(&hand->book);
  rel_buf_fini(&hand->review);
  rel_buf_fini(&hand->out);
  free(hand);
}

static void put_text(rel_buf *out, uint32_t field, sqlite3_stmt *row, int column) {
  const unsigned char *text = sqlite3_column_text(row, column);
  rel_wire_put_bytes(out, field, rel_bytes(text, (size_t)sqlite3_column_bytes(row, column)));
}

static void end_book(rel_tree_by_hand *hand) {
  if (hand->book_id != 0) rel_wire_put_bytes(&hand->author, 10, rel_buf_view(&hand->book));
  hand->book_id = 0;
}

static void end_author(rel_tree_by_hand *hand) {
  end_book(hand);
  if (hand->author_id == 0) return;
  hand->set.len = 0;
  rel_wire_put_bytes(&hand->set, 1, rel_buf_view(&hand->author));
  rel_wire_put_uint(&hand->set, 3, RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED);
  rel_wire_put_bytes(&hand->out, 1, rel_buf_view(&hand->set));
  hand->author_id = 0;
}

static void begin_author(rel_tree_by_hand *hand, int64_t id) {
  hand->author_id = id;
  hand->author.len = 0;
  rel_wire_put_uint(&hand->author, 1, (uint64_t)id);
  put_text(&hand->author, 2, hand->tree, AUTHOR_NAME);
}

static void begin_book(rel_tree_by_hand *hand, int64_t id) {
  hand->book_id = id;
  hand->book.len = 0;
  rel_wire_put_uint(&hand->book, 1, (uint64_t)id);
  rel_wire_put_uint(&hand->book, 2, (uint64_t)hand->author_id);
  put_text(&hand->book, 3, hand->tree, BOOK_TITLE);
  uint8_t time[1 + REL_WIRE_VARINT_MAX] = {1 << 3 | REL_WIRE_VARINT};
  uint8_t *end = rel_wire_varint(time + 1, (uint64_t)sqlite3_column_int64(hand->tree, BOOK_TIME));
  rel_wire_put_bytes(&hand->book, 4, rel_bytes(time, (size_t)(end - time)));
}

static void put_review(rel_tree_by_hand *hand) {
  hand->review.len = 0;
  rel_wire_put_uint(&hand->review, 1, (uint64_t)sqlite3_column_int64(hand->tree, REVIEW_ID));
  rel_wire_put_uint(&hand->review, 2, (uint64_t)hand->book_id);
  rel_wire_put_uint(&hand->review, 3, (uint64_t)sqlite3_column_int64(hand->tree, REVIEW_STARS));
  put_text(&hand->review, 4, hand->tree, REVIEW_TEXT);
  rel_wire_put_bytes(&hand->book, 10, rel_buf_view(&hand->review));
}

static void put_row(rel_tree_by_hand *hand) {
  int64_t author = sqlite3_column_int64(hand->tree, AUTHOR_ID);
  int64_t book = sqlite3_column_int64(hand->tree, BOOK_ID); // 0, which none has, where there is none
  if (author != hand->author_id) {
    end_author(hand);
    begin_author(hand, author);
  }
  if (book != hand->book_id) {
    end_book(hand);
    begin_book(hand, book);
  }
  if (sqlite3_column_type(hand->tree, REVIEW_ID) != SQLITE_NULL) put_review(hand);
}

rel_str rel_tree_by_hand_answer(rel_tree_by_hand *hand, unsigned authors, size_t request) {
  hand->out.len = hand->keys.len = 0;
  for (unsigned i = 0; i < REL_TREE_AUTHORS; i++)
    rel_buf_printf(&hand->keys, "%c%lld", i == 0 ? '[' : ',', (long long)author_of(authors, request, i));
  rel_buf_cstr(&hand->keys, "]");
  sqlite3_bind_text(hand->tree, 1, (const char *)hand->keys.data, (int)hand->keys.len, SQLITE_STATIC);
  int rc;
  while ((rc = sqlite3_step(hand->tree)) == SQLITE_ROW)
    put_row(hand);
  sqlite3_reset(hand->tree);
  end_author(hand);
  rel_wire_put_bytes(&hand->out, 2, rel_cstr(AUTHOR));
  return rc == SQLITE_DONE ? rel_buf_view(&hand->out) : rel_bytes("", 0);
}
