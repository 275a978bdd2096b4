// For tests: the typed services of a schema, and models to make them of.
#ifndef RELATIONS_TESTS_COMMON_SCHEMA_TYPED_FIXTURE_H
#define RELATIONS_TESTS_COMMON_SCHEMA_TYPED_FIXTURE_H

#include "common/schema/typed.h"

#include "tests/common/schema/compiled.h"

namespace relations_test {

struct Typed {
  explicit Typed(Read read) : read(std::move(read)) {
    EXPECT_EQ(this->read.code, REL_OK) << this->read.All();
    rel_findings findings = {};
    typed = rel_typed_new(this->read.schema.get(), REL_ERROR, &findings);
    for (size_t i = 0; i < findings.count; i++)
      messages.push_back(Text(findings.items[i].message));
    EXPECT_EQ(findings.errors, findings.count);
    rel_findings_fini(&findings);
  }
  explicit Typed(const std::string &body) : Typed(ReadProto(body)) {}
  Typed(const Typed &) = delete;
  ~Typed() { rel_typed_free(typed); }

  std::vector<std::string> Services() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < typed->service_count; i++)
      names.push_back(Text(typed->services[i].name));
    return names;
  }
  std::vector<std::string> Methods(const std::string &service) const {
    std::vector<std::string> names;
    const rel_typed_service *found = rel_typed_service_named(typed, Str(service));
    for (size_t i = 0; found != nullptr && i < found->method_count; i++)
      names.push_back(Text(found->methods[i].path));
    return names;
  }
  std::string Print(size_t index = 0) const {
    rel_buf text = {};
    rel_typed_print(&typed->files[index], &text);
    std::string all = Text(rel_buf_view(&text));
    rel_buf_fini(&text);
    return all;
  }
  bool Knows(const std::string &symbol) const {
    return rel_typed_file_of_symbol(typed, Str(symbol)) != nullptr;
  }

  Read read;
  rel_typed *typed;
  std::vector<std::string> messages;
};

using Strings = std::vector<std::string>;

// A model with a relation of that name to itself.
inline std::string Model(const std::string &name, const std::string &relation = "",
                         const std::string &options = "") {
  std::string all = "message " + name + " { option (.relations.v1.model) = { table: \"t\" " + options +
                    " }; int64 id = 1; int64 up_id = 2;";
  if (!relation.empty())
    all +=
        "repeated " + name + " " + relation + " = 3 [(.relations.v1.has_many) = { foreign_key: \"up_id\" }];";
  return all + "}\n";
}

} // namespace relations_test

#endif
