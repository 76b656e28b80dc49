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

// Of each rule: what it is about, and its verbs.
std::vector<std::string> rules_of(const std::vector<json::Object>& all) {
    std::vector<std::string> texts;
    for (const json::Object& one : all) {
        const json::Array* rules = json::array_at(one, {"rules"});
        if (rules == nullptr) continue;
        for (const json::Value& rule : *rules) {
            const json::Object& members = rule.get_object();
            texts.push_back(json::serialize(*json::array_at(members, {"apiGroups"})) + " " +
                            json::serialize(*json::array_at(members, {"resources"})) + " " +
                            json::serialize(*json::array_at(members, {"verbs"})));
        }
    }
    return texts;
}

const std::string kSnapshotRule =
    R"(["snapshot.kubevirt.io"] ["virtualmachinesnapshots"] ["get","list","watch")";
const std::vector<std::string> kOtherRules = {
    R"(["snapshot.kubevirt.io"] ["virtualmachinerestores","virtualmachinesnapshotcontents"] )"
    R"(["get","list","watch"])",
    R"(["kubevirt.io"] ["virtualmachines"] ["get","list","watch"])"};

TEST(Rbac, IsTheSmallestThatCanFollow) {
    const auto all = documents(rbac_text("snapgate", false));
    EXPECT_EQ(kinds(all), (std::vector<std::string>{"Namespace", "ServiceAccount", "Secret",
                                                    "ClusterRole", "ClusterRoleBinding"}));
    EXPECT_EQ(rules_of(all),
              (std::vector<std::string>{kSnapshotRule + "]", kOtherRules[0], kOtherRules[1]}));
    EXPECT_EQ(json::text_at(all[1], {"metadata", "namespace"}), "snapgate");
    EXPECT_EQ(
        json::text_at(all[2], {"metadata", "annotations", "kubernetes.io/service-account.name"}),
        "snapgate");
}

TEST(Rbac, WritesOnlyIfThatIsAskedFor) {
    const auto all = documents(rbac_text("kube-system", true));
    EXPECT_EQ(kinds(all), (std::vector<std::string>{"ServiceAccount", "Secret", "ClusterRole",
                                                    "ClusterRoleBinding"}));
    EXPECT_EQ(rules_of(all),
              (std::vector<std::string>{kSnapshotRule + R"(,"create","update","patch","delete"])",
                                        kOtherRules[0], kOtherRules[1]}));
}

}  // namespace
}  // namespace snapgate::cli
