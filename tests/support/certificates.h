// Certificates for tests, made on the spot: authorities, and what they sign, as PEM files.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>

namespace rel_test {

struct Certificate {
  std::string common_name = "server";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1,DNS:relations.test";
  int64_t begins_s = -3600; // from now
  int64_t ends_s = 24 * 3600;
};

void WriteFile(const std::string &path, const std::string &text);
std::string ReadFile(const std::string &path);
// Written beside it and renamed onto it: what administrators do.
void ReplaceFile(const std::string &path, const std::string &text);

class Authority {
public:
  explicit Authority(const std::string &name);
  ~Authority();
  Authority(const Authority &) = delete;
  Authority &operator=(const Authority &) = delete;

  const std::string &pem() const { return pem_; }

  struct Issued {
    std::string cert;
    std::string key;
  };
  // PEM of a certificate and its key.
  Issued Issue(const Certificate &certificate = {});

private:
  EVP_PKEY *key_;
  X509 *cert_;
  std::string pem_;
};

} // namespace rel_test
