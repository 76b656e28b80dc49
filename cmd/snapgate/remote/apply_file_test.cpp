#include "remote/apply_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder_testing.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ApplyFile, IsRead) {
    base::TemporaryFolder folder;
    const std::string file = folder.file("clusters.yaml",
                                         "set: fleet\n"
                                         "projects: [{name: p, quota: {keys: 3}}]\n"
                                         "clusters:\n"
                                         "- {name: a, kubeconfig: a.yaml}\n"
                                         "- {name: b, project: p, uid: u, context: c,\n"
                                         "   kubeconfig: /abs/b.yaml}\n"
                                         "- {name: c, hosted: true}\n");
    const auto read = read_apply_file(file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->set, "fleet");
    ASSERT_EQ(read->declared.projects.size(), 1U);
    EXPECT_EQ(read->declared.projects[0].quota->keys, 3U);
    const auto& clusters = read->declared.clusters;
    ASSERT_EQ(clusters.size(), 3U);
    EXPECT_EQ(clusters[0].kubeconfig, folder.path() / "a.yaml");
    EXPECT_EQ(clusters[1].kubeconfig, "/abs/b.yaml");
    EXPECT_TRUE(clusters[2].hosted);
    const auto alone = read_apply_file(folder.file("list.yaml", "- {name: a, kubeconfig: k}\n"));
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_EQ(alone->declared.clusters.size(), 1U);
    EXPECT_EQ(alone->set, "");
}

TEST(ApplyFile, SaysWhatIsWrong) {
    base::TemporaryFolder folder;
    const std::pair<const char*, const char*> wrongs[] = {
        {"", "list of clusters"},
        {"set: fleet", "list of clusters"},
        {"clusters: 7", "clusters: must be a list"},
        {"projects: {}", "projects: must be a list"},
        {"clusters: []\nother: []", "clusters.yaml:2: the field \"other\" is not known"},
        {"clusters: []\nclusters: []", "\"clusters\""},
        {"set: [a]\nclusters: []", "set"},
        {"set: ' a '\nclusters: []", "set: must be"},
        {"- {name: a, kubeconfig: [}", "line"},
    };
    for (const auto& [text, message] : wrongs) {
        const auto read = read_apply_file(folder.file("clusters.yaml", text));
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().exit, Exit::kRefused);
        EXPECT_THAT(read.error().message, HasSubstr(message)) << text;
    }
    EXPECT_EQ(read_apply_file("/does/not/exist").error().exit, Exit::kUsage);
}

TEST(ApplyFile, ThatIsSomethingElseIsNotShown) {
    base::TemporaryFolder folder;
    for (const char* text : {"root:$6$hidden:hidden:0:99999:7:::\n", "sgk_hidden", "hidden: 1\n",
                             "x: {y: 1}\nhidden: 1", "hidden: 1\nhidden: 2\n", "{\"hidden\": 1}",
                             "{\"a\": \"hidden\" oops", "a: !hidden x\n", "a: *hidden\n",
                             "password: \"hidden\n", "- hidden\n", "clusters: []\nsgk_hidden: x\n",
                             "-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----\n"}) {
        const auto read = read_apply_file(folder.file("clusters.yaml", text));
        if (read) {
            // A list may be one of clusters; each of them is refused.
            ASSERT_EQ(read->declared.faults.size(), 1U) << text;
            EXPECT_THAT(read->declared.text(read->declared.faults[0]), Not(HasSubstr("hidden")));
            continue;
        }
        EXPECT_EQ(read.error().exit, Exit::kRefused);
        EXPECT_THAT(read.error().message, Not(HasSubstr("hidden"))) << text;
    }
    const auto placed = read_apply_file(folder.file("clusters.yaml", "x: 1\n\nsecret: 1\n"));
    ASSERT_FALSE(placed);
    EXPECT_THAT(placed.error().message, HasSubstr("clusters.yaml:1: one of its fields"));
}

TEST(ApplyFile, WithAListThatHasNoValueSaysSo) {
    base::TemporaryFolder folder;
    const auto cut = read_apply_file(folder.file("clusters.yaml", "projects: []\nclusters:\n"));
    ASSERT_TRUE(cut) << cut.error().message;
    EXPECT_THAT(cut->without_value, testing::ElementsAre("clusters"));
    const auto whole = read_apply_file(folder.file("clusters.yaml", "clusters: []\n"));
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_TRUE(whole->without_value.empty());
}

TEST(ApplyFile, WithAWrongClusterHasTheOthers) {
    base::TemporaryFolder folder;
    const auto read = read_apply_file(folder.file("clusters.yaml",
                                                  "clusters:\n"
                                                  "- 7\n"
                                                  "- {name: home, in-cluster: true}\n"
                                                  "- {name: a, kubeconfig: k, kubconfig: k}\n"
                                                  "- {name: b, kubeconfig: k}\n"));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->declared.clusters.size(), 1U);
    EXPECT_EQ(read->declared.clusters[0].name, "b");
    ASSERT_EQ(read->declared.faults.size(), 3U);
    EXPECT_THAT(read->declared.text(read->declared.faults[1]),
                HasSubstr("clusters.yaml:3: clusters[1].in-cluster: "));
    EXPECT_THAT(read->declared.text(read->declared.faults[2]), HasSubstr("\"kubconfig\""));
}

}  // namespace
}  // namespace snapgate::cli
