#include "app/etcd_settings.h"

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <utility>

#include "app/setting_values.h"
#include "base/duration.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

Result<std::vector<std::string>> parse_endpoints(std::string_view text) {
    std::vector<std::string> endpoints;
    std::istringstream in{std::string(text)};
    for (std::string one; std::getline(in, one, ',');) {
        if (!one.starts_with("http://") && !one.starts_with("https://"))
            return bad_value(fmt::format("\"{}\" is no URL, as http://127.0.0.1:2379", one));
        endpoints.push_back(std::move(one));
    }
    if (endpoints.empty()) return bad_value("must name at least one member of etcd");
    return endpoints;
}

Result<std::string> parse_etcd_prefix(std::string_view text) {
    constexpr size_t kMost = 64;
    constexpr std::string_view kTaken =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    if (text.empty() || text.size() > kMost || text.ends_with('/') ||
        text.find_first_not_of(kTaken) != std::string_view::npos) {
        return bad_value(fmt::format(
            "is 1 to {} letters, digits and any of - _ . /, without a slash at its end", kMost));
    }
    return std::string(text);
}

Result<base::Millis> parse_stale_reads(std::string_view text) {
    if (text == "off") return base::Millis(0);
    SNAPGATE_ASSIGN(const base::Millis most, base::parse_duration(text));
    if (most < std::chrono::seconds(1)) return bad_value("must be 1s or longer, or off");
    return most;
}

}  // namespace

std::vector<Setting> etcd_settings() {
    return {
        {"etcd", "URL,...",
         "keep the registry and the objects of hosted clusters in this etcd, as one of several\n"
         "servers that do (http://HOST:2379 or https://HOST:2379, one for each member); the data\n"
         "directory then holds a copy",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.etcd.endpoints, parse_endpoints(v));
             return {};
         }},
        {"etcd-ca", "FILE", "the CA of etcd's certificates, PEM (default: those of the system)",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.etcd.ca = v;
             return {};
         }},
        {"etcd-cert", "FILE", "the certificate to show to etcd, PEM",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.etcd.cert = v;
             return {};
         }},
        {"etcd-key", "FILE", "the private key of that certificate, PEM",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.etcd.key = v;
             return {};
         }},
        {"etcd-username", "NAME", "the user of etcd (default: none)",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.etcd.username = v;
             return {};
         }},
        {"etcd-password-file", "FILE", "a file with the password of that user",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.etcd.password_file = v;
             return {};
         }},
        {"etcd-prefix", "TEXT", "what the keys in etcd begin with (default snapgate)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.etcd.prefix, parse_etcd_prefix(v));
             return {};
         }},
        {"etcd-max-txn-ops", "N", "the --max-txn-ops of etcd's members (default 128)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.etcd.max_txn_ops, parse_number(v, 32, 1000));
             return {};
         }},
        {"etcd-max-request-bytes", "N",
         "the --max-request-bytes of etcd's members (default 1572864)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.etcd.max_request_bytes, parse_number(v, 128 << 10, 64 << 20));
             return {};
         }},
        {"etcd-stale-reads", "DURATION",
         "how long reads are answered from the copy, with its age, while etcd is out of reach; a "
         "key\n"
         "that is revoked meanwhile is taken for as long (default 15m); off for not at all",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.etcd.stale_reads, parse_stale_reads(v));
             return {};
         }},
    };
}

Result<void> check_etcd(const Settings& settings) {
    if (!settings.replicates()) return {};
    if (settings.etcd.cert.empty() != settings.etcd.key.empty()) {
        return Error(Code::kInvalidParameter,
                     "etcd-cert and etcd-key go together: give both or neither", "etcd-cert");
    }
    if (settings.etcd.username.empty() != settings.etcd.password_file.empty()) {
        return Error(Code::kInvalidParameter,
                     "etcd-username and etcd-password-file go together: give both or neither",
                     "etcd-username");
    }
    return {};
}

}  // namespace snapgate::app
