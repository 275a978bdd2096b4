// Descriptions of models, as a server sends them.
#ifndef RELATIONS_TESTS_CLIENT_CLI_MODEL_FIXTURE_H
#define RELATIONS_TESTS_CLIENT_CLI_MODEL_FIXTURE_H

#include <relations/v1/registry_service.pb-c.h>

#include <deque>
#include <string>
#include <vector>

struct FieldSpec {
  const char *name;
  int number;
  const char *type;
  bool nullable;
};

// Owns what its message points at.
class ModelOf {
public:
  ModelOf(const std::vector<FieldSpec> &fields, const std::vector<const char *> &key) {
    relations__v1__model__init(&model);
    model.name = const_cast<char *>("odd.v1.Thing");
    for (const FieldSpec &spec : fields) {
      Relations__V1__Field field = RELATIONS__V1__FIELD__INIT;
      field.name = const_cast<char *>(spec.name);
      field.number = spec.number;
      field.type = const_cast<char *>(spec.type);
      field.nullable = spec.nullable;
      fields_.push_back(field);
    }
    for (Relations__V1__Field &field : fields_)
      pointers_.push_back(&field);
    for (const char *name : key)
      key_.push_back(const_cast<char *>(name));
    model.fields = pointers_.data();
    model.n_fields = pointers_.size();
    model.primary_key = key_.data();
    model.n_primary_key = key_.size();
  }

  Relations__V1__Model model;

private:
  std::vector<Relations__V1__Field> fields_;
  std::vector<Relations__V1__Field *> pointers_;
  std::vector<char *> key_;
};

#endif
