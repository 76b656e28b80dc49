#include "query/list_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <tuple>

#include "query/fleet.h"
#include "query/fleet_request.h"

namespace snapgate::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ListRequestTest, ListsAreCsvRepeatedOrMixed) {
    for (const std::string name : {"vmName", "namespace"}) {
        for (const char* form :
             {"{0}=a,b", "{0}=a&{0}=b", "{0}=b,a&{0}=a", "{0}=%20a%20,,b,", "{0}=&{0}=a%2Cb",
              "{0}=+b+,a", "{0}=,,b,,a,,", "{0}=a&other=c&{0}=b&{0}s=c"}) {
            const std::string query = fmt::format(fmt::runtime(form), name);
            auto request = parse_list_request(query);
            ASSERT_TRUE(request) << query;
            const auto& [given, other] = name == "vmName"
                                             ? std::tie(request->vms, request->namespaces)
                                             : std::tie(request->namespaces, request->vms);
            EXPECT_THAT(given, ElementsAre("a", "b")) << query;
            EXPECT_THAT(other, IsEmpty()) << query;
        }
    }
}

TEST(ListRequestTest, NothingLeftIsAll) {
    for (const char* query :
         {"", "namespace=", "namespace=&vmName=", "namespace=,%20,", "namespace", "other=1&x", "&&",
          "%zz=1", "unknown=1&pretty=true&labelSelector=x&fieldSelector=", "namespaces=web",
          "Namespace=web"}) {
        auto request = parse_list_request(query);
        ASSERT_TRUE(request) << query;
        EXPECT_THAT(request->namespaces, IsEmpty()) << query;
        EXPECT_THAT(request->vms, IsEmpty()) << query;
        EXPECT_EQ(request->limit, 50U) << query;
    }
}

TEST(ListRequestTest, Limits) {
    EXPECT_EQ(parse_list_request("limit=1")->limit, 1U);
    EXPECT_EQ(parse_list_request("limit=50")->limit, 50U);
    for (const char* query : {"limit=", "limit=0", "limit=000", "limit=51", "limit=5000000000",
                              "limit=99999999999999999999999999"})
        EXPECT_EQ(parse_list_request(query)->limit, 50U) << query;
    for (const char* query : {"limit=-1", "limit=-0", "limit=x", "limit=1.5", "limit=1e1",
                              "limit=%201", "limit=0x5", "limit=+5", "limit=5,5"}) {
        auto request = parse_list_request(query);
        ASSERT_FALSE(request) << query;
        EXPECT_EQ(request.error().code, base::Code::kInvalidParameter);
        EXPECT_EQ(request.error().subject, "limit");
    }
}

TEST(ListRequestTest, OfAllClustersALimitHasTheSameRule) {
    const auto limit = [](std::string_view query, std::string_view cluster) {
        return parse_fleet_request(query, cluster, Question::kList)->limit;
    };
    for (const char* larger : {"limit=1001", "limit=5000000000", "limit=99999999999999999999999"}) {
        EXPECT_EQ(limit(larger, kAllClusters), 1000U) << larger;
        EXPECT_EQ(limit(larger, "demo"), 50U) << larger;
    }
    for (const char* none : {"limit=", "limit=0"}) {
        EXPECT_EQ(limit(none, kAllClusters), 50U) << none;
        EXPECT_EQ(limit(none, "demo"), 50U) << none;
    }
    EXPECT_FALSE(parse_fleet_request("limit=-1", kAllClusters, Question::kList));
}

TEST(ListRequestTest, RepeatedSingleValuesAreRefused) {
    for (const char* query : {"limit=5&limit=5", "limit=&limit=5", "continue=a&continue=a"}) {
        auto request = parse_list_request(query);
        ASSERT_FALSE(request) << query;
        EXPECT_THAT(request.error().message, HasSubstr("more than once"));
    }
}

TEST(ListRequestTest, ValuesThatCanBeNoNameAreNamed) {
    auto request = parse_list_request("vmName=ok,Not_OK");
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().subject, "vmName");
    EXPECT_THAT(request.error().message, HasSubstr("\"Not_OK\""));
    EXPECT_EQ(parse_list_request("namespace=a.b").error().subject, "namespace");
    EXPECT_EQ(parse_list_request("namespace=%zz").error().subject, "namespace");
    EXPECT_EQ(parse_list_request("vmName=a%00b").error().subject, "vmName");
    EXPECT_FALSE(parse_list_request("namespace=" + std::string(64, 'a')));
    EXPECT_FALSE(parse_list_request("vmName=" + std::string(254, 'a')));
    // However long the value, the message stays short.
    EXPECT_LT(parse_list_request("vmName=" + std::string(60'000, '!')).error().message.size(),
              300U);
}

TEST(ListRequestTest, AtMostAThousandValues) {
    std::string thousand;
    for (int i = 0; i < 1000; ++i) thousand += fmt::format("vm-{},", i);
    EXPECT_EQ(parse_list_request("vmName=" + thousand)->vms.size(), 1000U);
    EXPECT_EQ(parse_list_request("vmName=" + thousand + "one-more").error().subject, "vmName");
}

}  // namespace
}  // namespace snapgate::query
