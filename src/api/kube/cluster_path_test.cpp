#include "api/kube/cluster_path.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace snapgate::api::kube {
namespace {

constexpr std::array kNoNames = {"kube-system/secrets",
                                 "..",
                                 ".",
                                 "a/..",
                                 "a%2fb",
                                 "%2e%2e",
                                 "UPPER",
                                 "a?b",
                                 "a#b",
                                 " ",
                                 "-a",
                                 "a\nb",
                                 "\xc3\xa4"};

Resource snapshot(std::string ns, std::string name) {
    Resource resource;
    resource.ns = std::move(ns);
    resource.name = std::move(name);
    return resource;
}

TEST(ClusterPath, IsMadeOfTheNames) {
    Resource one = snapshot("web", "a.b");
    EXPECT_EQ(*path_in_cluster(one, "v1beta1"),
              "/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots/a.b");
    one.status = true;
    EXPECT_EQ(
        *path_in_cluster(one, "v1alpha1"),
        "/apis/snapshot.kubevirt.io/v1alpha1/namespaces/web/virtualmachinesnapshots/a.b/status");
    EXPECT_EQ(*path_in_cluster(snapshot("web", ""), "v1beta1"),
              "/apis/snapshot.kubevirt.io/v1beta1/namespaces/web/virtualmachinesnapshots");
    Resource ns;
    ns.kind = model::Kind::kNamespace;
    EXPECT_EQ(*path_in_cluster(ns, "v1beta1"), "/api/v1/namespaces");
    ns.name = "web";
    EXPECT_EQ(*path_in_cluster(ns, "v1beta1"), "/api/v1/namespaces/web");
}

TEST(ClusterPath, HasNoPlaceForWhatIsNoName) {
    for (const char* name : kNoNames) {
        Resource ns;
        ns.kind = model::Kind::kNamespace;
        ns.name = name;
        for (const Resource& resource :
             {ns, snapshot("web", name), snapshot(name, "one"), snapshot(name, "")}) {
            auto path = path_in_cluster(resource, "v1beta1");
            ASSERT_FALSE(path) << *path;
            EXPECT_EQ(path.error().code, base::Code::kNotFound) << name;
        }
    }
}

}  // namespace
}  // namespace snapgate::api::kube
