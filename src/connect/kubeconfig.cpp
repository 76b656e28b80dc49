#include "connect/kubeconfig.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/server_url.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kMaxTokenBytes = 32 << 10;
constexpr size_t kMaxHostBytes = 253;
// Where a snapgate lists the snapshots of all its clusters (`snapgate kubeconfig --all-clusters`).
constexpr std::string_view kAllClusters = "/clusters/-";

Error fault(const std::string& path, std::string_view what) {
    return {Code::kInvalidBody, fmt::format("{}: {}", path, what), path};
}

// One half of a context, with the path that its members' errors begin with.
class Members {
  public:
    Members(const json::Object& object, const std::string& path) : object_(object), path_(path) {}

    std::string path_of(std::string_view name) const { return fmt::format("{}.{}", path_, name); }

    Result<std::string> text(std::string_view name) const {
        auto text = json::optional_string(object_, name);
        if (!text) return fault(path_of(name), "must be text");
        return text;
    }

    Result<bool> flag(std::string_view name) const {
        const json::Value* value = find(name);
        if (value == nullptr) return false;
        if (const bool* flag = value->if_bool()) return *flag;
        return fault(path_of(name), "must be true or false");
    }

    // Bytes in base64, with line breaks as in YAML blocks.
    Result<std::string> bytes(std::string_view name) const {
        SNAPGATE_ASSIGN(std::string text, this->text(name));
        std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
        auto decoded = base::decode_base64(text);
        if (!decoded) return fault(path_of(name), "is not base64");
        return std::move(*decoded);
    }

    // Inline bytes count before a file, as kubectl has it.
    Result<std::optional<KubeconfigReference>> file(std::string_view name) const {
        SNAPGATE_ASSIGN(std::string inline_text, text(fmt::format("{}-data", name)));
        SNAPGATE_ASSIGN(std::string file, text(name));
        if (!inline_text.empty() || file.empty()) return std::optional<KubeconfigReference>();
        return std::optional(KubeconfigReference{path_of(name), file});
    }

    // nullptr also for what says nothing.
    const json::Value* find(std::string_view name) const {
        const json::Value* value = object_.if_contains({name.data(), name.size()});
        if (value == nullptr || value->is_null()) return nullptr;
        if (value->is_string() && value->get_string().empty()) return nullptr;
        if (value->is_array() && value->get_array().empty()) return nullptr;
        if (value->is_object() && value->get_object().empty()) return nullptr;
        return value;
    }

  private:
    const json::Object& object_;
    const std::string& path_;
};

struct Unsupported {
    std::string_view name;
    std::string_view what;
};

constexpr std::string_view kUseToken =
    "give a token of a service account or a client certificate instead";

Result<void> refuse_unsupported(const Members& cluster, const Members& user) {
    if (cluster.find("proxy-url") != nullptr)
        return fault(cluster.path_of("proxy-url"), "proxies are not supported");
    static constexpr std::array<Unsupported, 7> kOfUser{{
        {"auth-provider", "auth providers are not supported"},
        {"username", "user names and passwords are not supported"},
        {"password", "user names and passwords are not supported"},
        {"as", "acting as another user is not supported"},
        {"as-uid", "acting as another user is not supported"},
        {"as-groups", "acting as another user is not supported"},
        {"as-user-extra", "acting as another user is not supported"},
    }};
    for (const auto& [name, what] : kOfUser) {
        if (user.find(name) != nullptr)
            return fault(user.path_of(name), fmt::format("{}: {}", what, kUseToken));
    }
    return {};
}

bool is_loopback(const std::string& host) {
    if (base::equal_ignoring_case(host, "localhost") || host == "::1") return true;
    in_addr address{};
    // The whole text must be an address: 127.0.0.1.example.com is somewhere else.
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127.");
}

bool is_host(std::string_view text) {
    return text.size() <= kMaxHostBytes && std::ranges::all_of(text, [](char c) {
               return base::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == ':' ||
                      c == '*';
           });
}

// Whether the path of a URL is that of all clusters together. Judged decoded and without what a
// server, or a proxy in front of it, may take out of it: `.`, `..` and empty segments.
bool leads_to_all_clusters(const std::string& path) {
    // What cannot be decoded is judged as it is.
    const std::string decoded = base::percent_decode(path, false).value_or(path);
    // The slash makes a last `.` or `..` a folder, whose own path is then the parent's.
    const auto normal = std::filesystem::path(decoded + '/').lexically_normal();
    return normal.parent_path().native().ends_with(kAllClusters);
}

Result<void> check_server(const std::string& server, const std::string& path) {
    if (server.empty()) return fault(path, "is not set");
    auto url = base::parse_server_url(server);
    if (!url) return fault(path, url.error().message);
    if (leads_to_all_clusters(url->prefix)) {
        return fault(path,
                     "leads to all clusters of a snapgate together (/clusters/-), which are no "
                     "cluster: give the kubeconfig of one of them (`snapgate kubeconfig --cluster "
                     "NAME`)");
    }
    if (url->tls || is_loopback(url->host)) return {};
    return fault(path,
                 "is not https: credentials would cross the network in the open (plain http is "
                 "taken for loopback addresses alone)");
}

Result<void> check_pem(const std::string& text, std::string_view label, const std::string& path) {
    const size_t begin = text.find("-----BEGIN ");
    if (text.empty()) return {};
    if (begin == std::string::npos || text.find(label, begin) == std::string::npos ||
        text.find("-----END ", begin) == std::string::npos) {
        return fault(path,
                     fmt::format("holds no {} in PEM form",
                                 label == "PRIVATE KEY-----" ? "private key" : "certificate"));
    }
    return {};
}

std::string data_path(const std::optional<KubeconfigReference>& file, const std::string& path,
                      std::string_view name) {
    return file ? file->path : fmt::format("{}.{}", path, name);
}

}  // namespace

Result<KubeconfigMembers> read_members(const KubeconfigContext& context) {
    const Members cluster(context.cluster, context.cluster_path);
    const Members user(context.user, context.user_path);
    SNAPGATE_TRY(refuse_unsupported(cluster, user));
    KubeconfigMembers members;
    members.cluster_path = context.cluster_path;
    members.user_path = context.user_path;
    Connection& connection = members.connection;
    SNAPGATE_ASSIGN(connection.server, cluster.text("server"));
    SNAPGATE_ASSIGN(connection.ca, cluster.bytes("certificate-authority-data"));
    SNAPGATE_ASSIGN(connection.server_name, cluster.text("tls-server-name"));
    SNAPGATE_ASSIGN(connection.insecure, cluster.flag("insecure-skip-tls-verify"));
    SNAPGATE_ASSIGN(members.ca, cluster.file("certificate-authority"));
    SNAPGATE_ASSIGN(connection.client_certificate, user.bytes("client-certificate-data"));
    SNAPGATE_ASSIGN(members.client_certificate, user.file("client-certificate"));
    SNAPGATE_ASSIGN(connection.client_key, user.bytes("client-key-data"));
    SNAPGATE_ASSIGN(members.client_key, user.file("client-key"));
    SNAPGATE_ASSIGN(connection.token, user.text("token"));
    // The file counts before a token beside it, as kubectl has it.
    SNAPGATE_ASSIGN(std::string token_file, user.text("tokenFile"));
    if (!token_file.empty())
        members.token = KubeconfigReference{user.path_of("tokenFile"), token_file};
    if (const json::Value* exec = user.find("exec")) {
        if (!exec->is_object()) return fault(user.path_of("exec"), "must be a mapping");
        members.exec = exec->get_object();
    }
    return members;
}

Result<void> check_members(const KubeconfigMembers& members) {
    const Connection& connection = members.connection;
    const std::string& cluster = members.cluster_path;
    const std::string& user = members.user_path;
    SNAPGATE_TRY(check_server(connection.server, cluster + ".server"));
    SNAPGATE_TRY(check_pem(connection.ca, "CERTIFICATE-----",
                           data_path(members.ca, cluster, "certificate-authority-data")));
    if (!is_host(connection.server_name))
        return fault(cluster + ".tls-server-name", "is no host name");
    if (connection.insecure && !connection.ca.empty()) {
        return fault(cluster + ".insecure-skip-tls-verify",
                     "excludes a certificate authority: take one of the two away");
    }
    const std::string certificate_path =
        data_path(members.client_certificate, user, "client-certificate-data");
    const std::string key_path = data_path(members.client_key, user, "client-key-data");
    SNAPGATE_TRY(check_pem(connection.client_certificate, "CERTIFICATE-----", certificate_path));
    SNAPGATE_TRY(check_pem(connection.client_key, "PRIVATE KEY-----", key_path));
    if (connection.client_certificate.empty() != connection.client_key.empty()) {
        return connection.client_key.empty()
                   ? fault(key_path, "is not set, but there is a client certificate")
                   : fault(certificate_path, "is not set, but there is a client key");
    }
    const std::string token_path = members.token ? members.token->path : user + ".token";
    if (connection.token.size() > kMaxTokenBytes)
        return fault(token_path, fmt::format("is longer than {} bytes", kMaxTokenBytes));
    if (!std::ranges::all_of(connection.token, [](char c) { return c > ' ' && c < '\x7f'; }))
        return fault(token_path,
                     "holds a blank, a line break or another character that no token has");
    return {};
}

Result<Connection> read_kubeconfig(std::string_view text, std::string_view context) {
    SNAPGATE_ASSIGN(KubeconfigContext found, find_context(text, context));
    SNAPGATE_ASSIGN(KubeconfigMembers members, read_members(found));
    for (const auto* file :
         {&members.ca, &members.client_certificate, &members.client_key, &members.token}) {
        if (*file) {
            return fault((*file)->path,
                         "names a file, which this server does not read: put its content inline "
                         "(`snapgate create cluster` and kubectl config view --flatten do)");
        }
    }
    if (members.exec) {
        return fault(found.user_path + ".exec",
                     fmt::format("programs that give credentials are run for clusters of the "
                                 "server's configuration file alone: {}",
                                 kUseToken));
    }
    SNAPGATE_TRY(check_members(members));
    return std::move(members.connection);
}

}  // namespace snapgate::connect
