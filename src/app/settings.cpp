#include "app/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "app/etcd_settings.h"
#include "app/setting_values.h"
#include "base/duration.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr base::Millis kLeastHistory{1000};
constexpr bool kLive = true;

Result<Settings::Listener> parse_listener(std::string_view text) {
    size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return bad_value(fmt::format("\"{}\" is not ADDRESS:PORT, as in 127.0.0.1:8080", text));
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) host = "0.0.0.0";
    if (host == "localhost") host = "127.0.0.1";
    in6_addr address{};
    std::string zero_ended(host);
    if (inet_pton(AF_INET, zero_ended.c_str(), &address) != 1 &&
        inet_pton(AF_INET6, zero_ended.c_str(), &address) != 1)
        return bad_value(fmt::format("\"{}\" is not an IP address", host));
    SNAPGATE_ASSIGN(uint64_t port, parse_number(text.substr(colon + 1), 0, 65535));
    return Settings::Listener{zero_ended, static_cast<uint16_t>(port)};
}

Result<void> set_listen(Settings& settings, std::string_view text) {
    SNAPGATE_ASSIGN(const Settings::Listener listener, parse_listener(text));
    settings.address = listener.address;
    settings.port = listener.port;
    return {};
}

Result<void> set_history(Settings& settings, std::string_view text) {
    SNAPGATE_ASSIGN(base::Millis history, base::parse_duration(text));
    if (history < kLeastHistory) return bad_value("history must be 1s or longer");
    settings.history = history;
    return {};
}

Result<void> set_hosts(Settings& settings, std::string_view text) {
    settings.tls_hosts.clear();
    std::istringstream in{std::string(text)};
    for (std::string host; std::getline(in, host, ',');) {
        if (!host.empty()) settings.tls_hosts.push_back(host);
    }
    return {};
}

// FILE, "-", or both with a comma between them, in any order.
Result<void> set_audit_log(Settings& settings, std::string_view text) {
    settings.audit.file.clear();
    settings.audit.to_stderr = text == "-";
    if (settings.audit.to_stderr) return {};
    if (text.ends_with(",-")) {
        settings.audit.to_stderr = true;
        text.remove_suffix(2);
    } else if (text.starts_with("-,")) {
        settings.audit.to_stderr = true;
        text.remove_prefix(2);
    }
    if (text.empty()) return bad_value("must be a file, - for stderr, or FILE,- for both");
    settings.audit.file = text;
    return {};
}

std::vector<Setting> settings_of_server() {
    return {
        {"config", "FILE", "read settings from this YAML file",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.config = v;
             return {};
         }},
        {"listen", "ADDRESS:PORT", "where to listen (default 127.0.0.1:8080; port 0 is a free one)",
         set_listen},
        {"data-dir", "DIR", "where the data is kept (default ~/.local/share/snapgate)",
         [](Settings& s, std::string_view v) -> Result<void> {
             if (v.empty()) return bad_value("must not be empty");
             s.data_dir = v;
             return {};
         }},
        {"credentials-key-file", "FILE",
         "the key that credentials of connected clusters are sealed\n"
         "with, made when it is first needed (default\n"
         "~/.config/snapgate/credentials.key)",
         [](Settings& s, std::string_view v) -> Result<void> {
             if (v.empty()) return bad_value("must not be empty");
             s.credentials_key_file = v;
             return {};
         }},
        {"tls-self-signed", "",
         "serve TLS with a certificate of our own; its CA is ca.crt in\n"
         "the data directory",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.tls_self_signed, parse_switch(v));
             return {};
         }},
        {"tls-hosts", "NAME,...", "further names and addresses in the self-signed certificate",
         set_hosts},
        {"tls-cert", "FILE", "serve TLS with this certificate (PEM, with its chain)",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.tls_cert = v;
             return {};
         }},
        {"tls-key", "FILE", "the certificate's key (PEM)",
         [](Settings& s, std::string_view v) -> Result<void> {
             s.tls_key = v;
             return {};
         }},
        {"insecure-http", "",
         "also serve plain HTTP beyond loopback: keys cross the network\n"
         "in clear",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.insecure_http, parse_switch(v));
             return {};
         }},
        {"threads", "N", "threads that serve requests (default: one a core)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(uint64_t threads, parse_number(v, 0, 256));
             s.threads = static_cast<unsigned>(threads);
             return {};
         }},
        {"history", "DURATION", "how long a list can be paged through (default 5m, at least 1s)",
         set_history},
        {"scrub-interval", "DURATION",
         "how often to read the whole data file, slowly, to find damage (default 24h; 0: never)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.scrub_interval, base::parse_duration(v));
             return {};
         }},
        {"max-connections", "N", "connections served at a time (default 20000)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.max_connections, parse_number(v, 1, 1'000'000));
             return {};
         }},
        {"peer-connections", "N",
         "connections of one address (IPv6: of one /64 network) at a time (default: half of\n"
         "max-connections); not for trusted-proxies",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.peer_connections, parse_number(v, 1, 1'000'000));
             return {};
         }},
        {"trusted-proxies", "NETWORK,...",
         "addresses through which many clients come, as load balancers: peer-connections does not\n"
         "hold for them",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.trusted_proxies, net::Network::parse_list(v));
             return {};
         }},
        {"mirror-mib", "N",
         "how large the mirror of one kind of a connected cluster's objects may be, in MiB\n"
         "(default 4096); a larger list is not taken in",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.mirror_mib, parse_number(v, 1, 1 << 20));
             return {};
         }},
        {"held-mib", "N",
         "what requests may hold at a time, of bodies and of answers that wait for their clients,\n"
         "in MiB (default: a quarter of the memory, from 64 to 4096)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t mib, parse_number(v, 16, 1 << 20));
             s.held_bytes = mib << 20;
             return {};
         }},
        {"key-held-mib", "N", "the same for each API key (default: a quarter of held-mib)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t mib, parse_number(v, 4, 1 << 20));
             s.key_held_bytes = mib << 20;
             return {};
         }},
        {"key-requests", "N",
         "requests of each API key under way at a time, without watches, whose selectors may have\n"
         "four times as many terms in all (default 1000)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t requests, parse_number(v, 1, 1'000'000));
             s.key_requests = static_cast<uint32_t>(requests);
             return {};
         }},
        {"connect-allow", "NETWORK,...",
         "networks in which clusters may be connected although they are denied, by --connect-deny\n"
         "or because they are loopback, link-local, reserved, or addresses of this machine, which\n"
         "projects may not connect; the longest prefix decides",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.connect_allow, net::Network::parse_list(v));
             return {};
         },
         kLive},
        {"connect-deny", "NETWORK,...", "networks in which no clusters may be connected",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.connect_deny, net::Network::parse_list(v));
             return {};
         },
         kLive},
        {"rate", "N",
         "requests a second that each API key may make (default 0: as many as it likes)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.key_limit.rate, parse_number(v, 0, 1'000'000));
             return {};
         },
         kLive},
        {"burst", "N", "requests that a key may make at once, with --rate (default 250)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.key_limit.burst, parse_number(v, 1, 1'000'000));
             return {};
         },
         kLive},
        {"protection-max-age", "DURATION",
         "how old the last good snapshot of a VM may be for the metrics (default 24h)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.protection_max_age, base::parse_duration(v));
             if (s.protection_max_age >= std::chrono::seconds(1)) return {};
             return Error(Code::kInvalidParameter, "must be at least 1s");
         },
         kLive},
        {"metrics-listen", "ADDRESS:PORT",
         "serve /metrics and the server's health on this port, too, to whoever reaches it: no key\n"
         "is asked for",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.metrics_listen, parse_listener(v));
             return {};
         }},
        {"metrics-clusters", "N",
         "with more clusters than these the metrics of clusters are by project alone (default "
         "500)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.metrics_clusters, parse_number(v, 0, 100'000));
             return {};
         }},
        {"console", "on|off", "the console for browsers, at / (default on)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.console, parse_switch(v));
             return {};
         }},
        {"access-log", "on|off", "a line for each request on stderr, at level info (default on)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.access_log, parse_switch(v));
             return {};
         },
         kLive},
        {"audit-log", "FILE|-|FILE,-",
         "keep an audit trail: a line for each write and each refusal, in this file, on stderr "
         "(-),\n"
         "or both",
         set_audit_log},
        {"audit-log-max-mib", "N", "put the audit log aside when it has as many MiB (default 100)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t mib, parse_number(v, 1, 1 << 20));
             s.audit.file_bytes = mib << 20;
             return {};
         }},
        {"audit-log-keep", "N", "audit logs to keep that were put aside (default 10)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t keep, parse_number(v, 0, 10'000));
             s.audit.keep = static_cast<unsigned>(keep);
             return {};
         }},
        {"audit-backlog", "MIB",
         "how many MiB of lines of the audit trail may wait in the store while they cannot be\n"
         "written (default 1024); beyond that the oldest are dropped",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(const uint64_t mib, parse_number(v, 1, 1 << 20));
             s.audit.backlog_bytes = mib << 20;
             return {};
         }},
        {"log-level", "debug|info|warning|error",
         "from which level on there are lines (default info)",
         [](Settings& s, std::string_view v) -> Result<void> {
             SNAPGATE_ASSIGN(s.log_level, base::log::parse_level(v));
             return {};
         },
         kLive},
    };
}

}  // namespace

bool Settings::loopback() const {
    return address == "::1" || address.starts_with("127.");
}

void Settings::take_live(const Settings& from) {
    connect_allow = from.connect_allow;
    connect_deny = from.connect_deny;
    key_limit = from.key_limit;
    protection_max_age = from.protection_max_age;
    access_log = from.access_log;
    log_level = from.log_level;
    declared = from.declared;
    credential_programs = from.credential_programs;
    issuers = from.issuers;
    for (const Setting& setting : all_settings()) {
        if (!setting.live) continue;
        const std::string name(setting.name);
        given.erase(name);
        if (const auto found = from.given.find(name); found != from.given.end())
            given.insert(*found);
    }
}

const std::vector<Setting>& all_settings() {
    static const std::vector<Setting> settings = [] {
        std::vector<Setting> all = settings_of_server();
        const std::vector<Setting> etcd = etcd_settings();
        all.insert(std::ranges::find(all, "tls-self-signed", &Setting::name), etcd.begin(),
                   etcd.end());
        return all;
    }();
    return settings;
}

std::vector<SettingChange> changed_settings(const Settings& from, const Settings& to) {
    const auto given = [](const Settings& settings, std::string_view name) {
        const auto found = settings.given.find(std::string(name));
        return found == settings.given.end() ? std::string("the default") : found->second;
    };
    std::vector<SettingChange> changes;
    for (const Setting& setting : all_settings()) {
        std::string before = given(from, setting.name);
        std::string after = given(to, setting.name);
        if (before == after) continue;
        changes.push_back({&setting, std::move(before), std::move(after)});
    }
    return changes;
}

}  // namespace snapgate::app
