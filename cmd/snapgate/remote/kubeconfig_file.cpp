#include "remote/kubeconfig_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "connect/kubeconfig.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPartBytes = 256 << 10;

// Reads the file that a member names, relative to the kubeconfig's folder, as kubectl does.
Outcome<> take_in(const std::optional<connect::KubeconfigReference>& reference,
                  const fs::path& folder, std::string& into) {
    if (!reference) return {};
    auto text = read_file((folder / reference->file).string(), kMaxPartBytes, {});
    if (!text)
        return Failure(Exit::kUsage, fmt::format("{}: {}", reference->path, text.error().message));
    into = std::move(*text);
    return {};
}

}  // namespace

Outcome<std::string> read_kubeconfig_file(const std::string& file, const std::string& context) {
    SNAPGATE_ASSIGN(std::string text, read_file_or_input(file, connect::kMaxKubeconfigBytes));
    const auto refused = [&file](const base::Error& error) {
        return Failure(Exit::kRefused, fmt::format("{}: {}", input_name(file), error.message));
    };
    auto found = connect::find_context(text, context);
    if (!found) return refused(found.error());
    auto members = connect::read_members(*found);
    if (!members) return refused(members.error());
    if (members->exec) {
        return Failure(
            Exit::kRefused,
            fmt::format("{}: {}.exec: programs that provide credentials are not run here, and the "
                        "server accepts none over the network: use the token of a service account "
                        "instead (see 'snapgate print rbac --help'), or declare the cluster in the "
                        "server's configuration file",
                        input_name(file), members->user_path));
    }
    const fs::path folder = file == "-" ? fs::path(".") : fs::path(file).parent_path();
    connect::Connection& connection = members->connection;
    SNAPGATE_TRY(take_in(members->ca, folder, connection.ca));
    SNAPGATE_TRY(take_in(members->client_certificate, folder, connection.client_certificate));
    SNAPGATE_TRY(take_in(members->client_key, folder, connection.client_key));
    SNAPGATE_TRY(take_in(members->token, folder, connection.token));
    // Editors and programs put a line end after a token.
    if (members->token) connection.token.erase(connection.token.find_last_not_of(" \t\r\n") + 1);
    auto good = connect::check_members(*members);
    if (!good) return refused(good.error());
    return connect::to_kubeconfig(connection);
}

}  // namespace snapgate::cli
