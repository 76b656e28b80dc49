#include "app/declared_clusters.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/declared_connection.h"
#include "app/load_settings.h"
#include "store/objects_testing.h"

namespace snapgate::app {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DeclaredClustersTest : public testing::Test {
  protected:
    DeclaredClustersTest() {
        fs::create_directories(folder_.path());
        write("edge.kubeconfig",
              "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
              "clusters: [{name: c, cluster: {server: 'https://edge:6443/x'}}]\n"
              "users: [{name: u, user: {tokenFile: token}}]\n");
    }
    std::string write(const std::string& name, std::string_view text) {
        std::ofstream(folder_.path() / name) << text;
        return (folder_.path() / name).string();
    }
    base::Result<Settings> load(std::string_view text) {
        Environment environment;
        environment.get = [](const std::string&) -> std::optional<std::string> {
            return std::nullopt;
        };
        return load_settings({{"config", write("config.yaml", text)},
                              {"data-dir", (folder_.path() / "data").string()}},
                             environment);
    }
    std::unique_ptr<DataDirectory> open() {
        store::StoreOptions options;
        options.directory = folder_.path() / "data";
        options.map_bytes = 1ULL << 30;
        options.background_compaction = false;
        auto data = DataDirectory::open(options);
        EXPECT_TRUE(data) << data.error().message;
        return std::move(*data);
    }

    // A look at the file, by a server that just started.
    base::Result<DeclaredChanges> take_in(const Settings& settings, DataDirectory& data) {
        declared_ = std::make_unique<DeclaredClusters>(data, [&data]() -> base::Result<void> {
            const store::ReadView view = data.store->read();
            SNAPGATE_TRY(data.projects.reload(view));
            return data.clusters.reload(view);
        });
        return declared_->take_in(settings, nullptr);
    }
    // Another look by the same server, at another file.
    DeclaredChanges again(std::string_view text) {
        const auto settings = load(text);
        EXPECT_TRUE(settings) << settings.error().message;
        auto changes = declared_->take_in(*settings, nullptr);
        EXPECT_TRUE(changes) << changes.error().message;
        return *changes;
    }
    static std::vector<std::string> texts(const std::vector<connect::DeclarationFault>& faults) {
        std::vector<std::string> texts;
        texts.reserve(faults.size());
        for (const auto& fault : faults) texts.push_back(fault.place + ": " + fault.message);
        return texts;
    }

    store::TestDirectory folder_;
    std::unique_ptr<DeclaredClusters> declared_;
};

TEST_F(DeclaredClustersTest, AreMadeOnceAndFollowTheFile) {
    auto settings = load("clusters:\n- {name: edge, uid: the-edge, kubeconfig: edge.kubeconfig}\n");
    ASSERT_TRUE(settings) << settings.error().message;
    auto data = open();
    for (int round = 0; round < 2; ++round) {
        auto changes = take_in(*settings, *data);
        ASSERT_TRUE(changes) << changes.error().message;
        EXPECT_EQ(changes->new_clusters.size(), round == 0 ? 1U : 0U);
        EXPECT_EQ(declared_->sources().size(), 1U);
        EXPECT_TRUE(declared_->sources().contains("the-edge"));
        auto clusters = data->clusters.snapshot();
        ASSERT_EQ(clusters->size(), 1U);
        const cluster::Cluster& made = clusters->at("the-edge");
        EXPECT_EQ(made.source, cluster::kConfigSource);
        EXPECT_EQ(made.server, "https://edge:6443");
        EXPECT_EQ(made.sealed, "");
    }
}

TEST_F(DeclaredClustersTest, WhatTheFileWritesHasItsLineInTheAuditTrail) {
    const std::string text =
        "projects:\n- {name: team, quota: {clusters: 5}}\n"
        "clusters:\n- {name: edge, uid: the-edge, kubeconfig: edge.kubeconfig, project: team}\n"
        "- {name: own, uid: own, hosted: true, project: team}\n";
    const std::string trail = "audit-log: " + (folder_.path() / "audit.log").string() + "\n";
    auto data = open();
    auto settings = load(text + trail);
    ASSERT_TRUE(settings) << settings.error().message;
    for (int round = 0; round < 2; ++round) ASSERT_TRUE(take_in(*settings, *data));
    write("edge.kubeconfig",
          "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: 'https://other:6443'}}]\n"
          "users: [{name: u, user: {tokenFile: token}}]\n");
    again(text + trail);

    std::vector<std::string> lines;
    const auto stored = data->store->read().audit_lines(0, 1 << 20);
    for (const store::AuditLine& line : *stored) lines.push_back(line.text);
    const auto line = [](std::string_view object, std::string_view verb, std::string_view change) {
        return testing::AllOf(HasSubstr(R"("who":{"name":"system:config"})"),
                              HasSubstr(std::string(object)),
                              HasSubstr(fmt::format(R"("verb":"{}")", verb)),
                              HasSubstr(fmt::format(R"("outcome":"done","change":"{}")", change)));
    };
    EXPECT_THAT(
        lines, testing::ElementsAre(line(R"("kind":"Project","name":"team")", "create", "created"),
                                    line(R"("kind":"Project","name":"team")", "update", "updated"),
                                    line(R"("name":"edge","id":"the-edge")", "create", "created"),
                                    line(R"("name":"own","id":"own")", "create", "created"),
                                    line(R"("name":"edge","id":"the-edge")", "update", "updated")));
    // Without a trail no lines are made.
    again(text + "- {name: more, uid: more, hosted: true, project: team}\n");
    EXPECT_EQ(data->store->read().audit_lines(0, 1 << 20)->size(), lines.size());
}

TEST_F(DeclaredClustersTest, DoNotTakeWhatOthersMade) {
    auto data = open();
    cluster::Cluster hosted;
    hosted.name = "edge";
    hosted.uid = "other";
    hosted.project = data->projects.snapshot()->begin()->first;
    auto done = data->store->write_and_wait(
        store::Priority::kRequest, [&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(hosted, cluster::create_hosted(txn, hosted, 0));
            return {};
        });
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(data->clusters.reload(data->store->read()));
    auto settings = load("clusters:\n- {name: edge, kubeconfig: edge.kubeconfig}\n");
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_THAT(texts(take_in(*settings, *data)->faults),
                testing::ElementsAre(HasSubstr("not made by the configuration file")));
    EXPECT_TRUE(declared_->sources().empty());
}

// What a declared cluster says of its connection when it is asked for, without a refusal before.
std::string fault_of(const Settings& settings) {
    DeclaredConnection connection(settings.declared.clusters.front(), settings.credential_programs);
    const auto given = connection(false, std::atomic<bool>(false));
    if (given) return {};
    EXPECT_EQ(given.error().code, base::Code::kUnauthorized);
    EXPECT_EQ(given.error().subject, "ConfigurationUnreadable");
    return given.error().message;
}

TEST_F(DeclaredClustersTest, RunNoProgramThatIsNotAllowed) {
    write("exec.kubeconfig",
          "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: 'https://edge'}}]\n"
          "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1,\n"
          "  command: aws}}}]\n");
    auto data = open();
    const std::string clusters = "clusters:\n- {name: edge, kubeconfig: exec.kubeconfig}\n";
    auto refused = load(clusters);
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_TRUE(take_in(*refused, *data));
    EXPECT_THAT(fault_of(*refused), HasSubstr("credential-programs"));
    auto allowed = load(clusters + "credential-programs: [/opt/aws/bin/aws]\n");
    ASSERT_TRUE(allowed) << allowed.error().message;
    auto changes = take_in(*allowed, *data);
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_TRUE(changes->unreadable.empty());
}

TEST_F(DeclaredClustersTest, RefuseProgramsWithoutAPath) {
    for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
             {"credential-programs: aws", "config.yaml:1: credential-programs: must be a list"},
             {"credential-programs: [/a,\n aws]",
              "config.yaml:2: credential-programs[1]: must be the absolute path"}}) {
        auto settings = load(text);
        ASSERT_FALSE(settings) << text;
        EXPECT_THAT(settings.error().message, HasSubstr(message));
    }
}

// Nothing that is wrong with one holds up the others.
TEST_F(DeclaredClustersTest, AndProjectsAreMadeBesideThoseThatCannotBe) {
    auto data = open();
    auto settings = load(
        "projects: [{name: payments, quota: {clusters: 1}}, {name: payments, uid: p}]\n"
        "clusters:\n"
        "- {name: a, uid: a, kubeconfig: edge.kubeconfig, project: x}\n"
        "- {name: b, uid: b, kubeconfig: edge.kubeconfig, project: payments}\n"
        "- {name: c, uid: c, kubeconfig: edge.kubeconfig, project: payments}\n"
        "- {name: d, uid: d, hosted: true}\n"
        "- {name: e, uid: e, kubeconfig: none}\n");
    ASSERT_TRUE(settings) << settings.error().message;
    auto changes = take_in(*settings, *data);
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_THAT(
        texts(changes->faults),
        testing::ElementsAre(
            HasSubstr("projects[1].name"), HasSubstr("clusters[0].project: there is no project x"),
            HasSubstr("clusters[2]: 1 more cluster would exceed the quota of project payments")));
    EXPECT_THAT(changes->new_clusters, testing::ElementsAre("b", "d", "e"));
    EXPECT_THAT(changes->new_projects, testing::ElementsAre("payments"));
    ASSERT_EQ(changes->unreadable.size(), 1U);
    EXPECT_EQ(changes->unreadable[0].first, "e");
    const auto clusters = data->clusters.snapshot();
    EXPECT_EQ(clusters->size(), 3U);
    EXPECT_FALSE(clusters->at("d").connected());
    const auto projects = data->projects.snapshot();
    EXPECT_EQ(projects->at(clusters->at("b").project).quota.clusters, 1U);
    EXPECT_EQ(declared_->projects().size(), 1U);
}

TEST_F(DeclaredClustersTest, ThatChangeAreFollowedAnewAndOthersAreNot) {
    auto data = open();
    const std::string a = "- {name: a, uid: a, kubeconfig: edge.kubeconfig}\n";
    const std::string b = "- {name: b, uid: b, kubeconfig: b.kubeconfig}\n";
    fs::copy_file(folder_.path() / "edge.kubeconfig", folder_.path() / "b.kubeconfig");
    ASSERT_TRUE(take_in(*load("clusters:\n" + a), *data));
    EXPECT_FALSE(again("clusters:\n" + a).any());
    EXPECT_TRUE(again("clusters:\n" + a).to_follow.empty());

    auto changes = again("clusters:\n" + b + a);
    EXPECT_THAT(changes.new_clusters, testing::ElementsAre("b"));
    EXPECT_THAT(changes.to_follow, testing::ElementsAre("b"));
    EXPECT_EQ(changes.unchanged, 1U);

    const auto before = declared_->sources();
    write("b.kubeconfig",
          "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: 'https://other:6443'}}]\n"
          "users: [{name: u, user: {tokenFile: token}}]\n");
    changes = again("clusters:\n" + b + a);
    EXPECT_THAT(changes.new_connections, testing::ElementsAre("b"));
    EXPECT_THAT(changes.to_follow, testing::ElementsAre("b"));
    EXPECT_EQ(data->clusters.snapshot()->at("b").server, "https://other:6443");
    EXPECT_EQ(declared_->sources().at("a"), before.at("a"));
    EXPECT_NE(declared_->sources().at("b"), before.at("b"));

    // A kubeconfig that cannot be read just now takes nothing away.
    fs::remove(folder_.path() / "b.kubeconfig");
    const auto good = declared_->sources();
    changes = again("clusters:\n" + b + a);
    EXPECT_TRUE(changes.to_follow.empty());
    EXPECT_EQ(changes.unreadable.size(), 1U);
    EXPECT_EQ(declared_->sources().at("b"), good.at("b"));

    changes = again("clusters:\n" + b + "- {name: a, uid: a, kubeconfig: 7}\n");
    EXPECT_EQ(changes.faults.size(), 1U);
    EXPECT_TRUE(changes.undeclared.empty());
    EXPECT_TRUE(declared_->sources().contains("a"));

    changes = again("clusters:\n" + b);
    EXPECT_THAT(changes.undeclared, testing::ElementsAre("a (a)"));
    EXPECT_THAT(changes.to_follow, testing::ElementsAre("a"));
    EXPECT_FALSE(declared_->sources().contains("a"));
    EXPECT_TRUE(data->clusters.snapshot()->contains("a"));
    EXPECT_TRUE(again("clusters:\n" + b).undeclared.empty());

    changes = again("clusters:\n" + a + b);
    EXPECT_THAT(changes.to_follow, testing::ElementsAre("a"));
    EXPECT_TRUE(changes.new_clusters.empty());
}

TEST_F(DeclaredClustersTest, WithoutAKubeconfigThatCanBeReadAreMadeAllTheSame) {
    auto data = open();
    for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
             {"clusters: [{name: a, uid: a, kubeconfig: none}]", "cannot read"},
             {"clusters: [{name: b, uid: b, kubeconfig: .}]", "cannot read"},
             {"clusters: [{name: c, uid: c, kubeconfig: edge.kubeconfig, context: x}]",
              "contexts[name=x]"},
             {"clusters: [{name: d, uid: d, in-cluster: true}]", "runs in no pod"}}) {
        auto settings = load(text);
        ASSERT_TRUE(settings) << settings.error().message;
        auto changes = take_in(*settings, *data);
        ASSERT_TRUE(changes) << changes.error().message;
        EXPECT_EQ(declared_->sources().size(), 1U);
        ASSERT_EQ(changes->unreadable.size(), 1U);
        EXPECT_THAT(changes->unreadable[0].second, HasSubstr(message));
        EXPECT_THAT(fault_of(*settings), HasSubstr(message));
    }
    EXPECT_EQ(data->clusters.snapshot()->size(), 4U);
}

TEST_F(DeclaredClustersTest, ShowTheServerOfTheirKubeconfigOnceItIsThere) {
    auto settings = load("clusters: [{name: a, uid: a, kubeconfig: later.kubeconfig}]");
    ASSERT_TRUE(settings) << settings.error().message;
    auto data = open();
    ASSERT_TRUE(take_in(*settings, *data));
    EXPECT_EQ(data->clusters.snapshot()->at("a").server, "");
    fs::copy_file(folder_.path() / "edge.kubeconfig", folder_.path() / "later.kubeconfig");
    ASSERT_TRUE(take_in(*settings, *data));
    EXPECT_EQ(data->clusters.snapshot()->at("a").server, "https://edge:6443");
}

}  // namespace
}  // namespace snapgate::app
