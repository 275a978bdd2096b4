// Reflection over a real server, asked as grpcurl and buf ask.
#include "server/handlers/reflection.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <google/protobuf/descriptor.pb-c.h>
#include <grpc/reflection/v1/reflection.pb-c.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>

using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::Stream;

namespace {

constexpr char kV1[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr char kV1Alpha[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

using Request = Grpc__Reflection__V1__ServerReflectionRequest;
using Response = std::unique_ptr<Grpc__Reflection__V1__ServerReflectionResponse,
                                 void (*)(Grpc__Reflection__V1__ServerReflectionResponse *)>;

std::string Packed(const Request &request) {
  std::string bytes(protobuf_c_message_get_packed_size(&request.base), '\0');
  protobuf_c_message_pack(&request.base, reinterpret_cast<uint8_t *>(&bytes[0]));
  return bytes;
}

Response Unpacked(const std::string &bytes) {
  return Response(grpc__reflection__v1__server_reflection_response__unpack(
                      nullptr, bytes.size(), reinterpret_cast<const uint8_t *>(bytes.data())),
                  [](Grpc__Reflection__V1__ServerReflectionResponse *response) {
                    grpc__reflection__v1__server_reflection_response__free_unpacked(response, nullptr);
                  });
}

// A user's schema: its file set comes from protoc.
struct User {
  rel_schema *schema = nullptr;
  rel_typed *typed = nullptr;
  std::atomic<int> pins{0};

  User() {
    std::ifstream file("tests/server/handlers/user.binpb", std::ios::binary);
    std::string set((std::istreambuf_iterator<char>(file)), {});
    rel_findings findings = {};
    EXPECT_EQ(rel_schema_read(rel_bytes(set.data(), set.size()), nullptr, &findings, &schema), REL_OK);
    for (size_t i = 0; i < findings.count; i++)
      ADD_FAILURE() << findings.items[i].message.ptr;
    rel_findings_fini(&findings);
    typed = rel_typed_new(schema, REL_WARNING, nullptr);
  }
  ~User() {
    EXPECT_EQ(pins, 0) << "a schema was pinned and not given back";
    rel_typed_free(typed);
    rel_schema_free(schema);
  }
};

class Reflection : public testing::TestWithParam<const char *> {
protected:
  Reflection() {
    rel_reflection_source source = {
        [](void *context, const rel_typed **typed, void **pinned) -> const rel_schema * {
          *typed = static_cast<User *>(context)->typed;
          static_cast<User *>(context)->pins++;
          *pinned = context;
          return static_cast<User *>(context)->schema;
        },
        [](void *context, void *pinned) {
          EXPECT_EQ(pinned, context);
          static_cast<User *>(context)->pins--;
        },
        &user_};
    rel_error error = {};
    EXPECT_EQ(rel_reflection_new(&source, &reflection_, &error), REL_OK) << error.message;
    rel_reflection_add_service(reflection_, rel_cstr("relations.v1.RelationService"));
    rel_reflection_add_service(reflection_, rel_cstr("grpc.health.v1.Health"));
    rel_reflection_add_service(reflection_, rel_cstr("grpc.health.v1.Health"));
    std::vector<rel_method> methods(REL_REFLECTION_METHODS);
    rel_reflection_methods(reflection_, methods.data());
    server_ = std::make_unique<RpcServer>(methods);
    client_ = std::make_unique<GrpcClient>(server_->target());
  }
  ~Reflection() override {
    server_.reset();
    rel_reflection_free(reflection_);
  }

  Response Ask(const std::function<void(Request *)> &fill) {
    Request request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.host = const_cast<char *>("example.org");
    fill(&request);
    std::unique_ptr<Stream> stream(client_->Open(GetParam()));
    EXPECT_TRUE(stream->Send(Packed(request)));
    std::string bytes;
    EXPECT_TRUE(stream->Receive(&bytes));
    EXPECT_TRUE(stream->CloseSend());
    std::string rest;
    EXPECT_FALSE(stream->Receive(&rest));
    EXPECT_EQ(stream->Finish().status, 0);
    Response response = Unpacked(bytes);
    EXPECT_STREQ(response->valid_host, "example.org");
    EXPECT_EQ(Packed(*response->original_request), Packed(request));
    return response;
  }
  Response AskFile(const char *name) {
    return Ask([&](Request *request) {
      request->message_request_case =
          GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME;
      request->file_by_filename = const_cast<char *>(name);
    });
  }
  Response AskSymbol(const char *name) {
    return Ask([&](Request *request) {
      request->message_request_case =
          GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
      request->file_containing_symbol = const_cast<char *>(name);
    });
  }
  Response AskExtension(const char *type, int number) {
    Grpc__Reflection__V1__ExtensionRequest extension = GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    extension.containing_type = const_cast<char *>(type);
    extension.extension_number = number;
    return Ask([&](Request *request) {
      request->message_request_case =
          GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION;
      request->file_containing_extension = &extension;
    });
  }
  // Names of the files in an answer, checked to be closed under imports; empty for any other answer.
  static std::vector<std::string> Files(const Response &response) {
    std::vector<std::string> names;
    std::set<std::string> imports;
    auto *files = response->file_descriptor_response;
    if (response->message_response_case !=
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE)
      return names;
    for (size_t i = 0; i < files->n_file_descriptor_proto; i++) {
      auto *file = google__protobuf__file_descriptor_proto__unpack(
          nullptr, files->file_descriptor_proto[i].len, files->file_descriptor_proto[i].data);
      EXPECT_NE(file, nullptr);
      if (file == nullptr) continue;
      names.push_back(file->name);
      for (size_t d = 0; d < file->n_dependency; d++)
        imports.insert(file->dependency[d]);
      google__protobuf__file_descriptor_proto__free_unpacked(file, nullptr);
    }
    std::set<std::string> unique(names.begin(), names.end());
    EXPECT_EQ(unique.size(), names.size()) << "a file twice";
    for (const std::string &import : imports)
      EXPECT_EQ(unique.count(import), 1u) << import;
    return names;
  }
  static void ExpectNotFound(const Response &response, const char *message) {
    ASSERT_EQ(response->message_response_case,
              GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE);
    EXPECT_EQ(response->error_response->error_code, 5);
    EXPECT_STREQ(response->error_response->error_message, message);
  }

  User user_;
  rel_reflection *reflection_ = nullptr;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_P(Reflection, ListsServicesOfTheTableAndOfTheSchemaOnce) {
  Response response = Ask([](Request *request) {
    request->message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES;
    request->list_services = const_cast<char *>("");
  });
  ASSERT_NE(response->list_services_response, nullptr);
  std::vector<std::string> names;
  for (size_t i = 0; i < response->list_services_response->n_service; i++)
    names.push_back(response->list_services_response->service[i]->name);
  EXPECT_EQ(names, (std::vector<std::string>{"relations.v1.RelationService", "grpc.health.v1.Health",
                                             "user.v1.ThingService", "user.v1.PartService"}));
}

TEST_P(Reflection, TypedServicesAreDescribed) {
  auto names = Files(AskFile("tests/server/handlers/user_services.proto"));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const char *name : {"tests/server/handlers/user_services.proto", "tests/server/handlers/user.proto",
                           "google/rpc/status.proto", "relations/v1/types.proto"})
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  for (const char *symbol : {"user.v1.PartService", "user.v1.PartService.BatchThing",
                             "user.v1.PartServiceGetRequest", "user.v1.PartServiceThingResponse.record"}) {
    auto files = Files(AskSymbol(symbol));
    ASSERT_FALSE(files.empty()) << symbol;
    EXPECT_EQ(files[0], "tests/server/handlers/user_services.proto") << symbol;
  }
  ExpectNotFound(AskSymbol("user.v1.ThingServiceGetRequest"),
                 "symbol user.v1.ThingServiceGetRequest is not known");
}

TEST_P(Reflection, FilesComeWithAllThatTheyImport) {
  auto names = Files(AskFile("relations/v1/relation_service.proto"));
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names[0], "relations/v1/relation_service.proto");
  auto user = Files(AskFile("tests/server/handlers/user.proto"));
  ASSERT_FALSE(user.empty());
  EXPECT_EQ(user[0], "tests/server/handlers/user.proto");
  EXPECT_EQ(Files(AskFile("grpc/reflection/v1alpha/reflection.proto")).size(), 1u);
  ExpectNotFound(AskFile("no/such.proto"), "file no/such.proto is not known");
}

TEST_P(Reflection, SymbolsLeadToTheirFiles) {
  for (const char *symbol : {"relations.v1.RelationService", "relations.v1.RelationService.Load",
                             "relations.v1.LoadRequest", "relations.v1.LoadRequest.model"}) {
    auto names = Files(AskSymbol(symbol));
    ASSERT_FALSE(names.empty()) << symbol;
    EXPECT_EQ(names[0], "relations/v1/relation_service.proto") << symbol;
  }
  for (const char *symbol :
       {"user.v1.Thing", "user.v1.ThingService", "user.v1.ThingService.Get", "user.v1.note"}) {
    auto names = Files(AskSymbol(symbol));
    ASSERT_FALSE(names.empty()) << symbol;
    EXPECT_EQ(names[0], "tests/server/handlers/user.proto") << symbol;
  }
  ExpectNotFound(AskSymbol("user.v1.Nothing"), "symbol user.v1.Nothing is not known");
  ExpectNotFound(AskSymbol(""), "symbol  is not known");
}

TEST_P(Reflection, ExtensionsAreFoundByTypeAndNumber) {
  auto own = Files(AskExtension("google.protobuf.MessageOptions", REL_EXTENSION_MODEL));
  ASSERT_FALSE(own.empty());
  EXPECT_EQ(own[0], "relations/v1/options.proto");
  auto user = Files(AskExtension("google.protobuf.FieldOptions", 50001));
  ASSERT_FALSE(user.empty());
  EXPECT_EQ(user[0], "tests/server/handlers/user.proto");
  ExpectNotFound(AskExtension("google.protobuf.MessageOptions", 7),
                 "extension 7 of google.protobuf.MessageOptions is not known");
  ExpectNotFound(AskExtension("google.protobuf.MessageOptions", -1),
                 "extension -1 of google.protobuf.MessageOptions is not known");
}

TEST_P(Reflection, AllExtensionNumbersOfAType) {
  auto ask = [&](const char *type) {
    return Ask([&](Request *request) {
      request->message_request_case =
          GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE;
      request->all_extension_numbers_of_type = const_cast<char *>(type);
    });
  };
  Response response = ask("google.protobuf.FieldOptions");
  auto *numbers = response->all_extension_numbers_response;
  ASSERT_NE(numbers, nullptr);
  EXPECT_STREQ(numbers->base_type_name, "google.protobuf.FieldOptions");
  EXPECT_EQ(std::set<int>(numbers->extension_number, numbers->extension_number + numbers->n_extension_number),
            (std::set<int>{REL_EXTENSION_BELONGS_TO, REL_EXTENSION_HAS_ONE, REL_EXTENSION_HAS_MANY,
                           REL_EXTENSION_COLUMN, 50001, 50002}));
  EXPECT_EQ(ask("user.v1.Thing")->all_extension_numbers_response->n_extension_number, 0u);
  ExpectNotFound(ask("user.v1.Nothing"), "message user.v1.Nothing is not known");
}

TEST_P(Reflection, AStreamAnswersManyQuestionsInOrderAndEmptyOnesWithAnError) {
  std::unique_ptr<Stream> stream(client_->Open(GetParam()));
  for (int i = 0; i < 50; i++) {
    Request request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    std::string name = "n" + std::to_string(i);
    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME;
    request.file_by_filename = &name[0];
    std::string bytes;
    ASSERT_TRUE(stream->Send(Packed(request)));
    ASSERT_TRUE(stream->Receive(&bytes));
    ExpectNotFound(Unpacked(bytes), ("file " + name + " is not known").c_str());
  }
  std::string bytes;
  ASSERT_TRUE(stream->Send(""));
  ASSERT_TRUE(stream->Receive(&bytes));
  EXPECT_EQ(Unpacked(bytes)->error_response->error_code, 3);
  ASSERT_TRUE(stream->Send("\x1A\x7F")); // malformed: the call fails
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, 3);
}

INSTANTIATE_TEST_SUITE_P(Versions, Reflection, testing::Values(kV1, kV1Alpha),
                         [](const auto &info) { return info.index == 0 ? "v1" : "v1alpha"; });

} // namespace
