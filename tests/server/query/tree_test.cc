// Filters as trees: each means what a text means, and a mistake is found by its path.
#include "tests/server/query/filters.h"

#include <random>

using conditions::Show;
using filters::Filter;
using filters::Int;
using filters::String;

namespace {

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

  // Any operator of the contract, over a text or a number.
  Relations__V1__Comparison *comparison() {
    const ProtobufCEnumDescriptor &all = relations__v1__operator__descriptor;
    Relations__V1__Comparison *c = node<Relations__V1__Comparison>();
    relations__v1__comparison__init(c);
    int number = all.values[1 + random_() % (all.n_values - 1)].value; // behind "unspecified"
    const rel_operator_row *row = rel_operator_find(static_cast<rel_operator>(number));
    bool texts = !(row->fits & REL_FITS(INT)) || random_() % 2 == 0;
    c->field = const_cast<char *>(texts ? "s" : "n");
    c->operator_ = static_cast<Relations__V1__Operator>(number);
    c->n_values = row->least == row->most ? row->least : random_() % 4;
    c->values = static_cast<Relations__V1__Value **>(calloc(c->n_values + 1, sizeof(void *)));
    owned_.push_back(c->values);
    bool sign = rel_operator_is_sign(row);
    std::string values;
    for (size_t i = 0; i < c->n_values; i++) {
      c->values[i] = node<Relations__V1__Value>();
      int64_t number = static_cast<int64_t>(random_() % 2000) - 1000;
      *c->values[i] = texts ? String("it's") : Int(number);
      values += (sign ? "" : ", ") + (texts ? std::string("\"it's\"") : std::to_string(number));
    }
    text += sign ? std::string(c->field) + row->written + values
                 : std::string(row->written) + "(" + c->field + values + ")";
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

} // namespace
