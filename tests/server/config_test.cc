// Settings from flags, environment and file: which wins, how values are read, what errors say.
#include "server/config.h"

#include "common/clock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

class Config : public testing::Test {
protected:
  ~Config() override {
    rel_config_fini(&config_);
    for (const auto &[name, value] : variables_)
      unsetenv(name.c_str());
    for (const std::string &file : files_)
      unlink(file.c_str());
  }
  void Set(const std::string &name, const std::string &value) {
    variables_[name] = value;
    setenv(name.c_str(), value.c_str(), 1);
  }
  std::string File(const std::string &text) {
    std::string path = testing::TempDir() + "/config_test_" + std::to_string(files_.size()) + ".conf";
    std::ofstream(path) << text;
    files_.push_back(path);
    return path;
  }
  // What is always needed, and the arguments.
  bool Read(std::vector<const char *> flags) {
    flags.insert(flags.begin(), {"relationsd", "--schema", "a.binpb", "--database=sqlite:a.db"});
    return ReadOnly(flags);
  }
  bool ReadOnly(const std::vector<const char *> &argv) {
    rel_config_fini(&config_);
    rel_error error = {};
    rel_code code = rel_config_read(static_cast<int>(argv.size()), argv.data(), &config_, &error);
    message_ = error.message;
    return code == REL_OK;
  }
  static std::vector<std::string> Items(const rel_config_list &list) {
    return {list.items, list.items + list.count};
  }

  rel_config config_ = {};
  std::string message_;
  std::map<std::string, std::string> variables_;
  std::vector<std::string> files_;
};

using Strings = std::vector<std::string>;

TEST_F(Config, Defaults) {
  ASSERT_TRUE(Read({})) << message_;
  EXPECT_EQ(config_.mode, REL_CONFIG_SERVE);
  EXPECT_EQ(Items(config_.schema), Strings{"a.binpb"});
  EXPECT_STREQ(config_.database, "sqlite:a.db");
  EXPECT_EQ(Items(config_.listen), Strings{"127.0.0.1:50051"});
  EXPECT_TRUE(config_.cache);
  EXPECT_FALSE(config_.allow_apply);
  EXPECT_EQ(config_.cache_bytes, 256u << 20);
  EXPECT_EQ(config_.cache_entries, UINT64_MAX);
  EXPECT_EQ(config_.cache_ttl_ns, REL_NEVER);
  EXPECT_EQ(config_.default_deadline_ns, 30 * REL_NS_PER_S);
  EXPECT_EQ(config_.log_level, REL_LOG_INFO);
}

TEST_F(Config, FlagsOverEnvironmentOverFile) {
  std::string path = File("# comment\n\n cache-bytes = 1MiB\nqueues=2\n  workers = 7 \nlisten = 127.0.0.1:1\n"
                          "listen = unix:/b.sock\n");
  Set("RELATIONS_QUEUES", "3");
  Set("RELATIONS_CACHE_BYTES", "2MiB");
  Set("RELATIONS_CONFIG", "/nowhere");
  ASSERT_TRUE(Read({"--config", path.c_str(), "--cache-bytes=3KiB"})) << message_;
  EXPECT_EQ(config_.cache_bytes, 3072u);
  EXPECT_EQ(config_.queues, 3u);
  EXPECT_EQ(config_.workers, 7u);
  EXPECT_EQ(Items(config_.listen), (Strings{"127.0.0.1:1", "unix:/b.sock"}));
  Set("RELATIONS_CONFIG", path);
  Set("RELATIONS_LISTEN", "127.0.0.1:2,127.0.0.1:3");
  ASSERT_TRUE(Read({})) << message_;
  EXPECT_EQ(Items(config_.listen), (Strings{"127.0.0.1:2", "127.0.0.1:3"}));
  EXPECT_EQ(config_.workers, 7u);
  ASSERT_TRUE(Read({"--listen", "[::1]:0", "--listen=localhost:9"})) << message_;
  EXPECT_EQ(Items(config_.listen), (Strings{"[::1]:0", "localhost:9"}));
}

TEST_F(Config, ValuesAsPeopleWriteThem) {
  ASSERT_TRUE(Read({"--cache-bytes", "2GiB", "--cache-entries", "5", "--cache-ttl=0", "--grace=250ms",
                    "--max-deadline", "1h", "--default-deadline=2m", "--cache", "off", "--allow-apply",
                    "--log-level", "warn", "--insecure-listen-any=true", "--max-message-bytes=4096"}))
      << message_;
  EXPECT_EQ(config_.cache_bytes, UINT64_C(2) << 30);
  EXPECT_EQ(config_.cache_entries, 5u);
  EXPECT_EQ(config_.cache_ttl_ns, 0);
  EXPECT_EQ(config_.grace_ns, 250 * REL_NS_PER_MS);
  EXPECT_EQ(config_.max_deadline_ns, 3600 * REL_NS_PER_S);
  EXPECT_EQ(config_.default_deadline_ns, 120 * REL_NS_PER_S);
  EXPECT_FALSE(config_.cache);
  EXPECT_TRUE(config_.allow_apply);
  EXPECT_TRUE(config_.insecure_listen_any);
  EXPECT_EQ(config_.log_level, REL_LOG_WARN);
  EXPECT_EQ(config_.max_message_bytes, 4096u);
}

TEST_F(Config, WrongValuesNameTheirSource) {
  const std::string size = "is not a size: write bytes or a whole number of KiB, MiB or GiB, as in 64MiB";
  for (const char *value :
       {"12x", "", "-1", "1.5MiB", "99999999999999999999", "9999999999GiB", "MiB", "1 MiB"}) {
    EXPECT_FALSE(Read({"--cache-bytes", value})) << value;
    EXPECT_EQ(message_, "flag --cache-bytes: \"" + std::string(value) + "\" " + size);
  }
  std::string path = File("queues = 1\n\nqueues = many\n");
  EXPECT_FALSE(Read({"--config", path.c_str()}));
  EXPECT_EQ(message_, path + ":3: queues: \"many\" is not a whole number");
  Set("RELATIONS_GRACE", "soon");
  EXPECT_FALSE(Read({}));
  EXPECT_EQ(message_,
            "environment RELATIONS_GRACE: \"soon\" is not a duration: write a whole number of ms, s, m or h, "
            "as in 250ms");
  Set("RELATIONS_GRACE", ""); // empty: as if unset
  EXPECT_TRUE(Read({})) << message_;
  EXPECT_FALSE(Read({"--queues", "0"}));
  EXPECT_EQ(message_, "flag --queues: 0 is out of range: 1 to 64");
  EXPECT_FALSE(Read({"--cache=maybe"}));
  EXPECT_EQ(message_, "flag --cache: \"maybe\" is not on or off");
  EXPECT_FALSE(Read({"--log-level=loud"}));
  EXPECT_FALSE(Read({"--cache-bytes=unlimited"}));
  EXPECT_FALSE(Read({"--default-deadline=10m"}));
  EXPECT_EQ(message_, "default-deadline is longer than max-deadline");
}

TEST_F(Config, UnknownNamesSuggestTheNearOne) {
  EXPECT_FALSE(Read({"--cahce-bytes=1"}));
  EXPECT_EQ(message_, "flag --cahce-bytes is unknown; did you mean --cache-bytes?");
  EXPECT_FALSE(Read({"--zzzzzzzzzz"}));
  EXPECT_EQ(message_, "flag --zzzzzzzzzz is unknown");
  std::string path = File("queue = 1\n");
  EXPECT_FALSE(Read({"--config", path.c_str()}));
  EXPECT_EQ(message_, path + ":1: queue is unknown; did you mean queues?");
  EXPECT_FALSE(Read({"extra"}));
  EXPECT_EQ(message_, "unexpected argument \"extra\": settings are written --name value");
  EXPECT_FALSE(Read({"--queues"}));
  EXPECT_EQ(message_, "flag --queues needs a value");
}

TEST_F(Config, FilesThatAreWrong) {
  EXPECT_FALSE(Read({"--config=/nowhere/at/all"}));
  EXPECT_EQ(message_, "cannot read /nowhere/at/all: No such file or directory");
  std::string path = File("queues 1\n");
  EXPECT_FALSE(Read({"--config", path.c_str()}));
  EXPECT_EQ(message_, path + ":1: expected name = value");
  std::string nested = File("config = other\n");
  EXPECT_FALSE(Read({"--config", nested.c_str()}));
  EXPECT_EQ(message_, nested + ":1: config: a file names no other file");
  std::string help = File("help = on\n");
  EXPECT_FALSE(Read({"--config", help.c_str()}));
}

TEST_F(Config, SchemaAndDatabaseAreRequired) {
  EXPECT_FALSE(ReadOnly({"relationsd"}));
  EXPECT_EQ(message_, "no schema: give --schema FILE (see --help)");
  EXPECT_FALSE(ReadOnly({"relationsd", "--schema=a.binpb"}));
  EXPECT_EQ(message_, "no database: give --database sqlite:FILE (see --help)");
}

TEST_F(Config, AddressesOfOtherMachinesNeedConsent) {
  for (const char *address : {"0.0.0.0:50051", "[::]:50051", "192.168.1.2:1", "example.org:1"}) {
    EXPECT_FALSE(Read({"--listen", address})) << address;
    EXPECT_NE(message_.find("--insecure-listen-any"), std::string::npos);
    EXPECT_TRUE(Read({"--listen", address, "--insecure-listen-any"})) << message_;
  }
  for (const char *address : {"127.0.0.1:0", "127.1.2.3:0", "localhost:0", "[::1]:0", "unix:/a"})
    EXPECT_TRUE(Read({"--listen", address})) << message_;
}

TEST_F(Config, OtherMachinesMayCallOverTls) {
  for (const char *address : {"0.0.0.0:50051", "127.example.org:1"}) {
    EXPECT_FALSE(Read({"--listen", address})) << address;
    EXPECT_NE(message_.find("--tls-cert"), std::string::npos) << message_;
    EXPECT_TRUE(Read({"--listen", address, "--tls-cert=c", "--tls-key=k"})) << message_;
    EXPECT_TRUE(Read({"--listen", address, "--tls-cert=c", "--tls-key=k", "--tls-client-ca=a"})) << message_;
  }
  EXPECT_STREQ(config_.tls_cert, "c");
  EXPECT_STREQ(config_.tls_key, "k");
  EXPECT_STREQ(config_.tls_client_ca, "a");
}

TEST_F(Config, TlsNeedsCertificateAndKey) {
  for (std::vector<const char *> half : std::vector<std::vector<const char *>>{
           {"--tls-cert=c"}, {"--tls-key=k"}, {"--tls-cert=c", "--tls-key="}}) {
    EXPECT_FALSE(Read(half));
    EXPECT_EQ(message_, "tls-cert and tls-key need each other: give both --tls-cert and --tls-key");
  }
  EXPECT_FALSE(Read({"--tls-client-ca=a"}));
  EXPECT_EQ(message_, "tls-client-ca needs TLS: give --tls-cert and --tls-key");
}

TEST_F(Config, TokensDoNotLeaveTheMachineUnencrypted) {
  EXPECT_TRUE(Read({"--token-file=t"})) << message_;
  EXPECT_STREQ(config_.token_file, "t");
  EXPECT_TRUE(Read({"--token-file=t", "--listen=unix:/a"})) << message_;
  for (const char *consent : {"--insecure-listen-any", "--insecure-listen-any=off"}) {
    EXPECT_FALSE(Read({"--token-file=t", "--listen=127.0.0.1:0", "--listen=10.0.0.1:1", consent}));
    EXPECT_EQ(message_, "listen 10.0.0.1:1: tokens would be sent unencrypted; give --tls-cert and --tls-key");
  }
  EXPECT_TRUE(Read({"--token-file=t", "--listen=10.0.0.1:1", "--tls-cert=c", "--tls-key=k"})) << message_;
}

TEST_F(Config, HelpNamesEverySettingAndNeedsNothing) {
  ASSERT_TRUE(ReadOnly({"relationsd", "--help"})) << message_;
  EXPECT_EQ(config_.mode, REL_CONFIG_HELP);
  ASSERT_TRUE(ReadOnly({"relationsd", "--version"})) << message_;
  EXPECT_EQ(config_.mode, REL_CONFIG_VERSION);
  rel_buf help = {};
  rel_config_help(&help);
  std::string text = rel_buf_text(&help);
  rel_buf_fini(&help);
  for (const char *part :
       {"--cache-bytes SIZE  (RELATIONS_CACHE_BYTES, default 256MiB)", "--schema FILE  (RELATIONS_SCHEMA)",
        "--allow-apply [on|off]  (RELATIONS_ALLOW_APPLY, default off)", "  --help\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

} // namespace
