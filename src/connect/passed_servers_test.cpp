#include "connect/passed_servers.h"

#include <gtest/gtest.h>

#include <vector>

namespace snapgate::connect {
namespace {

using base::Code;

base::Result<std::string> read(std::vector<net::Header> headers) {
    net::Request request;
    request.headers = std::move(headers);
    return read_passed_servers(request, "here");
}

TEST(PassedServers, AreWhatTheHeaderNames) {
    EXPECT_EQ(read({}), "");
    EXPECT_EQ(read({{"Host", "here"}}), "");
    EXPECT_EQ(read({{"snapgate-via", "a"}}), "a");
    EXPECT_EQ(read({{"Snapgate-Via", " a,b-1 ,\tC"}}), "a, b-1, C");
    EXPECT_EQ(read({{"Snapgate-Via", "a"}, {"SNAPGATE-VIA", "b, c"}}), "a, b, c");
    EXPECT_EQ(read({{"Snapgate-Via", "heres, her, Here"}}), "heres, her, Here");
}

TEST(PassedServers, EndARing) {
    for (const char* value : {"here", "a, here", "here, a", "a,here,b"}) {
        const auto passed = read({{"Snapgate-Via", value}});
        ASSERT_FALSE(passed) << value;
        EXPECT_EQ(passed.error().code, Code::kLoopDetected) << value;
    }
    const auto second = read({{"Snapgate-Via", "a"}, {"Snapgate-Via", "here"}});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kLoopDetected);
}

TEST(PassedServers, AreSoMany) {
    std::string value = "a0";
    for (int i = 1; i < 15; ++i) value += ",a" + std::to_string(i);
    EXPECT_TRUE(read({{"Snapgate-Via", value}}));
    value += ",a15";
    const auto passed = read({{"Snapgate-Via", value}});
    ASSERT_FALSE(passed);
    EXPECT_EQ(passed.error().code, Code::kLoopDetected);
}

TEST(PassedServers, AreRefusedWhereTheyAreNoList) {
    const std::string too_long(65, 'a');
    for (const std::string& value :
         {std::string(), std::string(","), std::string("a,"), std::string(",a"),
          std::string("a,,b"), std::string("a b"), std::string("a;b"), std::string("\"a\""),
          std::string("caf\xc3\xa9"), too_long, "a," + too_long, std::string("a\x7f")}) {
        const auto passed = read({{"Snapgate-Via", value}});
        ASSERT_FALSE(passed) << value;
        EXPECT_EQ(passed.error().code, Code::kInvalidParameter) << value;
        EXPECT_EQ(passed.error().subject, "Snapgate-Via");
    }
    EXPECT_TRUE(read({{"Snapgate-Via", std::string(64, 'a')}}));
}

TEST(PassedServers, AreExtendedByThisOne) {
    EXPECT_EQ(passed_with("", "here"), "here");
    EXPECT_EQ(passed_with("a, b", "here"), "a, b, here");
}

TEST(PassedServers, AreNamedByWhatRevealsNothing) {
    const std::string store(16, 's');
    EXPECT_EQ(server_id(store).size(), 32U);
    EXPECT_EQ(server_id(store), server_id(store));
    EXPECT_NE(server_id(store), server_id(std::string(16, 't')));
}

}  // namespace
}  // namespace snapgate::connect
