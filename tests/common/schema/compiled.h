// For tests: .proto texts compiled with protoc to a descriptor set, and the schema or the findings that come
// of it.
#ifndef RELATIONS_TESTS_COMMON_SCHEMA_COMPILED_H
#define RELATIONS_TESTS_COMMON_SCHEMA_COMPILED_H

#include "common/schema/schema.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace relations_test {

inline std::string Text(rel_str s) {
  return std::string(s.ptr, s.len);
}
inline rel_str Str(const std::string &s) {
  return rel_bytes(s.data(), s.size());
}

inline std::string ReadFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// A folder of its own below the test's temporary one.
inline std::string MakeFolder() {
  std::string name = testing::TempDir() + "/schema.XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  return name;
}

inline void WriteFile(const std::string &folder, const std::string &name, const std::string &text) {
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
    mkdir((folder + "/" + name.substr(0, slash)).c_str(), 0700);
  std::ofstream(folder + "/" + name, std::ios::binary) << text;
}

using Files = std::map<std::string, std::string>;

// The set of all files, with everything that they import; source positions unless told otherwise.
inline std::string Compile(const Files &files, bool positions = true) {
  std::string folder = MakeFolder();
  std::string command =
      "protoc --include_imports --proto_path=" + folder + " --proto_path=proto --proto_path=/usr/include";
  command += " --experimental_allow_proto3_optional --descriptor_set_out=" + folder + "/set.pb";
  if (positions) command += " --include_source_info";
  for (const auto &file : files) {
    WriteFile(folder, file.first, file.second);
    command += " " + file.first;
  }
  EXPECT_EQ(system((command + " 2>" + folder + "/messages").c_str()), 0)
      << "protoc refuses the test's own schema: " << ReadFile(folder + "/messages");
  return ReadFile(folder + "/set.pb");
}

// A file of package t.v1 with the imports that every test needs.
inline std::string Proto(const std::string &body) {
  return "syntax = \"proto3\";\npackage t.v1;\nimport \"google/protobuf/timestamp.proto\";\n"
         "import \"relations/v1/options.proto\";\nimport \"relations/v1/types.proto\";\n" +
         body;
}

struct Freed {
  void operator()(rel_schema *schema) const { rel_schema_free(schema); }
};

// Reads every text that the schema holds, so that the address sanitizer sees one that did not outlive the
// descriptors.
inline size_t Touch(const rel_schema *schema) {
  size_t sum = strlen(schema->digest);
  auto touch = [&sum](rel_str s) {
    for (size_t i = 0; i < s.len; i++)
      sum += (unsigned char)s.ptr[i];
  };
  auto touch_place = [&](const rel_place &place) { touch(place.file); };
  for (size_t i = 0; i < schema->file_count; i++) {
    const rel_file &file = schema->files[i];
    for (rel_str s : {file.name, file.package, file.bytes})
      touch(s);
    for (size_t d = 0; d < file.dependency_count; d++)
      touch(file.dependencies[d]);
  }
  for (size_t i = 0; i < schema->model_count; i++) {
    const rel_model &model = *schema->models[i];
    for (rel_str s : {model.name, model.package, model.table, model.c_name})
      touch(s);
    touch_place(model.place);
    for (size_t d = 0; d < model.discriminator_tag_count; d++)
      touch(model.discriminator_tags[d].text);
    for (size_t f = 0; f < model.field_count; f++) {
      const rel_field &field = *model.fields[f];
      for (rel_str s : {field.name, field.type_name, field.column, field.c_name})
        touch(s);
      touch_place(field.place);
      for (size_t v = 0; field.enum_type != nullptr && v < field.enum_type->value_count; v++)
        touch(field.enum_type->values[v].name);
    }
    for (size_t r = 0; r < model.relation_count; r++) {
      const rel_relation &relation = *model.relations[r];
      for (rel_str s : {relation.name, relation.c_name, relation.target->name, relation.declared_in->name})
        touch(s);
      touch_place(relation.place);
      for (size_t o = 0; o < relation.override_count; o++)
        touch(relation.overrides[o]->name);
      for (size_t g = 0; relation.gate != nullptr && g < relation.gate->known_count; g++)
        touch(relation.gate->known[g].text), touch(relation.gate->tag.text);
      for (size_t k = 0; k < relation.key_count; k++)
        touch(relation.foreign_key[k]->name), touch(relation.references[k]->name);
    }
    for (size_t g = 0; g < model.group_count; g++)
      touch(model.groups[g].name), touch(model.groups[g].members[0]->name);
    for (size_t m = 0; m < model.method_count; m++) {
      touch(model.methods[m]->name), touch(model.methods[m]->filter);
      touch_place(model.methods[m]->place);
      for (size_t p = 0; p < model.methods[m]->param_count; p++)
        touch(model.methods[m]->params[p].name);
    }
  }
  return sum;
}

// What reading a set came to.
struct Read {
  rel_code code = REL_OK;
  std::unique_ptr<rel_schema, Freed> schema;
  std::vector<std::string> lines;

  std::string All() const {
    std::string all;
    for (const std::string &line : lines)
      all += line + "\n";
    return all;
  }
  const rel_model *Model(const std::string &name) const {
    const rel_model *model = schema == nullptr ? nullptr : rel_schema_model(schema.get(), Str(name));
    EXPECT_NE(model, nullptr) << name << "\n" << All();
    return model;
  }
  const rel_relation *Relation(const std::string &model, const std::string &name) const {
    const rel_relation *relation = rel_model_relation(Model(model), Str(name));
    EXPECT_NE(relation, nullptr) << model << "." << name;
    return relation;
  }
};

inline Read ReadSet(const std::string &set, const rel_schema_limits *limits = nullptr) {
  Read read;
  rel_findings findings = {};
  rel_schema *schema = nullptr;
  read.code = rel_schema_read(Str(set), limits, &findings, &schema);
  read.schema.reset(schema);
  rel_findings_sort(&findings);
  for (size_t i = 0; i < findings.count; i++) {
    rel_buf line = {};
    rel_finding_format(&findings.items[i], &line);
    read.lines.push_back(Text(rel_buf_view(&line)));
    rel_buf_fini(&line);
  }
  EXPECT_EQ(read.code == REL_OK, schema != nullptr);
  if (schema != nullptr) {
    EXPECT_GT(Touch(schema), 0u);
  }
  EXPECT_EQ(read.code == REL_OK, findings.errors == 0);
  rel_findings_fini(&findings);
  return read;
}

inline Read ReadFiles(const Files &files) {
  return ReadSet(Compile(files));
}
inline Read ReadProto(const std::string &body) {
  return ReadFiles({{"t.proto", Proto(body)}});
}

// The schema is refused with findings that contain these texts, in this order.
inline void ExpectRefused(const std::string &body, const std::vector<std::string> &lines) {
  Read read = ReadProto(body);
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_EQ(read.lines.size(), lines.size()) << read.All();
  for (size_t i = 0; i < lines.size(); i++)
    EXPECT_NE(read.lines[i].find(lines[i]), std::string::npos)
        << "expected: " << lines[i] << "\nsaid: " << read.lines[i];
}

inline std::vector<std::string> Names(const rel_field *const *fields, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; i++)
    names.push_back(Text(fields[i]->name));
  return names;
}

inline std::string Order(const rel_relation *relation) {
  std::string order;
  for (size_t i = 0; i < relation->order_count; i++)
    order += (i > 0 ? ", " : "") + Text(relation->order_by[i].field->name) +
             (relation->order_by[i].descending ? " desc" : "");
  return order;
}

} // namespace relations_test

#endif
