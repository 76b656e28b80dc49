#include "app/replica_options.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/credentials_key.h"
#include "base/read_file.h"

namespace snapgate::app {
namespace {

using base::Error;
using base::Result;

constexpr size_t kMostPem = 1 << 20;
constexpr size_t kMostPassword = 4096;

Result<std::string> read_named(const std::filesystem::path& file, size_t most,
                               std::string_view setting) {
    if (file.empty()) return std::string();
    auto text = base::read_file(file, most);
    if (text) return text;
    return Error(text.error().code, fmt::format("{}: {}", setting, text.error().message),
                 std::string(setting));
}

}  // namespace

Result<replica::Options> replica_options(const Settings& settings, store::StoreOptions copy) {
    replica::Options options;
    options.endpoints = settings.etcd.endpoints;
    SNAPGATE_ASSIGN(options.ca, read_named(settings.etcd.ca, kMostPem, "etcd-ca"));
    SNAPGATE_ASSIGN(options.certificate, read_named(settings.etcd.cert, kMostPem, "etcd-cert"));
    SNAPGATE_ASSIGN(options.private_key, read_named(settings.etcd.key, kMostPem, "etcd-key"));
    options.username = settings.etcd.username;
    SNAPGATE_ASSIGN(options.password,
                    read_named(settings.etcd.password_file, kMostPassword, "etcd-password-file"));
    while (options.password.ends_with('\n')) options.password.pop_back();
    options.prefix = settings.etcd.prefix;
    options.txn_operations = settings.etcd.max_txn_ops;
    options.request_bytes = settings.etcd.max_request_bytes;
    options.stale_reads = settings.etcd.stale_reads;
    SNAPGATE_ASSIGN(const connect::CredentialKey key, open_credentials_key(settings));
    SNAPGATE_ASSIGN(options.secret, key.read_or_make());
    options.copy = std::move(copy);
    return options;
}

}  // namespace snapgate::app
