// What counts as this machine: an address that only looks like it must not, since plaintext depends on it.
#include "common/security/address.h"

#include <gtest/gtest.h>

TEST(Address, OfThisMachine) {
  for (const char *address : {"unix:/run/x.sock", "unix:///run/x.sock", "unix-abstract:x", "127.0.0.1:50051",
                              "127.0.0.1", "127.255.0.3:1", "localhost:50051", "localhost", "[::1]:50051",
                              "[::1]", "::1", "ipv4:127.0.0.1:50051", "ipv6:[::1]:50051",
                              "dns:localhost:50051", "dns:///localhost:50051", "dns:///127.0.0.1:1"})
    EXPECT_TRUE(rel_address_is_local(address)) << address;
}

TEST(Address, OfOthers) {
  for (const char *address :
       {"", ":50051", "0.0.0.0:50051", "[::]:50051", "10.0.0.1:50051", "127.example.com:50051",
        "127.0.0.1.evil.com:1", "localhost.evil.com:1", "localhostile:1", "unixfoo:1", "[::2]:1", "[::1",
        "::2", "ipv4:127.0.0.1:1,10.0.0.1:1", "ipv4:10.0.0.1:1", "dns://8.8.8.8/localhost:1",
        "example.com:127", "xds:///localhost",
        "a-name-that-is-longer-than-any-address-of-this-machine-could-ever-be.example.com:1"})
    EXPECT_FALSE(rel_address_is_local(address)) << address;
}
