// Certificates and keys from files: what can be used, and what the error of everything else says.
#include "common/security/pem.h"

#include "tests/support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

using rel_test::Authority;
using rel_test::Certificate;
using rel_test::WriteFile;

namespace {

class Pem : public testing::Test {
protected:
  Pem() : authority_("ca") {
    directory_ = testing::TempDir() + "/pem_test_XXXXXX";
    if (mkdtemp(directory_.data()) == nullptr) abort();
    Write(authority_.Issue());
    WriteFile(ca_ = directory_ + "/ca.pem", authority_.pem());
  }
  ~Pem() override {
    EXPECT_EQ(ERR_peek_error(), 0u) << "left in the thread's queue, where gRPC would find it";
    for (const std::string &path : {cert_, key_, ca_})
      unlink(path.c_str());
    rmdir(directory_.c_str());
  }
  void Write(const Authority::Issued &issued) {
    WriteFile(cert_ = directory_ + "/cert.pem", issued.cert);
    WriteFile(key_ = directory_ + "/key.pem", issued.key);
  }
  // "" when the files can be used.
  std::string Read() {
    rel_pem_paths paths = {cert_.c_str(), key_.c_str(), ca_.c_str()};
    rel_pem pem;
    rel_error error = {};
    rel_code code = rel_pem_read(&paths, &pem, &error);
    EXPECT_EQ(code, error.message[0] == '\0' ? REL_OK : REL_INVALID);
    EXPECT_EQ(std::string(error.message).find("-----"), std::string::npos) << error.message;
    if (code == REL_OK) rel_pem_fini(&pem);
    EXPECT_EQ(pem.key, nullptr);
    return error.message;
  }

  Authority authority_;
  std::string directory_, cert_, key_, ca_;
};

#define EXPECT_SAYS(text, ...)                                                                               \
  do {                                                                                                       \
    std::string said = text;                                                                                 \
    for (const std::string &part : {__VA_ARGS__})                                                            \
      EXPECT_NE(said.find(part), std::string::npos) << said << " / " << part;                                \
  } while (0)

TEST_F(Pem, WhatCanBeUsedIsReturnedAsItIs) {
  rel_pem_paths paths = {cert_.c_str(), key_.c_str(), ca_.c_str()};
  rel_pem pem;
  rel_error error;
  ASSERT_EQ(rel_pem_read(&paths, &pem, &error), REL_OK) << error.message;
  EXPECT_EQ(pem.cert, rel_test::ReadFile(cert_));
  EXPECT_EQ(pem.key, rel_test::ReadFile(key_));
  EXPECT_EQ(pem.ca, authority_.pem());
  rel_buf subject = {}, end = {};
  rel_pem_describe(pem.cert, &subject, &end);
  EXPECT_STREQ(rel_buf_text(&subject), "CN=server");
  EXPECT_SAYS(rel_buf_text(&end), std::string("GMT"));
  rel_buf_fini(&subject);
  rel_buf_fini(&end);
  rel_pem_fini(&pem);
  rel_pem_fini(&pem);
}

TEST_F(Pem, NoPathNoText) {
  rel_pem_paths paths = {nullptr, nullptr, ca_.c_str()};
  rel_pem pem;
  ASSERT_EQ(rel_pem_read(&paths, &pem, nullptr), REL_OK);
  EXPECT_EQ(pem.cert, nullptr);
  EXPECT_EQ(pem.key, nullptr);
  EXPECT_NE(pem.ca, nullptr);
  rel_pem_fini(&pem);
}

TEST_F(Pem, AChainAndABundle) {
  Authority other("other");
  WriteFile(cert_, rel_test::ReadFile(cert_) + authority_.pem());
  WriteFile(ca_, "a comment\n" + other.pem() + "\n" + authority_.pem());
  EXPECT_EQ(Read(), "");
}

TEST_F(Pem, AMissingFileIsNamed) {
  for (const std::string *path : {&cert_, &key_, &ca_}) {
    std::string text = rel_test::ReadFile(*path);
    unlink(path->c_str());
    EXPECT_SAYS(Read(), *path, std::string("No such file"));
    WriteFile(*path, text);
  }
}

TEST_F(Pem, ADirectoryIsNoFile) {
  std::string real = cert_;
  cert_ = directory_;
  EXPECT_SAYS(Read(), directory_, std::string("directory"));
  cert_ = real;
}

TEST_F(Pem, GarbageIsNamed) {
  for (const std::string *path : {&cert_, &key_, &ca_}) {
    std::string text = rel_test::ReadFile(*path);
    for (const std::string &garbage :
         {std::string(), std::string("garbage"), std::string("a\0b", 3), std::string(2 << 20, 'x'),
          text.substr(0, text.size() / 2), text.substr(0, 40) + "!!!!" + text.substr(44)}) {
      WriteFile(*path, garbage);
      EXPECT_SAYS(Read(), *path);
    }
    WriteFile(*path, text);
  }
  EXPECT_EQ(Read(), "");
}

TEST_F(Pem, CertificateAndKeyMixedUp) {
  std::swap(cert_, key_);
  EXPECT_SAYS(Read(), cert_, std::string("holds no certificate"));
}

TEST_F(Pem, AnotherCertificatesKey) {
  WriteFile(key_, authority_.Issue().key);
  EXPECT_SAYS(Read(), key_, cert_, std::string("not that of the certificate"));
}

TEST_F(Pem, ALockedKeyIsNotAskedFor) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  FILE *file = fopen(key_.c_str(), "w");
  char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_PrivateKey(file, key, EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase), 1);
  fclose(file);
  EVP_PKEY_free(key);
  EXPECT_SAYS(Read(), key_, std::string("passphrase"));
}

TEST_F(Pem, Expired) {
  Certificate expired;
  expired.ends_s = -60;
  Write(authority_.Issue(expired));
  EXPECT_SAYS(Read(), cert_, std::string("expired on"));
}

TEST_F(Pem, NotValidYet) {
  Certificate future;
  future.begins_s = 3600;
  Write(authority_.Issue(future));
  EXPECT_SAYS(Read(), cert_, std::string("not valid before"));
}

TEST_F(Pem, OneValidAuthorityIsEnough) {
  Certificate expired;
  expired.ends_s = -60;
  std::string old = authority_.Issue(expired).cert;
  WriteFile(ca_, old);
  EXPECT_SAYS(Read(), ca_, std::string("expired on"));
  WriteFile(ca_, old + authority_.pem());
  EXPECT_EQ(Read(), "");
}

TEST_F(Pem, StampsTellEveryWayOfChanging) {
  rel_pem_paths paths = {cert_.c_str(), key_.c_str(), nullptr};
  auto changed = [&, last = rel_pem_stamp(&paths)]() mutable {
    rel_pem_stamps now = rel_pem_stamp(&paths);
    bool differs = !rel_pem_stamps_eq(&now, &last);
    last = now;
    return differs;
  };
  EXPECT_FALSE(changed());
  rel_test::ReplaceFile(key_, rel_test::ReadFile(key_)); // the same text, another file
  EXPECT_TRUE(changed());
  WriteFile(cert_, "longer " + rel_test::ReadFile(cert_));
  EXPECT_TRUE(changed());
  unlink(cert_.c_str());
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
  WriteFile(ca_, "another file");
  EXPECT_FALSE(changed());
}

} // namespace
