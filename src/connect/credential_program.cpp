#include "connect/credential_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kVersions[] = {"client.authentication.k8s.io/v1",
                                          "client.authentication.k8s.io/v1beta1"};
constexpr std::string_view kSetting = "credential-programs";
constexpr size_t kMaxParts = 256;

Error fault(const std::string& path, std::string_view name, std::string_view what) {
    std::string place = fmt::format("{}.{}", path, name);
    std::string message = fmt::format("{}: {}", place, what);
    return {Code::kInvalidBody, std::move(message), std::move(place)};
}

Result<std::filesystem::path> find_allowed(const std::string& command, const std::string& path,
                                           const std::vector<std::filesystem::path>& allowed) {
    const std::filesystem::path wanted(command);
    const std::filesystem::path* found = nullptr;
    for (const std::filesystem::path& one : allowed) {
        if (one != wanted && (wanted.has_parent_path() || one.filename() != wanted)) continue;
        if (found != nullptr && *found != one) {
            return fault(path, "command",
                         fmt::format("more than one program of that name is in {}: write its whole "
                                     "path",
                                     kSetting));
        }
        found = &one;
    }
    if (found != nullptr) return *found;
    return fault(path, "command",
                 fmt::format("this program is not in {} of the server's configuration file: only "
                             "those are run",
                             kSetting));
}

const json::Array* list_of(const json::Object& exec, std::string_view name, bool& wrong) {
    const json::Value* value = exec.if_contains({name.data(), name.size()});
    if (value == nullptr || value->is_null()) return nullptr;
    const json::Array* list = value->if_array();
    wrong = list == nullptr || list->size() > kMaxParts;
    return wrong ? nullptr : list;
}

Result<void> read_arguments(const json::Object& exec, const std::string& path,
                            CredentialProgram& program) {
    bool wrong = false;
    if (const json::Array* list = list_of(exec, "args", wrong)) {
        for (const json::Value& value : *list) {
            const auto* text = value.if_string();
            if (text == nullptr || std::string_view(*text).find('\0') != std::string_view::npos)
                wrong = true;
            if (wrong) break;
            program.arguments.emplace_back(text->data(), text->size());
        }
    }
    if (wrong) return fault(path, "args", "must be a list of texts");
    return {};
}

Result<void> read_environment(const json::Object& exec, const std::string& path,
                              CredentialProgram& program) {
    bool wrong = false;
    if (const json::Array* list = list_of(exec, "env", wrong)) {
        for (const json::Value& value : *list) {
            const json::Object* variable = value.if_object();
            if (variable == nullptr) return fault(path, "env", "must be a list of {name, value}");
            auto name = json::optional_string(*variable, "name");
            auto text = json::optional_string(*variable, "value");
            if (!name || !text || name->empty() || name->find('=') != std::string::npos ||
                name->find('\0') != std::string::npos || text->find('\0') != std::string::npos)
                return fault(path, "env", "must be a list of {name, value}");
            program.environment.emplace_back(std::move(*name), std::move(*text));
        }
    }
    if (wrong) return fault(path, "env", "must be a list of {name, value}");
    return {};
}

Result<std::string> text_of(const json::Object& exec, const std::string& path,
                            std::string_view name) {
    auto text = json::optional_string(exec, name);
    if (!text) return fault(path, name, "must be text");
    return text;
}

Error unusable(std::string_view what) {
    return {Code::kUnauthorized,
            fmt::format("the program that gives the credentials of this cluster {}", what)};
}

}  // namespace

Result<CredentialProgram> read_program(const json::Object& exec, const std::string& path,
                                       const std::vector<std::filesystem::path>& allowed) {
    CredentialProgram program;
    SNAPGATE_ASSIGN(program.api_version, text_of(exec, path, "apiVersion"));
    if (std::ranges::find(kVersions, program.api_version) == std::end(kVersions)) {
        return fault(path, "apiVersion",
                     fmt::format("must be {} or {}", kVersions[0], kVersions[1]));
    }
    SNAPGATE_ASSIGN(std::string command, text_of(exec, path, "command"));
    if (command.empty()) return fault(path, "command", "is not set");
    SNAPGATE_ASSIGN(program.file, find_allowed(command, path, allowed));
    SNAPGATE_TRY(read_arguments(exec, path, program));
    SNAPGATE_TRY(read_environment(exec, path, program));
    SNAPGATE_ASSIGN(std::string mode, text_of(exec, path, "interactiveMode"));
    if (mode == "Always")
        return fault(path, "interactiveMode", "a server has no terminal that it could ask on");
    if (const json::Value* wants = exec.if_contains("provideClusterInfo");
        wants != nullptr && !wants->is_null()) {
        if (!wants->is_bool()) return fault(path, "provideClusterInfo", "must be true or false");
        program.wants_cluster = wants->get_bool();
    }
    return program;
}

Result<ProgramCredentials> parse_credentials(std::string_view output,
                                             std::string_view api_version) {
    // No error shows the output: it contains secrets, or a part of one.
    auto value = json::parse(output);
    const json::Object* root = value ? value->if_object() : nullptr;
    if (root == nullptr) return unusable("printed no ExecCredential in JSON");
    auto kind = json::optional_string(*root, "kind");
    auto version = json::optional_string(*root, "apiVersion");
    if (!kind || *kind != "ExecCredential") return unusable("printed no ExecCredential in JSON");
    if (!version || *version != api_version) {
        return unusable(
            fmt::format("printed an ExecCredential of another version than {}, which "
                        "the kubeconfig wants",
                        api_version));
    }
    const json::Value* member = root->if_contains("status");
    const json::Object* status = member == nullptr ? nullptr : member->if_object();
    if (status == nullptr) return unusable("printed an ExecCredential without a status");
    ProgramCredentials credentials;
    auto token = json::optional_string(*status, "token");
    auto certificate = json::optional_string(*status, "clientCertificateData");
    auto key = json::optional_string(*status, "clientKeyData");
    auto expires = json::optional_string(*status, "expirationTimestamp");
    if (!token || !certificate || !key || !expires)
        return unusable("printed an ExecCredential whose status holds something that is no text");
    if (token->empty() && certificate->empty())
        return unusable("gave neither a token nor a client certificate");
    if (certificate->empty() != key->empty())
        return unusable("gave one of a client certificate and its key without the other");
    if (!expires->empty()) {
        credentials.expires_ms = base::parse_rfc3339(*expires);
        if (!credentials.expires_ms)
            return unusable("gave an expirationTimestamp that is no RFC 3339 time");
    }
    credentials.token = std::move(*token);
    credentials.client_certificate = std::move(*certificate);
    credentials.client_key = std::move(*key);
    return credentials;
}

}  // namespace snapgate::connect
