#include "connect/kubeconfig.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.h"

namespace snapgate::connect {
namespace {

constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
constexpr const char* kKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

std::string base64(std::string_view bytes) {
    std::string out;
    base::append_base64(bytes, out);
    return out;
}

// A kubeconfig whose cluster and user have these members, as lines of YAML.
std::string kubeconfig(std::string_view cluster, std::string_view user) {
    return "apiVersion: v1\nkind: Config\ncurrent-context: main\n"
           "contexts:\n- name: main\n  context: {cluster: edge, user: admin}\n"
           "clusters:\n- name: edge\n  cluster: {" +
           std::string(cluster) +
           "}\n"
           "users:\n- name: admin\n  user: {" +
           std::string(user) + "}\n";
}

TEST(Kubeconfig, ReadsWhatIsInline) {
    auto read = read_kubeconfig(
        kubeconfig("server: 'https://10.0.0.1:6443/k8s', "
                   "tls-server-name: api.edge, certificate-authority-data: " +
                       base64(kCertificate),
                   "token: abc.def, client-certificate-data: " + base64(kCertificate) +
                       ", client-key-data: " + base64(kKey)),
        "");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->server, "https://10.0.0.1:6443/k8s");
    EXPECT_EQ(read->ca, kCertificate);
    EXPECT_EQ(read->client_certificate, kCertificate);
    EXPECT_EQ(read->client_key, kKey);
    EXPECT_EQ(read->token, "abc.def");
    EXPECT_EQ(read->server_name, "api.edge");
    EXPECT_FALSE(read->insecure);
}

TEST(Kubeconfig, ReadsTheContextThatIsAskedFor) {
    const std::string text = R"({
	"current-context": "one",
	"contexts": [{"name": "one", "context": {"cluster": "c1", "user": "u"}},
	             {"name": "two", "context": {"cluster": "c2"}},
	             {"name": "two", "context": {"cluster": "c1"}}],
	"clusters": [{"name": "c1", "cluster": {"server": "https://one"}},
	             {"name": "c2", "cluster": {"server": "https://two", "insecure-skip-tls-verify": true}}],
	"users": [{"name": "u", "user": {"token": "t", "exec": null, "username": ""}}],
	"preferences": {}, "extensions": [1]
})";
    auto one = read_kubeconfig(text, "");
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(one->server, "https://one");
    EXPECT_EQ(one->token, "t");
    auto two = read_kubeconfig(text, "two");
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_EQ(two->server, "https://two");
    EXPECT_EQ(two->token, "");
    EXPECT_TRUE(two->insecure);
}

TEST(Kubeconfig, TakesBase64OverSeveralLines) {
    std::string certificate;
    for (int i = 0; i < 8; ++i) certificate += kCertificate;
    std::string lines;
    const std::string encoded = base64(certificate);
    for (size_t at = 0; at < encoded.size(); at += 64)
        lines += "      " + encoded.substr(at, 64) + "\n";
    auto read = read_kubeconfig(
        "contexts: [{name: m, context: {cluster: e}}]\nclusters:\n- name: e\n  cluster:\n"
        "    server: https://e\n    certificate-authority-data: |\n" +
            lines,
        "m");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->ca, certificate);
}

struct Wrong {
    std::string cluster;
    std::string user;
    std::string subject;
    std::string message;  // a part of it
};

TEST(Kubeconfig, NamesWhatItDoesNotTake) {
    const std::string server = "server: 'https://e'";
    const std::string cluster = "clusters[name=edge].cluster";
    const std::string user = "users[name=admin].user";
    const std::vector<Wrong> wrongs = {
        {"", "", cluster + ".server", "is not set"},
        {"server: 7", "", cluster + ".server", "must be text"},
        {"server: 'ftp://e'", "", cluster + ".server", "https://"},
        {"server: 'https://u:secret@e'", "", cluster + ".server", "user name or password"},
        {"server: 'http://e'", "token: t", cluster + ".server", "is not https"},
        {"server: 'http://127.0.0.1.example.com'", "", cluster + ".server", "is not https"},
        {"server: 'http://128.0.0.1'", "", cluster + ".server", "is not https"},
        {server + ", certificate-authority: ca.pem", "", cluster + ".certificate-authority",
         "names a file"},
        {server + ", proxy-url: 'http://p'", "", cluster + ".proxy-url", "proxies"},
        {server + ", tls-server-name: 'a b'", "", cluster + ".tls-server-name", "host name"},
        {server + ", insecure-skip-tls-verify: 'yes'", "", cluster + ".insecure-skip-tls-verify",
         "true or false"},
        {server + ", insecure-skip-tls-verify: true, certificate-authority-data: " +
             base64(kCertificate),
         "", cluster + ".insecure-skip-tls-verify", "excludes"},
        {server + ", certificate-authority-data: '%%'", "", cluster + ".certificate-authority-data",
         "is not base64"},
        {server + ", certificate-authority-data: " + base64("secret"), "",
         cluster + ".certificate-authority-data", "no certificate"},
        {server + ", certificate-authority-data: " + base64(kKey), "",
         cluster + ".certificate-authority-data", "no certificate"},
        {server, "client-certificate-data: " + base64(kCertificate), user + ".client-key-data",
         "is not set"},
        {server, "client-key-data: " + base64(kKey), user + ".client-certificate-data",
         "is not set"},
        {server,
         "client-certificate-data: " + base64(kCertificate) +
             ", client-key-data: " + base64(kCertificate),
         user + ".client-key-data", "no private key"},
        {server, "client-certificate: c.pem", user + ".client-certificate", "names a file"},
        {server, "client-key: k.pem", user + ".client-key", "names a file"},
        {server, "tokenFile: /t, token: secret", user + ".tokenFile", "names a file"},
        {server, "exec: {command: aws, apiVersion: x}", user + ".exec", "programs"},
        {server, "exec: [secret]", user + ".exec", "must be a mapping"},
        {server, "auth-provider: {name: oidc}", user + ".auth-provider", "auth providers"},
        {server, "username: a, password: secret", user + ".username", "user names"},
        {server, "password: secret", user + ".password", "user names"},
        {server, "as: root", user + ".as", "acting as another"},
        {server, "as-uid: '1'", user + ".as-uid", "acting as another"},
        {server, "as-groups: [a]", user + ".as-groups", "acting as another"},
        {server, "as-user-extra: {a: [b]}", user + ".as-user-extra", "acting as another"},
        {server, "token: 'secret secret'", user + ".token", "a blank"},
        {server, "token: \"secret\\r\\nX: y\"", user + ".token", "a blank"},
        {server, "token: " + std::string(40'000, 's'), user + ".token", "longer than"},
        {server, "token: [secret]", user + ".token", "must be text"},
    };
    for (const Wrong& wrong : wrongs) {
        auto read = read_kubeconfig(kubeconfig(wrong.cluster, wrong.user), "");
        SCOPED_TRACE(wrong.cluster + " | " + wrong.user.substr(0, 100));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, base::Code::kInvalidBody);
        EXPECT_EQ(read.error().subject, wrong.subject);
        EXPECT_NE(read.error().message.find(wrong.message), std::string::npos)
            << read.error().message;
        EXPECT_EQ(read.error().message.find("secret"), std::string::npos) << read.error().message;
    }
}

TEST(Kubeconfig, NamesWhatIsMissing) {
    const std::vector<std::pair<std::string, std::string>> wrongs = {
        {"", "kubeconfig"},
        {"secret", "kubeconfig"},
        {"[1, 2]", "kubeconfig"},
        {"{a: b", "kubeconfig"},
        {"secret: *x\n", "kubeconfig"},
        {"secret: 1\nsecret: 2\n", "kubeconfig"},
        {std::string(100'000, '['), "kubeconfig"},
        {std::string(kMaxKubeconfigBytes + 1, ' '), "kubeconfig"},
        {"{}", "current-context"},
        {"current-context: [a]", "current-context"},
        {"current-context: a", "contexts[name=a]"},
        {"current-context: a\ncontexts: 7", "contexts"},
        {"current-context: a\ncontexts: [7]", "contexts"},
        {"current-context: a\ncontexts: [{name: b, context: {}}]", "contexts[name=a]"},
        {"current-context: a\ncontexts: [{name: a, context: 7}]", "contexts[name=a].context"},
        {"current-context: a\ncontexts: [{name: a}]", "contexts[name=a].context.cluster"},
        {"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]", "clusters[name=c]"},
        {"current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
         "clusters: [{name: c, cluster: {server: 'https://e'}}]",
         "users[name=u]"},
        {"current-context: \"a\\u0001 b\"", "contexts[name=a??b]"},
    };
    for (const auto& [text, subject] : wrongs) {
        auto read = read_kubeconfig(text, "");
        SCOPED_TRACE(text.substr(0, 100));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, base::Code::kInvalidBody);
        EXPECT_EQ(read.error().subject, subject);
        EXPECT_EQ(read.error().message.find("secret"), std::string::npos) << read.error().message;
    }
}

// A mirror of them would show the objects of several clusters as those of one.
TEST(Kubeconfig, OneWithoutContentIsEmpty) {
    for (const char* text : {"", " \n\t\n", "\n\n# only a comment\n", "---\n"}) {
        const auto read = read_kubeconfig(text, "");
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message, "the kubeconfig is empty") << text;
    }
    for (const char* text : {"{", "null", "- a", "--- x"}) {
        const auto read = read_kubeconfig(text, "");
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message,
                  "the kubeconfig is not a mapping with clusters, users and contexts")
            << text;
    }
}

TEST(Kubeconfig, AllClustersOfASnapgateAreNoCluster) {
    for (const std::string_view server :
         {"https://a/clusters/-", "https://a:8443/clusters/-/", "https://a/below/clusters/-",
          "https://a/clusters/%2D", "https://a/clusters/%2d/", "https://a/%63lusters/-",
          "https://a/clusters%2F-", "https://a/clusters%2f%2D%2f", "https://a//clusters//-//",
          "https://a/clusters/./-", "https://a/clusters/-/.", "https://a/clusters/%2E/%2d/%2e/",
          "https://a/clusters/edge/../-", "https://a/clusters/-/edge/..",
          "https://a/../clusters/-"}) {
        const auto read =
            read_kubeconfig(kubeconfig("server: '" + std::string(server) + "'", "token: abc"), "");
        ASSERT_FALSE(read) << server;
        EXPECT_EQ(read.error().subject, "clusters[name=edge].cluster.server");
        EXPECT_NE(read.error().message.find("all clusters"), std::string::npos)
            << read.error().message;
    }
    for (const std::string_view server :
         {"https://a", "https://a/", "https://a/clusters/edge", "https://a/clusters/edge-",
          "https://a/clusters/%2Dedge", "https://a/clusters/%252D", "https://a/clusters/%2",
          "https://a/my-clusters/-", "https://a/clusters/-/edge", "https://a/clusters/-/../edge",
          "https://a/clusters"})
        EXPECT_TRUE(
            read_kubeconfig(kubeconfig("server: '" + std::string(server) + "'", "token: abc"), ""))
            << server;
}

TEST(Kubeconfig, TakesPlainHttpForLoopbackAlone) {
    for (const char* server : {"http://127.0.0.1:8080", "http://[::1]:8080/clusters/a",
                               "http://localhost", "http://127.9.9.9"}) {
        auto read =
            read_kubeconfig(kubeconfig("server: '" + std::string(server) + "'", "token: t"), "");
        EXPECT_TRUE(read) << server << ": " << read.error().message;
    }
}

TEST(Kubeconfig, TellsFilesAndProgramsToThoseWhoMayReadThem) {
    auto context = find_context(
        kubeconfig("server: 'https://e', certificate-authority: ca.pem",
                   "client-certificate: c.pem, client-certificate-data: " + base64(kCertificate) +
                       ", client-key: k.pem, tokenFile: /t, exec: {command: aws}"),
        "main");
    ASSERT_TRUE(context) << context.error().message;
    auto members = read_members(*context);
    ASSERT_TRUE(members) << members.error().message;
    ASSERT_TRUE(members->ca);
    EXPECT_EQ(members->ca->file, "ca.pem");
    EXPECT_FALSE(members->client_certificate);
    ASSERT_TRUE(members->client_key);
    EXPECT_EQ(members->client_key->path, "users[name=admin].user.client-key");
    ASSERT_TRUE(members->token);
    EXPECT_EQ(members->token->file, "/t");
    ASSERT_TRUE(members->exec);
    EXPECT_EQ(members->exec->at("command").as_string(), "aws");
}

Connection full_connection() {
    Connection connection;
    connection.server = "https://e:6443/x";
    connection.ca = kCertificate;
    connection.client_certificate = kCertificate;
    connection.client_key = kKey;
    connection.token = "a.b-c";
    connection.server_name = "api";
    return connection;
}

TEST(ConnectionText, IsReadBack) {
    Connection insecure;
    insecure.server = "https://e";
    insecure.insecure = true;
    Connection commented = full_connection();
    commented.ca = "# C\xe9line's authority\n" + commented.ca;
    for (const Connection& connection : {full_connection(), insecure, commented}) {
        auto again = parse_connection(to_text(connection));
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(*again, connection);
        auto read = read_kubeconfig(to_kubeconfig(connection), "");
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, connection);
    }
}

TEST(ConnectionText, RefusesWhatItIsNot) {
    for (const char* text : {"", "[]", "{}", R"({"server":7})", R"({"server":"s","insecure":1})",
                             R"({"server":"s","ca":"%"})"}) {
        auto read = parse_connection(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, base::Code::kCorrupt);
    }
}

}  // namespace
}  // namespace snapgate::connect
