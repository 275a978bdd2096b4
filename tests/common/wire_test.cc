// The wire format: what is written is read, what is malformed is refused, and the check before unpacking.
#include "common/wire.h"

#include <google/protobuf/descriptor.pb-c.h>
#include <gtest/gtest.h>

#include <string>

namespace {

std::string Take(rel_buf *buf) {
  std::string bytes((const char *)buf->data, buf->len);
  rel_buf_fini(buf);
  return bytes;
}

std::string Bytes(uint32_t field, const std::string &payload) {
  rel_buf buf = {};
  rel_wire_put_bytes(&buf, field, rel_bytes(payload.data(), payload.size()));
  return Take(&buf);
}

// What rel_wire_next ends with: 0 at the end, -1 when malformed.
int End(const std::string &bytes) {
  rel_wire_reader reader = {rel_bytes(bytes.data(), bytes.size())};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
  }
  return got;
}

TEST(Wire, VarintsOfEverySize) {
  const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, (uint64_t)INT64_MAX, UINT64_MAX};
  for (uint64_t value : values) {
    rel_buf buf = {};
    rel_wire_put_uint(&buf, 3, value);
    EXPECT_EQ(buf.len, 1 + rel_wire_varint_size(value));
    rel_wire_reader reader = {rel_buf_view(&buf)};
    rel_wire_field field;
    ASSERT_EQ(rel_wire_next(&reader, &field), 1);
    EXPECT_EQ(field.number, 3u);
    EXPECT_EQ(field.type, REL_WIRE_VARINT);
    EXPECT_EQ(field.value, value);
    EXPECT_EQ(rel_wire_next(&reader, &field), 0);
    rel_buf_fini(&buf);
  }
}

TEST(Wire, FixedAndBytesAndTheLargestField) {
  rel_buf buf = {};
  rel_wire_put_fixed32(&buf, 1, 0x89abcdef);
  rel_wire_put_fixed64(&buf, 2, UINT64_C(0x0123456789abcdef));
  rel_wire_put_bytes(&buf, REL_WIRE_MAX_FIELD, rel_bytes("a\0b", 3));
  rel_wire_reader reader = {rel_buf_view(&buf)};
  rel_wire_field field;
  ASSERT_EQ(rel_wire_next(&reader, &field), 1);
  EXPECT_EQ(field.value, 0x89abcdefu);
  ASSERT_EQ(rel_wire_next(&reader, &field), 1);
  EXPECT_EQ(field.value, UINT64_C(0x0123456789abcdef));
  ASSERT_EQ(rel_wire_next(&reader, &field), 1);
  EXPECT_EQ(field.number, (uint32_t)REL_WIRE_MAX_FIELD);
  EXPECT_TRUE(rel_str_eq(field.bytes, rel_bytes("a\0b", 3)));
  rel_buf_fini(&buf);
}

TEST(Wire, ZigZag) {
  EXPECT_EQ(rel_wire_zigzag(0), 0u);
  EXPECT_EQ(rel_wire_zigzag(-1), 1u);
  EXPECT_EQ(rel_wire_zigzag(1), 2u);
  EXPECT_EQ(rel_wire_zigzag(INT64_MAX), UINT64_MAX - 1);
  EXPECT_EQ(rel_wire_zigzag(INT64_MIN), UINT64_MAX);
}

TEST(Wire, MalformedBytes) {
  EXPECT_EQ(End(""), 0);
  EXPECT_EQ(End(std::string("\x08", 1)), -1) << "a tag without its value";
  EXPECT_EQ(End(std::string("\x00\x00", 2)), -1) << "field 0";
  EXPECT_EQ(End(std::string("\x0b\x0c", 2)), -1) << "a group";
  EXPECT_EQ(End(std::string("\x0f\x00", 2)), -1) << "wire type 7";
  EXPECT_EQ(End(std::string("\x0d\x00\x00\x00", 4)), -1) << "three bytes of a fixed32";
  EXPECT_EQ(End(std::string("\x0a\x05xx", 4)), -1) << "fewer bytes than announced";
  EXPECT_EQ(End("\x0a" + std::string(9, '\xff') + "\x01"), -1) << "more bytes announced than there can be";
  EXPECT_EQ(End("\x08" + std::string(9, '\xff') + "\x01"), 0) << "64 bits";
  EXPECT_EQ(End("\x08" + std::string(9, '\xff') + "\x02"), -1) << "65 bits";
  EXPECT_EQ(End("\x08" + std::string(10, '\x80') + "\x01"), -1) << "an endless varint";
  EXPECT_EQ(End(std::string("\x80\x80\x80\x80\x10\x00", 6)), -1) << "a field number beyond the largest";
}

rel_error Check(const std::string &bytes, unsigned depth = 10, size_t fields = 100) {
  rel_wire_limits limits = {depth, fields};
  rel_error error = {};
  rel_code code = rel_wire_check(&google__protobuf__file_descriptor_set__descriptor,
                                 rel_bytes(bytes.data(), bytes.size()), &limits, &error);
  EXPECT_EQ(code, error.code);
  EXPECT_EQ(code, rel_wire_check(&google__protobuf__file_descriptor_set__descriptor,
                                 rel_bytes(bytes.data(), bytes.size()), &limits, nullptr));
  return error;
}

TEST(WireCheck, AGoodMessageAndUnknownFields) {
  EXPECT_EQ(Check("").code, REL_OK);
  EXPECT_EQ(Check(Bytes(1, Bytes(1, "name") + Bytes(4, Bytes(1, "M")))).code, REL_OK);
  EXPECT_EQ(Check(Bytes(999, "\xff\xff\xff")).code, REL_OK) << "kept as bytes";
}

TEST(WireCheck, DepthIsOfMessages) {
  std::string nested = Bytes(1, "M");
  for (int i = 0; i < 3; i++)
    nested = Bytes(3, nested);
  std::string set = Bytes(1, Bytes(4, nested)); // set, file, message and three nested: 6
  EXPECT_EQ(Check(set, 6).code, REL_OK);
  EXPECT_STREQ(Check(set, 5).message, "the message is nested more than 5 deep");
}

TEST(WireCheck, FieldsAreCountedInAllMessages) {
  std::string set = Bytes(1, Bytes(1, "a") + Bytes(2, "b")) + Bytes(1, "");
  EXPECT_EQ(Check(set, 10, 4).code, REL_OK);
  EXPECT_STREQ(Check(set, 10, 3).message, "the message has more than 3 fields");
}

TEST(WireCheck, StringsAreUtf8WithoutNul) {
  rel_error error = Check(Bytes(1, Bytes(1, std::string("a\0b", 3))));
  EXPECT_STREQ(error.message, "name holds a NUL character");
  EXPECT_STREQ(error.field, "name");
  EXPECT_STREQ(Check(Bytes(1, Bytes(2, "\xc0\xaf"))).message, "package is not UTF-8");
}

TEST(WireCheck, MalformedBytesWithin) {
  EXPECT_STREQ(Check(Bytes(1, Bytes(4, "\x0a\x7f"))).message,
               "the bytes are not a well-formed google.protobuf.DescriptorProto");
}

} // namespace
