#include "identity/principal.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock_testing.h"
#include "identity/tokens_testing.h"

namespace snapgate::identity {
namespace {

using access::Role;

class PrincipalTest : public ::testing::Test {
  protected:
    PrincipalTest() {
        issuer_->end_fetch(key_set_of({&key_}));
        for (const char* name : {"shop", "bank"})
            projects_.put(std::string("uid-") + name, {std::string("uid-") + name, name});
        put("web", "shop", 7);
        put("db", "shop", 3);
        put("web-bank", "bank", 5);
    }
    void put(const std::string& name, const std::string& project, model::ClusterNumber number) {
        cluster::Cluster cluster;
        cluster.uid = "c-" + name;
        cluster.name = name;
        cluster.project = "uid-" + project;
        cluster.number = number;
        clusters_.put(cluster.uid, cluster);
    }

    // The role, the project and the clusters, or the message.
    std::string ask(std::vector<Grant> grants, const Asked& asked = {}) {
        Claims claims{"corp:alice", clock_.now_ms() + 1000, std::move(grants)};
        auto caller =
            std::make_shared<const Caller>(issuer_, issuer_->keys()->keys[0], std::move(claims),
                                           std::make_shared<access::RequestRate>(), clock_);
        const auto principal = principal_of(caller, asked, projects_, clusters_);
        if (!principal) return principal.error().message;
        EXPECT_EQ(principal->holder, caller);
        EXPECT_EQ(principal->key_id, caller->id());
        std::string text =
            std::string(access::role_name(principal->role)) + "@" + principal->project;
        if (principal->clusters) {
            for (const model::ClusterNumber number : *principal->clusters)
                text += "/" + std::to_string(number);
        }
        return text;
    }

    const base::TestClock clock_;
    const TestKey key_{"k"};
    const std::shared_ptr<Issuer> issuer_ = std::make_shared<Issuer>(test_issuer(), clock_);
    access::ProjectTable::Rows projects_;
    cluster::ClusterTable::Rows clusters_;
};

TEST_F(PrincipalTest, ProjectsAndClustersAreFoundByNameAndByUid) {
    EXPECT_EQ(ask({{Role::kReader, "shop", {}}}), "reader@uid-shop");
    EXPECT_EQ(ask({{Role::kReader, "uid-shop", {}}}), "reader@uid-shop");
    EXPECT_EQ(ask({{Role::kEditor, "shop", {"web", "c-db", "c-web"}}}), "editor@uid-shop/3/7");
    EXPECT_EQ(ask({{Role::kAdmin, "", {}}}), "admin@");
}

TEST_F(PrincipalTest, WhatDoesNotExistGivesNothing) {
    for (const Grant& grant : std::vector<Grant>{{Role::kReader, "nowhere", {}},
                                                 {Role::kReader, "shop", {"nothing"}},
                                                 {Role::kReader, "shop", {"c-web-bank"}}})
        EXPECT_NE(ask({grant}).find("that do not exist"), std::string::npos);
    // Never all of the project in place of the clusters that are there.
    EXPECT_EQ(ask({{Role::kReader, "shop", {"nothing", "web"}}}), "reader@uid-shop/7");
    EXPECT_EQ(ask({{Role::kReader, "nowhere", {}}, {Role::kEditor, "bank", {}}}),
              "editor@uid-bank");
}

TEST_F(PrincipalTest, OfSeveralTheRequestSaysWhichIsMeant) {
    const std::vector<Grant> both = {{Role::kEditor, "shop", {}}, {Role::kReader, "bank", {}}};
    EXPECT_EQ(ask(both, {"uid-bank", ""}), "reader@uid-bank");
    EXPECT_EQ(ask(both, {"", "c-web"}), "editor@uid-shop");
    EXPECT_EQ(ask(both, {"uid-bank", "c-web"}), "reader@uid-bank");
    const std::string unsaid = ask(both);
    EXPECT_NE(unsaid.find("(bank, shop)"), std::string::npos) << unsaid;
    // What is outside of its rights looks as if it did not exist; that is found out later.
    EXPECT_EQ(ask(both, {"uid-other", ""}), "editor@uid-shop");
    EXPECT_EQ(ask(both, {"", "c-unknown"}), "editor@uid-shop");
}

TEST_F(PrincipalTest, TheTenantStandsInWhereNothingElseIsSaid) {
    const std::vector<Grant> both = {{Role::kReader, "", {}}, {Role::kAdmin, "shop", {}}};
    EXPECT_EQ(ask(both), "reader@");
    EXPECT_EQ(ask(both, {"uid-shop", ""}), "admin@uid-shop");
    EXPECT_EQ(ask(both, {"", "c-db"}), "admin@uid-shop");
    EXPECT_EQ(ask(both, {"uid-bank", ""}), "reader@");
    EXPECT_EQ(ask(both, {"", "c-web-bank"}), "reader@");
}

TEST_F(PrincipalTest, AProjectThatIsNamedTwiceHasTheRoleOfTheFirst) {
    EXPECT_EQ(ask({{Role::kReader, "shop", {}}, {Role::kAdmin, "uid-shop", {}}}),
              "reader@uid-shop");
}

}  // namespace
}  // namespace snapgate::identity
