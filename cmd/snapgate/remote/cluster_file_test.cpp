#include "remote/cluster_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote/temporary_folder_testing.h"

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

TEST(ClusterFile, IsRead) {
    TemporaryFolder folder;
    const std::string file = folder.file("clusters.yaml",
                                         "clusters:\n"
                                         "- {name: a, kubeconfig: a.yaml}\n"
                                         "- {name: b, project: p, uid: u, context: c,\n"
                                         "   kubeconfig: /abs/b.yaml}\n");
    auto clusters = read_cluster_file(file);
    ASSERT_TRUE(clusters) << clusters.error().message;
    ASSERT_EQ(clusters->size(), 2U);
    EXPECT_EQ((*clusters)[0].name, "a");
    EXPECT_EQ((*clusters)[0].kubeconfig, (folder.path() / "a.yaml").string());
    EXPECT_EQ((*clusters)[1].project, "p");
    EXPECT_EQ((*clusters)[1].uid, "u");
    EXPECT_EQ((*clusters)[1].context, "c");
    EXPECT_EQ((*clusters)[1].kubeconfig, "/abs/b.yaml");
    auto alone = read_cluster_file(folder.file("list.yaml", "- {name: a, kubeconfig: k}\n"));
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_EQ(alone->size(), 1U);
}

TEST(ClusterFile, SaysWhatIsWrong) {
    TemporaryFolder folder;
    const std::pair<const char*, const char*> wrongs[] = {
        {"", "list of clusters"},
        {"clusters: 7", "list of clusters"},
        {"other: []", "\"other\" is not known"},
        {"- 7", "clusters[0]: must be a mapping"},
        {"- {kubeconfig: k}", "clusters[0]: has no name"},
        {"- {name: a}", "clusters[0]: has no kubeconfig"},
        {"- {name: a, kubeconfig: k, kubconfig: k}", "\"kubconfig\" is not known"},
        {"- {name: a, kubeconfig: k}\n- {name: a, kubeconfig: k}", "clusters[1]: the name a"},
        {"- {name: a, kubeconfig: [}", "line"},
    };
    for (const auto& [text, message] : wrongs) {
        auto clusters = read_cluster_file(folder.file("clusters.yaml", text));
        ASSERT_FALSE(clusters) << text;
        EXPECT_EQ(clusters.error().exit, Exit::kRefused);
        EXPECT_THAT(clusters.error().message, HasSubstr(message)) << text;
    }
    EXPECT_EQ(read_cluster_file("/does/not/exist").error().exit, Exit::kUsage);
}

}  // namespace
}  // namespace snapgate::cli
