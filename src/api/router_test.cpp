#include "api/router.h"

#include <gtest/gtest.h>

#include <array>

namespace snapgate::api {
namespace {

constexpr Route route(Verb verb, std::string_view path) {
    return {verb, path, {}, nullptr, {}, {}, {}, {}, {}};
}

constexpr std::array kRoutes = {
    route(Verb::kList, "/things"),      route(Verb::kWatch, "/things"),
    route(Verb::kCreate, "/things"),    route(Verb::kGet, "/things/{}"),
    route(Verb::kUpdate, "/things/{}"), route(Verb::kDelete, "/things/{}"),
};

Match find(std::string_view method, std::string_view path, bool watch = false) {
    return find_route(kRoutes, method, path, watch);
}

TEST(Router, FindsByPathAndMethod) {
    EXPECT_EQ(find("GET", "/things").route, kRoutes.data());
    EXPECT_EQ(find("HEAD", "/things").route, kRoutes.data());
    EXPECT_EQ(find("GET", "/things", true).route, &kRoutes[1]);
    EXPECT_EQ(find("POST", "/things", true).route, &kRoutes[2]);
    const Match match = find("PUT", "/things/a%2Fb");
    EXPECT_EQ(match.route, &kRoutes[4]);
    EXPECT_EQ(match.parameters, std::vector<std::string_view>{"a%2Fb"});
}

TEST(Router, AParameterIsOneSegmentThatIsNotEmpty) {
    for (const char* path : {"/", "/thing", "/things/", "/things/a/", "/things/a/b", "/x/a"}) {
        const Match match = find("GET", path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_EQ(match.other, nullptr) << path;
    }
}

TEST(Router, AnotherMethodIsToldWhichThereAre) {
    const Match one = find("POST", "/things/a");
    EXPECT_EQ(one.route, nullptr);
    EXPECT_NE(one.other, nullptr);
    EXPECT_EQ(one.allow, "GET, HEAD, PUT, DELETE");
    EXPECT_EQ(find("PATCH", "/things").allow, "GET, HEAD, POST");
    EXPECT_EQ(find("PATCH", "/things", true).allow, "GET, HEAD, POST");
    EXPECT_EQ(find("get", "/things").route, nullptr);
}

}  // namespace
}  // namespace snapgate::api
