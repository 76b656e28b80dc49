#include "connect/declarations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/yaml.h"

namespace snapgate::connect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Declarations read(const std::string& text, DeclaredTo to = DeclaredTo::kServer) {
    auto document = json::parse_yaml(text);
    EXPECT_TRUE(document) << document.error().message;
    Declarations declarations = begin_declarations("/etc/fleet/f.yaml", text);
    for (const auto& member : document->as_object())
        read_declarations(declarations, member.key(), member.value(), to);
    declarations.file = "f.yaml";
    return declarations;
}

std::vector<std::string> names(const Declarations& declarations) {
    std::vector<std::string> names;
    for (const DeclaredProject& one : declarations.projects) names.push_back(one.name);
    for (const DeclaredCluster& one : declarations.clusters) names.push_back(one.name);
    return names;
}

TEST(Declarations, AreRead) {
    const Declarations read_ones = read(
        "projects:\n"
        "- name: payments\n"
        "- {name: web, uid: w, quota: {clusters: 7}}\n"
        "clusters:\n"
        "- {name: a, kubeconfig: a.kubeconfig, context: c, project: payments}\n"
        "- {name: b, uid: b, kubeconfig: /abs/b}\n"
        "- {name: c, in-cluster: true}\n"
        "- {name: d, hosted: true}\n");
    EXPECT_THAT(read_ones.faults, testing::IsEmpty());
    ASSERT_EQ(read_ones.projects.size(), 2U);
    EXPECT_EQ(read_ones.projects[0].quota, std::nullopt);
    EXPECT_EQ(read_ones.projects[1].uid, "w");
    EXPECT_EQ(read_ones.projects[1].quota->clusters, 7U);
    ASSERT_EQ(read_ones.clusters.size(), 4U);
    EXPECT_EQ(read_ones.clusters[0].kubeconfig, "/etc/fleet/a.kubeconfig");
    EXPECT_EQ(read_ones.clusters[0].context, "c");
    EXPECT_EQ(read_ones.clusters[0].project, "payments");
    EXPECT_EQ(read_ones.clusters[1].kubeconfig, "/abs/b");
    EXPECT_EQ(read_ones.clusters[1].place, "clusters[1]");
    EXPECT_TRUE(read_ones.clusters[2].in_cluster);
    EXPECT_TRUE(read_ones.clusters[3].hosted);
}

TEST(Declarations, WithAFaultHoldUpNoOther) {
    const Declarations read_ones = read(
        "clusters:\n"
        "- {name: a, kubeconfig: k}\n"
        "- 7\n"
        "- {name: b,\n"
        "   uid: '!', kubeconfig: k}\n"
        "- {name: a, kubeconfig: k}\n"
        "- {name: z, uid: a, kubeconfig: k}\n"
        "- {name: y, uid: a, kubeconfig: k}\n"
        "projects: {a: b}\n");
    EXPECT_THAT(names(read_ones), ElementsAre("a", "z"));
    std::vector<std::string> said;
    for (const DeclarationFault& fault : read_ones.faults) said.push_back(read_ones.text(fault));
    EXPECT_THAT(said, ElementsAre("f.yaml:3: clusters[1]: must be a mapping",
                                  HasSubstr("f.yaml:5: clusters[2].uid: "),
                                  "f.yaml:6: clusters[3].name: clusters[0] is named \"a\", too",
                                  "f.yaml:8: clusters[5].uid: clusters[4] has this uid, too",
                                  "f.yaml:9: projects: must be a list"));
    EXPECT_EQ(read_ones.faults[1].name, "b");
    EXPECT_EQ(read_ones.faults[1].uid, "");
}

TEST(Declarations, WithAFaultThatNobodyKnowsDoNotTellAll) {
    EXPECT_TRUE(read("clusters: [{name: a, uid: '!', hosted: true}]").tells_all("clusters"));
    EXPECT_FALSE(read("clusters: [{uid: '!', hosted: true}]").tells_all("clusters"));
    EXPECT_FALSE(read("clusters: 7").tells_all("clusters"));
    EXPECT_TRUE(read("clusters: 7").tells_all("projects"));
}

TEST(Declarations, AreRefusedWithTheirPlace) {
    const std::pair<const char*, const char*> wrongs[] = {
        {"clusters: [{kubeconfig: k}]", "clusters[0].name: must be"},
        {"clusters: [{name: 7, kubeconfig: k}]", "clusters[0].name: must be a text"},
        {"clusters: [{name: a}]", "clusters[0]: must have one of"},
        {"clusters: [{name: a, kubeconfig: k, in-cluster: true}]", "must have one of"},
        {"clusters: [{name: a, kubeconfig: k, hosted: true}]", "must have one of"},
        {"clusters: [{name: a, hosted: maybe}]", "clusters[0].hosted: must be true or false"},
        {"clusters: [{name: a, hosted: true, context: c}]", "clusters[0].context: goes with"},
        {"clusters: [{name: a, kubeconfig: k, token: t}]", "the field \"token\" is not known"},
        {"projects: [{name: ''}]", "projects[0].name: must be"},
        {"projects: [{name: a, clusters: 3}]", "the field \"clusters\" is not known"},
        {"projects: [{name: a, quota: 3}]", "projects[0].quota: must be a mapping"},
        {"projects: [{name: a, quota: {clusters: -1}}]", "projects[0].quota: "},
    };
    for (const auto& [text, message] : wrongs) {
        const Declarations declarations = read(text);
        ASSERT_EQ(declarations.faults.size(), 1U) << text;
        EXPECT_THAT(declarations.text(declarations.faults[0]), HasSubstr(message));
        EXPECT_THAT(names(declarations), testing::IsEmpty()) << text;
    }
}

TEST(Declarations, ShowNothingThatMayBeASecret) {
    for (const char* text : {"clusters: [sgk_hidden_1]", "clusters: [{sgk_hidden_1: x}]",
                             "clusters: [{name: a, kubeconfig: k, token: hidden}]",
                             "clusters: [{name: a, kubeconfig: [hidden]}]",
                             "projects: [{name: a, quota: {clusters: hidden}}]"}) {
        const Declarations declarations = read(text);
        ASSERT_EQ(declarations.faults.size(), 1U) << text;
        EXPECT_THAT(declarations.text(declarations.faults[0]), testing::Not(HasSubstr("hidden")));
    }
}

TEST(Declarations, OfACommandKnowNoClusterThatTheServerRunsIn) {
    const Declarations declarations =
        read("clusters: [{name: a, in-cluster: true}]", DeclaredTo::kCommand);
    ASSERT_EQ(declarations.faults.size(), 1U);
    EXPECT_EQ(declarations.faults[0].place, "clusters[0].in-cluster");
}

}  // namespace
}  // namespace snapgate::connect
