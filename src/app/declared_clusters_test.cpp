#include "app/declared_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/declared_connection.h"
#include "store/objects_testing.h"

namespace snapgate::app {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DeclaredClusters : public testing::Test {
  protected:
    DeclaredClusters() {
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

    store::TestDirectory folder_;
};

TEST_F(DeclaredClusters, AreMadeOnceAndFollowTheFile) {
    auto settings = load("clusters:\n- {name: edge, uid: the-edge, kubeconfig: edge.kubeconfig}\n");
    ASSERT_TRUE(settings) << settings.error().message;
    auto data = open();
    for (int round = 0; round < 2; ++round) {
        auto sources = declare_clusters(*settings, *data, nullptr);
        ASSERT_TRUE(sources) << sources.error().message;
        EXPECT_EQ(sources->size(), 1U);
        EXPECT_TRUE(sources->contains("the-edge"));
        auto clusters = data->clusters.snapshot();
        ASSERT_EQ(clusters->size(), 1U);
        const cluster::Cluster& made = clusters->at("the-edge");
        EXPECT_EQ(made.source, cluster::kConfigSource);
        EXPECT_EQ(made.server, "https://edge:6443");
        EXPECT_EQ(made.sealed, "");
    }
}

TEST_F(DeclaredClusters, DoNotTakeWhatOthersMade) {
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
    EXPECT_THAT(declare_clusters(*settings, *data, nullptr).error().message,
                HasSubstr("not made by the configuration file"));
}

// What a declared cluster says of its connection when it is asked for, without a refusal before.
std::string fault_of(const Settings& settings) {
    DeclaredConnection connection(settings.clusters.front(), settings.credential_programs);
    const auto given = connection(false, std::atomic<bool>(false));
    if (given) return {};
    EXPECT_EQ(given.error().code, base::Code::kUnauthorized);
    EXPECT_EQ(given.error().subject, "ConfigurationUnreadable");
    return given.error().message;
}

TEST_F(DeclaredClusters, RunNoProgramThatIsNotAllowed) {
    write("exec.kubeconfig",
          "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
          "clusters: [{name: c, cluster: {server: 'https://edge'}}]\n"
          "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1,\n"
          "  command: aws}}}]\n");
    auto data = open();
    const std::string clusters = "clusters:\n- {name: edge, kubeconfig: exec.kubeconfig}\n";
    auto refused = load(clusters);
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_TRUE(declare_clusters(*refused, *data, nullptr));
    EXPECT_THAT(fault_of(*refused), HasSubstr("credential-programs"));
    auto allowed = load(clusters + "credential-programs: [/opt/aws/bin/aws]\n");
    ASSERT_TRUE(allowed) << allowed.error().message;
    auto sources = declare_clusters(*allowed, *data, nullptr);
    EXPECT_TRUE(sources) << sources.error().message;
}

TEST_F(DeclaredClusters, AreRefusedWithTheirPlace) {
    const std::pair<const char*, const char*> wrongs[] = {
        {"clusters: 7", "clusters: must be a list"},
        {"clusters: [7]", "clusters[0]: must be a mapping"},
        {"clusters: [{kubeconfig: k}]", "clusters[0]: name must be"},
        {"clusters: [{name: a}]", "clusters[0]: must have one of"},
        {"clusters: [{name: a, kubeconfig: k, in-cluster: true}]", "must have one of"},
        {"clusters: [{name: a, uid: '!', kubeconfig: k}]", "clusters[0]: uid must be"},
        {"clusters: [{name: a, kubeconfig: k, token: t}]", "\"token\" is not known"},
        {"clusters: [{name: a, kubeconfig: k}, {name: a, kubeconfig: k}]", "clusters[1]: a is"},
        {"credential-programs: aws", "must be a list"},
        {"credential-programs: [aws]", "credential-programs[0]: must be the absolute path"},
    };
    for (const auto& [text, message] : wrongs) {
        auto settings = load(text);
        ASSERT_FALSE(settings) << text;
        EXPECT_THAT(settings.error().message, HasSubstr(message));
    }
    auto data = open();
    auto settings = load("clusters: [{name: a, kubeconfig: edge.kubeconfig, project: x}]");
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_THAT(declare_clusters(*settings, *data, nullptr).error().message,
                HasSubstr("no project x"));
}

TEST_F(DeclaredClusters, WithoutAKubeconfigThatCanBeReadAreMadeAllTheSame) {
    auto data = open();
    for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
             {"clusters: [{name: a, uid: a, kubeconfig: none}]", "cannot read"},
             {"clusters: [{name: b, uid: b, kubeconfig: .}]", "cannot read"},
             {"clusters: [{name: c, uid: c, kubeconfig: edge.kubeconfig, context: x}]",
              "contexts[name=x]"},
             {"clusters: [{name: d, uid: d, in-cluster: true}]", "runs in no pod"}}) {
        auto settings = load(text);
        ASSERT_TRUE(settings) << settings.error().message;
        auto sources = declare_clusters(*settings, *data, nullptr);
        ASSERT_TRUE(sources) << sources.error().message;
        EXPECT_EQ(sources->size(), 1U);
        EXPECT_THAT(fault_of(*settings), HasSubstr(message));
    }
    EXPECT_EQ(data->clusters.snapshot()->size(), 4U);
}

TEST_F(DeclaredClusters, ShowTheServerOfTheirKubeconfigOnceItIsThere) {
    auto settings = load("clusters: [{name: a, uid: a, kubeconfig: later.kubeconfig}]");
    ASSERT_TRUE(settings) << settings.error().message;
    auto data = open();
    ASSERT_TRUE(declare_clusters(*settings, *data, nullptr));
    EXPECT_EQ(data->clusters.snapshot()->at("a").server, "");
    fs::copy_file(folder_.path() / "edge.kubeconfig", folder_.path() / "later.kubeconfig");
    ASSERT_TRUE(declare_clusters(*settings, *data, nullptr));
    EXPECT_EQ(data->clusters.snapshot()->at("a").server, "https://edge:6443");
}

}  // namespace
}  // namespace snapgate::app
