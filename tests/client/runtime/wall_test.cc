// Polymorphic relations in generated code: the owner in hand says whose its foreign key is, and the server is
// asked for that alone.
#include "tests/client/plugin/wall.relations.h"
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>

namespace {

const char photo_tag[] = "a \"Photo\"\\ ?\?/ \303\244"; // as wall.proto has it

// A comment of item 5, or of none.
struct Comment {
  explicit Comment(const char *type, bool has_key = true) {
    message.id = 1;
    if (type != nullptr) {
      message.item_type = const_cast<char *>(type);
      message._item_type_case = WALL__V1__COMMENT___ITEM_TYPE_ITEM_TYPE;
    }
    if (has_key) {
      message.item_id = 5;
      message._item_id_case = WALL__V1__COMMENT___ITEM_ID_ITEM_ID;
    }
  }
  Wall__V1__Comment message = WALL__V1__COMMENT__INIT;
};

Wall__V1__Pin Pin(Wall__V1__Kind kind, int64_t level = 0) {
  Wall__V1__Pin pin = WALL__V1__PIN__INIT;
  pin.kind = kind;
  pin.level = level;
  pin.item_id = 5;
  return pin;
}

class Wall : public ::testing::Test {
protected:
  Wall() : server_([this](const std::string &, const std::string &) { return reply_; }) {
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    EXPECT_EQ(rel_client_connect(&options, &client_, &error_), REL_OK) << error_.message;
    reply_.body = Set(1, Record(Uint(1, 5))) + Type("wall.v1.Post");
  }
  ~Wall() override { rel_client_free(client_); }

  FakeReply reply_; // to every call
  FakeServer server_;
  rel_client *client_ = nullptr;
  rel_error error_ = {};
};

TEST_F(Wall, AsksForTheRelationWhoseTagTheOwnerHas) {
  Comment of_post("Post");
  wall_v1_post_result post;
  ASSERT_EQ(wall_v1_comment_post(client_, &of_post.message, &post, &error_), REL_OK) << error_.message;
  ASSERT_EQ(post.count, 1u);
  EXPECT_EQ(post.record->id, 5);
  wall_v1_post_result_free(&post);
  ASSERT_EQ(server_.calls(), 1);
  EXPECT_EQ(server_.requests()[0].body, Bytes(1, "wall.v1.Comment") + Bytes(2, "post") +
                                            Bytes(4, Bytes(1, Bytes(1, Varint(5)))) +
                                            Bytes(5, "wall.v1.Post"));
  wall_v1_photo_result photo;
  ASSERT_EQ(wall_v1_comment_photo(client_, &of_post.message, &photo, &error_), REL_OK) << error_.message;
  EXPECT_EQ(photo.state, REL_STATE_NULL);
  EXPECT_EQ(photo.record, nullptr);
  wall_v1_photo_result_free(&photo);
  EXPECT_EQ(wall_v1_comment_photo_clear(client_, &of_post.message, &error_), REL_OK);
  EXPECT_EQ(server_.calls(), 1) << "nobody is asked for what the owner does not refer to";
}

TEST_F(Wall, TagsAreCompiledAsTheyStandInTheSchema) {
  Comment of_photo(photo_tag);
  reply_.body = Set(1, Record(Uint(1, 5))) + Type("wall.v1.Photo");
  wall_v1_photo_result photo;
  ASSERT_EQ(wall_v1_comment_photo(client_, &of_photo.message, &photo, &error_), REL_OK) << error_.message;
  EXPECT_EQ(photo.state, REL_STATE_LOADED);
  wall_v1_photo_result_free(&photo);
}

TEST_F(Wall, NullTypeOrKeyRefersToNothing) {
  for (const Comment &comment : {Comment(nullptr), Comment("Post", false), Comment("Video", false)}) {
    wall_v1_post_result post;
    ASSERT_EQ(wall_v1_comment_post(client_, &comment.message, &post, &error_), REL_OK) << error_.message;
    EXPECT_EQ(post.state, REL_STATE_NULL);
    wall_v1_post_result_free(&post);
  }
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Wall, UnknownTagIsTheErrorOfItsOwner) {
  Comment of_video("Video"), of_post("Post"), of_photo(photo_tag);
  wall_v1_post_result post;
  EXPECT_EQ(wall_v1_comment_post(client_, &of_video.message, &post, &error_), REL_BAD_DATA);
  EXPECT_STREQ(error_.message,
               "wall.v1.Comment.item_type is \"Video\", which is the type_tag of no relation of "
               "wall.v1.Comment");
  EXPECT_EQ(post.memory, nullptr);
  EXPECT_EQ(wall_v1_comment_post_clear(client_, &of_video.message, nullptr), REL_BAD_DATA);
  EXPECT_EQ(server_.calls(), 0);

  Wall__V1__Comment *owners[] = {&of_video.message, &of_post.message, &of_photo.message};
  wall_v1_post_results posts;
  ASSERT_EQ(wall_v1_comment_post_many(client_, owners, 3, &posts, &error_), REL_OK) << error_.message;
  EXPECT_EQ(posts.items[0].state, REL_STATE_NOT_LOADED);
  ASSERT_NE(posts.items[0].error, nullptr);
  EXPECT_EQ(posts.items[0].error->code, REL_BAD_DATA);
  EXPECT_EQ(posts.items[1].state, REL_STATE_LOADED);
  EXPECT_EQ(posts.items[2].state, REL_STATE_NULL);
  wall_v1_post_results_free(&posts);
  EXPECT_EQ(server_.calls(), 1);
}

TEST_F(Wall, EnumsAndNumbersAreCompared) {
  Wall__V1__Pin of_post = Pin(WALL__V1__KIND__KIND_POST), of_photo = Pin(WALL__V1__KIND__KIND_PHOTO);
  Wall__V1__Pin deep = Pin(WALL__V1__KIND__KIND_UNSPECIFIED, INT64_MIN);
  wall_v1_post_result post;
  ASSERT_EQ(wall_v1_pin_post(client_, &of_post, &post, &error_), REL_OK) << error_.message;
  EXPECT_EQ(post.state, REL_STATE_LOADED);
  wall_v1_post_result_free(&post);
  ASSERT_EQ(wall_v1_pin_post(client_, &of_photo, &post, &error_), REL_OK) << error_.message;
  EXPECT_EQ(post.state, REL_STATE_NULL);
  wall_v1_post_result_free(&post);
  ASSERT_EQ(wall_v1_pin_deep(client_, &deep, &post, &error_), REL_OK) << error_.message;
  EXPECT_EQ(post.state, REL_STATE_LOADED);
  wall_v1_post_result_free(&post);
  EXPECT_EQ(wall_v1_pin_post(client_, &deep, &post, &error_), REL_BAD_DATA);
  EXPECT_STREQ(error_.message, "wall.v1.Pin.kind is 0, which is the type_tag of no relation of wall.v1.Pin");
  EXPECT_EQ(wall_v1_pin_deep(client_, &of_post, &post, &error_), REL_BAD_DATA);
}

TEST_F(Wall, AOneofIsIncludedByItsName) {
  wall_v1_comment_query *query = wall_v1_comment_query_new(client_);
  wall_v1_comment_query_include_item(query);
  wall_v1_post_query_only_id(wall_v1_comment_query_include_post(query)); // the same as is there
  reply_.body = Set(1, Record(Uint(1, 1))) + Type("wall.v1.Comment");
  wall_v1_comment_result comment;
  ASSERT_EQ(wall_v1_comment_get_with(query, 1, &comment, &error_), REL_OK) << error_.message;
  wall_v1_comment_result_free(&comment);
  std::string asked = server_.requests()[0].body;
  EXPECT_NE(asked.find(Bytes(3, Bytes(1, "post") + Bytes(9, "id"))), std::string::npos) << asked;
  EXPECT_NE(asked.find(Bytes(3, Bytes(1, "photo"))), std::string::npos) << asked;
  wall_v1_comment_query_free(query);
}

// Which of a oneof's relations an owner has: the first that it refers to.
TEST_F(Wall, TellsWhatAnOwnerRefersToWithoutAsking) {
  const rel_sdk_relation *relations = wall_v1_comment_model.relations;
  auto refers = [&](const Comment &comment) {
    std::string names;
    for (size_t i = 0; i < wall_v1_comment_model.relation_count; i++) {
      bool does = true;
      rel_code code = rel_sdk_refers(&relations[i], &comment.message.base, &does, &error_);
      if (code != REL_OK) return std::string("error");
      if (does) names += std::string(relations[i].name) + " ";
    }
    return names;
  };
  EXPECT_EQ(refers(Comment("Post")), "post ");
  EXPECT_EQ(refers(Comment(photo_tag)), "photo ");
  EXPECT_EQ(refers(Comment(nullptr)), "");
  EXPECT_EQ(refers(Comment("Post", false)), "");
  EXPECT_EQ(refers(Comment("Video")), "error");
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Wall, TheOtherSidePassesItsKeyAlone) {
  reply_.body = Set(1, Record(Uint(1, 9))) + Type("wall.v1.Comment");
  Wall__V1__Post post = WALL__V1__POST__INIT;
  post.id = 5;
  wall_v1_comment_list comments;
  ASSERT_EQ(wall_v1_post_comments(client_, &post, &comments, &error_), REL_OK) << error_.message;
  ASSERT_EQ(comments.count, 1u);
  EXPECT_EQ(comments.records[0]->id, 9);
  wall_v1_comment_list_free(&comments);
  EXPECT_EQ(server_.requests()[0].body, Bytes(1, "wall.v1.Post") + Bytes(2, "comments") +
                                            Bytes(4, Bytes(1, Bytes(1, Varint(5)))) +
                                            Bytes(5, "wall.v1.Comment"));
}

} // namespace
