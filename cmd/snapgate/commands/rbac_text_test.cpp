#include "commands/rbac_text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "json/path.h"
#include "json/value.h"
#include "json/yaml.h"

namespace snapgate::cli {
namespace {

std::vector<json::Object> documents(const std::string& text) {
    std::vector<json::Object> all;
    std::istringstream in(text);
    std::string json;
    auto read = json::yaml_to_json(in, [&json](std::string_view part) {
        json += part;
        return base::Result<void>();
    });
    EXPECT_TRUE(read) << read.error().message;
    std::istringstream lines(json);
    for (std::string line; std::getline(lines, line);) {
        auto value = json::parse(line);
        EXPECT_TRUE(value) << line;
        if (value && value->is_object()) all.push_back(value->get_object());
    }
    return all;
}

std::vector<std::string> kinds(const std::vector<json::Object>& all) {
    std::vector<std::string> kinds;
    kinds.reserve(all.size());
    for (const json::Object& one : all) kinds.emplace_back(json::text_at(one, {"kind"}));
    return kinds;
}

std::string verbs(const std::vector<json::Object>& all) {
    for (const json::Object& one : all) {
        const json::Array* rules = json::array_at(one, {"rules"});
        if (rules == nullptr) continue;
        EXPECT_EQ(rules->size(), 1U);
        return json::serialize(*json::array_at(rules->at(0).get_object(), {"verbs"}));
    }
    return {};
}

TEST(Rbac, IsTheSmallestThatCanFollow) {
    const auto all = documents(rbac_text("snapgate", false));
    EXPECT_EQ(kinds(all), (std::vector<std::string>{"Namespace", "ServiceAccount", "Secret",
                                                    "ClusterRole", "ClusterRoleBinding"}));
    EXPECT_EQ(verbs(all), R"(["get","list","watch"])");
    EXPECT_EQ(json::text_at(all[1], {"metadata", "namespace"}), "snapgate");
    EXPECT_EQ(
        json::text_at(all[2], {"metadata", "annotations", "kubernetes.io/service-account.name"}),
        "snapgate");
}

TEST(Rbac, WritesOnlyIfThatIsAskedFor) {
    const auto all = documents(rbac_text("kube-system", true));
    EXPECT_EQ(kinds(all), (std::vector<std::string>{"ServiceAccount", "Secret", "ClusterRole",
                                                    "ClusterRoleBinding"}));
    EXPECT_EQ(verbs(all), R"(["get","list","watch","create","update","patch","delete"])");
}

}  // namespace
}  // namespace snapgate::cli
