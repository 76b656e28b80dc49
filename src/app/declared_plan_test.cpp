#include "app/declared_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder_testing.h"
#include "json/yaml.h"

namespace snapgate::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeclaredPlanTest : public testing::Test {
  protected:
    DeclaredPlanTest() { add_project("d", "Default"); }

    void add_project(const std::string& uid, const std::string& name) {
        projects_.put(uid, access::Project{uid, name});
    }
    void add_cluster(const std::string& uid, const std::string& name, std::string_view source,
                     const std::string& project = "d") {
        cluster::Cluster known;
        known.uid = uid;
        known.name = name;
        known.project = project;
        known.type =
            source == "hosted" ? cluster::ClusterType::kHosted : cluster::ClusterType::kConnected;
        if (source == cluster::kConfigSource) known.source = source;
        clusters_.put(uid, known);
    }
    const DeclaredPlan& plan(const std::string& text) {
        auto document = json::parse_yaml(text);
        EXPECT_TRUE(document) << document.error().message;
        declarations_ = connect::begin_declarations("f", text);
        for (const auto& member : document->as_object()) {
            connect::read_declarations(declarations_, member.key(), member.value(),
                                       connect::DeclaredTo::kServer);
        }
        plan_ = plan_declared(declarations_, projects_, clusters_, last_);
        return plan_;
    }
    // The clusters as name=uid@project.
    std::vector<std::string> clusters() const {
        std::vector<std::string> out;
        for (const auto& one : plan_.clusters)
            out.push_back(one.declared->name + "=" + one.uid + "@" + one.project);
        return out;
    }
    std::vector<std::string> faults() const {
        std::vector<std::string> out;
        for (const auto& fault : plan_.faults) out.push_back(declarations_.text(fault));
        return out;
    }

    access::ProjectTable::Rows projects_;
    cluster::ClusterTable::Rows clusters_;
    connect::Declarations declarations_;
    LastDeclared last_;
    DeclaredPlan plan_;
};

TEST_F(DeclaredPlanTest, FindsWhatIsThereAndMakesTheRest) {
    add_project("p", "payments");
    add_cluster("a-uid", "a", cluster::kConfigSource);
    add_cluster("b", "of old", cluster::kConfigSource, "p");
    plan(
        "projects: [{name: payments, quota: {clusters: 3}}, {name: web}]\n"
        "clusters:\n"
        "- {name: a, kubeconfig: k}\n"
        "- {name: of old, uid: b, project: payments, kubeconfig: k}\n"
        "- {name: c, project: web, kubeconfig: k}\n"
        "- {name: d, hosted: true}\n");
    EXPECT_THAT(faults(), IsEmpty());
    EXPECT_THAT(clusters(), ElementsAre("a=a-uid@d", "of old=b@p", "c=@", "d=@d"));
    ASSERT_EQ(plan_.projects.size(), 2U);
    EXPECT_EQ(plan_.projects[0].uid, "p");
    EXPECT_TRUE(plan_.projects[0].sets_quota);
    EXPECT_EQ(plan_.projects[1].uid, "");
    EXPECT_FALSE(plan_.projects[1].sets_quota);
    EXPECT_THAT(plan_.undeclared, IsEmpty());
}

TEST_F(DeclaredPlanTest, WithTheQuotaThatIsThereSetsNone) {
    access::Project bounded = projects_.at("d");
    bounded.quota.clusters = 3;
    projects_.put("d", bounded);
    EXPECT_FALSE(plan("projects: [{name: Default, quota: {clusters: 3}}]").projects[0].sets_quota);
    EXPECT_TRUE(plan("projects: [{name: Default, quota: {clusters: 4}}]").projects[0].sets_quota);
    EXPECT_FALSE(plan("projects: [{name: Default}]").projects[0].sets_quota);
}

TEST_F(DeclaredPlanTest, TakesNothingThatOthersMade) {
    add_cluster("a", "a", "hosted");
    add_cluster("b", "b", "");
    add_cluster("c", "c", cluster::kConfigSource);
    plan(
        "clusters:\n"
        "- {name: a, kubeconfig: k}\n"
        "- {name: b, kubeconfig: k}\n"
        "- {name: c, hosted: true}\n"
        "- {name: a2, uid: a, hosted: true}\n");
    EXPECT_THAT(clusters(), ElementsAre("a2=a@d"));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("f:2: clusters[0].name: a cluster of that name or "
                                                "uid is there, and was not made by the"),
                                      HasSubstr("f:3: clusters[1].name: "),
                                      HasSubstr("f:4: clusters[2].name: "),
                                      HasSubstr("f:5: clusters[3].name: the cluster with this uid "
                                                "is named \"a\"")));
}

TEST_F(DeclaredPlanTest, NamesWhatCannotBeChanged) {
    add_project("p", "payments");
    add_project("q", "taken");
    add_cluster("a", "a", cluster::kConfigSource, "p");
    plan(
        "projects: [{name: other, uid: p}, {name: taken, uid: r}]\n"
        "clusters:\n"
        "- {name: a, kubeconfig: k}\n"
        "- {name: b, uid: a, kubeconfig: k}\n"
        "- {name: c, project: none, kubeconfig: k}\n");
    EXPECT_THAT(
        faults(),
        ElementsAre(HasSubstr("f:1: projects[0].name: "), HasSubstr("f:1: projects[1].uid: "),
                    HasSubstr("f:3: clusters[0].project: the cluster belongs to another"),
                    HasSubstr("f:4: clusters[1].name: clusters[0] declares the same"),
                    HasSubstr("f:5: clusters[2].project: there is no project none")));
    EXPECT_THAT(clusters(), ElementsAre("a=a@p"));
}

TEST_F(DeclaredPlanTest, HoldsWhatAFaultIsAbout) {
    for (const char* uid : {"a", "b", "c", "d"}) add_cluster(uid, uid, cluster::kConfigSource);
    add_cluster("by-hand", "by-hand", "");
    plan("clusters: [{name: a, kubeconfig: k}, {name: b, kubeconfig: k, no: 1}, {uid: c}]");
    EXPECT_THAT(clusters(), ElementsAre("a=a@d"));
    EXPECT_THAT(plan_.held, ElementsAre("b", "c"));
    EXPECT_THAT(plan_.undeclared, ElementsAre("d"));
    // It may be any of them.
    plan("clusters: [{name: a, kubeconfig: k}, {nam: b, kubeconfig: k}]");
    EXPECT_THAT(plan_.held, ElementsAre("b", "c", "d"));
    EXPECT_THAT(plan_.undeclared, IsEmpty());
    plan("clusters: []");
    EXPECT_THAT(plan_.undeclared, ElementsAre("a", "b", "c", "d"));
}

// Each thing that a file says of what is there, changed alone.
TEST_F(DeclaredPlanTest, WhateverIsDeclaredOtherwiseIsAChangeOrAFault) {
    add_project("p", "payments");
    add_cluster("e", "edge", cluster::kConfigSource, "p");
    add_cluster("h", "archive", "hosted", "p");
    last_ = {.projects = {{"p", "payments"}}, .hosted = {{"h", "archive"}}, .connections = {}};
    const std::string project = "projects: [{name: payments, uid: p}]\n";
    const std::string edge = "- {name: edge, uid: e, project: payments, kubeconfig: k}\n";
    const std::string archive = "- {name: archive, uid: h, project: payments, hosted: true}\n";
    plan(project + "clusters:\n" + edge + archive);
    EXPECT_THAT(faults(), IsEmpty());
    EXPECT_THAT(plan_.undeclared, IsEmpty());
    EXPECT_THAT(plan_.undeclared_projects, IsEmpty());
    EXPECT_THAT(plan_.undeclared_hosted, IsEmpty());
    EXPECT_EQ(plan_.clusters[1].expected_before, std::nullopt);

    EXPECT_THAT(plan("clusters:\n" + edge + archive).undeclared_projects, ElementsAre("p"));
    EXPECT_THAT(plan(project + "clusters:\n" + edge).undeclared_hosted, ElementsAre("h"));
    EXPECT_THAT(plan(project + "clusters:\n" + archive).undeclared, ElementsAre("e"));
    EXPECT_EQ(plan(project + "clusters:\n" + edge +
                   "- {name: archive, uid: h, project: payments, hosted: true, expected-every: 7h}")
                  .clusters[1]
                  .expected_before,
              base::Millis(0));
    for (const std::string& wrong : {
             // Another name, uid, project or type.
             project + "clusters:\n" + archive +
                 "- {name: other, uid: e, project: payments, kubeconfig: k}\n",
             project + "clusters:\n" + archive +
                 "- {name: edge, uid: x, project: payments, kubeconfig: k}\n",
             project + "clusters:\n" + archive + "- {name: edge, uid: e, kubeconfig: k}\n",
             project + "clusters:\n" + archive +
                 "- {name: edge, uid: e, project: payments, hosted: true}\n",
             "projects: [{name: other, uid: p}]\nclusters:\n" + edge + archive,
             "projects: [{name: payments, uid: x}]\nclusters:\n" + edge + archive,
         }) {
        plan(wrong);
        EXPECT_THAT(faults(), testing::Not(IsEmpty())) << wrong;
    }
    // What the file says something wrong of may be meant all the same.
    EXPECT_THAT(plan("projects: [{name: payments, uid: p, quota: 7}]\n").undeclared_projects,
                IsEmpty());
    EXPECT_THAT(plan("clusters: [{name: archive, hosted: 7}]\n").undeclared_hosted, IsEmpty());
    // What was deleted is not told.
    last_.projects = {{"gone", "gone"}};
    EXPECT_THAT(plan("{}").undeclared_projects, IsEmpty());
}

TEST(LastDeclared, KnowsAConnectionByWhateverPathItIsNamed) {
    connect::DeclaredCluster relative;
    relative.kubeconfig = "k/../edge.kubeconfig";
    connect::DeclaredCluster absolute;
    absolute.kubeconfig = std::filesystem::current_path() / "edge.kubeconfig";
    EXPECT_EQ(connection_text(relative), connection_text(absolute));
    absolute.context = "c";
    EXPECT_NE(connection_text(relative), connection_text(absolute));
}

TEST(LastDeclared, IsReadAsItWasKept) {
    const base::TemporaryFolder folder;
    EXPECT_EQ(read_last_declared(folder.path()), LastDeclared());
    const LastDeclared kept{.projects = {{"p", "payments"}},
                            .hosted = {{"h", "archive"}},
                            .connections = {{"e", "[]"}}};
    ASSERT_TRUE(keep_last_declared(folder.path(), kept));
    EXPECT_EQ(read_last_declared(folder.path()), kept);
    folder.file("declared", "damaged");
    EXPECT_EQ(read_last_declared(folder.path()), LastDeclared());
}

}  // namespace
}  // namespace snapgate::app
