#include "remote/kubeconfig_text.h"

#include <gtest/gtest.h>

#include "json/path.h"
#include "json/yaml.h"

namespace snapgate::cli {
namespace {

constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

TEST(KubeconfigTest, IsWhatKubectlReads) {
    EXPECT_EQ(kubeconfig_text({.name = "demo",
                               .server = "https://127.0.0.1:8080/clusters/5f1",
                               .ca = "PEM",
                               .token = "sgk_1_secret",
                               .ns = "payments"}),
              R"(apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: UEVN
    server: https://127.0.0.1:8080/clusters/5f1
  name: demo
contexts:
- context:
    cluster: demo
    namespace: payments
    user: demo
  name: demo
current-context: demo
kind: Config
users:
- name: demo
  user:
    token: sgk_1_secret
)");
}

TEST(KubeconfigTest, LeavesOutWhatIsNotThereAndQuotesWhatNeedsIt) {
    const auto read = json::parse_yaml(kubeconfig_text({.name = "7: #\n- x",
                                                        .server = "http://a/clusters/7",
                                                        .ca = {},
                                                        .token = "1e3",
                                                        .ns = {}}));
    ASSERT_TRUE(read) << read.error().message;
    const json::Object& whole = read->get_object();
    EXPECT_EQ(json::text_at(whole, {"current-context"}), "7: #\n- x");
    const json::Object& cluster = json::array_at(whole, {"clusters"})->at(0).get_object();
    EXPECT_EQ(json::value_at(cluster, {"cluster", "certificate-authority-data"}), nullptr);
    const json::Object& context = json::array_at(whole, {"contexts"})->at(0).get_object();
    EXPECT_EQ(json::value_at(context, {"context", "namespace"}), nullptr);
    EXPECT_EQ(json::text_at(context, {"context", "user"}), "7: #\n- x");
    const json::Object& user = json::array_at(whole, {"users"})->at(0).get_object();
    EXPECT_EQ(json::text_at(user, {"user", "token"}), "1e3");
}

TEST(KubeconfigTest, TakesCertificatesAndNoKeys) {
    const std::string pem = std::string("# ours\n") + kCertificate +
                            "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n" +
                            kCertificate;
    const auto taken = certificates_in(pem, "ca.pem");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(*taken, std::string(kCertificate) + kCertificate);
    for (const char* none : {"", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n",
                             "-----BEGIN CERTIFICATE-----\nMIIB"}) {
        const auto refused = certificates_in(none, "ca.pem");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().exit, Exit::kUsage);
        EXPECT_NE(refused.error().message.find("ca.pem"), std::string::npos);
        EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace snapgate::cli
