// Filters as texts: what they mean, and where a mistake is.
#include "tests/server/query/filters.h"

#include <random>

using conditions::Show;
using filters::Filter;

namespace {

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
      {"not_in(n, 1, 2)", "n not_in 1 2"},
      {"not_in(fold_case(s), 'A')", "s~ not_in \"a\""},
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
                     "not_in, fold_case, some"},
      {"boss.boss.boss.boss.boss.boss.boss.boss.boss.id = 1",
       "column 41: relations are nested more than 8 deep"},
      {"some(boss.boss.boss.boss, some(boss.boss.boss.boss, boss:*))",
       "column 53: relations are nested more"},
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
      {"e = HAPY", "column 5: e is an enum: t.v1.Mood has no such value; it has "},
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
      {"n = 1 and n = 2", "column 7: AND and OR are written in capitals"},
      {"n == 1", "column 4: equality is one ="},
      {"n IS NULL", "column 3: write is_null(field)"},
      {"n in (1, 2)", "column 3: write in(field, a, b)"},
      {"n NOT IN (1)", "column 3: write NOT in front"},
      {"n like 'x%'", "column 3: write prefix"},
      {"n Between 1 AND 2", "column 3: write field >= a AND field <= b"},
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
      {"5 = n", "column 1: the name of a field"},
  };
  for (const auto &row : rows)
    EXPECT_EQ(parse(row.text).substr(0, strlen(row.begins)), row.begins) << row.text;
}

// "This character means nothing here" and "did you mean" another field left them to guess.
TEST_F(Filter, WhoComesFromAnOrmIsToldWhatToWrite) {
  static const struct {
    const char *text, *says;
  } rows[] = {
      {"boss__n = 1",
       "column 1: t.v1.Thing has no field \"boss__n\"; behind a relation stands a dot: boss.n"},
      {"s__icontains = 'a'",
       "column 1: t.v1.Thing has no field \"s__icontains\"; compare s itself, by a sign or a "
       "function"},
      {"no__thing = 1", "column 1: t.v1.Thing has no field \"no__thing\""},
      {"n <> 1", "column 4: inequality is !="},
      {"n > < 1", "column 5: a value is needed here: a number, true, false, or a text in quotes"},
      {"s ILIKE 'a%'", "column 3: write prefix, suffix or contains(fold_case(field), \"text\")"},
      {"not n = 1", "column 5: NOT is written in capitals"},
      {"n = 1 && u = 1", "column 7: this character means nothing here; write AND"},
      {"n = 1 || u = 1", "column 7: this character means nothing here; write OR"},
      {"!b", "column 1: this character means nothing here; write NOT"},
      {"s ~ 'a'",
       "column 3: this character means nothing here; write prefix, suffix or contains(field, \"text\")"},
      {"n > u", "column 5: u is a field; a field is compared with a value, which is int32 here: a whole "
                "number is needed"},
      {"is_null(boss)",
       "column 9: t.v1.Thing.boss is a relation: compare a field of its records, or write some(boss, …); "
       "boss : * holds where there is one"},
      {"staff.n > 1",
       "column 1: t.v1.Thing.staff is many records: write some(staff, …), every(staff, …), none(staff, …) "
       "or count(staff) > 0"},
  };
  for (const auto &row : rows)
    EXPECT_EQ(parse(row.text), row.says) << row.text;
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

} // namespace
