// Models built by hand, and a job that collects what a store gives it: what the tests of stores share.
//
// A Model is a rel_model whose memory the test owns. A Collector is a rel_job for a fixed list of keys.
#ifndef RELATIONS_TESTS_SERVER_STORE_FIXTURE_H
#define RELATIONS_TESTS_SERVER_STORE_FIXTURE_H

#include "common/schema/schema.h"
#include "common/wire.h"
#include "server/store/store.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace fixture {

inline rel_str view(const std::string &text) {
  return rel_bytes(text.data(), text.size());
}
inline std::string str(rel_str s) {
  return s.len > 0 ? std::string(s.ptr, s.len) : std::string();
}

// A model, its fields added one by one in the order of their numbers.
class Model {
public:
  explicit Model(const std::string &table) : table_(table) {
    model.name = view(table_);
    model.table = view(table_);
  }
  Model(const Model &) = delete;

  rel_field *add(const std::string &name, uint32_t number, rel_type type, const std::string &column = "") {
    names_.push_back(name);
    names_.push_back(column.empty() ? name : column);
    fields_.push_back(rel_field{});
    rel_field *field = &fields_.back();
    field->name = view(names_[names_.size() - 2]);
    field->column = view(names_.back());
    field->has_column = true;
    field->number = number;
    field->type = type;
    field->nullable = field->has_presence = type == REL_TYPE_TIMESTAMP;
    field->time_units_per_second = 1;
    pointers_.push_back(field);
    model.fields = pointers_.data();
    model.field_count = pointers_.size();
    return field;
  }

  rel_field *optional(rel_field *field) {
    field->nullable = field->has_presence = true;
    return field;
  }

  void primary_key(const std::vector<const rel_field *> &fields) {
    primary_key_ = fields;
    model.primary_key = primary_key_.data();
    model.primary_key_count = primary_key_.size();
  }

  void discriminator(const rel_field *field, const std::vector<std::string> &values) {
    values_ = values;
    for (const auto &value : values_)
      tags_.push_back({view(value), strtoll(value.c_str(), nullptr, 10)});
    model.discriminator = field;
    model.discriminator_tags = tags_.data();
    model.discriminator_tag_count = tags_.size();
  }

  const rel_field *operator[](const std::string &name) const {
    for (const rel_field *field : pointers_)
      if (str(field->name) == name) return field;
    ADD_FAILURE() << "no field " << name;
    return nullptr;
  }

  rel_model model{};

private:
  std::string table_;
  std::deque<std::string> names_;
  std::deque<rel_field> fields_;
  std::vector<rel_field *> pointers_;
  std::vector<const rel_field *> primary_key_;
  std::vector<std::string> values_;
  std::vector<rel_tag> tags_;
};

// A database of its own for each test.
class Database {
public:
  virtual ~Database() = default;
  virtual void exec(const std::string &sql) = 0;
  virtual std::string url() const = 0;
};

// A lookup that ends its order in the primary key, as a schema's do.
struct Lookup {
  Lookup(const Model &model, const std::vector<std::string> &key_fields,
         const std::vector<std::pair<std::string, bool>> &order_by = {}) {
    for (const auto &name : key_fields)
      key.push_back(model[name]);
    for (const auto &term : order_by)
      order.push_back({model[term.first], term.second});
    for (size_t i = 0; i < model.model.primary_key_count; i++)
      order.push_back({model.model.primary_key[i], false});
    lookup.model = &model.model;
    lookup.key = key.data();
    lookup.key_count = key.size();
    lookup.order_by = order.data();
    lookup.order_count = order.size();
    lookup.output = REL_OUTPUT_RECORD;
  }
  Lookup(const Lookup &) = delete;

  void output_key(const Model &model, const std::vector<std::string> &names) {
    for (const auto &name : names)
      columns.push_back(model[name]);
    lookup.output = REL_OUTPUT_KEY;
    lookup.columns = columns.data();
    lookup.column_count = columns.size();
  }

  std::vector<const rel_field *> key, columns;
  std::vector<rel_sort_term> order;
  rel_lookup lookup{};
};

// The gate of a relation over a field, with the tags of all of its relations in order; `own` is its number
// among them.
struct Gate {
  Gate(const Model &model, const rel_field *field, std::vector<rel_tag> tags, size_t own = 0)
      : known(std::move(tags)) {
    gate.model = &model.model;
    gate.field = field;
    gate.tag = known[own];
    gate.known = known.data();
    gate.known_count = known.size();
  }
  Gate(const Gate &) = delete;

  std::vector<rel_tag> known;
  rel_gate gate{};
};

// books(id, author_id, title)
struct Books : Model {
  Books() : Model("books") {
    add("id", 1, REL_TYPE_INT64);
    optional(add("author_id", 2, REL_TYPE_INT64));
    add("title", 3, REL_TYPE_STRING);
    primary_key({(*this)["id"]});
  }
  static constexpr const char *table =
      "CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL);"
      "CREATE INDEX books_author ON books(author_id);";
};

// --- Keys ---

class Key {
public:
  Key() = default;
  Key(const Key &) = delete;
  ~Key() { rel_buf_fini(&buf_); }
  Key &i(int64_t value) { return rel_key_put_int(&buf_, value), *this; }
  Key &u(uint64_t value) { return rel_key_put_uint(&buf_, value), *this; }
  Key &s(const std::string &text) { return rel_key_put_text(&buf_, view(text)), *this; }
  Key &b(const std::string &bytes) { return rel_key_put_bytes(&buf_, view(bytes)), *this; }
  Key &g(const std::string &text) {
    uint8_t uuid[16];
    EXPECT_TRUE(rel_uuid_parse(view(text), uuid));
    rel_key_put_uuid(&buf_, uuid);
    return *this;
  }
  operator std::string() const { return str(rel_buf_view(&buf_)); }

private:
  rel_buf buf_{};
};

inline std::string ikey(int64_t value) {
  return Key().i(value);
}
inline std::string skey(const std::string &text) {
  return Key().s(text);
}

// --- A job ---

// One batch of fixed keys, collected.
class Collector {
public:
  explicit Collector(const rel_plan *plan, std::vector<std::string> keys) : keys_(std::move(keys)) {
    for (const auto &key : keys_)
      views_.push_back(view(key));
    rows.resize(keys_.size());
    cursors.resize(keys_.size());
    job_.self = this;
    job_.job.plan = plan;
    job_.job.take = take;
    job_.job.row = row;
    job_.job.bad_row = bad_row;
    job_.job.done = done;
    deadline_.ns = REL_NEVER;
  }
  Collector(const Collector &) = delete;

  void set_deadline(int64_t ns) { rel_deadline_set(&deadline_, ns); }
  // From now on nobody waits for it.
  void leave() {
    job_.job.gone = [](rel_job *, const rel_batch *) { return true; };
  }
  // Called with each row, before it is kept.
  std::function<void()> on_row;
  // A row callback that refuses the row number n (from 1).
  void refuse_at(size_t n) { refuse_at_ = n; }

  void submit(rel_store *store) { store->ops->submit(store, &job_.job); }
  rel_code wait(int batches = 1) {
    std::unique_lock<std::mutex> hold(lock_);
    ended_.wait(hold, [&] { return dones >= batches; });
    return code;
  }
  // Until a thread has asked for the keys.
  void wait_taken() {
    std::unique_lock<std::mutex> hold(lock_);
    ended_.wait(hold, [&] { return taken_; });
  }
  rel_code run(rel_store *store) {
    submit(store);
    return wait();
  }
  // The same by something else than a store's threads.
  rel_code run(const std::function<rel_code(rel_job *, rel_batch *, rel_error *)> &runner) {
    rel_batch batch{};
    rel_error error{};
    take(&job_.job, &batch);
    rel_code result = runner(&job_.job, &batch, &error);
    done(&job_.job, &batch, result, &error);
    return result;
  }
  size_t total() const {
    size_t n = 0;
    for (const auto &list : rows)
      n += list.size();
    return n;
  }

  std::vector<std::vector<std::string>> rows;    // of each key
  std::vector<std::vector<std::string>> cursors; // of each row, where the lookup has them
  std::map<size_t, std::vector<std::string>> bad;
  rel_code code = REL_OK;
  std::string message;
  int dones = 0;
  bool given_up = false;
  bool together = true; // all rows of a key came together

private:
  struct Job {
    rel_job job{};
    Collector *self;
  };
  static Collector *of(rel_job *job) { return reinterpret_cast<Job *>(job)->self; }

  static void take(rel_job *job, rel_batch *batch) {
    Collector *me = of(job);
    batch->keys = me->views_.data();
    batch->key_count = me->views_.size();
    batch->deadline = &me->deadline_;
    std::lock_guard<std::mutex> hold(me->lock_);
    me->taken_ = true;
    me->ended_.notify_all();
  }
  static rel_code row(rel_job *job, rel_batch *batch, size_t index, rel_str bytes, rel_error *error) {
    Collector *me = of(job);
    EXPECT_LT(index, me->rows.size());
    if (me->on_row) me->on_row();
    if (index != me->last_index_ && !me->rows[index].empty()) me->together = false;
    me->last_index_ = index;
    me->rows[index].push_back(batch->withheld ? "withheld" : str(bytes));
    me->cursors[index].push_back(str(batch->cursor));
    if (++me->seen_ == me->refuse_at_) return rel_fail(error, REL_LIMIT, "that is enough");
    return REL_OK;
  }
  static void bad_row(rel_job *job, rel_batch *, size_t index, const rel_error *error) {
    EXPECT_EQ(error->code, REL_BAD_DATA);
    of(job)->bad[index].push_back(error->message);
  }
  static void done(rel_job *job, rel_batch *batch, rel_code code, const rel_error *error) {
    Collector *me = of(job);
    std::lock_guard<std::mutex> hold(me->lock_);
    me->dones++;
    me->given_up = batch->given_up;
    me->code = code;
    me->message = code != REL_OK ? error->message : "";
    me->ended_.notify_all();
  }

  std::vector<std::string> keys_;
  std::vector<rel_str> views_;
  rel_deadline deadline_{};
  Job job_;
  size_t last_index_ = SIZE_MAX, seen_ = 0, refuse_at_ = 0;
  bool taken_ = false;
  std::mutex lock_;
  std::condition_variable ended_;
};

// --- Reading records ---

// The fields of a record by number, as text: varints and fixed numbers in decimal, bytes as they are.
inline std::map<uint32_t, std::string> fields_of(const std::string &record) {
  std::map<uint32_t, std::string> fields;
  rel_wire_reader reader = {view(record)};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0)
    fields[field.number] =
        field.type == REL_WIRE_BYTES ? str(field.bytes) : std::to_string((int64_t)field.value);
  EXPECT_EQ(got, 0);
  return fields;
}

inline std::vector<std::string> column(const std::vector<std::string> &records, uint32_t number) {
  std::vector<std::string> values;
  for (const auto &record : records) {
    auto fields = fields_of(record);
    values.push_back(fields.count(number) ? fields[number] : "-");
  }
  return values;
}

} // namespace fixture

#endif
