#include "tests/server/query/conditions.h"

#include <random>

using conditions::Show;
using relations_test::Str;

namespace {

class Filter : public testing::Test {
protected:
  static void SetUpTestSuite() {
    read_ = new relations_test::Read(relations_test::ReadProto(conditions::kSchema));
    ASSERT_NE(read_->schema, nullptr) << read_->All();
  }
  static void TearDownTestSuite() { delete read_; }
  void SetUp() override { rel_arena_init(&arena_); }
  void TearDown() override { rel_arena_fini(&arena_); }

  rel_filter_scope scope(const std::string &model = "t.v1.Thing") {
    rel_filter_scope scope = {};
    scope.model = read_->Model(model);
    scope.arena = &arena_;
    return scope;
  }

  // What the text means, or "field: message".
  std::string parse(const std::string &text) {
    rel_filter_scope s = scope();
    const rel_condition *out = nullptr;
    rel_error error = {};
    // Without a byte behind it that could be read unnoticed.
    std::vector<char> exact(text.begin(), text.end());
    rel_code code = rel_filter_parse(&s, rel_bytes(exact.data(), exact.size()), "filter_text", &out, &error);
    if (code == REL_OK) return Show(out);
    EXPECT_EQ(code, REL_INVALID);
    EXPECT_STREQ(error.field, "filter_text");
    return error.message;
  }

  std::string method(const std::string &model, const char *name,
                     std::initializer_list<Relations__V1__Value *> arguments) {
    Relations__V1__MethodCall call = RELATIONS__V1__METHOD_CALL__INIT;
    call.name = const_cast<char *>(name);
    std::vector<Relations__V1__Value *> values(arguments);
    call.arguments = values.data();
    call.n_arguments = values.size();
    rel_filter_scope s = scope(model);
    const rel_condition *out = nullptr;
    rel_error error = {};
    if (rel_filter_from_method(&s, &call, "methods[0]", &out, &error) == REL_OK) return Show(out);
    return std::string(error.field) + ": " + error.message;
  }

  static relations_test::Read *read_;
  rel_arena arena_;
};

relations_test::Read *Filter::read_;

Relations__V1__Value Int(int64_t i) {
  Relations__V1__Value v = RELATIONS__V1__VALUE__INIT;
  v.kind_case = RELATIONS__V1__VALUE__KIND_INT64_VALUE;
  v.int64_value = i;
  return v;
}

Relations__V1__Value String(const char *s) {
  Relations__V1__Value v = RELATIONS__V1__VALUE__INIT;
  v.kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE;
  v.string_value = const_cast<char *>(s);
  return v;
}

TEST_F(Filter, TextsMeanWhatTheySay) {
  static const struct {
    const char *text, *means;
  } rows[] = {
      {"", ""},
      {"  \n ", ""},
      {"n = 1", "n = 1"},
      {"n=-1", "n = -1"},
      {"n>=-2147483648", "n >= -2147483648"},
      {"u = 18446744073709551615", "u = 18446744073709551615"},
      {"u = 9223372036854775807", "u = 9223372036854775807"},
      {"id = 9007199254740993", "id = 9007199254740993"},
      {"b = true AND b != false", "all(b = 1, b != 0)"},
      {"d < 0.5 AND d > -1e3", "all(d < 0.5, d > -1000)"},
      {"d = 3", "d = 3"},
      {"s = \"it's\" OR s = 'say \"hi\"'", "any(s = \"it's\", s = \"say \"hi\"\")"},
      {"s = 'a\\'\\\\\\n\\u00e9'", "s = \"a'\\\x0a\xc3\xa9\""},
      {"s : 'x'", "s contains \"x\""},
      {"s:*", "not(s is_null)"},
      {"-s:*", "not(not(s is_null))"},
      {"is_null(s)", "s is_null"},
      {"prefix(s, 'The')", "s prefix \"The\""},
      {"contains(s, '%_*')", "s contains \"%_*\""},
      {"suffix(s, '.txt')", "s suffix \".txt\""},
      {"fold_case(s) = 'Stra\u00dfe'", "s~ = \"strasse\""},
      {"fold_case(s) : 'A' OR fold_case(boss.s) != 'B'", "any(s~ contains \"a\", some(boss, s~ != \"b\"))"},
      {"in(fold_case(s), 'A', 'b')", "s~ in \"a\" \"b\""},
      {"prefix(fold_case(s), 'A') AND suffix(fold_case(s), 'B')", "all(s~ prefix \"a\", s~ suffix \"b\")"},
      {"in(n, 1, 2, -3)", "n in 1 2 -3"},
      {"in(n)", "n in"},
      {"e = HAPPY OR e = 'SAD' OR e = 7", "any(e = 1, e = 2, e = 7)"},
      {"dec > 12.50 AND dec < '13'", "all(dec > \"12.50\", dec < \"13\")"},
      {"at >= '2024-02-29T12:00:00.5+02:00'", "at >= 1709200800.500000000"},
      {"at < '1970-01-02'", "at < 86400.000000000"},
      {"y = 'AQID'", "y = \"\\x01\\x02\\x03\""},
      // Precedence: OR binds tighter than AND.
      {"n = 1 AND n = 2 OR n = 3", "all(n = 1, any(n = 2, n = 3))"},
      {"n = 1 OR n = 2 AND n = 3", "all(any(n = 1, n = 2), n = 3)"},
      {"(n = 1 AND n = 2) OR n = 3", "any(all(n = 1, n = 2), n = 3)"},
      {"NOT n = 1 OR n = 2", "any(not(n = 1), n = 2)"},
      {"NOT (n = 1 OR n = 2)", "not(any(n = 1, n = 2))"},
      {"-(n = 1)", "not(n = 1)"},
      {"((n = 1))", "n = 1"},
  };
  for (const auto &row : rows) {
    std::string means = parse(row.text), expected;
    for (const char *c = row.means; *c != '\0'; c++) { // bytes beyond ASCII are shown as \x
      char hex[8];
      unsigned char b = static_cast<unsigned char>(*c);
      snprintf(hex, sizeof hex, b < 32 || b > 126 ? "\\x%02x" : "%c", b);
      expected += hex;
    }
    EXPECT_EQ(means, expected) << row.text;
  }
}

TEST_F(Filter, RelationsLeadToOtherRecords) {
  EXPECT_EQ(parse("boss.n = 1"), "some(boss, n = 1)");
  EXPECT_EQ(parse("boss.boss.s : 'x'"), "some(boss, some(boss, s contains \"x\"))");
  EXPECT_EQ(parse("NOT boss.n != 1"), "not(some(boss, n != 1))");
  EXPECT_EQ(parse("in(boss.n, 1, 2)"), "some(boss, n in 1 2)");
  EXPECT_EQ(parse("boss:*"), "some(boss)");
  EXPECT_EQ(parse("boss.staff:*"), "some(boss, some(staff))");
  EXPECT_EQ(parse("boss.n:*"), "some(boss, not(n is_null))");
  EXPECT_EQ(parse("staff.s : 'x'"), "some(staff, s contains \"x\")");
  EXPECT_EQ(parse("staff.n:*"), "some(staff, not(n is_null))");
  EXPECT_EQ(parse("some(staff, n = 1 AND boss.n = 2 OR b = true)"),
            "some(staff, all(n = 1, any(some(boss, n = 2), b = 1)))");
  EXPECT_EQ(parse("every(staff, n = 1)"), "not(some(staff, not(n = 1)))");
  EXPECT_EQ(parse("none(staff)"), "not(some(staff))");
  EXPECT_EQ(parse("none(boss.staff, n = 1)"), "some(boss, not(some(staff, n = 1)))");
  EXPECT_EQ(parse("count(staff) >= 2"), "count(staff) >= 2");
  EXPECT_EQ(parse("-count(boss.staff, n > 0) = 0"), "not(some(boss, count(staff, n > 0) = 0))");
}

// A scope is a part of the filter, so it counts where filters are bounded.
TEST_F(Filter, ARelationsScopeGoesWithIt) {
  rel_filter_scope s = scope();
  const rel_condition *out = nullptr;
  rel_error error = {};
  ASSERT_EQ(rel_filter_parse(&s, rel_cstr("some(staff)"), "f", &out, &error), REL_OK) << error.message;
  EXPECT_EQ(Show(out->related->scope->condition), "n > 0");
  EXPECT_EQ(s.comparisons, 1u);
  EXPECT_EQ(s.relations, 1u);
  EXPECT_EQ(s.depth + s.relation_depth, 0u);
  std::string many = "boss:*";
  for (int i = 1; i < 32; i++)
    many += " OR boss:*";
  EXPECT_EQ(parse(many).substr(0, 9), "any(some(");
  EXPECT_EQ(parse(many + " OR boss:*"), "column 321: at most 32 relations");
}

TEST_F(Filter, MistakesAreSaidWithTheirColumn) {
  static const struct {
    const char *text, *begins;
  } rows[] = {
      {"nn = 1", "column 1: t.v1.Thing has no field \"nn\"; did you mean n?"},
      {"n = 1 AND bos.id = 1", "column 11: t.v1.Thing has no relation \"bos\"; did you mean boss?"},
      {"n = 1 AND boss.idd = 1", "column 16: t.v1.Thing has no field \"idd\""},
      {"boss = 1", "column 1: t.v1.Thing.boss is a relation: compare a field"},
      {"boss.n.id = 1", "column 6: t.v1.Thing.n is no relation"},
      {"staff.n = 1", "column 1: t.v1.Thing.staff is many records: write some(staff, \u2026), every("},
      {"is_null(staff.n)", "column 9: t.v1.Thing.staff is many"},
      {"some(boss.staff.boss, n = 1)", "column 1: t.v1.Thing.staff is many"},
      {"some(n, n = 1)", "column 6: t.v1.Thing.n is no relation"},
      {"some()", "column 6: the name of a relation"},
      {"some(staff,)", "column 12: the name of a field"},
      {"some(staff, n = 1", "column 18: a comma, AND, OR or ) is needed"},
      {"some(staff, n = 1, n = 2)", "column 18: a comma, AND, OR or ) is needed"},
      {"some(staff, nn = 1)", "column 13: t.v1.Thing has no field \"nn\""},
      {"some(rated)", "column 6: t.v1.Thing.rated is loaded by grpc:ratings, so the database cannot filter"},
      {"every(staff)", "column 1: every needs a filter"},
      {"count(staff)", "column 13: a comparison is needed"},
      {"count(staff) : 1", "column 14: a count is compared by"},
      {"count(staff) = 1.5", "column 16: a count is a whole number"},
      {"count(staff) > 9223372036854775808", "column 16: a count is a whole number"},
      {"any(staff)", "column 1: there is no function any; there are in, is_null, prefix, contains, suffix, "
                     "fold_case, some"},
      {"boss.boss.boss.boss.boss.id = 1", "column 21: relations are nested more than 4 deep"},
      {"some(boss, some(boss, some(boss, some(boss, boss:*))))", "column 45: relations are nested more"},
      {"nowhere = 'a'", "column 1: t.v1.Thing.nowhere has no column"},
      {"n = 2147483648", "column 5: n is int32: the number is out of range; int32 holds -2147483648 to"},
      {"n = 1.5", "column 5: n is int32: a whole number is needed"},
      {"n = '1'", "column 5: n is int32: a whole number"},
      {"u = -1", "column 5: u is uint64: the number is out of range"},
      {"u = 18446744073709551616", "column 5: u is uint64: the number is out of range"},
      {"d = 9007199254740993", "column 5: d is double: a floating-point number cannot hold it exactly"},
      {"d = 1e999", "column 5: d is double: the number is out of range"},
      {"b = 1", "column 5: b is bool: true or false"},
      {"b < true", "column 3: < does not fit b, which is bool"},
      {"e > HAPPY", "column 3: > does not fit e, which is an enum"},
      {"e = HAPY", "column 5: e is an enum: t.v1.Mood has no such value"},
      {"uuid = 'x'", "column 8: uuid is a UUID: a UUID is needed"},
      {"prefix(uuid, 'x')", "column 1: prefix does not fit uuid"},
      {"n : 1", "column 3: contains does not fit n"},
      {"dec = '1e5'", "column 7: dec is a decimal: a decimal is needed"},
      {"at = '2023-02-29'", "column 6: at is google.protobuf.Timestamp: a time is needed"},
      {"at = 2023-02-28", "column 6: this is no number; texts and times stand in quotes"},
      {"y = '?'", "column 5: y is bytes: bytes are needed"},
      {"s = abc", "column 5: s is string: a text in quotes"},
      {"s = null", "column 5: NULL equals nothing; write is_null(field)"},
      {"s = 'abc", "column 5: the string that begins here is not closed"},
      {"s = 'a\\x'", "column 7: a backslash stands before"},
      {"s = 'a\\u0000'", "column 7: a backslash"},
      {"s = 'a\\ud800'", "column 7: a backslash"},
      {"s = 'é' AND m = 1", "column 13: t.v1.Thing has no field \"m\""},
      {"n = 1 n = 2", "column 7: AND or OR is needed here"},
      {"n = 1 and n = 2", "column 7: AND or OR"},
      {"n = 1 AND", "column 10: the filter ends where a comparison is needed"},
      {"AND", "column 4: a comparison is needed"},
      {"n", "column 2: a comparison is needed"},
      {"n =", "column 4: a value is needed"},
      {"(n = 1", "column 7: AND, OR or ) is needed here"},
      {"n = 1)", "column 6: nothing is open"},
      {"n = $x", "column 5: a filter has no parameters"},
      {"like(s, 'x')", "column 1: there is no function like; there are in, is_null, prefix, contains"},
      {"is_null(s, 1)", "column 1: is_null takes no value"},
      {"fold_case(n) = 1", "column 11: case is of texts, and n is int32"},
      {"fold_case(uuid) = '00000000-0000-0000-0000-000000000000'",
       "column 11: case is of texts, and uuid is a UUID"},
      {"fold_case(s) < 'a'", "column 14: < cannot fold case"},
      {"is_null(fold_case(s))", "column 1: is_null cannot fold case"},
      {"fold_case(s) : *", "column 14: is_null cannot fold case"},
      {"fold_case(s", "column 12: a ) is needed here"},
      {"fold_case()", "column 11: the name of a field is needed here"},
      {"prefix(upper(s), 'a')", "column 13: a comma or ) is needed here"},
      {"prefix(s)", "column 1: prefix takes one value, not 0"},
      {"prefix(s, 'a', 'b')", "column 1: prefix takes one value, not 2"},
      {"in(n, 1", "column 8: a comma or ) is needed"},
      {"n = 1; DROP TABLE things", "column 6: this character means nothing here"},
      {"n == 1", "column 4: a value is needed"},
      {"5 = n", "column 1: the name of a field"},
  };
  for (const auto &row : rows)
    EXPECT_EQ(parse(row.text).substr(0, strlen(row.begins)), row.begins) << row.text;
}

TEST_F(Filter, HostileTextsAreRefusedAtOnce) {
  EXPECT_NE(parse(std::string(60000, '(')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(parse(std::string(100000, '(')).find("at most 65536 bytes"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 10000; i++)
    nots += "-(";
  EXPECT_NE(parse(nots).find("nested too deeply"), std::string::npos);
  std::string many = "n = 1";
  for (int i = 0; i < 500; i++)
    many += " OR n = 1";
  EXPECT_NE(parse(many).find("at most 500 comparisons"), std::string::npos);
  std::string list = "in(n";
  for (int i = 0; i < 10001; i++)
    list += ",1";
  EXPECT_NE(parse(list + ")").find("too many values"), std::string::npos);
  EXPECT_EQ(parse(std::string("n = 1\0 AND", 10)), "column 6: this character means nothing here");
  EXPECT_EQ(parse(std::string("s = 'a\0b'", 9)), "column 5: s is string: no text holds a NUL character");
  EXPECT_NE(parse("s = '\xff'").find("not UTF-8"), std::string::npos);
}

TEST_F(Filter, TheDeepestNestingIsAllowed) {
  std::string text = "n = 1";
  for (int i = 0; i < REL_CONDITION_MAX_DEPTH - 1; i++)
    text = "(" + text + ")";
  EXPECT_EQ(parse(text), "n = 1");
  EXPECT_NE(parse("(" + text + ")"), "n = 1");
}

TEST_F(Filter, RandomBytesNeverCrash) {
  unsigned seed = std::random_device()();
  if (const char *given = getenv("SEED")) seed = static_cast<unsigned>(atoi(given));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  static const char *const pieces[] = {"n",     " = ",  "!=",   "<",    "(",     ")", ",",    "'",
                                       "\"",    "\\",   "AND ", " OR ", "NOT ",  "-", "1",    "2.5",
                                       "in(n,", "s:",   "*",    "$x",   "e",     ".", "\xff", "\xc3",
                                       "true",  "\\u0", "at=",  " ",    "HAPPY", "d", "1e99", "is_null(s)"};
  for (int i = 0; i < 20000; i++) {
    std::string text;
    for (unsigned k = random() % 12; k > 0; k--)
      text += random() % 8 == 0 ? std::string(1, static_cast<char>(random())) : pieces[random() % 32];
    EXPECT_NE(parse(text), "\x01");
  }
}

// --- Trees ---

// A random condition in both forms.
class Twin {
public:
  explicit Twin(unsigned seed) : random_(seed) {}
  ~Twin() {
    for (void *p : owned_)
      free(p);
  }

  std::string text;

  Relations__V1__Filter *make(unsigned depth) {
    Relations__V1__Filter *filter = node<Relations__V1__Filter>();
    relations__v1__filter__init(filter);
    unsigned kind = depth == 0 ? 0 : random_() % 4;
    if (kind == 0) {
      filter->kind_case = RELATIONS__V1__FILTER__KIND_COMPARISON;
      filter->comparison = comparison();
    } else if (kind == 3) {
      filter->kind_case = RELATIONS__V1__FILTER__KIND_NOT;
      text += "NOT (";
      filter->not_ = make(depth - 1);
      text += ")";
    } else {
      filter->kind_case = kind == 1 ? RELATIONS__V1__FILTER__KIND_ALL : RELATIONS__V1__FILTER__KIND_ANY;
      filter->all = list(depth - 1, kind == 1 ? " AND " : " OR "); // all and any share their place
    }
    return filter;
  }

private:
  template <class T> T *node() {
    owned_.push_back(calloc(1, sizeof(T)));
    return static_cast<T *>(owned_.back());
  }

  Relations__V1__FilterList *list(unsigned depth, const char *word) {
    Relations__V1__FilterList *list = node<Relations__V1__FilterList>();
    relations__v1__filter_list__init(list);
    list->n_filters = 2 + random_() % 3;
    list->filters = static_cast<Relations__V1__Filter **>(calloc(list->n_filters, sizeof(void *)));
    owned_.push_back(list->filters);
    for (size_t i = 0; i < list->n_filters; i++) {
      text += i > 0 ? word : "";
      text += "(";
      list->filters[i] = make(depth);
      text += ")";
    }
    return list;
  }

  Relations__V1__Comparison *comparison() {
    static const char *const signs[] = {"", "=", "!=", "<", "<=", ">", ">="};
    Relations__V1__Comparison *c = node<Relations__V1__Comparison>();
    relations__v1__comparison__init(c);
    unsigned op = 1 + random_() % 10;
    bool texts = op >= 9 || random_() % 2 == 0;
    c->field = const_cast<char *>(texts ? "s" : "n");
    c->operator_ = static_cast<Relations__V1__Operator>(op);
    c->n_values = op == 8 ? 0 : op == 7 ? random_() % 4 : 1;
    c->values = static_cast<Relations__V1__Value **>(calloc(c->n_values + 1, sizeof(void *)));
    owned_.push_back(c->values);
    std::string name = c->field, values;
    for (size_t i = 0; i < c->n_values; i++) {
      c->values[i] = node<Relations__V1__Value>();
      int64_t number = static_cast<int64_t>(random_() % 2000) - 1000;
      *c->values[i] = texts ? String("it's") : Int(number);
      values += (op >= 7 ? ", " : "") + (texts ? std::string("\"it's\"") : std::to_string(number));
    }
    static const char *const functions[] = {"in", "is_null", "prefix", "contains", "suffix", "fold_case"};
    text += op < 7 ? name + signs[op] + values : std::string(functions[op - 7]) + "(" + name + values + ")";
    return c;
  }

  std::mt19937 random_;
  std::vector<void *> owned_;
};

TEST_F(Filter, ATreeMeansWhatItsTextMeans) {
  unsigned seed = std::random_device()();
  if (const char *given = getenv("SEED")) seed = static_cast<unsigned>(atoi(given));
  for (unsigned i = 0; i < 2000; i++) {
    SCOPED_TRACE("SEED=" + std::to_string(seed + i));
    Twin twin(seed + i);
    const Relations__V1__Filter *tree = twin.make(4);
    rel_filter_scope s = scope();
    const rel_condition *out = nullptr;
    rel_error error = {};
    ASSERT_EQ(rel_filter_from_proto(&s, tree, "filter", &out, &error), REL_OK)
        << error.field << error.message;
    ASSERT_EQ(parse(twin.text), Show(out)) << twin.text;
  }
}

TEST_F(Filter, AMistakeInARelatedTreeIsFoundByItsPath) {
  Relations__V1__Comparison comparison = RELATIONS__V1__COMPARISON__INIT;
  Relations__V1__Filter leaf = RELATIONS__V1__FILTER__INIT, root = leaf;
  Relations__V1__RelatedFilter related = RELATIONS__V1__RELATED_FILTER__INIT;
  Relations__V1__RelatedCount count = RELATIONS__V1__RELATED_COUNT__INIT;
  Relations__V1__Value value = Int(2), text = String("2");
  leaf.kind_case = RELATIONS__V1__FILTER__KIND_COMPARISON;
  leaf.comparison = &comparison;
  comparison.field = const_cast<char *>("n");
  comparison.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_IS_NULL;
  root.kind_case = RELATIONS__V1__FILTER__KIND_RELATED;
  root.related = &related;
  auto read = [&]() -> std::string {
    rel_filter_scope s = scope();
    const rel_condition *out = nullptr;
    rel_error error = {};
    if (rel_filter_from_proto(&s, &root, "filter", &out, &error) == REL_OK) return Show(out);
    return error.field;
  };
  EXPECT_EQ(read(), "filter.related.quantifier");
  related.quantifier = static_cast<Relations__V1__Quantifier>(4);
  EXPECT_EQ(read(), "filter.related.quantifier");
  related.quantifier = RELATIONS__V1__QUANTIFIER__QUANTIFIER_EVERY;
  EXPECT_EQ(read(), "filter.related.relation");
  related.relation = const_cast<char *>("boss.staff");
  EXPECT_EQ(read(), "filter.related.relation"); // every without a filter
  related.filter = &leaf;
  EXPECT_EQ(read(), "some(boss, not(some(staff, not(n is_null))))");
  comparison.field = const_cast<char *>("nn");
  EXPECT_EQ(read(), "filter.related.filter.comparison.field");
  comparison.field = const_cast<char *>("boss.n");
  EXPECT_EQ(read(), "some(boss, not(some(staff, not(some(boss, n is_null)))))");

  root.kind_case = RELATIONS__V1__FILTER__KIND_RELATED_COUNT;
  root.related_count = &count;
  EXPECT_EQ(read(), "filter.related_count.value");
  count.value = &text;
  EXPECT_EQ(read(), "filter.related_count.relation");
  count.relation = const_cast<char *>("staff");
  EXPECT_EQ(read(), "filter.related_count.operator");
  count.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_IN;
  EXPECT_EQ(read(), "filter.related_count.operator");
  count.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_GT;
  EXPECT_EQ(read(), "filter.related_count.value");
  count.value = &value;
  EXPECT_EQ(read(), "count(staff) > 2");
  count.filter = &leaf;
  EXPECT_EQ(read(), "count(staff, some(boss, n is_null)) > 2");
}

TEST_F(Filter, AMistakeInATreeIsFoundByItsPath) {
  Relations__V1__Value value = String("x");
  Relations__V1__Value *values[] = {&value};
  Relations__V1__Comparison comparison = RELATIONS__V1__COMPARISON__INIT;
  comparison.field = const_cast<char *>("n");
  comparison.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_EQ;
  comparison.values = values;
  comparison.n_values = 1;
  Relations__V1__Filter leaf = RELATIONS__V1__FILTER__INIT, list = leaf, root = leaf, empty = leaf;
  leaf.kind_case = RELATIONS__V1__FILTER__KIND_COMPARISON;
  leaf.comparison = &comparison;
  Relations__V1__Filter *parts[] = {&leaf, &leaf, &empty};
  Relations__V1__FilterList all = RELATIONS__V1__FILTER_LIST__INIT;
  list.kind_case = RELATIONS__V1__FILTER__KIND_ALL;
  list.all = &all;
  root.kind_case = RELATIONS__V1__FILTER__KIND_NOT;
  root.not_ = &list;
  auto field = [&](size_t first) {
    all.filters = parts + first;
    all.n_filters = 3 - first;
    rel_filter_scope s = scope();
    const rel_condition *out = nullptr;
    rel_error error = {};
    EXPECT_EQ(rel_filter_from_proto(&s, &root, "target.filter", &out, &error), REL_INVALID);
    return std::string(error.field);
  };
  EXPECT_EQ(field(0), "target.filter.not.all.filters[0].comparison.values[0]");
  EXPECT_EQ(field(2), "target.filter.not.all.filters[0]") << "a filter that says nothing";
  value = Int(1);
  comparison.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_PREFIX;
  EXPECT_EQ(field(0), "target.filter.not.all.filters[0].comparison.operator");
  comparison.operator_ = static_cast<Relations__V1__Operator>(99);
  EXPECT_EQ(field(0), "target.filter.not.all.filters[0].comparison.operator");
  comparison.field = const_cast<char *>("");
  comparison.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_EQ;
  EXPECT_EQ(field(0), "target.filter.not.all.filters[0].comparison.field");
}

// --- Methods ---

TEST_F(Filter, MethodsTakeTypedArguments) {
  Relations__V1__Value one = Int(1), big = Int(INT64_C(5000000000)), time = String("2024-01-01"),
                       wrong = String("x");
  EXPECT_EQ(method("t.v1.Thing", "after", {&time}), "at > 1704067200.000000000");
  EXPECT_EQ(method("t.v1.Child", "after", {&time}), "at > 1704067200.000000000")
      << "a field of the same table";
  EXPECT_EQ(method("t.v1.Thing", "after", {&wrong}).find("methods[0].arguments[0]: $t: a time is needed"),
            0u);
  EXPECT_EQ(method("t.v1.Thing", "after", {}), "methods[0]: after takes 1 argument, not 0");
  EXPECT_EQ(method("t.v1.Thing", "afte", {&time}).find("methods[0].name: t.v1.Thing has no query method"),
            0u);
  EXPECT_EQ(method("t.v1.Thing", "between", {&one, &one}), "all(n >= 1, n < 1)");
  EXPECT_EQ(method("t.v1.Thing", "between", {&big, &one}).find("methods[0].arguments[0]: $a: "), 0u);
  EXPECT_EQ(method("t.v1.Thing", "between", {&one, &big}).find("methods[0].arguments[1]: n is int32: "), 0u)
      << "the parameter's type holds it, the field's does not";
}

TEST(Methods, AreCompiledWhenASchemaIsChecked) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Base {
  option (relations.v1.model) = {
    table: "a"
    query_methods: { name: "good" params: { name: "x" type: TYPE_INT64 } filter: "id > $x" }
    query_methods: { name: "nofield" filter: "idd = 1" }
    query_methods: { name: "badtype" params: { name: "x" type: TYPE_STRING } filter: "id = $x" }
    query_methods: { name: "syntax" filter: "id = 1 AND" }
    query_methods: { name: "named" params: { name: "x" type: TYPE_STRING } filter: "name = $x" }
  };
  int64 id = 1;
  string name = 2;
}
message Other {
  option (relations.v1.model) = { extends: "Base" table: "b" };
  int64 id = 1;
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  rel_findings findings = {};
  rel_filters_check(read.schema.get(), &findings);
  rel_findings_sort(&findings);
  std::string all;
  for (size_t i = 0; i < findings.count; i++) {
    EXPECT_GT(findings.items[i].place.line, 0);
    all += relations_test::Text(findings.items[i].model) + "." +
           relations_test::Text(findings.items[i].element) + ": " +
           relations_test::Text(findings.items[i].message) + "\n";
  }
  rel_findings_fini(&findings);
  EXPECT_EQ(
      all,
      "t.v1.Base.badtype: filter: column 6: id is int64: a parameter of TYPE_STRING does not fit\n"
      "t.v1.Base.nofield: filter: column 1: t.v1.Base has no field \"idd\"; did you mean id?\n"
      "t.v1.Base.syntax: filter: column 11: the filter ends where a comparison is needed\n"
      "t.v1.Other.named: the filter inherited from t.v1.Base does not fit this model: column 1: t.v1.Other "
      "has no field \"name\"\n");
}

TEST(Scopes, AreCompiledWhenASchemaIsChecked) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Author {
  option (relations.v1.model) = {};
  int64 id = 1;
  repeated Book cheap = 2 [(relations.v1.has_many) = { foreign_key: "author_id" where: "price < 5" }];
  repeated Book wrong = 3 [(relations.v1.has_many) = { foreign_key: "author_id" where: "name = 'x'" }];
  Book typed = 4 [(relations.v1.has_one) = { foreign_key: "author_id" where: "price : 'x'" }];
  repeated Book asks = 5 [(relations.v1.has_many) = { foreign_key: "author_id" where: "price < $most" }];
}
message Poet {
  option (relations.v1.model) = { extends: "Author" table: "author" };
  int64 id = 1;
}
message Book {
  option (relations.v1.model) = {};
  int64 id = 1;
  int64 author_id = 2;
  int32 price = 3;
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  rel_findings findings = {};
  rel_filters_check(read.schema.get(), &findings);
  rel_findings_sort(&findings);
  std::string all;
  for (size_t i = 0; i < findings.count; i++)
    all += std::to_string(findings.items[i].place.line > 0) + " " +
           relations_test::Text(findings.items[i].element) + ": " +
           relations_test::Text(findings.items[i].message) + "\n";
  rel_findings_fini(&findings);
  EXPECT_EQ(all, "1 wrong: where: column 1: t.v1.Book has no field \"name\"\n"
                 "1 typed: where: column 7: contains does not fit price, which is int32\n"
                 "1 asks: where: column 9: a filter has no parameters; those of query methods have\n");
}

TEST(Scopes, GiveTheRelationsCondition) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Book {
  option (relations.v1.model) = {};
  int64 id = 1;
  optional int64 next_id = 2;
  Book next = 3 [(relations.v1.belongs_to) = { foreign_key: "next_id" where: "id > 5" }];
  Book any = 4 [(relations.v1.belongs_to) = { foreign_key: "next_id" }];
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  const rel_model *book = rel_schema_model(read.schema.get(), rel_cstr("t.v1.Book"));
  rel_arena arena;
  rel_arena_init(&arena);
  rel_scope scope;
  rel_error error;
  ASSERT_EQ(rel_scope_read(rel_model_relation(book, rel_cstr("next")), &arena, &scope, &error), REL_OK);
  ASSERT_NE(scope.condition, nullptr);
  EXPECT_EQ(scope.condition->operator_, REL_OP_GT);
  ASSERT_EQ(rel_scope_read(rel_model_relation(book, rel_cstr("any")), &arena, &scope, &error), REL_OK);
  EXPECT_EQ(scope.condition, nullptr);
  rel_arena_fini(&arena);
}

} // namespace
