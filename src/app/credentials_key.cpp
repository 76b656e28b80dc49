#include "app/credentials_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/sealing.h"
#include "base/secret_file.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::kSealingKeyBytes;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view kFile = "snapgate/credentials.key";

std::optional<std::string> decode_hex(std::string_view text) {
    std::string out;
    for (size_t at = 0; at + 1 < text.size(); at += 2) {
        const int high = base::hex_value(text[at]);
        const int low = base::hex_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

Result<std::string> decode_key(std::string_view text) {
    auto key = text.size() == 2 * kSealingKeyBytes ? decode_hex(text) : base::decode_base64(text);
    if (key && key->size() == kSealingKeyBytes) return std::move(*key);
    return Error(Code::kInvalidParameter,
                 fmt::format("the environment variable {}: is neither {} hexadecimal digits nor {} "
                             "bytes in base64 (make one with: openssl rand -hex {})",
                             kCredentialsKeyVariable, 2 * kSealingKeyBytes, kSealingKeyBytes,
                             kSealingKeyBytes),
                 std::string(kCredentialsKeyVariable));
}

fs::path default_file(const Environment& environment) {
    // As the XDG specification says, a relative path is ignored.
    auto config = environment.get("XDG_CONFIG_HOME");
    if (config && config->starts_with('/')) return fs::path(*config) / kFile;
    auto home = environment.get("HOME");
    if (home && home->starts_with('/')) return fs::path(*home) / ".config" / kFile;
    if (::geteuid() == 0) return fs::path("/etc") / kFile;
    return {};
}

bool is_inside(const fs::path& file, const fs::path& directory) {
    std::error_code ignored;
    const fs::path folder = fs::weakly_canonical(fs::absolute(directory), ignored);
    const fs::path inner = fs::weakly_canonical(fs::absolute(file), ignored).parent_path();
    return std::mismatch(folder.begin(), folder.end(), inner.begin(), inner.end()).first ==
           folder.end();
}

Error no_place(std::string_view why) {
    return {Code::kUnavailable,
            fmt::format("this server has no place for the key that credentials of connected "
                        "clusters are stored with: {}; start it with --credentials-key-file FILE, "
                        "outside the data directory, or with the key in {}",
                        why, kCredentialsKeyVariable)};
}

Result<std::string> make(const fs::path& file) {
    std::error_code failed;
    const fs::path folder = fs::absolute(file).parent_path();
    const bool made = fs::create_directories(folder, failed);
    if (made) fs::permissions(folder, fs::perms::owner_all, failed);
    if (failed) {
        return no_place(
            fmt::format("cannot make the folder {}: {}", folder.string(), failed.message()));
    }
    auto key = base::read_or_make_secret(file, kSealingKeyBytes);
    if (!key && key.error().code == Code::kInternal) return no_place(key.error().message);
    return key;
}

}  // namespace

Result<void> choose_credentials_key(Settings& settings, const Environment& environment) {
    auto given = environment.get(std::string(kCredentialsKeyVariable));
    if (given && !given->empty()) {
        if (!settings.credentials_key_file.empty()) {
            return Error(Code::kInvalidParameter,
                         fmt::format("credentials-key-file and {} exclude each other: give one",
                                     kCredentialsKeyVariable),
                         "credentials-key-file");
        }
        SNAPGATE_ASSIGN(settings.credentials_key, decode_key(*given));
        return {};
    }
    if (settings.credentials_key_file.empty()) {
        // A home within the data directory must not stop a server that needs no key. The error
        // comes when a key is needed.
        const fs::path file = default_file(environment);
        if (!file.empty() && !is_inside(file, settings.data_dir))
            settings.credentials_key_file = file;
        return {};
    }
    if (is_inside(settings.credentials_key_file, settings.data_dir)) {
        return Error(Code::kInvalidParameter,
                     fmt::format("credentials-key-file: {} is inside the data directory, where it "
                                 "would be copied along with the credentials that it locks: give "
                                 "another place",
                                 settings.credentials_key_file.string()),
                     "credentials-key-file");
    }
    return {};
}

Result<connect::CredentialKey> open_credentials_key(const Settings& settings) {
    if (!settings.credentials_key.empty()) {
        const auto given = [key = settings.credentials_key]() -> Result<std::string> {
            return key;
        };
        return connect::CredentialKey{given, given};
    }
    const fs::path file = settings.credentials_key_file;
    if (file.empty()) {
        const auto none = []() -> Result<std::string> {
            return no_place("HOME is not set, or is the data directory");
        };
        return connect::CredentialKey{none, none};
    }
    auto read = base::read_secret(file, kSealingKeyBytes);
    if (!read && read.error().code != Code::kNotFound) {
        return Error(read.error().code,
                     fmt::format("the credentials key: {}", read.error().message));
    }
    return connect::CredentialKey{
        [file] {
            auto key = base::read_secret(file, kSealingKeyBytes);
            if (!key && key.error().code == Code::kNotFound) {
                return Result<std::string>(
                    Error(Code::kNotFound,
                          fmt::format("there is no credentials key {}: bring it back, or give the "
                                      "credentials anew with `snapgate set kubeconfig`",
                                      file.string())));
            }
            return key;
        },
        [file] { return make(file); }};
}

Result<void> check_place_of_credentials_key(const Settings& settings) {
    if (!settings.credentials_key.empty()) return {};
    const fs::path file = settings.credentials_key_file;
    if (file.empty()) return no_place("HOME is not set, or is the data directory");
    // Asks the system instead of trying: a server without connected clusters makes no folder.
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0) return {};
    fs::path folder = fs::absolute(file).parent_path();
    int number = 0;
    while (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        number = errno;
        if (number != ENOENT || folder == folder.parent_path()) break;
        number = 0;
        folder = folder.parent_path();
    }
    std::error_code failed;
    if (number == 0 && !fs::is_directory(folder, failed)) number = ENOTDIR;
    if (number == 0) return {};
    return no_place(fmt::format("cannot make {}: {}: {}", file.string(), folder.string(),
                                std::strerror(number)));
}

}  // namespace snapgate::app
